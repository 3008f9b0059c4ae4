"""``manage.py second_factor_reset``: take somebody's authenticator out of use, from the console."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.domain.errors import Refused
from marketplace.domain.second_factor import (
    IDENTITY_CHECK_LABELS,
    RESET_REASON_LABELS,
    IdentityCheck,
    ResetReason,
)
from marketplace.models import User
from marketplace.services import authenticator_reset


class Command(BaseCommand):
    """For the only operator of an installation, whom no other operator can help."""

    help = "停用某个账号的身份验证器：市级运营人员自己的手机遗失、又没有另一位运营人员时使用。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the account, why, and how it was made sure who asks."""
        parser.add_argument("username", help="账号")
        parser.add_argument(
            "--reason", required=True, choices=list(ResetReason), help=_listed(RESET_REASON_LABELS)
        )
        parser.add_argument(
            "--checked",
            required=True,
            choices=list(IdentityCheck),
            help=_listed(IDENTITY_CHECK_LABELS),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Reset it and say so."""
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError("没有这个账号。")
        try:
            authenticator_reset(
                user_id=user.public_id,
                reason=ResetReason(options["reason"]),
                checked=IdentityCheck(options["checked"]),
                actor=None,
                at=timezone.now(),
            )
        except Refused as refused:
            raise CommandError(f"{refused.sentence}（{refused.code}）") from refused
        self.stdout.write(f"已重置账号 {user.username} 的动态口令；其所有登录已失效。")


def _listed(labels: dict[Any, str]) -> str:
    return "；".join(f"{code} {words}" for code, words in labels.items())
