"""Bring the thematic lists in line with their rules; a second run on the same facts changes nothing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from borrowers.services.thematic import thematic_run_all


class Command(BaseCommand):
    """The command."""

    help = "按规则更新专题库：纳入、移出，重复执行不产生变化。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Run every list's rule and say what changed."""
        for done in thematic_run_all(actor=None, at=timezone.now()):
            self.stdout.write(
                f"{done.code}：纳入 {done.added}，移出 {done.ended}，不变 {done.stayed}"
            )
