"""``manage.py member_add``: give a person of the city or of a district an account, from the console."""

from __future__ import annotations

import getpass
import os
import sys
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from borrowers.services import reference_ensure
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.errors import Refused
from marketplace.domain.roles import ROLE_LABELS, ROLES_OF_KIND, OrganisationKind, Role
from marketplace.models import Organisation, User
from marketplace.services import membership_grant, office_ensure, user_create

PASSWORD_VARIABLE = "MEMBER_PASSWORD"  # noqa: S105 -- the name of a variable
KINDS = (OrganisationKind.CITY, OrganisationKind.DISTRICT)
ROLES = sorted(role.value for kind in KINDS for role in ROLES_OF_KIND[kind])


class Command(BaseCommand):
    """The first two operators of an installation come from here; they add the others on the pages."""

    help = "为市级运营、审计或区级人员建立账号（口令由环境变量 MEMBER_PASSWORD 或提示输入）。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take account, role and organisation."""
        parser.add_argument("username", help="账号")
        parser.add_argument("role", choices=ROLES, help="角色")
        parser.add_argument("--name", required=True, help="姓名")
        parser.add_argument("--organisation", required=True, help="单位名称，没有时新建")
        parser.add_argument("--district", choices=sorted(DISTRICT_LABELS), help="区级人员的区代码")

    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing and say what there is now."""
        role = Role(options["role"])
        kind = next(kind for kind in KINDS if role in ROLES_OF_KIND[kind])
        if (kind is OrganisationKind.DISTRICT) != bool(options["district"]):
            raise CommandError("区级角色须用 --district 指明区代码，市级角色不写。")
        try:
            organisation = _added(role, kind, _password(), options, timezone.now())
        except Refused as refused:
            raise CommandError(f"{refused.sentence}（{refused.code}）") from refused
        self.stdout.write(
            f"已建立账号 {options['username']}：{organisation.name}，{ROLE_LABELS[role]}。"
        )


@transaction.atomic
def _added(
    role: Role, kind: OrganisationKind, password: str, options: dict[str, Any], at: datetime
) -> Organisation:
    reference_ensure(at=at)
    organisation = office_ensure(
        kind=kind,
        name=options["organisation"],
        actor=None,
        at=at,
        district_code=options["district"],
    )
    user: User = user_create(
        username=options["username"],
        password=password,
        display_name=options["name"],
        actor=None,
        at=at,
    )
    membership_grant(user=user, organisation=organisation, role=role, actor=None, at=at)
    return organisation


def _password() -> str:
    given = os.environ.get(PASSWORD_VARIABLE)
    if given:
        return given
    if not sys.stdin.isatty():
        raise CommandError(f"请用环境变量 {PASSWORD_VARIABLE} 给出口令，或在终端中运行。")
    return getpass.getpass("口令：")
