"""What was opened to one named person beyond the post: the grant with its reason and end, and its object permission."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase

from marketplace.domain.grant import GRANT_KIND_LABELS


class ExceptionalGrant(models.Model):
    """One thing opened to one person by an organisation, until a day; never deleted.

    The object permission of the same person says what is open, this row why and how long: policies ask both.
    """

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(
        "类别", max_length=16, choices=[(k.value, v) for k, v in GRANT_KIND_LABELS.items()]
    )
    subject_id = models.CharField("对象编号", max_length=64)
    holder = models.ForeignKey(
        "marketplace.User", verbose_name="被授权人", on_delete=models.PROTECT, related_name="+"
    )
    organisation = models.ForeignKey(
        "marketplace.Organisation",
        verbose_name="授权组织",
        on_delete=models.PROTECT,
        related_name="+",
    )
    reason = models.CharField("事由", max_length=200)
    granted_by = models.ForeignKey(
        "marketplace.User", verbose_name="授权人", on_delete=models.PROTECT, related_name="+"
    )
    granted_at = models.DateTimeField("授权时间")
    valid_until = models.DateTimeField("有效期至")
    revoked_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="撤销人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    revoked_at = models.DateTimeField("撤销时间", null=True, blank=True)

    class Meta:
        verbose_name = "例外授权"
        verbose_name_plural = "例外授权"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in GRANT_KIND_LABELS]),
                name="grant_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("granted_at")), name="grant_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="grant_has_reason"),
            models.CheckConstraint(
                condition=~Q(holder=F("granted_by")), name="grant_to_another_person"
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="grant_revoked_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["holder", "kind"], name="grant_holder_idx"),
            models.Index(fields=["kind", "subject_id"], name="grant_subject_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class DistrictPermission(UserObjectPermissionBase):
    """An object permission of one person on one district."""

    content_object = models.ForeignKey(
        "marketplace.District", on_delete=models.CASCADE, related_name="exceptional_permissions"
    )

    class Meta(UserObjectPermissionBase.Meta):
        verbose_name = "区的例外权限"
        verbose_name_plural = "区的例外权限"
