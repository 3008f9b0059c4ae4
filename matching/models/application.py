"""Loan applications and their events."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from guardian.models import UserObjectPermissionBase

from matching.domain.application import APPLICATION, LIVE_STATES


class LoanApplication(models.Model):
    """One need put to one product of one lender; every change of state is one event."""

    public_id = models.UUIDField("申请编号", default=uuid.uuid4, unique=True, editable=False)
    demand = models.ForeignKey(
        "matching.FinancingDemand",
        verbose_name="融资需求",
        on_delete=models.PROTECT,
        related_name="applications",
    )
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="企业",
        on_delete=models.PROTECT,
        related_name="applications",
    )
    product = models.ForeignKey(
        "lenders.LoanProduct",
        verbose_name="产品",
        on_delete=models.PROTECT,
        related_name="applications",
    )
    product_version = models.ForeignKey(
        "lenders.ProductVersion",
        verbose_name="产品版本",
        on_delete=models.PROTECT,
        related_name="+",
    )
    institution = models.ForeignKey(
        "lenders.Institution",
        verbose_name="机构",
        on_delete=models.PROTECT,
        related_name="applications",
    )
    branch = models.ForeignKey(
        "lenders.Branch",
        verbose_name="网点",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="applications",
    )
    state = models.CharField("状态", max_length=16)
    officer = models.ForeignKey(
        "marketplace.User",
        verbose_name="客户经理",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    consent = models.ForeignKey(
        "borrowers.Consent",
        verbose_name="授权",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    portrait = models.OneToOneField(
        "matching.CreditPortrait",
        verbose_name="冻结画像",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="application",
    )
    frozen_fit = models.JSONField("冻结的匹配结果", default=dict)
    moved_from = models.OneToOneField(
        "self",
        verbose_name="转自申请",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="moved_to",
    )
    created_by = models.ForeignKey(
        "marketplace.User", verbose_name="申请人", on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("创建时间")
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    accepted_at = models.DateTimeField("受理时间", null=True, blank=True)
    contacted_at = models.DateTimeField("联系时间", null=True, blank=True)
    file_complete_at = models.DateTimeField("资料齐全时间", null=True, blank=True)
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)
    clock_code = models.CharField("当前时限", max_length=32, blank=True, default="")
    clock_due_at = models.DateTimeField("当前时限截止", null=True, blank=True)
    clock_is_provisional = models.BooleanField("时限暂定", default=False)
    paused_at = models.DateTimeField("时限暂停时间", null=True, blank=True)
    suspended_from = models.CharField("中止前状态", max_length=16, blank=True, default="")
    refusal_code = models.CharField("拒绝原因", max_length=32, blank=True, default="")
    refusal_note = models.CharField("拒绝说明", max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "贷款申请"
        verbose_name_plural = "贷款申请"
        ordering = ["-id"]
        permissions = [("review_loanapplication", "受指定审阅本申请")]
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "product"],
                condition=Q(state__in=sorted(LIVE_STATES)),
                name="application_live_unique",
            ),
            models.CheckConstraint(
                condition=Q(state__in=sorted(APPLICATION.states)), name="application_state_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["institution", "state", "clock_due_at"], name="application_queue_idx"
            ),
            models.Index(fields=["enterprise", "-id"], name="application_enterprise_idx"),
            models.Index(
                fields=["clock_due_at"],
                condition=~Q(clock_due_at=None),
                name="application_clock_idx",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ApplicationPermission(UserObjectPermissionBase):
    """An object permission of one person on one application."""

    content_object = models.ForeignKey(
        LoanApplication, on_delete=models.CASCADE, related_name="exceptional_permissions"
    )

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = "申请的例外权限"
        verbose_name_plural = "申请的例外权限"


class ApplicationEvent(models.Model):
    """One step of one application; append-only, numbered without gaps. Statistics are sums of these."""

    application = models.ForeignKey(
        LoanApplication, verbose_name="申请", on_delete=models.PROTECT, related_name="events"
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
    event = models.CharField("事件", max_length=32)
    source = models.CharField("前状态", max_length=16)
    target = models.CharField("后状态", max_length=16)
    payload = models.JSONField("内容", default=dict)
    is_internal = models.BooleanField("仅机构可见", default=False)

    class Meta:
        verbose_name = "申请事件"
        verbose_name_plural = "申请事件"
        ordering = ["application", "seq"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "seq"], name="application_event_seq_unique"
            )
        ]
        indexes = [models.Index(fields=["event", "at"], name="application_event_kind_idx")]

    def __str__(self) -> str:
        return f"{self.application_id}#{self.seq} {self.event}"
