"""Where people want to be reminded of their notices, outside the site; codes for a new password that go there."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from marketplace.crypto import EncryptedTextField
from marketplace.domain.reminder import CHANNEL_LABELS


class ReminderAddress(models.Model):
    """The one address of a person; written to from its confirmation by a code until it is taken away."""

    user = models.OneToOneField(
        "marketplace.User",
        verbose_name="用户",
        on_delete=models.CASCADE,
        related_name="reminder_address",
    )
    channel = models.CharField(
        "方式",
        max_length=8,
        choices=[(channel.value, label) for channel, label in CHANNEL_LABELS.items()],
    )
    address = EncryptedTextField("地址")
    entered_at = models.DateTimeField("填写时间", help_text="验证码同时发出。")
    code_digest = models.CharField("验证码摘要", max_length=64, blank=True, default="")
    code_tries = models.PositiveSmallIntegerField("验证码输错次数", default=0)
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    recovers_since = models.DateTimeField(
        "用于找回密码自", null=True, blank=True, help_text="本人以密码证明之后开通。"
    )
    due_at = models.DateTimeField("下次发送不早于")
    failures = models.PositiveSmallIntegerField("连续失败次数", default=0)

    class Meta:
        verbose_name = "提醒地址"
        verbose_name_plural = "提醒地址"
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(confirmed_at__isnull=False),
                name="reminder_address_due_idx",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.channel}"


class PasswordRecovery(models.Model):
    """One code for a new password: asked for by whoever knows the account's name, sent to its address alone.

    It is good in the browser that asked for it. Rows go when the password changes, when the address goes or is closed
    for it, and at the next request a day after they were asked for.
    """

    address = models.ForeignKey(
        ReminderAddress,
        verbose_name="发往的地址",
        on_delete=models.CASCADE,
        related_name="recoveries",
    )
    asked_at = models.DateTimeField("请求时间")
    ticket_digest = models.CharField("浏览器会话的摘要", max_length=64)
    sender_digest = models.CharField("来访地址的摘要", max_length=64)
    code_digest = models.CharField(
        "验证码摘要", max_length=64, blank=True, default="", help_text="发出时写入。"
    )
    code_tries = models.PositiveSmallIntegerField("验证码输错次数", default=0)

    class Meta:
        verbose_name = "找回密码的验证码"
        verbose_name_plural = "找回密码的验证码"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.address_id}:{self.asked_at:%Y-%m-%d %H:%M}"
