"""Tasks of the floor; importing the outbox registers them."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from marketplace.queue import outbox_drain, outbox_run
from marketplace.services import accounts_idle_suspend

__all__ = ["accounts_idle", "outbox_drain", "outbox_run"]


@shared_task(name="marketplace.accounts_idle")
def accounts_idle(**_: Any) -> None:
    """Suspend accounts of staff that nobody has used for long."""
    accounts_idle_suspend(at=timezone.now())
