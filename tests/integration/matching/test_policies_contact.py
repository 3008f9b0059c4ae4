from __future__ import annotations

from datetime import timedelta

import pytest

from borrowers.services import consent_revoke
from matching.policies.application import can_read_contact
from tests.cast import NOW
from tests.factories.matching import make_application

pytestmark = pytest.mark.django_db


class TestCanReadContact:
    @pytest.mark.parametrize("state", ["ACCEPTED", "DUE_DILIGENCE", "APPROVED", "REPAYING"])
    def test_while_the_case_is_open(self, cast, state):
        assert can_read_contact(cast.officer, make_application(cast, state), NOW)

    @pytest.mark.parametrize(
        "state", ["PENDING_ACCEPT", "SUSPENDED", "REJECTED", "WITHDRAWN", "SETTLED", "WRITTEN_OFF"]
    )
    def test_neither_before_acceptance_nor_after_the_end(self, cast, state):
        assert not can_read_contact(cast.officer, make_application(cast, state), NOW)

    def test_not_after_the_consent_has_run_out(self, cast):
        application = make_application(cast, "REPAYING")
        end = application.consent.valid_until

        assert can_read_contact(cast.officer, application, end - timedelta(seconds=1))
        assert not can_read_contact(cast.officer, application, end)

    def test_not_after_revocation_though_the_case_goes_on(self, cast):
        application = make_application(cast, "SIGNED")
        consent_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=NOW
        )
        application.refresh_from_db()

        assert application.state == "SIGNED"
        assert not can_read_contact(cast.officer, application, NOW)

    def test_is_not_for_another_lender(self, cast):
        assert not can_read_contact(cast.rival_officer, make_application(cast, "ACCEPTED"), NOW)
