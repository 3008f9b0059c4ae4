"""Reported outcomes corrected: what counts, what stays on file, what a report of the same again does."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from exports.selectors.facts import Part, facts_at
from marketplace.domain.errors import Conflict, Refused
from marketplace.models import AuditEvent
from matching.models import OutcomeEvent
from matching.selectors.loan import (
    loan_position,
    outcomes_in_reading_order,
    outcomes_of,
)
from matching.selectors.timeline import Side, timeline
from matching.services.outcome import outcome_record
from tests.cast import NOW
from tests.factories.matching import SIGNED_DATE, make_application
from tests.factories.rectify import LATER, amend, fresh, repay, second_approver, titles, void

pytestmark = pytest.mark.django_db


class TestAmend:
    def test_replaces_the_content_and_keeps_the_old_on_file(self, cast):
        application = make_application(cast, "REPAYING")

        written = amend(cast, application, 2, principal_yuan=Decimal("10000"))

        old = OutcomeEvent.objects.get(seq=2)
        assert (old.principal_yuan, old.ended_at, old.ended_by) == (100_000, LATER, cast.approver)
        assert (old.end_reason, old.replaced_by) == ("金额录错一位", written)
        assert (written.seq, written.kind, written.reference) == (3, "REPAY", "C1")
        assert (written.reported_by, written.first_reported_by) == (cast.approver, cast.officer)
        position = loan_position(fresh(application).loan)
        assert (position.repaid_yuan, position.outstanding_yuan) == (10_000, 490_000)
        assert fresh(application).state == "REPAYING"

    def test_is_an_event_of_the_application_with_audit_and_notices(self, cast):
        application = make_application(cast, "REPAYING")

        amend(cast, application, 2, principal_yuan=Decimal("10000"))

        event = application.events.get(event="AMEND")
        assert (event.source, event.target, event.actor_role) == (
            "REPAYING",
            "REPAYING",
            "APPROVER",
        )
        assert event.payload["corrects"] == "R0002"
        assert AuditEvent.objects.filter(action="matching.application.amend").count() == 1
        assert titles(cast.owner) == ["示例城市银行更正了一笔贷款结果，请核对"]
        assert len(titles(cast.officer)) == 1
        assert titles(cast.approver) == []

    def test_strikes_the_old_step_out_of_the_timeline_with_the_reason(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 2, principal_yuan=Decimal("10000"))

        entries = timeline(application.events.order_by("seq"), Side.BORROWER)

        struck = [entry for entry in entries if entry.struck]
        assert [(entry.event, entry.struck) for entry in struck] == [("REPAY", "已更正")]
        assert struck[0].struck_reason == "金额录错一位"

    def test_the_operator_reads_that_it_was_put_right_but_not_why(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 2, principal_yuan=Decimal("10000"))

        entries = timeline(application.events.order_by("seq"), Side.OPERATOR)

        assert [entry.struck_reason for entry in entries if entry.struck] == [""]
        assert not any("金额录错一位" in text for entry in entries for _, text in entry.lines)

    def test_an_ended_loan_stays_ended_as_it_ended(self, cast):
        application = make_application(cast, "SETTLED")
        closed_at = fresh(application).closed_at

        amend(
            cast,
            application,
            2,
            principal_yuan=Decimal("500000"),
            interest_yuan=Decimal("1600"),
        )

        assert fresh(application).closed_at == closed_at
        assert loan_position(fresh(application).loan).interest_yuan == 1600

    def test_refuses_what_a_later_event_does_not_bear(self, cast):
        application = make_application(cast, "SETTLED")

        with pytest.raises(Refused) as refused:
            amend(cast, application, 2, principal_yuan=Decimal("400000"))

        assert refused.value.code == "OUTCOME_NO_LONGER_FITS"
        assert "的结清不再成立" in refused.value.sentence
        assert OutcomeEvent.objects.standing().count() == 3
        assert not application.events.filter(event="AMEND").exists()

    def test_refuses_more_than_the_contract_at_its_field(self, cast):
        application = make_application(cast, "DISBURSED")

        with pytest.raises(Refused) as refused:
            amend(cast, application, 1, principal_yuan=Decimal("500000.01"))

        assert refused.value.fields.keys() == {"principal_yuan"}

    def test_a_date_may_move_the_event_and_with_it_the_state(self, cast):
        application = make_application(cast, "OVERDUE")
        loan = fresh(application).loan
        on = SIGNED_DATE + timedelta(days=20)
        at = NOW + timedelta(days=30)
        for kind, facts in (("OVERDUE", {"days_overdue": 12}), ("CURE", {})):
            outcome_record(
                loan_id=loan.public_id,
                kind=kind,
                event_date=on,
                reference=kind,
                actor=cast.officer,
                at=at,
                **facts,
            )
        assert fresh(application).state == "REPAYING"

        amend(
            cast,
            application,
            2,
            event_date=on + timedelta(days=5),
            days_overdue=3,
            at=at,
        )

        assert fresh(application).state == "OVERDUE"
        assert loan_position(fresh(application).loan).overdue_days == 3
        assert facts_at(SIGNED_DATE + timedelta(days=30), at, [Part.LOANS]).loans[0].is_overdue

    def test_the_same_again_changes_nothing(self, cast):
        application = make_application(cast, "REPAYING")
        first = amend(cast, application, 2, principal_yuan=Decimal("10000"))

        again = amend(cast, application, 2, principal_yuan=Decimal("10000"))

        assert again == first
        assert OutcomeEvent.objects.count() == 3
        assert application.events.filter(event="AMEND").count() == 1

    def test_another_correction_of_the_old_row_is_a_conflict(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 2, principal_yuan=Decimal("10000"))

        with pytest.raises(Conflict) as refused:
            amend(cast, application, 2, principal_yuan=Decimal("20000"), reference="C2")

        assert refused.value.code == "OUTCOME_NOT_STANDING"

    def test_a_correction_can_be_corrected_by_another_approver(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 2, principal_yuan=Decimal("10000"))

        again = {"principal_yuan": Decimal("20000"), "reference": "C2"}
        amend(cast, application, 3, by=second_approver(cast), **again)

        rows = outcomes_in_reading_order(outcomes_of(fresh(application).loan))
        assert [row.seq for row in rows] == [1, 2, 3, 4]
        assert loan_position(fresh(application).loan).repaid_yuan == 20_000

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"reference": "R0001"}, "OUTCOME_REFERENCE_USED"),
            ({"reference": " "}, "OUTCOME_REFERENCE"),
            ({"reason": " "}, "OUTCOME_REASON"),
            ({"reason": "长" * 201}, "OUTCOME_REASON"),
            ({"principal_yuan": Decimal("NaN")}, "OUTCOME_AMOUNT"),
            (
                {"principal_yuan": Decimal("100000"), "interest_yuan": Decimal("1500")},
                "OUTCOME_UNCHANGED",
            ),
            ({"event_date": SIGNED_DATE + timedelta(days=1)}, "OUTCOME_DATE"),
        ],
    )
    def test_refuses_what_is_filled_in_wrongly(self, cast, changed, code):
        application = make_application(cast, "REPAYING")

        with pytest.raises(Refused) as refused:
            amend(cast, application, 2, **({"principal_yuan": Decimal("1")} | changed))

        assert refused.value.code == code


class TestReportedAgain:
    """What a lender's system delivers once more after it was put right."""

    def test_what_was_voided_is_refused_with_day_reason_and_what_to_do(self, cast):
        application = make_application(cast, "REPAYING")
        void(cast, application, 2, reason="报到了另一笔贷款上。")

        for again in (repay, lambda *case: repay(*case, principal_yuan=Decimal("7"))):
            with pytest.raises(Conflict) as refused:
                again(cast, application)

            assert refused.value.code == "OUTCOME_VOIDED"
            assert refused.value.sentence == (
                "这笔结果已于 2026-11-23 作废，原因：报到了另一笔贷款上。再次报送不会恢复："
                "没有发生的，请从本机构系统和报送表中删去；确已发生的，请以新的机构流水号另报。"
            )
            assert refused.value.fields.keys() == {"reference"}
        assert loan_position(fresh(application).loan).repaid_yuan == 0

    def test_what_was_voided_can_be_reported_anew(self, cast):
        application = make_application(cast, "REPAYING")
        void(cast, application, 2)

        written = repay(cast, application, reference="R0002-1")

        assert (written.seq, written.first_reported_by) == (3, cast.officer)
        assert loan_position(fresh(application).loan).repaid_yuan == 100_000

    def test_what_was_amended_does_not_come_back(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 2, principal_yuan=Decimal("10000"))

        with pytest.raises(Conflict) as refused:
            repay(cast, application)

        assert refused.value.code == "OUTCOME_AMENDED"
        assert "已于 2026-11-23 更正，原因：金额录错一位。" in refused.value.sentence
        assert "流水号 C1" in refused.value.sentence
        assert loan_position(fresh(application).loan).repaid_yuan == 10_000

    @pytest.mark.parametrize("reference", ["R0002", "C1"])
    def test_what_counts_now_is_known_under_both_numbers(self, cast, reference):
        application = make_application(cast, "REPAYING")
        written = amend(cast, application, 2, principal_yuan=Decimal("10000"))

        again = repay(
            cast,
            application,
            principal_yuan=Decimal("10000"),
            interest_yuan=None,
            reference=reference,
        )

        assert again == written

    def test_a_voided_correction_voids_the_first_report_too(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 2, principal_yuan=Decimal("10000"))
        void(cast, application, 3, by=second_approver(cast), reason="没有还款")

        with pytest.raises(Conflict) as refused:
            repay(cast, application)

        assert refused.value.code == "OUTCOME_VOIDED"

    def test_another_content_under_a_corrected_number_is_a_conflict(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 2, principal_yuan=Decimal("10000"))

        with pytest.raises(Conflict) as refused:
            repay(cast, application, principal_yuan=Decimal("30000"))

        assert refused.value.code == "OUTCOME_REFERENCE_USED"


