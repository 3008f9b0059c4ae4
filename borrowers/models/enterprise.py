"""The register of market entities, and the accounts enterprises hold here."""

from __future__ import annotations

import uuid

from django.db import models

from borrowers.domain.identity import ENTERPRISE_ACCOUNT
from marketplace.crypto import EncryptedTextField
from marketplace.domain.vocabulary import SIZE_CLASS_LABELS

ENTITY_TYPES = [
    ("ENTERPRISE", "企业"),
    ("INDIVIDUAL", "个体工商户"),
    ("COOPERATIVE", "农民专业合作社"),
    ("OTHER", "其他"),
]
REGISTRATION_STATUSES = [
    ("ACTIVE", "存续"),
    ("REVOKED", "吊销"),
    ("CANCELLED", "注销"),
    ("MOVED_OUT", "迁出"),
]


class Enterprise(models.Model):
    """A market entity as the register knows it. The credit code is its public key."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    uscc = models.CharField("统一社会信用代码", max_length=18, unique=True)
    name = models.CharField("企业名称", max_length=200)
    name_normalized = models.CharField("规范名称", max_length=200, db_index=True)
    registration_no = models.CharField("原注册号", max_length=15, blank=True, default="")
    entity_type = models.CharField("主体类型", max_length=16, choices=ENTITY_TYPES)
    legal_form = models.CharField("企业类型", max_length=100, blank=True, default="")
    status = models.CharField(
        "登记状态", max_length=16, choices=REGISTRATION_STATUSES, default="ACTIVE"
    )
    established_date = models.DateField("成立日期", null=True, blank=True)
    ended_date = models.DateField("注销/吊销日期", null=True, blank=True)
    capital_amount = models.DecimalField(
        "注册资本", max_digits=20, decimal_places=2, null=True, blank=True
    )
    capital_currency = models.CharField("币种", max_length=3, blank=True, default="")
    capital_text = models.CharField("注册资金原文", max_length=100, blank=True, default="")
    industry_code = models.CharField("行业代码", max_length=5, blank=True, default="")
    industry_section = models.CharField("行业门类", max_length=1, blank=True, default="")
    business_scope = models.TextField("经营范围", blank=True, default="")
    district = models.ForeignKey(
        "marketplace.District",
        verbose_name="所在区",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    address = models.CharField("住所", max_length=300, blank=True, default="")
    legal_representative = models.CharField("法定代表人", max_length=64, blank=True, default="")
    employees = models.PositiveIntegerField("从业人数", null=True, blank=True)
    revenue_yuan = models.DecimalField(
        "营业收入", max_digits=18, decimal_places=2, null=True, blank=True
    )
    assets_yuan = models.DecimalField(
        "资产总额", max_digits=18, decimal_places=2, null=True, blank=True
    )
    size_class = models.CharField(
        "企业规模",
        max_length=16,
        choices=[(k.value, v) for k, v in SIZE_CLASS_LABELS.items()],
        default="UNKNOWN",
    )
    register_batch = models.ForeignKey(
        "borrowers.IngestBatch",
        verbose_name="登记批次",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    register_row = models.PositiveIntegerField("批次行号", null=True, blank=True)
    created_at = models.DateTimeField("首次入库时间")
    updated_at = models.DateTimeField("更新时间")

    class Meta:
        verbose_name = "企业"
        verbose_name_plural = "企业"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["district", "id"], name="enterprise_district_idx"),
            models.Index(fields=["industry_section", "id"], name="enterprise_section_idx"),
            models.Index(
                fields=["registration_no"],
                condition=~models.Q(registration_no=""),
                name="enterprise_old_number_idx",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.uscc}）"


class EnterpriseAccount(models.Model):
    """An enterprise's standing here: who asked to act for it, and whether that was verified."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    enterprise = models.OneToOneField(
        Enterprise, verbose_name="企业", on_delete=models.PROTECT, related_name="account"
    )
    organisation = models.OneToOneField(
        "marketplace.Organisation", verbose_name="组织", on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(
        "状态",
        max_length=16,
        choices=list(ENTERPRISE_ACCOUNT.labels.items()),
        default=ENTERPRISE_ACCOUNT.initial,
    )
    contact_name = models.CharField("联系人", max_length=64)
    contact_phone = EncryptedTextField("联系电话")
    applied_by = models.ForeignKey(
        "marketplace.User", verbose_name="申请人", on_delete=models.PROTECT, related_name="+"
    )
    applied_at = models.DateTimeField("申请时间")
    verified_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="核验人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    verified_at = models.DateTimeField("核验时间", null=True, blank=True)
    verifier = models.CharField("核验方式", max_length=32, default="OPERATOR_REVIEW")
    refusal_reason = models.CharField("未通过原因", max_length=200, blank=True, default="")
    applicant_note = models.CharField(
        "申请人的说明", max_length=200, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = "企业账户"
        verbose_name_plural = "企业账户"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=ENTERPRISE_ACCOUNT.states),
                name="enterprise_account_state_known",
            )
        ]

    def __str__(self) -> str:
        return f"{self.enterprise_id}:{self.state}"
