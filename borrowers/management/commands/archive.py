"""Keep the archive of records: file, check, tidy, rebuild, say which items it keeps alone."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from borrowers.domain.archive import KEPT_IN_LABELS, KeptIn
from borrowers.management.reporting import progress_on
from borrowers.models import CatalogueItem
from borrowers.services.archive import (
    Filed,
    archive_compact,
    archive_rebuild,
    archive_sweep,
    archive_sync,
)
from borrowers.services.archive_check import archive_check
from borrowers.services.archived import item_keep_in
from borrowers.services.landing import batches_resume
from borrowers.services.retention import retention_sweep
from marketplace.domain.errors import Refused


class Command(BaseCommand):
    """``manage.py archive {sync,check,tidy,rebuild,keep}``."""

    help = (
        "信用记录的列式归档：sync 归档未归档的批次，check 核对与数据库一致，"
        "tidy 删除超期记录、合并与清理，rebuild 重建一个信息项，"
        "keep 让一个信息项只存归档（--in archive）或移回数据库（--in both）。"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what to do."""
        deeds = ["sync", "check", "tidy", "rebuild", "keep"]
        parser.add_argument("deed", metavar="DEED", choices=deeds)
        parser.add_argument("--item", metavar="ITEM_CODE", help="rebuild、keep：信息项代码")
        parser.add_argument(
            "--in", dest="kept_in", choices=["archive", "both"], help="keep：记录存放在哪里"
        )
        parser.add_argument("--hashes", action="store_true", help="check：连文件哈希一并核对")
        parser.add_argument("--report", metavar="FILE.json", help="把结果写入 JSON 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say what was done; differences found are a failure."""
        deeds: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "sync": self._sync,
            "check": self._check,
            "tidy": self._tidy,
            "rebuild": self._rebuild,
            "keep": self._keep,
        }
        try:
            report = deeds[options["deed"]](options)
        except Refused as refused:
            raise CommandError(f"{refused.sentence}（{refused.code}）") from refused
        if options["report"]:
            text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
            Path(options["report"]).write_text(text, encoding="utf-8")
        if report.get("faults"):
            raise CommandError(f"发现 {len(report['faults'])} 处不一致。")

    def _sync(self, options: dict[str, Any]) -> dict[str, Any]:
        resumed = batches_resume(at=timezone.now())
        if resumed:
            self.stdout.write(f"补入库 {len(resumed)} 个中断的批次。")
        return self._filed(
            "归档", archive_sync(at=timezone.now(), progress=progress_on(sys.stderr))
        )

    def _tidy(self, options: dict[str, Any]) -> dict[str, Any]:
        erased = retention_sweep(at=timezone.now())
        self.stdout.write(f"删除超过保存期限的记录 {erased.records:,} 条。")
        done = self._filed("合并", archive_compact(at=timezone.now()))
        swept = archive_sweep(at=timezone.now())
        self.stdout.write(f"清理 {swept} 个停用或无主的文件。")
        return {**done, "erased": erased.records, "swept": swept}

    def _rebuild(self, options: dict[str, Any]) -> dict[str, Any]:
        item = self._item(options)
        return self._filed("重建", archive_rebuild(item=item, actor=None, at=timezone.now()))

    def _keep(self, options: dict[str, Any]) -> dict[str, Any]:
        if not options["kept_in"]:
            raise CommandError("请用 --in 指明 archive（只存归档）或 both（数据库与归档）。")
        item, kept_in = self._item(options), KeptIn(options["kept_in"].upper())
        moved = item_keep_in(item=item, kept_in=kept_in, actor=None, at=timezone.now())
        self.stdout.write(f"{item.name}：{KEPT_IN_LABELS[kept_in]}，移动 {moved:,} 条记录。")
        return {"item": item.code, "kept_in": kept_in, "moved": moved}

    def _item(self, options: dict[str, Any]) -> CatalogueItem:
        item = CatalogueItem.objects.filter(code=options["item"] or "").first()
        if item is None:
            raise CommandError("请用 --item 指明信息项代码。")
        return item

    def _filed(self, verb: str, filed: Filed) -> dict[str, Any]:
        self.stderr.write("")
        self.stdout.write(
            f"{verb} {filed.segments} 个文件，{filed.batches} 个批次，{filed.rows:,} 条。"
        )
        return asdict(filed)

    def _check(self, options: dict[str, Any]) -> dict[str, Any]:
        found = archive_check(with_hashes=options["hashes"])
        for fault in found.faults:
            self.stdout.write(f"{fault.item} {fault.subject}：{fault.sentence}（{fault.code}）")
        counts = f"{found.segments} 个文件，{found.batches} 个批次，{found.records:,} 条"
        self.stdout.write(f"核对 {counts}：{'有不一致' if found.faults else '一致'}。")
        return asdict(found)
