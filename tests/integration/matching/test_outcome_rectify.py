"""Who may put reported outcomes right, and what the figures count then."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from borrowers.services import consent_revoke
from exports.selectors.facts import Part, facts_at
from marketplace.domain.errors import NotFound, NotPermitted, TransitionRefused
from matching.models import Loan, OutcomeEvent
from matching.selectors.loan import (
    corrections_list,
    loan_position,
)
from matching.selectors.renewal import loans_maturing
from tests.cast import NOW
from tests.factories.matching import SIGNED_DATE, make_application
from tests.factories.rectify import LATER, amend, fresh, second_approver, void

pytestmark = pytest.mark.django_db


class TestWhoMay:
    @pytest.mark.parametrize("member", ["officer", "owner"])
    def test_is_the_approvers(self, cast, member):
        application = make_application(cast, "DISBURSED")

        with pytest.raises(NotPermitted):
            void(cast, application, 1, member=member)

    @pytest.mark.parametrize("member", ["rival_officer", "operator", "stranger"])
    def test_is_not_there_for_others(self, cast, member):
        application = make_application(cast, "DISBURSED")

        with pytest.raises(NotFound):
            void(cast, application, 1, member=member)

    def test_there_is_no_such_event(self, cast):
        with pytest.raises(NotFound):
            void(cast, make_application(cast, "DISBURSED"), 9)

    def test_who_reported_it_may_not(self, cast):
        application = make_application(cast, "DISBURSED")
        OutcomeEvent.objects.update(first_reported_by=cast.approver)

        with pytest.raises(TransitionRefused) as refused:
            void(cast, application, 1)

        assert "报送人以外" in refused.value.sentence

    def test_who_corrected_it_last_may_not(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 2, principal_yuan=Decimal("10000"))

        again = {"principal_yuan": Decimal("20000"), "reference": "C2"}
        for deed in (
            lambda: amend(cast, application, 3, **again),
            lambda: void(cast, application, 3),
        ):
            with pytest.raises(TransitionRefused) as refused:
                deed()

            assert (
                refused.value.sentence == "这一笔是您上次更正的，再更正或作废须由另一位审批人办理。"
            )

    def test_who_corrected_it_before_another_did_may(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 2, principal_yuan=Decimal("10000"))
        second = {"principal_yuan": Decimal("20000"), "reference": "C2"}
        amend(cast, application, 3, by=second_approver(cast), **second)

        void(cast, application, 4)

        assert loan_position(fresh(application).loan).repaid_yuan == 0

    def test_a_revoked_consent_does_not_keep_a_wrong_figure(self, cast):
        application = make_application(cast, "REPAYING")
        consent_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=LATER
        )

        amend(cast, application, 2, principal_yuan=Decimal("10000"))

        assert loan_position(fresh(application).loan).repaid_yuan == 10_000

    def test_what_was_reported_without_the_clause_is_left_alone(self, cast):
        application = make_application(cast, "REPAYING")
        consent_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=NOW
        )
        OutcomeEvent.objects.update(reported_at=LATER)

        with pytest.raises(TransitionRefused) as refused:
            void(cast, application, 2)

        assert "报送时企业未同意" in refused.value.sentence


class TestFigures:
    def test_count_what_stands_and_a_past_moment_as_it_stood(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 1, principal_yuan=Decimal("300000"))

        now = facts_at(SIGNED_DATE, LATER, [Part.LOANS]).loans[0]
        then = facts_at(SIGNED_DATE, LATER - timedelta(minutes=1), [Part.LOANS]).loans[0]

        assert (now.drawn_fen, now.repaid_fen) == (30_000_000, 10_000_000)
        assert then.drawn_fen == 50_000_000

    def test_a_voided_loan_is_no_loan(self, cast):
        void(cast, make_application(cast, "DISBURSED"), 1)

        assert facts_at(SIGNED_DATE, LATER, [Part.LOANS]).loans == ()

    def test_a_renewal_is_counted_from_the_drawdown_that_stands(self, cast):
        application = make_application(cast, "DISBURSED", at=NOW)
        earlier = SIGNED_DATE - timedelta(days=40)
        Loan.objects.update(signed_date=earlier)
        amend(cast, application, 1, event_date=earlier, principal_yuan=Decimal("500000"))

        entry = loans_maturing(cast.owner, NOW + timedelta(days=300))[0]

        assert entry.matures_on == date(earlier.year + 1, earlier.month, earlier.day)

    def test_the_operator_lists_what_was_put_right(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 2, principal_yuan=Decimal("10000"))

        assert [row.seq for row in corrections_list(cast.operator)] == [2]
        assert list(corrections_list(cast.approver)) == []
