"""Import a file of the register of market entities."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from borrowers.management.reporting import batch_told
from borrowers.services import reference_ensure, register_import


class Command(BaseCommand):
    """``manage.py import_register FILE [--report FILE.json]``."""

    help = "导入市场主体登记表（csv、csv.gz、xlsx、xls），逐行接收或拒绝并说明原因。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and the report."""
        parser.add_argument("file", metavar="FILE", help="登记表文件")
        parser.add_argument("--report", metavar="FILE.json", help="把计数写入 JSON 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file and say what became of its rows."""
        path, at = Path(options["file"]), timezone.now()
        reference_ensure(at=at)
        batch_told(
            self,
            lambda progress: register_import(
                source=path,
                file_name=path.name,
                actor=None,
                at=at,
                progress=progress,
            ),
            options["report"],
        )
