"""The financing need, typed once by the enterprise."""

from __future__ import annotations

import uuid

from django.db import models

from marketplace.domain.vocabulary import GUARANTEE_LABELS, PURPOSE_LABELS
from matching.domain.demand import DEMAND_MODE_LABELS, DemandMode


class FinancingDemand(models.Model):
    """How much, for how long, for what; and what the enterprise declares about itself beside it."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="企业",
        on_delete=models.PROTECT,
        related_name="demands",
    )
    state = models.CharField("状态", max_length=16)
    amount_yuan = models.DecimalField("金额", max_digits=18, decimal_places=2)
    term_months = models.PositiveSmallIntegerField("期限(月)")
    purpose = models.CharField(
        "用途", max_length=24, choices=[(k.value, v) for k, v in PURPOSE_LABELS.items()]
    )
    purpose_note = models.CharField("用途说明", max_length=300, blank=True, default="")
    guarantee = models.CharField(
        "担保方式", max_length=16, choices=[(k.value, v) for k, v in GUARANTEE_LABELS.items()]
    )
    max_rate_bp = models.PositiveIntegerField("可接受年化利率(BP)", null=True, blank=True)
    declared_employees = models.PositiveIntegerField("申报从业人数", null=True, blank=True)
    declared_revenue_yuan = models.DecimalField(
        "申报上年营业收入", max_digits=18, decimal_places=2, null=True, blank=True
    )
    is_first_loan = models.BooleanField("申报首贷", default=False)
    created_by = models.ForeignKey(
        "marketplace.User", verbose_name="填报人", on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("填报时间")
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    expires_at = models.DateTimeField("有效期至", null=True, blank=True)
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)
    mode = models.CharField(
        "对接方式",
        max_length=12,
        choices=[(k.value, v) for k, v in DEMAND_MODE_LABELS.items()],
        default=DemandMode.APPLY.value,
    )
    pool_until = models.DateTimeField("抢单截止", null=True, blank=True)
    pool_slots = models.PositiveSmallIntegerField("抢单名额", null=True, blank=True)
    dispatch_due_at = models.DateTimeField("派单截止", null=True, blank=True)

    class Meta:
        verbose_name = "融资需求"
        verbose_name_plural = "融资需求"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_yuan__gt=0, term_months__gt=0), name="demand_positive"
            )
        ]
        indexes = [
            models.Index(fields=["enterprise", "-id"], name="demand_enterprise_idx"),
            models.Index(
                fields=["pool_until"],
                condition=models.Q(state__in=["IN_POOL", "MATCHING"], mode="POOL"),
                name="demand_pool_idx",
            ),
            models.Index(
                fields=["dispatch_due_at"],
                condition=models.Q(state="TO_DISPATCH"),
                name="demand_dispatch_idx",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
