"""Loan products, their versions, and the typed rules of each version."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from lenders.domain.product import VERSION_STATE_LABELS, VersionState


class LoanProduct(models.Model):
    """A product under one name; what it offers stands in its versions."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    institution = models.ForeignKey(
        "lenders.Institution",
        verbose_name="机构",
        on_delete=models.PROTECT,
        related_name="products",
    )
    code = models.CharField("产品代码", max_length=32, unique=True)
    name = models.CharField("产品名称", max_length=100)
    created_at = models.DateTimeField("创建时间")

    class Meta:
        verbose_name = "信贷产品"
        verbose_name_plural = "信贷产品"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "name"], name="product_name_unique")
        ]

    def __str__(self) -> str:
        return self.name


class ProductVersion(models.Model):
    """One version of a product's terms; published by a second person, then never changed."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    product = models.ForeignKey(
        LoanProduct, verbose_name="产品", on_delete=models.PROTECT, related_name="versions"
    )
    number = models.PositiveIntegerField("版本号")
    state = models.CharField(
        "状态", max_length=16, choices=[(k.value, v) for k, v in VERSION_STATE_LABELS.items()]
    )
    summary = models.CharField("产品说明", max_length=500, blank=True, default="")
    amount_min_yuan = models.DecimalField("最低额度", max_digits=18, decimal_places=2)
    amount_max_yuan = models.DecimalField("最高额度", max_digits=18, decimal_places=2)
    term_min_months = models.PositiveSmallIntegerField("最短期限(月)")
    term_max_months = models.PositiveSmallIntegerField("最长期限(月)")
    annual_rate_min_bp = models.PositiveIntegerField("年化利率下限(BP)")
    annual_rate_max_bp = models.PositiveIntegerField("年化利率上限(BP)")
    fee_rate_bp = models.PositiveIntegerField("其他费用(占本金BP)", default=0)
    all_in_rate_max_bp = models.PositiveIntegerField("综合年化成本上限(BP)")
    guarantees = models.JSONField("担保方式")
    purposes = models.JSONField("贷款用途")
    repayments = models.JSONField("还款方式")
    district_codes = models.JSONField("服务区域", default=list)
    decision_days = models.PositiveSmallIntegerField("审批时限(工作日)", default=5)
    drafted_by = models.ForeignKey(
        "marketplace.User", verbose_name="起草人", on_delete=models.PROTECT, related_name="+"
    )
    drafted_at = models.DateTimeField("起草时间")
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    reviewed_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="发布人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reviewed_at = models.DateTimeField("发布时间", null=True, blank=True)
    review_reason = models.CharField("复核意见", max_length=200, blank=True, default="")
    effective_from = models.DateTimeField("生效时间", null=True, blank=True)
    effective_until = models.DateTimeField("失效时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="下架人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    withdrawn_reason = models.CharField("下架原因", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "产品版本"
        verbose_name_plural = "产品版本"
        ordering = ["product", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="product_version_unique"),
            models.UniqueConstraint(
                fields=["product"], condition=Q(state="PUBLISHED"), name="product_published_once"
            ),
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(state__in=["DRAFT", "PENDING_REVIEW"]),
                name="product_open_version_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in VersionState]),
                name="product_version_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="PUBLISHED")
                | Q(effective_from__isnull=False, reviewed_by__isnull=False),
                name="product_published_dated",
            ),
            models.CheckConstraint(
                condition=Q(amount_min_yuan__gt=0, amount_max_yuan__gte=F("amount_min_yuan")),
                name="product_amounts_ordered",
            ),
            models.CheckConstraint(
                condition=Q(term_min_months__gt=0, term_max_months__gte=F("term_min_months")),
                name="product_terms_ordered",
            ),
            models.CheckConstraint(
                condition=Q(
                    annual_rate_max_bp__gte=F("annual_rate_min_bp"),
                    all_in_rate_max_bp__gte=F("annual_rate_max_bp"),
                ),
                name="product_rates_ordered",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("drafted_by")),
                name="product_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} v{self.number}"


class ProductRule(models.Model):
    """One admission rule of a version, as typed data (``lenders.domain.rule.RuleSpec``)."""

    version = models.ForeignKey(
        ProductVersion, verbose_name="版本", on_delete=models.CASCADE, related_name="rules"
    )
    code = models.CharField("规则代码", max_length=48)
    feature = models.CharField("指标", max_length=48)
    operator = models.CharField("比较", max_length=16)
    value = models.JSONField("限值")
    effective_from = models.DateField("生效日期")
    effective_until = models.DateField("失效日期", null=True, blank=True)

    class Meta:
        verbose_name = "准入规则"
        verbose_name_plural = "准入规则"
        ordering = ["version", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="product_rule_code_unique")
        ]

    def __str__(self) -> str:
        return self.code
