"""How many enterprises have usable records of an item: counted at night, since counting reads every record."""

from __future__ import annotations

from datetime import datetime

from django.db import models


class UsableCount(models.Model):
    """Active enterprises with a usable record of any of some items; without items, all active enterprises.

    ``items`` are the codes of `item_set`, joined by ``+``.
    """

    items = models.CharField("信息项", max_length=400, unique=True, blank=True)
    enterprises = models.PositiveIntegerField("户数")
    counted_at = models.DateTimeField("统计时间")

    class Meta:
        verbose_name = "可用记录户数"
        verbose_name_plural = "可用记录户数"

    def __str__(self) -> str:
        return f"{self.items}:{self.enterprises}"

    @classmethod
    def of(cls, item_set: tuple[str, ...], enterprises: int, counted_at: datetime) -> UsableCount:
        """Return a count of a set of items, not kept yet."""
        return cls(items="+".join(item_set), enterprises=enterprises, counted_at=counted_at)

    @property
    def item_set(self) -> tuple[str, ...]:
        """Return the items in the order of the indicators that read them; none for all active enterprises."""
        return tuple(self.items.split("+")) if self.items else ()
