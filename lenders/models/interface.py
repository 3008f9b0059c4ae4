"""Credentials of lenders' own systems, and how often they were used."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from lenders.domain.interface import INTERFACE_LABELS, LEAST_CALLS
from lenders.models.institution import Institution
from marketplace.models import AccessToken


class InterfaceToken(AccessToken):
    """By what one system of a lender is known; it acts in the name of one of the lender's people."""

    institution = models.ForeignKey(
        Institution, verbose_name="机构", on_delete=models.PROTECT, related_name="tokens"
    )
    holder = models.ForeignKey(
        "marketplace.User", verbose_name="责任人", on_delete=models.PROTECT, related_name="+"
    )
    interfaces = models.JSONField("开放的接口", default=list)
    drawn_at = models.DateTimeField("领取时间", null=True, blank=True)
    daily_calls = models.PositiveIntegerField("每个接口每日上限（次）")

    class Meta:
        verbose_name = "机构令牌"
        verbose_name_plural = "机构令牌"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "name"],
                condition=Q(revoked_at=None),
                name="interface_token_name_unique",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")),
                name="interface_token_ends_after_start",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(purpose=""), name="interface_token_says_what_for"
            ),
            models.CheckConstraint(
                condition=Q(daily_calls__gte=LEAST_CALLS), name="interface_token_may_call"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None, revoke_reason="")
                | (Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoke_reason="")),
                name="interface_token_revoked_whole",
            ),
        ]


class InterfaceUse(models.Model):
    """How often a system used an interface on a day, in Beijing; refused ones were beyond the day's limit."""

    token = models.ForeignKey(
        InterfaceToken, verbose_name="令牌", on_delete=models.PROTECT, related_name="uses"
    )
    interface = models.CharField(
        "接口",
        max_length=16,
        choices=[(code.value, label) for code, label in INTERFACE_LABELS.items()],
    )
    day = models.DateField("日期")
    calls = models.PositiveIntegerField("次数", default=0)
    refused = models.PositiveIntegerField("超限次数", default=0)

    class Meta:
        verbose_name = "接口用量"
        verbose_name_plural = "接口用量"
        ordering = ["-day", "interface"]
        constraints = [
            models.UniqueConstraint(
                fields=["token", "day", "interface"], name="interface_use_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.token_id} {self.interface} {self.day}"
