"""Credentials of source units' own systems."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q


class UnitToken(models.Model):
    """By what one system of a source unit is known when it delivers records; of the token only the hash is kept.

    Never deleted: batches say which token brought them. A unit may have several at once, so that one can be replaced
    without a gap.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(
        "borrowers.SourceUnit",
        verbose_name="来源单位",
        on_delete=models.PROTECT,
        related_name="tokens",
    )
    name = models.CharField("名称", max_length=40)
    purpose = models.CharField("用途", max_length=200)
    prefix = models.CharField("公开前缀", max_length=16)
    digest = models.CharField("令牌摘要", max_length=64, unique=True, editable=False)
    valid_from = models.DateTimeField("生效时间")
    valid_until = models.DateTimeField("有效期至")
    issued_by = models.ForeignKey(
        "marketplace.User", verbose_name="签发人", on_delete=models.PROTECT, related_name="+"
    )
    issued_at = models.DateTimeField("签发时间")
    last_used_at = models.DateTimeField("最近使用", null=True, blank=True)
    revoked_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="撤销人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)
    revoke_reason = models.CharField("撤销原因", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "单位令牌"
        verbose_name_plural = "单位令牌"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "name"],
                condition=Q(revoked_at=None),
                name="unit_token_name_unique",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="unit_token_ends_after_start"
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(purpose=""), name="unit_token_says_what_for"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None, revoke_reason="")
                | (Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoke_reason="")),
                name="unit_token_revoked_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name
