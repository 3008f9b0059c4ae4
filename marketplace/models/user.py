"""People who log in. An account says who somebody is; a membership says for whom and as what they act."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models
from guardian.mixins import GuardianUserMixin

from marketplace.crypto import EncryptedTextField


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

    class Meta:
        verbose_name = "用户"
        verbose_name_plural = "用户"

    def __str__(self) -> str:
        return self.display_name or self.username
