from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from borrowers.services import consent_revoke
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused, TransitionRefused
from matching.domain.outcome import ledger
from matching.models import LoanApplication, OutcomeEvent
from matching.selectors.loan import loan_events, loan_position, outcomes_of
from matching.services.outcome import outcome_record
from tests.cast import NOW
from tests.factories.matching import NO_FEEDBACK, SIGNED_DATE, make_application

pytestmark = pytest.mark.django_db


def loan_of(application):
    return LoanApplication.objects.get(pk=application.pk).loan


def record(cast, loan, kind, reference="A1", member="officer", **amounts):
    wanted = {"event_date": SIGNED_DATE, "at": NOW} | amounts
    return outcome_record(
        loan_id=loan.public_id,
        kind=kind,
        reference=reference,
        actor=getattr(cast, member),
        **wanted,
    )


def paid_out(cast, loan, amount="500000.00", reference="D1"):
    return record(cast, loan, "DISBURSE", reference, principal_yuan=Decimal(amount))


class TestOutcomeRecord:
    def test_first_disbursement_moves_the_application(self, cast):
        application = make_application(cast, "SIGNED")

        paid_out(cast, loan_of(application), "200000.00")

        application = LoanApplication.objects.get(pk=application.pk)
        assert application.state == "DISBURSED"
        event = application.events.get(event="DISBURSE")
        assert event.payload["principal_yuan"] == "200000.00"

    def test_the_position_is_the_sum_of_the_events(self, cast):
        loan = loan_of(make_application(cast, "SIGNED"))
        paid_out(cast, loan, "200000.00", "D1")
        paid_out(cast, loan, "300000.00", "D2")
        record(cast, loan, "REPAY", "R1", principal_yuan=Decimal("120000.50"))

        position = loan_position(loan_of(loan.application))

        assert position.drawn_yuan == Decimal("500000.00")
        assert position.outstanding_yuan == Decimal("379999.50")

    def test_the_same_reference_with_the_same_content_is_one_event(self, cast):
        loan = loan_of(make_application(cast, "SIGNED"))
        first = paid_out(cast, loan)

        again = paid_out(cast, loan)

        assert again == first
        assert OutcomeEvent.objects.count() == 1

    def test_the_same_reference_with_other_content_is_a_conflict(self, cast):
        loan = loan_of(make_application(cast, "SIGNED"))
        paid_out(cast, loan, "200000.00")

        with pytest.raises(Conflict) as refused:
            paid_out(cast, loan, "300000.00")

        assert refused.value.code == "OUTCOME_REFERENCE_USED"
        assert OutcomeEvent.objects.count() == 1

    def test_refuses_everything_without_the_second_clause(self, cast):
        loan = loan_of(make_application(cast, "SIGNED", consent=NO_FEEDBACK))

        with pytest.raises(Refused) as refused:
            paid_out(cast, loan)

        assert refused.value.code == "FEEDBACK_NOT_CONSENTED"
        assert LoanApplication.objects.get().state == "SIGNED"

    def test_refuses_after_the_consent_was_revoked(self, cast):
        application = make_application(cast, "DISBURSED")
        consent_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=NOW
        )

        with pytest.raises(Refused) as refused:
            record(cast, loan_of(application), "REPAY", principal_yuan=Decimal("1"))

        assert refused.value.code == "FEEDBACK_NOT_CONSENTED"

    def test_the_clause_outlives_the_period_of_reading(self, cast):
        application = make_application(cast, "DISBURSED")
        in_two_years = NOW + timedelta(days=730)

        record(
            cast,
            loan_of(application),
            "REPAY",
            principal_yuan=Decimal("500000.00"),
            event_date=in_two_years.date(),
            at=in_two_years,
        )

        assert LoanApplication.objects.get().state == "REPAYING"

    def test_refuses_more_than_was_signed(self, cast):
        loan = loan_of(make_application(cast, "SIGNED"))

        with pytest.raises(Refused) as refused:
            paid_out(cast, loan, "500000.01")

        assert refused.value.fields.keys() == {"principal_yuan"}

    def test_refuses_to_settle_what_is_owed(self, cast):
        loan = loan_of(make_application(cast, "DISBURSED"))

        with pytest.raises(Refused) as refused:
            record(cast, loan, "SETTLE")

        assert refused.value.code == "OUTCOME_NOT_ZERO"

    def test_refuses_an_event_of_the_wrong_state(self, cast):
        loan = loan_of(make_application(cast, "SIGNED"))

        with pytest.raises(TransitionRefused):
            record(cast, loan, "REPAY", principal_yuan=Decimal("1"))

    def test_refuses_the_future(self, cast):
        loan = loan_of(make_application(cast, "SIGNED"))

        with pytest.raises(Refused) as refused:
            record(
                cast,
                loan,
                "DISBURSE",
                principal_yuan=Decimal("1"),
                event_date=SIGNED_DATE + timedelta(days=1),
            )

        assert refused.value.fields.keys() == {"event_date"}

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"kind": "GIFT"}, "kind"),
            ({"reference": " "}, "reference"),
            ({"reference": "9" * 65}, "reference"),
            ({"principal_yuan": Decimal("-1")}, "principal_yuan"),
            ({"interest_yuan": Decimal("NaN")}, "interest_yuan"),
            ({"classification": "FINE"}, "classification"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, cast, changed, field):
        loan = loan_of(make_application(cast, "DISBURSED"))
        wanted = {"kind": "REPAY", "reference": "X1", "principal_yuan": Decimal("1")} | changed

        with pytest.raises(Refused) as refused:
            record(cast, loan, wanted.pop("kind"), wanted.pop("reference"), **wanted)

        assert refused.value.fields.keys() == {field}

    def test_warns_of_a_class_milder_than_its_floor(self, cast):
        loan = loan_of(make_application(cast, "DISBURSED"))

        event = record(cast, loan, "OVERDUE", days_overdue=120, classification="NORMAL")

        assert "轻于" in event.warning

    def test_notes_a_disbursement_reported_late(self, cast):
        loan = loan_of(make_application(cast, "SIGNED"))

        event = outcome_record(
            loan_id=loan.public_id,
            kind="DISBURSE",
            event_date=SIGNED_DATE,
            reference="L1",
            principal_yuan=Decimal("1000"),
            actor=cast.officer,
            at=NOW + timedelta(days=10),
        )

        assert "放款报送超过 3 个工作日" in event.warning

    def test_is_the_officers(self, cast):
        loan = loan_of(make_application(cast, "SIGNED"))

        with pytest.raises(NotPermitted):
            record(cast, loan, "DISBURSE", member="approver", principal_yuan=Decimal("1"))
        with pytest.raises(NotPermitted):
            record(cast, loan, "DISBURSE", member="owner", principal_yuan=Decimal("1"))

    @pytest.mark.parametrize("member", ["rival_officer", "rival_owner", "operator", "stranger"])
    def test_is_not_there_for_others(self, cast, member):
        loan = loan_of(make_application(cast, "SIGNED"))

        with pytest.raises(NotFound):
            record(cast, loan, "DISBURSE", member=member, principal_yuan=Decimal("1"))


class TestAmountsNeverDrift:
    @settings(
        max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    @given(
        parts=st.lists(
            st.decimals(min_value=Decimal("0.01"), max_value=Decimal("90000"), places=2),
            min_size=1,
            max_size=4,
        )
    )
    def test_what_was_paid_out_and_back_adds_up_to_the_fen(self, cast, parts):
        from django.db import transaction

        with transaction.atomic():
            loan = loan_of(make_application(cast, "SIGNED"))
            for number, part in enumerate(parts):
                paid_out(cast, loan, str(part), f"D{number}")
            for number, part in enumerate(parts):
                record(cast, loan, "REPAY", f"R{number}", principal_yuan=part)

            position = ledger(loan_events(outcomes_of(loan)))

            assert position.drawn_yuan == sum(parts)
            assert position.outstanding_yuan == 0
            transaction.set_rollback(True)
