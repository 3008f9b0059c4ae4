"""``manage.py demo``: fill an empty installation with a fictional city, through the services."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone

from marketplace.config.demo.city import City, city_build, city_exists
from marketplace.config.demo.people import DEMO_PASSWORD, Login
from marketplace.models import ParameterValue, User


class Command(BaseCommand):
    """Build the city once; a second run keeps the data and prints the accounts again."""

    help = "生成演示数据:虚构的企业、54 家机构、信用记录和一年的融资过程。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take size, seed and the report file."""
        parser.add_argument("--enterprises", type=int, default=2000, help="市场主体数量,默认 2000")
        parser.add_argument(
            "--seed", type=int, default=7, help="随机种子;同一天同一种子得到同样的数据"
        )
        parser.add_argument("--report", type=Path, help="把结果写成 JSON 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build, or say that it is there already; print the accounts."""
        if options["enterprises"] < 20:
            raise CommandError("演示至少需要 20 家市场主体。")
        if User.objects.filter(username="operator").exists() and city_exists():
            self.stdout.write("演示数据已在,保留不动。")
            self._print(_kept())
            return
        if city_exists() or User.objects.exists() or ParameterValue.objects.exists():
            raise CommandError("数据库里已有其他数据,演示只写入空的数据库。")
        began = time.monotonic()
        city = city_build(
            enterprises=options["enterprises"],
            seed=options["seed"],
            now=timezone.now(),
            say=lambda line: self.stderr.write(f"  … {line}"),
        )
        _keep(city.logins)
        shown = "、".join(f"{label} {number}" for label, number in city.counts.items())
        self.stdout.write(f"演示数据已生成({time.monotonic() - began:.0f} 秒):{shown}。")
        self._print(city.logins)
        if options["report"]:
            options["report"].write_text(_report(city), encoding="utf-8")

    def _print(self, logins: Iterable[Login]) -> None:
        self.stdout.write(f"\n所有演示账号的密码都是:{DEMO_PASSWORD}\n")
        for login in logins:
            self.stdout.write(
                f"  {login.username:<10} {login.role}({login.organisation}):{login.first}"
            )
        self.stdout.write(
            "\n先用 owner 登录看一笔融资需求怎样匹配产品,再用 officer 在工作台看同一笔申请。"
        )


def _path() -> Path:
    return (
        Path(settings.VAR_DIR) / f"{Path(str(connection.settings_dict['NAME'])).stem}-logins.json"
    )


def _keep(logins: Iterable[Login]) -> None:
    """Keep what was printed beside the data, so that a second run can print it again."""
    text = json.dumps([asdict(login) for login in logins], ensure_ascii=False, indent=1)
    _path().write_text(text, encoding="utf-8")


def _kept() -> list[Login]:
    path = _path()
    if not path.exists():
        return []
    return [Login(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def _report(city: City) -> str:
    lines = {
        "read": city.read,
        "accepted": city.accepted,
        "rejected": city.rejected,
        "duplicates": city.duplicates,
        "reasons": city.reasons,
    }
    return json.dumps(lines, ensure_ascii=False, indent=2)
