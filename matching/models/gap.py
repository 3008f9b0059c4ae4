"""How many enterprises have usable records of an item: counted at night, since counting reads every record."""

from __future__ import annotations

from django.db import models


class UsableCount(models.Model):
    """Active enterprises with a usable record of any of some items; without items, all active enterprises.

    ``items`` are the items' codes in order, joined by ``+``.
    """

    items = models.CharField("信息项", max_length=400, unique=True, blank=True)
    enterprises = models.PositiveIntegerField("户数")
    counted_at = models.DateTimeField("统计时间")

    class Meta:
        verbose_name = "可用记录户数"
        verbose_name_plural = "可用记录户数"

    def __str__(self) -> str:
        return f"{self.items}:{self.enterprises}"
