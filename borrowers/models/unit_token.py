"""Credentials of source units' own systems."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from marketplace.models import AccessToken


class UnitToken(AccessToken):
    """By what one system of a source unit is known when it delivers records; batches say which token brought them.

    A unit may have several at once, so that one can be replaced without a gap.
    """

    unit = models.ForeignKey(
        "borrowers.SourceUnit",
        verbose_name="来源单位",
        on_delete=models.PROTECT,
        related_name="tokens",
    )

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
