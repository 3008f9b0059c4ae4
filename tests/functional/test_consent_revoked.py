from __future__ import annotations

from tests.functional.revocation import walks_to_resumption
from tests.functional.steps import state_of


class TestConsentRevoked:
    def test_stops_the_very_next_page_and_resumes_with_a_new_consent(self, market, days):
        key = walks_to_resumption(market, days)

        assert state_of(key) == "IN_APPROVAL"
