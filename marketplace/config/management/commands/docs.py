"""``manage.py docs``: write the generated parts of the documents anew."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marketplace.config.docs.book import stale_documents


class Command(BaseCommand):
    """Write what is stale; with ``--check`` only say so, and fail."""

    help = "按代码重写 docs/ 中自动生成的部分（状态图、规则、参数、环境变量、术语）。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--check``."""
        parser.add_argument("--check", action="store_true", help="只检查是否过期，不改写")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare every document."""
        stale = stale_documents()
        names = "、".join(path.relative_to(settings.BASE_DIR).as_posix() for path in stale)
        if stale and options["check"]:
            raise CommandError(f"以下文档已过期，请运行 make docs：{names}")
        for path, text in stale.items():
            path.write_text(text, encoding="utf-8")
        self.stdout.write(f"已更新：{names}" if stale else "文档与代码一致。")
