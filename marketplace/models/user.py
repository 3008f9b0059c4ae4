"""People who log in. An account says who somebody is; a membership says for whom and as what they act."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from guardian.mixins import GuardianUserMixin

from marketplace.crypto import EncryptedTextField
from marketplace.domain.account import SUSPENSION_LABELS


class User(GuardianUserMixin, AbstractUser):
    """A natural person with an account; phone numbers are sealed, real names shown only where a duty needs them."""

    public_id = models.UUIDField("公开编号", default=uuid.uuid4, unique=True, editable=False)
    display_name = models.CharField("姓名", max_length=64, blank=True)
    phone = EncryptedTextField("手机号", blank=True, default="")
    must_change_password = models.BooleanField(
        "须先修改密码",
        default=False,
        help_text="密码由别人设定，本人还没有改过。",
        db_default=False,
    )
    password_since = models.DateTimeField(
        "密码设定时间", null=True, blank=True, help_text="没有时以账号建立时间为准。"
    )
    session_epoch = models.PositiveIntegerField(
        "登录批次",
        default=0,
        help_text="加一，此前的登录即全部失效。",
        db_default=0,
    )

    suspended_for = models.CharField(
        "停用原因",
        max_length=24,
        blank=True,
        default="",
        choices=[(reason.value, label) for reason, label in SUSPENSION_LABELS.items()],
        db_default="",
    )

    class Meta:
        verbose_name = "用户"
        verbose_name_plural = "用户"

    def __str__(self) -> str:
        return self.display_name or self.username

    def get_session_auth_hash(self) -> str:
        """Return what a session must hold to stand: it changes with the password and with ``session_epoch``."""
        bound = super().get_session_auth_hash()
        return f"{bound}{self.session_epoch}" if self.session_epoch else bound
