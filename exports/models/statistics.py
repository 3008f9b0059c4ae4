"""Figures counted beforehand: where a city has many loans, a page cannot count them while somebody waits."""

from __future__ import annotations

from django.db import models


class KeptStatistics(models.Model):
    """The figures of one scope as they were counted at a moment; replaced by the next count.

    ``scope`` is `Scope.key`; ``content`` as `exports.domain.kept_statistics` writes it.
    """

    scope = models.CharField("范围", max_length=64, unique=True)
    counted_at = models.DateTimeField("统计时间")
    content = models.JSONField("内容")

    class Meta:
        verbose_name = "统计数"
        verbose_name_plural = "统计数"

    def __str__(self) -> str:
        return f"{self.scope} {self.counted_at:%Y-%m-%d %H:%M}"
