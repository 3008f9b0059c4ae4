"""The outbox: tasks are written with the change that needs them and run after it is committed.

Embedded profile: drained in this process right after commit. City profile: a Celery worker drains; the message stays
until its task has ended, so a killed worker loses nothing, and tasks are written to be safe to run twice.

A long task (registered with ``is_long=True``) is not run inside the message's transaction, so that its progress can be
seen while it runs; it guards itself against running twice at once. In the embedded profile it has a thread of its own,
for which the request waits a little, unless the answer must not tell by its time what was done (``is_unawaited=True``).
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import current_app, shared_task
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from marketplace.models import OutboxMessage
from marketplace.wall import whole_market

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 8
SMALL_WORK_SECONDS = 1.5
"""So long a request waits for a long task of its own: most sheets are small, and their result comes at once."""


class TaskBusy(Exception):
    """Somebody else is at this work; the message stays for a later drain."""


def enqueue(task: str, **kwargs: Any) -> OutboxMessage:
    """Write a message for a task by its name; it runs after the surrounding transaction commits.

    Args:
        task: registered Celery task name, e.g. ``matching.application_route``.
        **kwargs: ids only, JSON values.

    Writes: one ``OutboxMessage``.
    """
    message = OutboxMessage.objects.create(task=task, kwargs=kwargs)
    transaction.on_commit(lambda: _hand_over(message))
    return message


@whole_market("a task is the marketplace's own, whoever caused it")
def _hand_over(message: OutboxMessage) -> None:
    if settings.BROKER_URL:
        try:
            current_app.send_task("marketplace.outbox_run", kwargs={"message_id": message.pk})
        except OperationalError:
            logger.exception(
                "the broker did not take message %s; the next drain runs it", message.pk
            )
    elif settings.OUTBOX_THREADS and _is_long(message.task):
        worker = threading.Thread(target=_run_in_thread, args=[message.pk])
        worker.start()
        if not _is(message.task, "is_unawaited"):
            worker.join(SMALL_WORK_SECONDS)
    else:
        outbox_run_one(message.pk)


def _run_in_thread(message_id: int) -> None:
    try:
        outbox_run_one(message_id)
    finally:
        connection.close()


def _is_long(task: str) -> bool:
    return _is(task, "is_long")


def _is(task: str, what: str) -> bool:
    return bool(getattr(current_app.tasks.get(task), what, False))


def outbox_run_one(message_id: int) -> bool:
    """Run one waiting message in this process; return whether it is done.

    Writes: the task's own writes and the message's end, in one transaction; the message is locked, so two drains
    never run it at the same time. A long task's writes are its own transactions.
    """
    waiting = OutboxMessage.objects.filter(pk=message_id, done_at=None)
    task = waiting.values_list("task", flat=True).first()
    if task is None:
        return False
    if _is_long(task):
        return _run_long(message_id)
    try:
        with transaction.atomic():
            message = (
                OutboxMessage.objects.select_for_update(skip_locked=_can_skip_locked())
                .filter(pk=message_id, done_at=None)
                .first()
            )
            if message is None:
                return False
            current_app.tasks[message.task](**message.kwargs)
            OutboxMessage.objects.filter(pk=message_id).update(
                done_at=Now(), attempts=F("attempts") + 1, failure=""
            )
    except Exception as fault:
        logger.exception("outbox message %s failed", message_id)
        OutboxMessage.objects.filter(pk=message_id).update(
            attempts=F("attempts") + 1, failure=f"{type(fault).__name__}: {fault}"[:500]
        )
        return False
    return True


def _run_long(message_id: int) -> bool:
    message = OutboxMessage.objects.get(pk=message_id)
    try:
        current_app.tasks[message.task](**message.kwargs)
    except TaskBusy:
        return False
    except Exception as fault:
        logger.exception("outbox message %s failed", message_id)
        OutboxMessage.objects.filter(pk=message_id).update(
            attempts=F("attempts") + 1, failure=f"{type(fault).__name__}: {fault}"[:500]
        )
        return False
    OutboxMessage.objects.filter(pk=message_id).update(
        done_at=Now(), attempts=F("attempts") + 1, failure=""
    )
    return True


def _can_skip_locked() -> bool:
    return bool(connection.features.has_select_for_update_skip_locked)


@shared_task(name="marketplace.outbox_run")
def outbox_run(*, message_id: int) -> None:
    """Run one message; nothing happens when it is done or being run."""
    outbox_run_one(message_id)


@shared_task(name="marketplace.outbox_drain")
def outbox_drain(*, limit: int = 500) -> int:
    """Run what is waiting, oldest first; return how many messages ended."""
    waiting = OutboxMessage.objects.filter(done_at=None, attempts__lt=MAX_ATTEMPTS)
    ids = list(waiting.order_by("id").values_list("pk", flat=True)[:limit])
    return sum(outbox_run_one(message_id) for message_id in ids)
