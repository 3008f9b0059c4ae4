"""Districts, organisations, and who acts for them in which role."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from marketplace.domain.roles import ORGANISATION_KIND_LABELS, ROLE_LABELS


class District(models.Model):
    """A district of the city; the GB/T 2260 code is its natural key."""

    code = models.CharField("区划代码", max_length=6, primary_key=True)
    name = models.CharField("名称", max_length=32)

    class Meta:
        verbose_name = "区"
        verbose_name_plural = "区"
        ordering = ["code"]
        permissions = [("draft_whitelists_of_district", "受托办理本区白名单")]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """A party to the marketplace: an enterprise with an account, a lender, a district office, the city."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(
        "类别", max_length=16, choices=[(k.value, v) for k, v in ORGANISATION_KIND_LABELS.items()]
    )
    name = models.CharField("名称", max_length=200)
    uscc = models.CharField("统一社会信用代码", max_length=18, blank=True, default="")
    district = models.ForeignKey(
        District, verbose_name="所在区", null=True, blank=True, on_delete=models.PROTECT
    )
    is_active = models.BooleanField("有效", default=True)

    class Meta:
        verbose_name = "组织"
        verbose_name_plural = "组织"
        ordering = ["kind", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "uscc"], condition=~Q(uscc=""), name="organisation_kind_uscc_unique"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in an organisation, from a date until it is ended; never deleted."""

    user = models.ForeignKey(
        "marketplace.User",
        verbose_name="用户",
        on_delete=models.PROTECT,
        related_name="memberships",
    )
    organisation = models.ForeignKey(
        Organisation, verbose_name="组织", on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(
        "角色", max_length=16, choices=[(k.value, v) for k, v in ROLE_LABELS.items()]
    )
    granted_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="授予人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    granted_at = models.DateTimeField("授予时间")
    ended_at = models.DateTimeField("终止时间", null=True, blank=True)

    class Meta:
        verbose_name = "任职"
        verbose_name_plural = "任职"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"],
                condition=Q(ended_at=None),
                name="membership_live_unique",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=models.F("granted_at")),
                name="membership_ends_after_grant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}@{self.organisation_id}:{self.role}"
