"""What was measured of every delivery, and where a declared quality rule was not kept."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class BatchQuality(models.Model):
    """What was measured of one delivered file by the rules of its item's version.

    ``measures`` holds, per rule, its code, what was counted (``part`` of ``whole``) and whether it was kept.
    """

    batch = models.OneToOneField(
        "borrowers.IngestBatch",
        verbose_name="批次",
        on_delete=models.CASCADE,
        related_name="quality",
    )
    events = models.PositiveIntegerField("有事件日期的行数", default=0)
    in_time = models.PositiveIntegerField("其中按期报送的行数", default=0)
    measures = models.JSONField("测得", default=list)
    measured_at = models.DateTimeField("测得时间")

    class Meta:
        verbose_name = "批次质量"
        verbose_name_plural = "批次质量"
        constraints = [
            models.CheckConstraint(
                condition=Q(in_time__lte=F("events")), name="batch_quality_adds_up"
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}"


class QualityFinding(models.Model):
    """A declared rule that a delivery, or a missing one, did not keep; open until a later delivery keeps it.

    ``about`` names what it is about, a batch's public id or a period, so that looking twice finds it once.
    """

    item = models.ForeignKey(
        "borrowers.CatalogueItem",
        verbose_name="信息项",
        on_delete=models.PROTECT,
        related_name="findings",
    )
    unit = models.ForeignKey(
        "borrowers.SourceUnit",
        verbose_name="来源单位",
        on_delete=models.PROTECT,
        related_name="findings",
    )
    batch = models.ForeignKey(
        "borrowers.IngestBatch",
        verbose_name="批次",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="findings",
    )
    rule = models.CharField("规则", max_length=80)
    about = models.CharField("所指", max_length=40)
    sentence = models.CharField("说明", max_length=300)
    found_on = models.DateField("发现日期")
    found_at = models.DateTimeField("发现时间")
    closed_at = models.DateTimeField("消除时间", null=True, blank=True)

    class Meta:
        verbose_name = "质量发现"
        verbose_name_plural = "质量发现"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "unit", "rule", "about"], name="quality_finding_once"
            )
        ]
        indexes = [models.Index(fields=["unit", "closed_at"], name="quality_finding_open_idx")]

    def __str__(self) -> str:
        return f"{self.rule} {self.about}"
