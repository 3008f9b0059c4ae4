"""Write the whole catalogue into a workbook that can be changed and imported again."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from borrowers.sheets import catalogue_workbook


class Command(BaseCommand):
    """``manage.py catalogue_export FILE.xlsx``."""

    help = "把信息目录写成工作簿（信息项、字段两张表），改动后可用 catalogue_import 读回。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file."""
        parser.add_argument("file", metavar="FILE.xlsx", help="写到此文件，已有的会被覆盖")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        path = Path(options["file"])
        content = catalogue_workbook(timezone.now())
        try:
            path.write_bytes(content)
        except OSError as fault:
            raise CommandError(f"文件无法写入：{path}（{fault.strerror}）") from fault
        self.stdout.write(f"信息目录已写到 {path}。")
