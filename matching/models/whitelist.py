"""Whitelists of districts and their entries with the reasons why in and why out."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from marketplace.crypto import EncryptedTextField
from matching.domain.whitelist import WHITELIST
from matching.domain.whitelist_entry import ENTRY_STATUS_LABELS


class Whitelist(models.Model):
    """One issue of one district's whitelist; published by a second person."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    district = models.ForeignKey(
        "marketplace.District", verbose_name="区", on_delete=models.PROTECT, related_name="+"
    )
    issue_no = models.CharField("期号", max_length=16)
    title = models.CharField("名称", max_length=100)
    origin = models.CharField(
        "来源", max_length=16, choices=[("GENERATED", "平台生成"), ("UPLOADED", "上传")]
    )
    state = models.CharField(
        "状态",
        max_length=20,
        choices=list(WHITELIST.labels.items()),
        default=WHITELIST.initial,
    )
    parameters = models.JSONField("生成参数", default=dict, blank=True)
    titles = models.JSONField("表头", default=list, blank=True)
    file_name = models.CharField("文件名", max_length=200, blank=True, default="")
    file_sha256 = models.CharField("文件哈希", max_length=64, blank=True, default="")
    rows_read = models.PositiveIntegerField("读取行数", default=0)
    admitted = models.PositiveIntegerField("入选户数", default=0)
    refused = models.PositiveIntegerField("未入选行数", default=0)
    duplicates = models.PositiveIntegerField("重复行数", default=0)
    reason_counts = models.JSONField("原因计数", default=dict, blank=True)
    checked_at = models.DateTimeField("核验时间")
    created_by = models.ForeignKey(
        "marketplace.User", verbose_name="经办人", on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField("创建时间")
    approved_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="复核人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    expires_at = models.DateTimeField("有效期至", null=True, blank=True)
    return_reason = models.CharField("退回原因", max_length=200, blank=True, default="")
    clock_steps = models.JSONField("已发提醒", default=list, blank=True)
    escalated_at = models.DateTimeField("督办时间", null=True, blank=True)

    class Meta:
        verbose_name = "白名单"
        verbose_name_plural = "白名单"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["district", "issue_no"], name="whitelist_issue_unique"),
            models.CheckConstraint(
                condition=Q(state__in=WHITELIST.states), name="whitelist_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="PUBLISHED")
                | Q(
                    published_at__isnull=False, expires_at__isnull=False, approved_by__isnull=False
                ),
                name="whitelist_published_dated",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("created_by")),
                name="whitelist_second_person",
            ),
            models.CheckConstraint(
                condition=Q(rows_read=F("admitted") + F("refused") + F("duplicates")),
                name="whitelist_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.district_id} {self.issue_no}"


class WhitelistEntry(models.Model):
    """One row of a whitelist: admitted or kept out, and why.

    ``contact`` and ``row`` (the delivered cells as JSON) may name natural persons and are sealed.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    whitelist = models.ForeignKey(Whitelist, on_delete=models.CASCADE, related_name="entries")
    row_number = models.PositiveIntegerField("行号")
    uscc = models.CharField("统一社会信用代码", max_length=64, blank=True, default="")
    name = models.CharField("企业名称", max_length=200, blank=True, default="")
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="企业",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    status = models.CharField(
        "结果",
        max_length=16,
        choices=[(status.value, label) for status, label in ENTRY_STATUS_LABELS.items()],
    )
    is_readable = models.BooleanField("该行可读", default=True)
    amount_yuan = models.DecimalField(
        "需求金额", max_digits=18, decimal_places=2, null=True, blank=True
    )
    term_months = models.PositiveSmallIntegerField("期限(月)", null=True, blank=True)
    purpose = models.CharField("用途", max_length=24, blank=True, default="")
    sector = models.CharField("行业门类", max_length=1, blank=True, default="")
    street = models.CharField("街镇(园区)", max_length=300, blank=True, default="")
    contact = EncryptedTextField("联系方式", blank=True, default="")
    is_willing = models.BooleanField("有融资意愿", null=True, blank=True)
    willing_date = models.DateField("融资意愿日期", null=True, blank=True)
    passes = models.JSONField("符合的门槛", default=list, blank=True)
    reasons = models.JSONField("未入选原因", default=list, blank=True)
    marks = models.JSONField("提示标记", default=list, blank=True)
    row = EncryptedTextField("原始行", blank=True, default="")

    class Meta:
        verbose_name = "白名单条目"
        verbose_name_plural = "白名单条目"
        ordering = ["whitelist", "row_number"]
        constraints = [
            models.UniqueConstraint(
                fields=["whitelist", "row_number"], name="whitelist_row_unique"
            ),
            models.UniqueConstraint(
                fields=["whitelist", "enterprise"],
                condition=Q(status="ADMITTED"),
                name="whitelist_enterprise_once",
            ),
        ]
        indexes = [
            models.Index(fields=["enterprise", "status"], name="whitelist_enterprise_idx"),
            models.Index(fields=["whitelist", "status", "row_number"], name="whitelist_status_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.whitelist_id}#{self.row_number}"
