"""What stands beside a person's password: the key of an authenticator app, and codes for the day it is lost."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_otp.models import Device, ThrottlingMixin

from marketplace.crypto import EncryptedTextField


class Authenticator(ThrottlingMixin, Device):
    """An app that shows one-time codes (TOTP); at most one in use and one being set up for each person.

    A device of django-otp, whose waiting times after wrong codes it keeps; its own key is sealed, which theirs is not.
    """

    name = None  # type: ignore[assignment]
    user = models.ForeignKey(
        "marketplace.User",
        verbose_name="用户",
        on_delete=models.CASCADE,
        related_name="authenticators",
    )
    confirmed = models.BooleanField("已启用", default=False)
    secret = EncryptedTextField("密钥")
    last_step = models.BigIntegerField(
        "最近一次口令的时段", default=-1, help_text="同一时段及更早的口令不再接受。"
    )
    throttling_failure_timestamp = models.DateTimeField("最近输错", null=True, blank=True)
    throttling_failure_count = models.PositiveIntegerField("连续输错", default=0)
    begun_at = models.DateTimeField("开始绑定")
    confirmed_at = models.DateTimeField("启用时间", null=True, blank=True)

    class Meta:
        verbose_name = "身份验证器"
        verbose_name_plural = "身份验证器"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "confirmed"], name="authenticator_one_in_use_one_begun"
            ),
            models.CheckConstraint(
                condition=Q(confirmed=True, confirmed_at__isnull=False)
                | Q(confirmed=False, confirmed_at=None),
                name="authenticator_confirmed_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)

    def get_throttle_factor(self) -> int:
        """Return after how many seconds the next code counts after one wrong one; doubled by each further."""
        return 1


class RecoveryCode(models.Model):
    """A code that stands in for the authenticator once; only its keyed digest is kept."""

    authenticator = models.ForeignKey(
        Authenticator,
        verbose_name="身份验证器",
        on_delete=models.CASCADE,
        related_name="recovery_codes",
    )
    digest = models.CharField("摘要", max_length=64, editable=False)
    used_at = models.DateTimeField("使用时间", null=True, blank=True)

    class Meta:
        verbose_name = "恢复码"
        verbose_name_plural = "恢复码"
        constraints = [
            models.UniqueConstraint(
                fields=["authenticator", "digest"], name="recovery_code_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.authenticator_id}"
