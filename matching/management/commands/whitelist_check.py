"""Check a district's whitelist sheet on the machine; nothing is written to the database."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.domain.district import district_label
from marketplace.domain.errors import Refused
from marketplace.sheets import ALL_KINDS, IMPORT_LIMITS
from matching.domain.whitelist_labels import code_label
from matching.services.whitelist_build import WhitelistCheck, district_known, whitelist_check


class Command(BaseCommand):
    """``manage.py whitelist_check FILE --district CODE [--correction FILE.xlsx] [--report FILE.json]``."""

    help = "核验一份区级白名单表格：逐行门槛与错误，不写入数据库，不发布。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare what the command takes."""
        parser.add_argument("file", help="名单文件：csv（GB18030/UTF-8，可为 .gz）、xlsx 或 xls")
        parser.add_argument("--district", required=True, help="区划代码，如 120101")
        parser.add_argument("--correction", help="更正表写到此 xlsx 文件：原表各行，错误就地标注")
        parser.add_argument("--report", help="计数写到此 json 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the gates, print the summary, write what was asked for."""
        path = Path(options["file"])
        target = options["correction"]
        try:
            district = district_known(options["district"])
            with _written_whole(Path(target)) if target else nullcontext() as correction:
                result = whitelist_check(
                    district=district,
                    source=path,
                    file_name=path.name,
                    at=timezone.now(),
                    correction=correction,
                    kinds=ALL_KINDS,
                    limits=IMPORT_LIMITS,
                    progress=self._progress,
                )
            self._report(result, options["report"])
        except Refused as refused:
            raise CommandError(f"{refused.sentence}（{refused.code}）") from refused
        except OSError as fault:
            raise CommandError(
                f"文件无法读写：{fault.filename or path}（{fault.strerror}）"
            ) from fault
        self._summary(path, district, result)
        if target:
            self.stdout.write(f"更正表：{target}")

    def _progress(self, rows: int) -> None:
        self.stderr.write(f"已核验 {rows:,} 行…", ending="\r")
        self.stderr.flush()

    def _summary(self, path: Path, district: str, result: WhitelistCheck) -> None:
        tally = result.tally
        self.stdout.write(f"{path.name} · {district_label(district)}")
        self.stdout.write(
            f"读取 {tally.read:,} 行：入选 {tally.admitted:,}，未入选 {tally.refused:,}，"
            f"重复 {tally.duplicates:,}。"
        )
        if result.warnings:
            self.stdout.write(f"入选企业中 {result.warnings:,} 户带提示标记。")
        for code, count in tally.reasons.most_common():
            self.stdout.write(f"  {count:>8,}  {code}  {code_label(code)}")

    def _report(self, result: WhitelistCheck, target: str | None) -> None:
        if target is None:
            return
        tally = result.tally
        report = {
            "read": tally.read,
            "accepted": tally.admitted,
            "rejected": tally.refused,
            "duplicates": tally.duplicates,
            "reasons": dict(sorted(tally.reasons.items())),
        }
        text = json.dumps(report, ensure_ascii=False, indent=2)
        Path(target).write_text(f"{text}\n", encoding="utf-8")


@contextmanager
def _written_whole(target: Path) -> Iterator[IO[bytes]]:
    """Give a file that takes its name only when it is complete, so that a failed run leaves none behind."""
    draft = target.with_name(f"{target.name}.part")
    try:
        with draft.open("wb") as stream:
            yield stream
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
