"""What an import command says: progress on stderr, a summary in words, a report for scripts."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from django.core.management.base import BaseCommand, CommandError

from borrowers.models import IngestBatch
from borrowers.services.batch import Progress
from marketplace.domain.errors import Refused

REASONS_SHOWN = 12


def batch_told(
    command: BaseCommand, keep: Callable[[Progress], IngestBatch], report: str | None
) -> None:
    """Keep a delivery and say what became of its rows.

    Args:
        command: where it is said.
        keep: the service to be called, with the progress to be told.
        report: file for the counts as JSON, if wanted.

    Raises:
        CommandError: the delivery was refused.
    """
    try:
        batch = keep(progress_on(sys.stderr))
    except Refused as refused:
        raise CommandError(f"{refused.sentence}（{refused.code}）") from refused
    command.stderr.write("")
    command.stdout.write(summary_of(batch))
    if report:
        report_write(batch, report)


def progress_on(stream: TextIO) -> Progress:
    """Return the function that shows on one line how many rows were read."""

    def show(rows: int) -> None:
        stream.write(f"\r已读取 {rows:,} 行")
        stream.flush()

    return show


def summary_of(batch: IngestBatch) -> str:
    """Return the counts of a batch in words, the commonest reasons first."""
    waiting = f"（其中待核对 {batch.waiting:,}）" if batch.waiting else ""
    lines = [
        f"读取 {batch.rows_read:,} 行：接收 {batch.accepted:,}（其中更正 {batch.superseding:,}），"
        f"拒绝 {batch.rejected:,}{waiting}，重复 {batch.duplicates:,}。"
    ]
    if batch.unread_count:
        named = "、".join(batch.unread_titles)
        more = "等" if batch.unread_count > len(batch.unread_titles) else ""
        lines.append(f"未读取 {batch.unread_count} 列：{named}{more}。")
    ordered = sorted(batch.reasons.items(), key=lambda entry: (-entry[1], entry[0]))
    lines += [f"  {code}：{count:,} 行" for code, count in ordered[:REASONS_SHOWN]]
    return "\n".join(lines)


def report_write(batch: IngestBatch, file: str) -> None:
    """Write the counts of a batch as JSON."""
    report = {
        "read": batch.rows_read,
        "accepted": batch.accepted,
        "rejected": batch.rejected,
        "duplicates": batch.duplicates,
        "reasons": batch.reasons,
    }
    if batch.kind == "RECORDS":
        report["waiting"] = batch.waiting
    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    Path(file).write_text(text, encoding="utf-8")
