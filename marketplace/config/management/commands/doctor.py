"""``manage.py doctor``: what this installation has and lacks, in words."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from marketplace.config.doctor import HEALTH_LABELS, Finding, Health, findings
from marketplace.domain.workdays import local_date


class Command(BaseCommand):
    """Print one line per finding; fail when something is broken."""

    help = "检查本安装具备什么、缺少什么。"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file for the report."""
        parser.add_argument("--report", type=Path, help="把结果写成 JSON 文件")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at everything, print, write the report."""
        found: list[Finding] = []
        for finding in findings(local_date(timezone.now())):
            found.append(finding)
            self.stdout.write(
                f"[{HEALTH_LABELS[finding.health]}] {finding.subject}：{finding.sentence}"
            )
        if options["report"]:
            lines = [
                {"subject": row.subject, "health": row.health.value, "sentence": row.sentence}
                for row in found
            ]
            text = json.dumps({"findings": lines}, ensure_ascii=False, indent=2)
            options["report"].write_text(text, encoding="utf-8")
        broken = sum(row.health is Health.BROKEN for row in found)
        if broken:
            raise CommandError(f"有 {broken} 项故障，请先处理。")
