"""Leads: a need put before one lender without a name in it, and their events."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from matching.domain.lead import LEAD, LEAD_ORIGIN_LABELS, OPEN_LEAD_STATES


class DemandLead(models.Model):
    """One need before one lender; taken, it invites the enterprise to consent and apply."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    demand = models.ForeignKey(
        "matching.FinancingDemand",
        verbose_name="融资需求",
        on_delete=models.PROTECT,
        related_name="leads",
    )
    institution = models.ForeignKey(
        "lenders.Institution",
        verbose_name="机构",
        on_delete=models.PROTECT,
        related_name="leads",
    )
    branch = models.ForeignKey(
        "lenders.Branch",
        verbose_name="网点",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    product = models.ForeignKey(
        "lenders.LoanProduct",
        verbose_name="推荐产品",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    origin = models.CharField(
        "来源", max_length=12, choices=[(k.value, v) for k, v in LEAD_ORIGIN_LABELS.items()]
    )
    state = models.CharField("状态", max_length=16)
    officer = models.ForeignKey(
        "marketplace.User",
        verbose_name="接单人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    application = models.OneToOneField(
        "matching.LoanApplication",
        verbose_name="申请",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="lead",
    )
    offered_at = models.DateTimeField("推送时间")
    taken_at = models.DateTimeField("接单时间", null=True, blank=True)
    ended_at = models.DateTimeField("结束时间", null=True, blank=True)
    return_code = models.CharField("退回原因", max_length=16, blank=True, default="")
    return_note = models.CharField("退回说明", max_length=300, blank=True, default="")
    clock_due_at = models.DateTimeField("当前时限截止", null=True, blank=True)
    clock_is_provisional = models.BooleanField("时限暂定", default=False)

    class Meta:
        verbose_name = "融资线索"
        verbose_name_plural = "融资线索"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["demand", "institution"], name="lead_lender_unique"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(LEAD.states)), name="lead_state_known"
            ),
        ]
        indexes = [
            models.Index(fields=["institution", "state", "clock_due_at"], name="lead_queue_idx"),
            models.Index(
                fields=["clock_due_at"],
                condition=Q(state__in=sorted(OPEN_LEAD_STATES)),
                name="lead_clock_idx",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class LeadEvent(models.Model):
    """One step of one lead; append-only, numbered without gaps. 接单率 counts these."""

    lead = models.ForeignKey(
        DemandLead, verbose_name="线索", on_delete=models.PROTECT, related_name="events"
    )
    seq = models.PositiveIntegerField("序号")
    at = models.DateTimeField("时间")
    actor = models.ForeignKey(
        "marketplace.User",
        verbose_name="操作人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    actor_role = models.CharField("角色", max_length=16)
    event = models.CharField("事件", max_length=16)
    source = models.CharField("前状态", max_length=16, blank=True, default="")
    target = models.CharField("后状态", max_length=16)
    payload = models.JSONField("内容", default=dict)

    class Meta:
        verbose_name = "线索事件"
        verbose_name_plural = "线索事件"
        ordering = ["lead", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["lead", "seq"], name="lead_event_seq_unique")
        ]
        indexes = [models.Index(fields=["event", "at"], name="lead_event_kind_idx")]

    def __str__(self) -> str:
        return f"{self.lead_id}#{self.seq} {self.event}"
