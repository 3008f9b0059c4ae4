"""The append-only, hash-chained record of what was done."""

from __future__ import annotations

from django.db import models


class AuditEvent(models.Model):
    """One thing done: who, when, what, to which subject; chained per stream, never changed or deleted.

    ``payload`` holds codes, ids and counts only, never personal values.
    """

    stream = models.CharField("链", max_length=64)
    seq = models.PositiveBigIntegerField("序号")
    at = models.DateTimeField("时间")
    actor = models.ForeignKey(
        "marketplace.User",
        verbose_name="操作人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    action = models.CharField("动作", max_length=64)
    subject_kind = models.CharField("对象类别", max_length=48)
    subject_id = models.CharField("对象编号", max_length=64)
    payload = models.JSONField("内容", default=dict)
    previous_hash = models.CharField("前一哈希", max_length=64)
    hash = models.CharField("哈希", max_length=64)

    class Meta:
        verbose_name = "审计事件"
        verbose_name_plural = "审计事件"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["stream", "seq"], name="audit_stream_seq_unique")
        ]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="audit_subject_idx"),
            models.Index(fields=["actor", "at"], name="audit_actor_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.stream}#{self.seq} {self.action}"
