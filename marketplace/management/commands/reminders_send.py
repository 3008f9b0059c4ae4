"""``manage.py reminders_send``: remind whoever has unread notices; for installations without a worker."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from marketplace.services import reminders_send


class Command(BaseCommand):
    """One look for whom to remind, as the task does every minute."""

    help = "向开通了站外提醒、有未读消息的人发送一轮提醒；没有 Celery 时由系统的定时任务每几分钟运行一次。"

    def handle(self, *args: Any, **options: Any) -> None:
        """Send and say how many."""
        done = reminders_send(at=timezone.now())
        self.stdout.write(f"已提醒 {done.sent} 人，未发出 {done.failed} 人。")
