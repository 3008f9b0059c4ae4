"""``manage.py demo``: fill an empty installation with a fictional city, through the services."""

from __future__ import annotations

import gc
import json
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.config.demo.city import City, city_build
from marketplace.config.demo.logins import logins
from marketplace.config.demo.people import DEMO_PASSWORD
from marketplace.config.demo.standing import Standing, building_alone, standing, was_used

FEWEST = 20
ELSEWHERE = "请换一个空的数据库：设置环境变量 VAR_DIR（数据目录）或 DATABASE_URL，或删除数据目录中的数据库文件。"


class Command(BaseCommand):
    """Build the city once; a second run keeps it, a run after an interrupted one begins anew."""

    help = "生成演示数据：虚构的企业、54 家机构、信用记录和两年的融资过程。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take size, seed and the report file."""
        parser.add_argument("--enterprises", type=int, default=2000, help="市场主体数量，默认 2000")
        parser.add_argument(
            "--seed", type=int, default=7, help="随机种子；同一天同一种子得到同样的数据"
        )
        parser.add_argument("--report", type=Path, help="把结果写成 JSON 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build, or say that it is there already; print the accounts."""
        if options["enterprises"] < FEWEST:
            raise CommandError(f"演示至少需要 {FEWEST} 家市场主体。")
        with building_alone() as is_alone:
            if not is_alone:
                raise CommandError("另一个 manage.py demo 正在生成演示数据，请等它完成。")
            self._handle(options["enterprises"], options["seed"], options["report"])

    def _handle(self, enterprises: int, seed: int, report: Path | None) -> None:
        found = standing()
        if found is Standing.WHOLE:
            self.stdout.write("演示数据已在，保留不动。")
            self._print()
            return
        if found is Standing.OTHER:
            raise CommandError(f"数据库里已有其他数据，演示只写入空的数据库。{ELSEWHERE}")
        if found is Standing.UNFINISHED:
            self._clear()
        city = self._built(enterprises, seed)
        self._print()
        if report:
            report.write_text(_report(city), encoding="utf-8")

    def _clear(self) -> None:
        """Empty a database in which an earlier run was interrupted; nobody but that run has written to it."""
        if was_used():
            raise CommandError(f"上次生成没有完成，之后又有人登录使用过，不能自动清空。{ELSEWHERE}")
        self.stdout.write("上次生成没有完成：清空后重新生成。")
        call_command("flush", interactive=False, verbosity=0)

    def _built(self, enterprises: int, seed: int) -> City:
        began = time.monotonic()
        try:
            with rarely_collecting():
                city = city_build(
                    enterprises=enterprises,
                    seed=seed,
                    now=timezone.now(),
                    say=lambda line: self.stderr.write(f"  … {line}"),
                )
        except KeyboardInterrupt:
            raise CommandError("已中断，演示数据不完整；再次运行会清空后重新生成。") from None
        shown = "、".join(f"{label} {number}" for label, number in city.counts.items())
        self.stdout.write(f"演示数据已生成（{time.monotonic() - began:.0f} 秒）：{shown}。")
        return city

    def _print(self) -> None:
        self.stdout.write(f"\n所有演示账号的密码都是：{DEMO_PASSWORD}\n")
        for login in logins():
            self.stdout.write(
                f"  {login.username:<10} {login.role}（{login.organisation}）：{login.first}"
            )
        self.stdout.write(
            "\n先用 owner 登录看一笔融资需求怎样匹配产品，再用 officer 在工作队列看别的企业已提交的申请。"
        )


def _report(city: City) -> str:
    lines = {
        "read": city.read,
        "accepted": city.accepted,
        "rejected": city.rejected,
        "duplicates": city.duplicates,
        "reasons": city.reasons,
    }
    return json.dumps(lines, ensure_ascii=False, indent=2)


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Look for cycles of garbage rarely: the building leaves hardly any, and the search is a fifteenth of its time."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
