"""Institutions, their branches, and which of their people work where."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from lenders.domain.institution import (
    INSTITUTION_KIND_LABELS,
    INSTITUTION_STATE_LABELS,
    InstitutionState,
)
from marketplace.crypto import EncryptedTextField


class Institution(models.Model):
    """A financial institution of the city; its organisation on the floor carries name and credit code."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    organisation = models.OneToOneField(
        "marketplace.Organisation",
        verbose_name="组织",
        on_delete=models.PROTECT,
        related_name="institution",
    )
    code = models.CharField("机构代码", max_length=16, unique=True)
    kind = models.CharField(
        "机构类型",
        max_length=16,
        choices=[(k.value, v) for k, v in INSTITUTION_KIND_LABELS.items()],
    )
    state = models.CharField(
        "状态", max_length=16, choices=[(k.value, v) for k, v in INSTITUTION_STATE_LABELS.items()]
    )
    introduction = models.CharField("简介", max_length=500, blank=True, default="")
    contact_name = models.CharField("联系人", max_length=64, blank=True, default="")
    contact_phone = EncryptedTextField("联系电话", blank=True, default="")
    applied_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="申请人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    applied_at = models.DateTimeField("申请时间")
    review_reason = models.CharField("审核意见", max_length=200, blank=True, default="")
    admitted_at = models.DateTimeField("入驻时间", null=True, blank=True)
    admitted_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="准入人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

    class Meta:
        verbose_name = "金融机构"
        verbose_name_plural = "金融机构"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in InstitutionState]),
                name="institution_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["PENDING", "REFUSED"]) | Q(admitted_at__isnull=False),
                name="institution_admitted_dated",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Branch(models.Model):
    """A branch that takes applications of one or more districts."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    institution = models.ForeignKey(
        Institution, verbose_name="机构", on_delete=models.PROTECT, related_name="branches"
    )
    name = models.CharField("网点名称", max_length=100)
    districts = models.ManyToManyField(
        "marketplace.District", verbose_name="服务区域", related_name="+"
    )
    is_default = models.BooleanField("兜底网点", default=False)

    class Meta:
        verbose_name = "分支机构"
        verbose_name_plural = "分支机构"
        ordering = ["institution", "id"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "name"], name="branch_name_unique"),
            models.UniqueConstraint(
                fields=["institution"],
                condition=Q(is_default=True),
                name="branch_default_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BranchPosting(models.Model):
    """The branch where a lender's officer or approver works."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    membership = models.OneToOneField(
        "marketplace.Membership",
        verbose_name="任职",
        on_delete=models.PROTECT,
        related_name="posting",
    )
    branch = models.ForeignKey(
        Branch, verbose_name="网点", on_delete=models.PROTECT, related_name="postings"
    )

    class Meta:
        verbose_name = "网点任职"
        verbose_name_plural = "网点任职"
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.membership_id}@{self.branch_id}"
