from __future__ import annotations

import pytest

from borrowers.models import Enterprise
from lenders.models import Institution
from marketplace.audit import broken_events
from marketplace.models import OutboxMessage, User
from tests.functional.first_day import OWN_PASSWORD, founds_the_city
from tests.functional.funding import walks_to_settlement


@pytest.mark.usefixtures("transactional_db")
class TestFirstDay:
    def test_an_empty_installation_brings_a_loan_to_its_end(self, days, monkeypatch):
        assert not User.objects.exists()
        assert not Institution.objects.exists()
        assert not Enterprise.objects.exists()
        monkeypatch.setenv("MEMBER_PASSWORD", OWN_PASSWORD)

        market = founds_the_city()
        walks_to_settlement(market, days)

        assert list(broken_events()) == []
        assert [message.failure for message in OutboxMessage.objects.filter(done_at=None)] == []
