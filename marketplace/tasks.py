"""Tasks of the floor; importing the outbox registers them."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from marketplace.queue import outbox_drain, outbox_run
from marketplace.services import accounts_idle_suspend, recovery_code_send
from marketplace.services import reminders_send as send_reminders

__all__ = ["accounts_idle", "outbox_drain", "outbox_run", "password_code_send", "reminders_send"]


@shared_task(name="marketplace.accounts_idle")
def accounts_idle(**_: Any) -> None:
    """Suspend accounts of staff that nobody has used for long."""
    accounts_idle_suspend(at=timezone.now())


@shared_task(name="marketplace.reminders_send")
def reminders_send(**_: Any) -> None:
    """Remind whoever has unread notices."""
    send_reminders(at=timezone.now())


@shared_task(  # type: ignore[call-overload,untyped-decorator]
    name="marketplace.password_code_send", is_long=True, is_unawaited=True
)
def password_code_send(*, recovery_id: int, **_: Any) -> None:
    """Send a code for a new password."""
    recovery_code_send(recovery_id=recovery_id, at=timezone.now())
