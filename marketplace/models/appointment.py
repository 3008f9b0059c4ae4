"""A new person of the city, proposed by one operator and confirmed by another."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from marketplace.crypto import EncryptedTextField
from marketplace.domain.account import APPOINTMENT_STATE_LABELS, AppointmentState
from marketplace.domain.roles import ROLE_LABELS, ROLES_OF_KIND, OrganisationKind


class Appointment(models.Model):
    """Who is to operate or to audit the marketplace; the account is made when a second operator confirms it."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField("账号", max_length=64)
    display_name = models.CharField("姓名", max_length=64)
    organisation = models.ForeignKey(
        "marketplace.Organisation", verbose_name="单位", on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(
        "角色",
        max_length=16,
        choices=[(role.value, ROLE_LABELS[role]) for role in ROLES_OF_KIND[OrganisationKind.CITY]],
    )
    state = models.CharField(
        "状态",
        max_length=16,
        default=AppointmentState.WAITING.value,
        choices=[(state.value, label) for state, label in APPOINTMENT_STATE_LABELS.items()],
    )
    first_half = EncryptedTextField("临时密码的前一半", blank=True, default="")
    asked_by = models.ForeignKey(
        "marketplace.User", verbose_name="提出人", on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField("提出时间")
    decided_by = models.ForeignKey(
        "marketplace.User",
        verbose_name="确认人",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField("确认时间", null=True, blank=True)
    note = models.CharField("不予确认的理由", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = "任职申请"
        verbose_name_plural = "任职申请"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")),
                name="appointment_by_two",
            ),
            models.CheckConstraint(
                condition=Q(state=AppointmentState.WAITING.value, decided_by=None, decided_at=None)
                | Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(state=AppointmentState.WAITING.value),
                name="appointment_decided_by_somebody",
            ),
            models.UniqueConstraint(
                Lower("username"),
                condition=Q(state=AppointmentState.WAITING.value),
                name="appointment_waits_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.username}:{self.role}"
