"""Who looked at whose data, when, for what purpose (征信业管理条例 art. 22); readable by the enterprise itself."""

from __future__ import annotations

from django.db import models

from marketplace.domain.vocabulary import QUERY_PURPOSE_LABELS


class AccessRecord(models.Model):
    """One reading of one enterprise's data; written before the data leaves, never changed."""

    at = models.DateTimeField("时间")
    user = models.ForeignKey(
        "marketplace.User", verbose_name="查询人", on_delete=models.PROTECT, related_name="+"
    )
    organisation = models.ForeignKey(
        "marketplace.Organisation",
        verbose_name="查询机构",
        on_delete=models.PROTECT,
        related_name="+",
    )
    subject_uscc = models.CharField("被查询企业代码", max_length=18)
    purpose = models.CharField(
        "用途", max_length=32, choices=[(k.value, v) for k, v in QUERY_PURPOSE_LABELS.items()]
    )
    content = models.CharField("查询内容", max_length=200)
    data_classes = models.JSONField("信息类别", default=list)
    application_ref = models.UUIDField("申请编号", null=True, blank=True)
    consent_ref = models.UUIDField("授权编号", null=True, blank=True)
    channel = models.CharField("渠道", max_length=16, default="PAGE")

    class Meta:
        verbose_name = "查询记录"
        verbose_name_plural = "查询记录"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject_uscc", "-id"], name="access_subject_idx"),
            models.Index(fields=["user", "at"], name="access_user_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_uscc} {self.purpose} {self.at:%Y-%m-%d %H:%M}"
