"""Frozen credit portraits."""

from __future__ import annotations

import uuid

from django.db import models


class CreditPortrait(models.Model):
    """A portrait as it was shown: canonical JSON and its hash; immutable.

    Rebuilding it for ``as_of`` from the same records and parameters gives the same bytes.
    """

    public_id = models.UUIDField("画像编号", default=uuid.uuid4, unique=True, editable=False)
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="企业",
        on_delete=models.PROTECT,
        related_name="portraits",
    )
    as_of = models.DateTimeField("截至时间")
    data_classes = models.JSONField("信息类别")
    content = models.TextField("内容")
    content_hash = models.CharField("内容哈希", max_length=64)
    model_version = models.CharField("评价模型版本", max_length=32)
    score_points = models.IntegerField("得分", null=True, blank=True)
    grade = models.CharField("等级", max_length=4, blank=True, default="")
    created_by = models.ForeignKey(
        "marketplace.User", verbose_name="生成人", on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("生成时间")

    class Meta:
        verbose_name = "信用画像"
        verbose_name_plural = "信用画像"
        ordering = ["-id"]
        indexes = [models.Index(fields=["enterprise", "-as_of"], name="portrait_enterprise_idx")]

    def __str__(self) -> str:
        return str(self.public_id)
