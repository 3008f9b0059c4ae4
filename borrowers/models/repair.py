"""Objections to records and credit repair of penalties."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from borrowers.domain.procedures import OBJECTION, REPAIR

OBJECTION_OPEN = tuple(sorted(set(OBJECTION.states) - OBJECTION.terminal_states))
REPAIR_OPEN = tuple(sorted(set(REPAIR.states) - REPAIR.terminal_states))


class Objection(models.Model):
    """An enterprise says a record is wrong; marked at once, answered in writing within 20 days (条例 art. 25)."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    record = models.ForeignKey(
        "borrowers.CreditRecord",
        verbose_name="记录",
        on_delete=models.PROTECT,
        related_name="objections",
    )
    state = models.CharField("状态", max_length=16, choices=list(OBJECTION.labels.items()))
    reason = models.CharField("异议理由", max_length=500)
    submitted_by = models.ForeignKey(
        "marketplace.User", verbose_name="提出人", on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField("提出时间")
    due_at = models.DateTimeField("答复期限")
    answered_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="答复人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    answer = models.CharField("书面答复", max_length=500, blank=True, default="")

    class Meta:
        verbose_name = "异议"
        verbose_name_plural = "异议"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=OBJECTION.states), name="objection_state_known"
            ),
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(state__in=OBJECTION_OPEN),
                name="objection_open_unique",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class CreditRepair(models.Model):
    """A request to end the publicity of a penalty whose duties are fulfilled (信用修复管理办法)."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    record = models.ForeignKey(
        "borrowers.CreditRecord",
        verbose_name="记录",
        on_delete=models.PROTECT,
        related_name="repairs",
    )
    state = models.CharField("状态", max_length=16, choices=list(REPAIR.labels.items()))
    duty_fulfilled_date = models.DateField("义务履行完毕日期")
    commitment_made = models.BooleanField("已作信用承诺")
    proof = models.CharField("履行证明", max_length=200)
    statement = models.CharField("申请说明", max_length=500, blank=True, default="")
    submitted_by = models.ForeignKey(
        "marketplace.User", verbose_name="申请人", on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField("申请时间")
    due_at = models.DateTimeField("办结期限")
    supplemented_at = models.DateTimeField("要求补正时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="办理人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reviewed_at = models.DateTimeField("办结时间", null=True, blank=True)
    false_material = models.BooleanField("材料虚假", default=False)
    review_reason = models.CharField("办理意见", max_length=300, blank=True, default="")

    class Meta:
        verbose_name = "信用修复"
        verbose_name_plural = "信用修复"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=REPAIR.states), name="credit_repair_state_known"
            ),
            models.UniqueConstraint(
                fields=["record"],
                condition=Q(state__in=REPAIR_OPEN),
                name="credit_repair_open_unique",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
