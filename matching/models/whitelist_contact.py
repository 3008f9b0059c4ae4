"""What institutions do with a published whitelist: the receipt of its push, each contact with an enterprise."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from marketplace.crypto import EncryptedTextField
from matching.domain.whitelist_contact import CONTACT_RESULT_LABELS
from matching.models.whitelist import Whitelist, WhitelistEntry


class WhitelistReceipt(models.Model):
    """A published list put before one institution: delivered when, to how many people, read when and by whom."""

    whitelist = models.ForeignKey(Whitelist, on_delete=models.CASCADE, related_name="receipts")
    institution = models.ForeignKey(
        "lenders.Institution", verbose_name="机构", on_delete=models.PROTECT, related_name="+"
    )
    pushed_at = models.DateTimeField("送达时间")
    told = models.PositiveIntegerField("通知人数", default=0)
    read_at = models.DateTimeField("已读时间", null=True, blank=True)
    read_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="首位读者",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "推送回执"
        verbose_name_plural = "推送回执"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["whitelist", "institution"], name="whitelist_receipt_once"
            ),
            models.CheckConstraint(
                condition=Q(read_at=None) | Q(read_at__gte=F("pushed_at"), read_by__isnull=False),
                name="whitelist_receipt_read_after",
            ),
        ]
        indexes = [
            models.Index(
                fields=["institution"],
                condition=Q(read_at=None),
                name="whitelist_receipt_unread_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.whitelist_id}:{self.institution_id}"


class WhitelistContact(models.Model):
    """A lender's duty to contact a listed enterprise: taken on, and what came of it."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    entry = models.ForeignKey(WhitelistEntry, on_delete=models.CASCADE, related_name="contacts")
    institution = models.ForeignKey(
        "lenders.Institution", verbose_name="机构", on_delete=models.PROTECT, related_name="+"
    )
    officer = models.ForeignKey(
        "marketplace.User", verbose_name="客户经理", on_delete=models.PROTECT, related_name="+"
    )
    contacted_at = models.DateTimeField("对接时间")
    result = models.CharField(
        "结果",
        max_length=32,
        choices=[(code.value, label) for code, label in CONTACT_RESULT_LABELS.items()],
        blank=True,
        default="",
    )
    reported_at = models.DateTimeField("反馈时间", null=True, blank=True)
    note = models.CharField("备注", max_length=200, blank=True, default="")
    clock_steps = models.JSONField("已发提醒", default=list, blank=True)
    visit_date = models.DateField("走访日期", null=True, blank=True)
    visitor = EncryptedTextField("走访人", blank=True, default="")
    contact_date = models.DateField("联系日期", null=True, blank=True)
    file_complete_date = models.DateField("资料齐全日期", null=True, blank=True)
    decision_date = models.DateField("授信决定日期", null=True, blank=True)
    granted_yuan = models.DecimalField(
        "授信金额", max_digits=18, decimal_places=2, null=True, blank=True
    )
    contract_date = models.DateField("签约日期", null=True, blank=True)
    drawn_yuan = models.DecimalField(
        "放款金额", max_digits=18, decimal_places=2, null=True, blank=True
    )
    drawn_date = models.DateField("放款日期", null=True, blank=True)
    annual_rate_bp = models.PositiveIntegerField("年化利率(BP)", null=True, blank=True)
    term_months = models.PositiveSmallIntegerField("期限(月)", null=True, blank=True)
    guarantee = models.CharField("担保方式", max_length=16, blank=True, default="")
    is_first_loan = models.BooleanField("首贷", default=False)
    is_renewal = models.BooleanField("无还本续贷", default=False)
    refusal_code = models.CharField("拒绝原因", max_length=32, blank=True, default="")
    refusal_note = models.CharField("拒绝说明", max_length=300, blank=True, default="")
    help_measure = models.CharField("帮扶措施", max_length=200, blank=True, default="")
    is_agreed = models.BooleanField("企业同意报送", default=False)

    class Meta:
        verbose_name = "白名单对接"
        verbose_name_plural = "白名单对接"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "institution"], name="whitelist_contact_once"),
            models.CheckConstraint(
                condition=Q(result="") | Q(reported_at__isnull=False),
                name="whitelist_result_dated",
            ),
            models.CheckConstraint(
                condition=Q(refusal_code="") | Q(granted_yuan=None),
                name="whitelist_granted_or_refused",
            ),
            models.CheckConstraint(
                condition=Q(drawn_yuan=None) | Q(granted_yuan__gte=F("drawn_yuan")),
                name="whitelist_drawn_within",
            ),
            models.CheckConstraint(
                condition=Q(granted_yuan=None) | Q(is_agreed=True),
                name="whitelist_granted_agreed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}:{self.institution_id}"