class TestLaterWarnings:
    """What the marketplace says of the class of an event follows what stands before it."""

    LATER_ON = NOW + timedelta(days=150)

    def case(self, cast):
        """Return a loan overdue for ten days, then of a class that is mild only for many days more."""
        application = make_application(cast, "DISBURSED")
        loan_id, at = fresh(application).loan.public_id, self.LATER_ON
        for number, (kind, facts) in enumerate(
            [
                ("OVERDUE", {"days_overdue": 10, "classification": "SPECIAL_MENTION"}),
                ("CLASS_CHANGE", {"classification": "SPECIAL_MENTION"}),
                ("REPAY", {"principal_yuan": Decimal("1000")}),
            ],
            start=2,
        ):
            outcome_record(
                loan_id=loan_id,
                kind=kind,
                event_date=SIGNED_DATE + timedelta(days=number * 10),
                reference=f"W{number}",
                actor=cast.officer,
                at=at,
                **facts,
            )
        return application

    def warnings(self):
        standing = OutcomeEvent.objects.standing().order_by("place")
        return [(row.kind, row.warning) for row in standing]

    def correct(self, cast, application, seq=2, **content):
        day = {"event_date": SIGNED_DATE + timedelta(days=20)}
        overdue = {"days_overdue": 100, "classification": "SUBSTANDARD"}
        return amend(cast, application, seq, at=self.LATER_ON, **day | overdue | content)

    def test_appear_after_a_correction_that_makes_a_class_too_mild(self, cast):
        application = self.case(cast)
        assert not any(warning for _, warning in self.warnings())

        self.correct(cast, application)

        mild = "逾期 100 天，报送分类为“关注”，轻于下限“次级”。"
        assert self.warnings() == [
            ("DISBURSE", ""),
            ("OVERDUE", ""),
            ("CLASS_CHANGE", mild),
            ("REPAY", mild),
        ]

    def test_go_when_the_cause_is_voided(self, cast):
        application = self.case(cast)
        self.correct(cast, application)

        void(cast, application, 5, by=second_approver(cast), at=self.LATER_ON)

        assert not any(warning for _, warning in self.warnings())

    def test_keep_what_was_said_of_a_late_report(self, cast):
        application = make_application(cast, "SIGNED")
        for number, at in enumerate((NOW, self.LATER_ON)):
            outcome_record(
                loan_id=fresh(application).loan.public_id,
                kind="DISBURSE",
                event_date=SIGNED_DATE + timedelta(days=number),
                principal_yuan=Decimal("1000"),
                reference=f"D{number}",
                actor=cast.officer,
                at=at,
            )
        before = self.warnings()

        amend(cast, application, 1, principal_yuan=Decimal("500"), at=self.LATER_ON)

        assert before == [("DISBURSE", ""), ("DISBURSE", "放款报送超过 3 个工作日。")]
        assert self.warnings() == before
