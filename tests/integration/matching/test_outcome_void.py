"""Reported outcomes voided: what the loan, the need and the clause of feedback become."""

from __future__ import annotations

from decimal import Decimal

import pytest

from borrowers.services import consent_revoke, feedback_revoke
from marketplace.domain.errors import Conflict, Refused
from matching.models import FinancingDemand
from matching.selectors.loan import (
    loan_position,
)
from matching.services import outcome_rectify
from matching.services.application import feedback_ended
from matching.services.outcome import outcome_record
from tests.cast import NOW
from tests.factories.matching import SIGNED_DATE, make_application
from tests.factories.rectify import LATER, amend, fresh, repay, titles, void

pytestmark = pytest.mark.django_db


class TestVoid:
    @pytest.mark.parametrize(
        ("state", "seq", "target"),
        [
            ("DISBURSED", 1, "SIGNED"),
            ("REPAYING", 2, "DISBURSED"),
            ("OVERDUE", 2, "DISBURSED"),
            ("SETTLED", 3, "REPAYING"),
            ("WRITTEN_OFF", 3, "OVERDUE"),
        ],
    )
    def test_the_state_is_that_of_the_rest(self, cast, state, seq, target):
        application = make_application(cast, state)

        void(cast, application, seq)

        after = fresh(application)
        assert (after.state, after.closed_at) == (target, None)
        event = application.events.get(event="VOID")
        assert (event.source, event.target) == (state, target)

    def test_a_reopened_loan_can_be_reported_on_but_not_read_again(self, cast):
        application = make_application(cast, "SETTLED")
        void(cast, application, 3)

        outcome_record(
            loan_id=fresh(application).loan.public_id,
            kind="SETTLE",
            event_date=SIGNED_DATE,
            reference="S2",
            actor=cast.officer,
            at=LATER,
        )

        assert fresh(application).state == "SETTLED"
        assert fresh(application).consent.revoked_at is not None

    def test_the_enterprise_can_keep_a_reopened_loan_from_being_reported_on(self, cast):
        application = make_application(cast, "SETTLED")
        void(cast, application, 3)

        feedback_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=LATER
        )

        with pytest.raises(Refused) as refused:
            repay(cast, application, reference="R9", at=LATER)
        assert refused.value.code == "FEEDBACK_NOT_CONSENTED"
        assert "企业已于 2026-11-23 撤回反馈条款" in refused.value.sentence
        amend(cast, application, 2, principal_yuan=Decimal("10000"))
        assert loan_position(fresh(application).loan).repaid_yuan == 10_000

    def test_the_lender_is_told_once_that_the_clause_ended(self, cast):
        application = make_application(cast, "REPAYING")
        consent_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=LATER
        )

        for _ in range(2):
            assert feedback_ended(consent_ref=application.consent.public_id) == 1

        assert [title for title in titles(cast.officer) if "反馈条款" in title] == [
            f"企业撤回了反馈条款，不能再报送贷款结果：{application.enterprise.name}"
        ]

    def test_the_need_goes_on_when_nothing_was_paid(self, cast):
        application = make_application(cast, "DISBURSED")
        assert FinancingDemand.objects.get().state == "CONCLUDED"

        void(cast, application, 1)

        need = FinancingDemand.objects.get()
        assert (need.state, need.closed_at) == ("MATCHING", None)

    def test_one_between_others_may_go_when_the_rest_holds(self, cast):
        application = make_application(cast, "REPAYING")
        outcome_record(
            loan_id=fresh(application).loan.public_id,
            kind="REPAY",
            event_date=SIGNED_DATE,
            principal_yuan=Decimal("5000"),
            reference="R3",
            actor=cast.officer,
            at=NOW,
        )

        void(cast, application, 2)

        assert loan_position(fresh(application).loan).repaid_yuan == 5000

    def test_is_refused_when_a_later_one_rests_on_it(self, cast):
        application = make_application(cast, "SETTLED")

        with pytest.raises(Refused) as refused:
            void(cast, application, 2)

        assert "的结清不再成立：尚有未还本金 50 万元" in refused.value.sentence

    def test_is_refused_while_another_application_with_the_product_is_open(self, cast):
        application = make_application(cast, "DISBURSED")
        make_application(cast, "ACCEPTED", product=application.product)

        with pytest.raises(Refused) as refused:
            void(cast, application, 1)

        assert refused.value.code == "OUTCOME_APPLICATION_EXISTS"

    def test_is_refused_when_another_application_is_submitted_meanwhile(self, cast, monkeypatch):
        application = make_application(cast, "DISBURSED")
        make_application(cast, "ACCEPTED", product=application.product)
        look, looked = outcome_rectify._refuse_another, []

        def seen_too_early(found):
            looked.append(found)
            if len(looked) > 1:
                look(found)

        monkeypatch.setattr(outcome_rectify, "_refuse_another", seen_too_early)
        with pytest.raises(Refused) as refused:
            void(cast, application, 1)

        assert refused.value.code == "OUTCOME_APPLICATION_EXISTS"
        assert fresh(application).state == "DISBURSED"

    def test_the_same_again_changes_nothing_and_another_reason_is_a_conflict(self, cast):
        application = make_application(cast, "DISBURSED")
        first = void(cast, application, 1)

        assert void(cast, application, 1) == first
        with pytest.raises(Conflict):
            void(cast, application, 1, reason="别的原因")
        assert application.events.filter(event="VOID").count() == 1
