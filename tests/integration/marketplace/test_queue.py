"""Handing over of messages of the outbox."""

from __future__ import annotations

import pytest
from celery import current_app
from kombu.exceptions import OperationalError

from marketplace.models import OutboxMessage
from marketplace.queue import enqueue, outbox_drain

pytestmark = pytest.mark.django_db
TASK = "marketplace.accounts_idle"


def test_a_broker_that_is_away_leaves_the_message_for_the_next_drain(
    settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.BROKER_URL = "redis://127.0.0.1:1/0"

    def refuse(*_, **__):
        raise OperationalError("closed")

    monkeypatch.setattr(current_app, "send_task", refuse)

    with django_capture_on_commit_callbacks(execute=True):
        message = enqueue(TASK)

    assert OutboxMessage.objects.get(pk=message.pk).done_at is None
    assert outbox_drain() == 1


def test_a_request_does_not_wait_for_what_must_not_be_told_by_its_time(
    settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.OUTBOX_THREADS, waited = True, []

    class Worker:
        def __init__(self, target, args):
            self.args = args

        def start(self):
            waited.append("started")

        def join(self, seconds):
            waited.append("joined")

    monkeypatch.setattr("marketplace.queue.threading.Thread", Worker)

    with django_capture_on_commit_callbacks(execute=True):
        enqueue("marketplace.password_code_send", recovery_id=0)
    assert waited == ["started"]

    with django_capture_on_commit_callbacks(execute=True):
        enqueue("matching.whitelist_upload_run", upload_id="0")
    assert waited == ["started", "started", "joined"]
