"""Read records of one item out of a unit's database."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from borrowers.management.reporting import batch_told
from borrowers.services import records_pull, reference_ensure


class Command(BaseCommand):
    """``manage.py pull_records ITEM_CODE --unit UNIT --source NAME [--report FILE.json]``."""

    help = "从声明的数据源（RECORD_SOURCES）读取一个信息项的信用记录，与导入文件走同一条路。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare item, unit, source and the report."""
        parser.add_argument("item_code", metavar="ITEM_CODE", help="信息项代码")
        parser.add_argument("--unit", required=True, metavar="UNIT", help="来源单位代码")
        parser.add_argument("--source", required=True, metavar="NAME", help="数据源名称")
        parser.add_argument("--report", metavar="FILE.json", help="把计数写入 JSON 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the source and say what became of its rows."""
        at = timezone.now()
        reference_ensure(at=at)
        batch_told(
            self,
            lambda progress: records_pull(
                item_code=options["item_code"],
                unit_code=options["unit"],
                source_name=options["source"],
                actor=None,
                at=at,
                progress=progress,
            ),
            options["report"],
        )
