"""Import a file of one catalogue item from one unit."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from borrowers.management.reporting import batch_told
from borrowers.services import records_ingest, reference_ensure


class Command(BaseCommand):
    """``manage.py import_records ITEM_CODE FILE --unit UNIT [--report FILE.json]``."""

    help = "导入一个信息项的信用记录（csv、csv.gz、xlsx、xls、json），逐行接收、拒绝或记为重复。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare item, file, unit and the report."""
        parser.add_argument("item_code", metavar="ITEM_CODE", help="信息项代码")
        parser.add_argument("file", metavar="FILE", help="数据文件")
        parser.add_argument("--unit", required=True, metavar="UNIT", help="来源单位代码")
        parser.add_argument("--report", metavar="FILE.json", help="把计数写入 JSON 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file and say what became of its rows."""
        path, at = Path(options["file"]), timezone.now()
        reference_ensure(at=at)
        batch_told(
            self,
            lambda progress: records_ingest(
                item_code=options["item_code"],
                unit_code=options["unit"],
                source=path,
                file_name=path.name,
                actor=None,
                at=at,
                progress=progress,
            ),
            options["report"],
        )
