from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine

from marketplace.audit import broken_events
from marketplace.models import AuditEvent, OutboxMessage
from tests.cast import NOW, make_cast
from tests.functional.market import Market, make_market


class Days:
    """The clock of a journey; it ticks, and days go by when the story says so."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def later(self, **span: float) -> datetime:
        self._traveller.shift(timedelta(**span))
        return datetime.now().astimezone()


@pytest.fixture
def days():
    with time_machine.travel(NOW, tick=True) as traveller:
        yield Days(traveller)


@pytest.fixture
def market(days: Days, transactional_db: None):
    """A market with committed transactions, so that tasks run as they do in life; its trail is checked at the end."""
    yield make_market(make_cast())
    assert AuditEvent.objects.exists()
    assert list(broken_events()) == []
    assert [message.failure for message in OutboxMessage.objects.filter(done_at=None)] == []


__all__ = ["Market"]
