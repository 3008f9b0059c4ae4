"""Make a past evaluation run again and compare it byte by byte; nothing is written."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from marketplace.domain.errors import Refused
from matching.models import EvaluationRun
from matching.selectors.evaluation_verify import evaluation_verified


class Command(BaseCommand):
    """Verify one run."""

    help = "重算一个评价批次并逐字节核对（不写库），例如 evaluation_verify 批次编号"

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the run."""
        parser.add_argument("run", type=uuid.UUID, metavar="批次编号")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print both hashes; fail when they differ."""
        run = EvaluationRun.objects.filter(public_id=options["run"]).first()
        if run is None:
            raise CommandError("没有这个评价批次。")
        try:
            found = evaluation_verified(run, self._progress)
        except Refused as refused:
            raise CommandError(refused.sentence) from refused
        self.stdout.write(f"{run}：核对 {found.enterprises} 户")
        self.stdout.write(f"留存 {found.stored}\n重算 {found.again}")
        if not found.same_inputs:
            self.stdout.write("输入批次与评价时的快照不同。")
        if not found.is_same:
            raise CommandError(f"结果不同，例如：{'、'.join(found.differing)}")
        self.stdout.write("逐字节相同。")

    def _progress(self, done: int) -> None:
        self.stderr.write(f"已核对 {done} 户")
