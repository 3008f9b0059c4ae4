"""Change the catalogue by a workbook: the differences first, applied when asked."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from borrowers.models import CatalogueImport
from borrowers.selectors import entry_lines
from borrowers.services import (
    catalogue_import_apply,
    catalogue_import_read,
    reference_ensure,
)
from marketplace.domain.errors import Refused

SHOWN = 20


class Command(BaseCommand):
    """``manage.py catalogue_import FILE.xlsx [--apply]``."""

    help = "读入信息目录工作簿并列出差异；加 --apply 才生效。有一处错误则整份不生效。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the file and whether to apply it."""
        parser.add_argument("file", metavar="FILE.xlsx", help="工作簿，有“信息项”“字段”两张表")
        parser.add_argument("--apply", action="store_true", help="使差异生效，每项记为新版本")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, say what differs, apply when asked."""
        path, at = Path(options["file"]), timezone.now()
        reference_ensure(at=at)
        try:
            row = catalogue_import_read(source=path, file_name=path.name, actor=None, at=at)
            self._say(row)
            if row.error_count:
                raise CommandError(f"有 {row.error_count} 处错误，没有生效。")
            if options["apply"] and row.entries:
                catalogue_import_apply(public_id=row.public_id, actor=None, at=at)
                self.stdout.write("已生效。")
        except Refused as refused:
            raise CommandError(f"{refused.sentence}（{refused.code}）") from refused

    def _say(self, row: CatalogueImport) -> None:
        self.stdout.write(
            f"读取 {row.items_read:,} 项：新增 {row.created:,}，变更 {row.changed:,}，"
            f"新单位 {len(row.units)}，错误 {row.error_count:,}。"
        )
        for error in row.errors[:SHOWN]:
            place = f"{error['sheet']}第 {error['row']} 行 {error['field']}".rstrip()
            self.stderr.write(f"  {place}：{error['sentence']}（{error['code']}）")
        for line in entry_lines(row.entries[:SHOWN]):
            self.stdout.write(f"  {'新增' if line.is_new else '变更'} {line.code} {line.name}")
            for change in line.changes:
                self.stdout.write(f"    {change.label}：{change.before} → {change.after}")
