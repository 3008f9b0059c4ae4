"""Thematic lists, and who is on them from which day until which."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from marketplace.domain.thematic import LIST_KIND_LABELS


class ThematicList(models.Model):
    """One list as declared; ``filled_from`` is the first day on which somebody looked who is on it.

    Before that day an enterprise that is not on it may be so for want of looking.
    """

    code = models.CharField("代码", max_length=32, unique=True)
    name = models.CharField("名称", max_length=64)
    kind = models.CharField(
        "类别", max_length=16, choices=[(k.value, v) for k, v in LIST_KIND_LABELS.items()]
    )
    legal_basis = models.CharField("法律依据", max_length=200, blank=True, default="")
    may_block = models.BooleanField("可作为限制依据", default=False)
    filled_from = models.DateField("首次入库日期", null=True, blank=True)
    checked_at = models.DateTimeField("最近更新时间", null=True, blank=True)

    class Meta:
        verbose_name = "专题库"
        verbose_name_plural = "专题库"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in LIST_KIND_LABELS]),
                name="thematic_list_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(may_block=False) | (Q(kind="BLACKLIST") & ~Q(legal_basis="")),
                name="thematic_list_blocks_by_law",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListMembership(models.Model):
    """An enterprise on a list from a day until the day before ``until_date``; never deleted."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    thematic_list = models.ForeignKey(
        ThematicList, verbose_name="专题库", on_delete=models.PROTECT, related_name="memberships"
    )
    enterprise = models.ForeignKey(
        "borrowers.Enterprise",
        verbose_name="企业",
        on_delete=models.PROTECT,
        related_name="list_memberships",
    )
    origin = models.CharField(
        "来源", max_length=16, choices=[("RULE", "规则"), ("UPLOAD", "上传名单")]
    )
    from_date = models.DateField("纳入日期")
    until_date = models.DateField("移出日期", null=True, blank=True)
    reason = models.CharField("说明", max_length=200, blank=True, default="")
    rule_version = models.CharField("规则版本", max_length=10, blank=True, default="")
    batch = models.ForeignKey(
        "borrowers.IngestBatch",
        verbose_name="批次",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    row_number = models.PositiveIntegerField("批次行号", null=True, blank=True)
    recorded_at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = "专题库成员"
        verbose_name_plural = "专题库成员"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["thematic_list", "enterprise", "origin"],
                condition=Q(until_date=None),
                name="list_membership_open_unique",
            ),
            models.CheckConstraint(
                condition=Q(until_date=None) | Q(until_date__gte=F("from_date")),
                name="list_membership_ends_after_start",
            ),
            models.CheckConstraint(
                condition=(Q(origin="RULE", batch=None) & ~Q(rule_version=""))
                | Q(origin="UPLOAD", batch__isnull=False),
                name="list_membership_has_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.thematic_list_id}:{self.enterprise_id}"
