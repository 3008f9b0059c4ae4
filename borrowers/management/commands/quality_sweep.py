"""Find the deliveries whose term has passed; for installations without a timer of their own."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from borrowers.services.quality import quality_sweep


class Command(BaseCommand):
    """``manage.py quality_sweep``; the city profile has Celery beat do it every night."""

    help = "巡检逾期未报的信息项，记为质量发现；同一期只记一次，可由系统定时任务每日运行。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep once and say what was found."""
        found = quality_sweep(at=timezone.now())
        self.stdout.write(f"新发现逾期未报 {found:,} 项次。")
