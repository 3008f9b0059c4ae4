"""``manage.py password_reset``: a new password for somebody no operator can help, from the console."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.domain.errors import Refused
from marketplace.domain.second_factor import IDENTITY_CHECK_LABELS, IdentityCheck
from marketplace.models import User
from marketplace.services import account_reopen, password_reset


class Command(BaseCommand):
    """For operators and auditors without an authenticator, and where there is no other operator."""

    help = "为忘记密码的账号另设临时密码，停用的账号随之启用；平常由市级运营在“用户”页办理。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the account, and how it was made sure who asks."""
        parser.add_argument("username", help="账号")
        parser.add_argument(
            "--checked",
            required=True,
            choices=list(IdentityCheck),
            help="；".join(f"{code} {words}" for code, words in IDENTITY_CHECK_LABELS.items()),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the password and print it this once."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError("没有这个账号。")
        deed = password_reset if user.is_active else account_reopen
        try:
            handed = deed(
                user_id=user.public_id,
                checked=IdentityCheck(options["checked"]),
                actor=None,
                at=timezone.now(),
            )
        except Refused as refused:
            raise CommandError(f"{refused.sentence}（{refused.code}）") from refused
        self.stdout.write(
            f"账号 {user.username} 的临时密码：{handed.password}（只显示这一次，登录后须修改）"
        )
