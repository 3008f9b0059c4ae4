from __future__ import annotations

import pytest

from matching.models import LoanApplication, WhitelistContact
from tests.functional.api_funding import is_repaid_by_api, walks_to_disbursement_by_api
from tests.functional.browser import Person
from tests.functional.funding import walks_to_settlement
from tests.functional.listing import walks_to_feedback
from tests.functional.revocation import walks_to_resumption
from tests.functional.strangers import Strangers

ON_THE_WAY_OF_A_LOAN = {
    ("borrowers:account-review-detail", "GET"),
    ("borrowers:account-review", "POST"),
    ("matching:need-detail", "GET"),
    ("matching:application-create", "GET"),
    ("matching:application-create", "POST"),
    ("matching:application-detail", "GET"),
    ("matching:application-supply", "POST"),
    ("matching:review-detail", "GET"),
    ("matching:review-act", "POST"),
    ("exports:portrait-pdf", "GET"),
    ("matching:approval-detail", "GET"),
    ("matching:approval-act", "POST"),
    ("matching:outcome-list", "GET"),
    ("matching:outcome-list", "POST"),
}
AROUND_A_CONSENT = {
    ("borrowers:consent-detail", "GET"),
    ("borrowers:consent-revoke", "POST"),
    ("matching:application-consent", "GET"),
    ("matching:application-consent", "POST"),
}
BY_API = {
    ("api:account-review", "POST"),
    ("api:demand-fits", "GET"),
    *((f"api:application-{verb}", "POST") for verb in ("accept", "contact", "supply", "sign")),
    ("api:application-approve", "POST"),
    ("api:application-detail", "GET"),
    ("api:application-review", "GET"),
    ("api:loan-detail", "GET"),
    ("api:outcome-list", "POST"),
}
ON_THE_WAY_OF_A_LIST = {
    ("matching:whitelist-detail", "GET"),
    ("matching:whitelist-correction", "GET"),
    ("matching:whitelist-entry", "GET"),
    ("matching:whitelist-check", "POST"),
    ("matching:whitelist-submit", "POST"),
    ("matching:whitelist-approve", "POST"),
    ("matching:whitelist-return", "POST"),
    ("matching:recommendation-detail", "GET"),
    ("matching:recommendation-contact", "POST"),
    ("matching:recommendation-contact-data", "POST"),
    ("matching:recommendation-result", "POST"),
}


@pytest.fixture
def strangers(market, monkeypatch):
    watching = Strangers.of(market.cast)
    monkeypatch.setattr(Person, "onlooker", staticmethod(watching))
    return watching


class TestStranger:
    def test_meets_404_at_every_step_of_a_loan(self, market, days, strangers):
        walks_to_settlement(market, days)

        assert strangers.let_in == []
        assert strangers.tried >= ON_THE_WAY_OF_A_LOAN
        assert LoanApplication.objects.get().state == "SETTLED"

    def test_meets_404_at_every_step_by_api(self, market, days, strangers):
        is_repaid_by_api(walks_to_disbursement_by_api(market, days), days)

        assert strangers.let_in == []
        assert strangers.tried >= BY_API

    def test_meets_404_around_a_consent(self, market, days, strangers):
        walks_to_resumption(market, days)

        assert strangers.let_in == []
        assert strangers.tried >= AROUND_A_CONSENT

    def test_meets_404_at_every_step_of_a_list(self, market, days, strangers):
        walks_to_feedback(market, days)

        assert strangers.let_in == []
        assert strangers.tried >= ON_THE_WAY_OF_A_LIST
        assert WhitelistContact.objects.count() == 1


class TestTheseStrangers:
    """What they would report if a door stood open."""

    def test_tell_whoever_is_let_in(self, market, days):
        owner = market.cast.owner
        allies = Strangers(Strangers.of(market.cast).accounts | {"stranger": owner})
        page = Person(owner).goes("matching:need-list").clicks("填写融资需求")
        need = page.submits(
            "发布并查看匹配",
            amount_yuan="50",
            term_months="12",
            purpose="WORKING_CAPITAL",
            guarantee="CREDIT",
        )

        allies("GET", need.path, {})

        assert allies.let_in == ["stranger GET matching:need-detail:200"]
