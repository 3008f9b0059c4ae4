"""Approved limits, loans, and the events of their lives."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q

from marketplace.crypto import EncryptedTextField
from marketplace.domain.vocabulary import GUARANTEE_LABELS, REPAYMENT_LABELS

GUARANTEES = [(k.value, v) for k, v in GUARANTEE_LABELS.items()]


class CreditLine(models.Model):
    """What the approver granted (授信)."""

    application = models.OneToOneField(
        "matching.LoanApplication",
        verbose_name="申请",
        on_delete=models.PROTECT,
        related_name="credit_line",
    )
    amount_yuan = models.DecimalField("授信金额", max_digits=18, decimal_places=2)
    annual_rate_bp = models.PositiveIntegerField("年化利率(BP)")
    term_months = models.PositiveSmallIntegerField("期限(月)")
    guarantee = models.CharField("担保方式", max_length=16, choices=GUARANTEES)
    valid_until = models.DateField("额度有效期至")
    officer = models.ForeignKey(
        "marketplace.User", verbose_name="客户经理", on_delete=models.PROTECT, related_name="+"
    )
    approved_by = models.ForeignKey(
        "marketplace.User", verbose_name="审批人", on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField("审批时间")

    class Meta:
        verbose_name = "授信"
        verbose_name_plural = "授信"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="credit_line_positive"),
            models.CheckConstraint(
                condition=~Q(officer=F("approved_by")), name="credit_line_four_eyes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id}:{self.amount_yuan}"


class Loan(models.Model):
    """A signed contract and what became of it; its amounts are sums of its outcome events."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    application = models.OneToOneField(
        "matching.LoanApplication",
        verbose_name="申请",
        on_delete=models.PROTECT,
        related_name="loan",
    )
    contract_no = EncryptedTextField("合同编号")
    contract_digest = models.CharField("合同编号摘要", max_length=64)
    signed_date = models.DateField("签约日期")
    amount_yuan = models.DecimalField("合同金额", max_digits=18, decimal_places=2)
    annual_rate_bp = models.PositiveIntegerField("年化利率(BP)")
    term_months = models.PositiveSmallIntegerField("期限(月)")
    guarantee = models.CharField("担保方式", max_length=16, choices=GUARANTEES)
    repayment = models.CharField(
        "还款方式", max_length=24, choices=[(k.value, v) for k, v in REPAYMENT_LABELS.items()]
    )
    is_first_loan = models.BooleanField("首贷", default=False)
    is_renewal = models.BooleanField("续贷", default=False)

    class Meta:
        verbose_name = "贷款"
        verbose_name_plural = "贷款"
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(amount_yuan__gt=0), name="loan_positive")]
        indexes = [models.Index(fields=["contract_digest"], name="loan_contract_idx")]

    def __str__(self) -> str:
        return str(self.public_id)


class OutcomeQuerySet(models.QuerySet["OutcomeEvent"]):
    """Reported outcomes; one that was put right stays on file and counts no more."""

    def standing(self) -> Self:
        """Return those that count now."""
        return self.filter(ended_at=None)

    def known_at(self, moment: datetime) -> Self:
        """Return those that counted at a moment: reported by then, and put right only later."""
        return self.filter(Q(ended_at=None) | Q(ended_at__gt=moment), reported_at__lte=moment)


class OutcomeEvent(models.Model):
    """One thing that happened to a loan, reported by the lender; idempotent by ``reference``.

    Nothing that was reported changes; when it is put right (更正, 作废) only the ending is filled in. ``warning`` is
    the marketplace's own and follows what stands before the event. ``place`` sorts the events of a loan as its ledger
    takes them (`matching.domain.outcome.ledger_place`).
    """

    loan = models.ForeignKey(
        Loan, verbose_name="贷款", on_delete=models.PROTECT, related_name="outcomes"
    )
    seq = models.PositiveIntegerField("序号")
    kind = models.CharField("事件", max_length=16)
    event_date = models.DateField("发生日期")
    principal_yuan = models.DecimalField("本金", max_digits=18, decimal_places=2, default=0)
    interest_yuan = models.DecimalField("利息", max_digits=18, decimal_places=2, default=0)
    days_overdue = models.PositiveIntegerField("逾期天数", null=True, blank=True)
    classification = models.CharField("五级分类", max_length=16, blank=True, default="")
    warning = models.CharField("分类提示", max_length=200, blank=True, default="")
    reference = models.CharField("机构流水号", max_length=64)
    reported_by = models.ForeignKey(
        "marketplace.User", verbose_name="报送人", on_delete=models.PROTECT, related_name="+"
    )
    reported_at = models.DateTimeField("报送时间")
    first_reported_by = models.ForeignKey(
        "marketplace.User", verbose_name="最初报送人", on_delete=models.PROTECT, related_name="+"
    )
    place = models.BigIntegerField("台账次序")
    ended_at = models.DateTimeField("更正或作废时间", null=True, blank=True)
    ended_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="更正或作废人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    end_reason = models.CharField("更正或作废原因", max_length=200, blank=True, default="")
    replaced_by = models.OneToOneField(
        "self",
        verbose_name="更正为",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replaces",
    )

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        verbose_name = "贷款结果"
        verbose_name_plural = "贷款结果"
        ordering = ["loan", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["loan", "seq"], name="outcome_seq_unique"),
            models.UniqueConstraint(fields=["loan", "reference"], name="outcome_reference_unique"),
            models.CheckConstraint(
                condition=Q(principal_yuan__gte=0, interest_yuan__gte=0),
                name="outcome_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None, end_reason="", replaced_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(end_reason=""),
                name="outcome_end_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(ended_by=F("first_reported_by")) & ~Q(ended_by=F("reported_by")),
                name="outcome_end_four_eyes",
            ),
            models.UniqueConstraint(
                fields=["loan", "place"],
                condition=Q(ended_at=None),
                name="outcome_place_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "event_date"], name="outcome_kind_idx"),
            models.Index(
                fields=["-ended_at"],
                condition=Q(ended_at__isnull=False),
                name="outcome_ended_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loan_id}#{self.seq} {self.kind}"
