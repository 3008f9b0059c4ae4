"""Documents handed out: numbered, hashed, and verifiable by code or by the file itself."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from exports.domain.numbering import DOCUMENT_KIND_LABELS


class IssuedDocument(models.Model):
    """One PDF or sheet given to one reader; the public may verify it by its code, never read it.

    The code itself is not kept, only its keyed digest: whoever reads this table cannot verify in another's place.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField("文件编号", max_length=40, unique=True)
    code_digest = models.CharField("验证码摘要", max_length=64, unique=True)
    kind = models.CharField(
        "种类",
        max_length=24,
        choices=[(kind.value, label) for kind, label in DOCUMENT_KIND_LABELS.items()],
    )
    subject_name = models.CharField("对象名称", max_length=200)
    subject_uscc = models.CharField(
        "对象统一社会信用代码", max_length=18, blank=True, default="", db_index=True
    )
    subject_ref = models.UUIDField("对象编号", null=True, blank=True)
    content_hash = models.CharField("内容哈希", max_length=64)
    file_sha256 = models.CharField("文件哈希", max_length=64)
    issued_to = models.ForeignKey(
        "marketplace.User", verbose_name="领取人", on_delete=models.PROTECT, related_name="+"
    )
    issued_for = models.ForeignKey(
        "marketplace.Organisation",
        verbose_name="领取机构",
        on_delete=models.PROTECT,
        related_name="+",
    )
    issued_at = models.DateTimeField("出具时间")
    voided_at = models.DateTimeField("作废时间", null=True, blank=True)
    voided_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="作废人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    void_reason = models.CharField("作废原因", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "出具文件"
        verbose_name_plural = "出具文件"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(voided_at=None, voided_by=None, void_reason="")
                | Q(voided_at__isnull=False, voided_by__isnull=False) & ~Q(void_reason=""),
                name="document_void_has_reason",
            )
        ]
        indexes = [
            models.Index(fields=["file_sha256"], name="document_file_idx"),
            models.Index(fields=["issued_to", "-id"], name="document_reader_idx"),
        ]

    def __str__(self) -> str:
        return self.number
