"""Do what is due: reminders, escalation, expiry; for installations without a timer of their own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.queue import outbox_drain
from matching.services.clock import clocks_sweep

LABELS = {
    "looked_at": "查看",
    "routed": "分派",
    "reminded": "提醒",
    "escalated": "督办",
    "expired": "逾时关闭",
    "lapsed": "授信失效",
    "suspended": "中止",
    "demands_ended": "需求到期",
    "leads_lapsed": "线索逾时",
    "pools_closed": "出池",
    "dispatched": "派单",
    "lists_rechecked": "名单复核",
    "lists_pushed": "名单推送",
}


class Command(BaseCommand):
    """``manage.py clocks_sweep``; the city profile has Celery beat do it every ten minutes."""

    help = (
        "处理到期的时限：提醒、督办、关闭、派单，并清一次待发消息；可由系统定时任务每 10 分钟运行。"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Sweep once and say what was done."""
        count = asdict(clocks_sweep(at=timezone.now()))
        sent = outbox_drain()
        done = [f"{LABELS[name]} {number}" for name, number in count.items()]
        self.stdout.write(f"{'、'.join(done)}；待发消息 {sent}。")
