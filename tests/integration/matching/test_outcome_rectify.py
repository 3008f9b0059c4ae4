from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from borrowers.services import consent_revoke, feedback_revoke
from exports.selectors.facts import Part, facts_at
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.domain.roles import Role
from marketplace.models import AuditEvent, Notification
from matching.models import FinancingDemand, LoanApplication, OutcomeEvent
from matching.selectors.loan import (
    corrections_list,
    loan_position,
    outcomes_in_reading_order,
    outcomes_of,
)
from matching.selectors.renewal import loans_maturing
from matching.selectors.timeline import Side, timeline
from matching.services import outcome_rectify
from matching.services.application import feedback_ended
from matching.services.outcome import outcome_record
from matching.services.outcome_rectify import outcome_amend, outcome_void
from tests.cast import NOW, make_user
from tests.factories.lenders import make_staff
from tests.factories.matching import SIGNED_DATE, make_application

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def fresh(application):
    return LoanApplication.objects.get(pk=application.pk)


def second_approver(cast):
    """Return another approver of the cast's lender."""
    user = make_user("second_approver")
    make_staff(user=user, institution=cast.institution, role=Role.APPROVER, at=NOW)
    return user


def amend(cast, application, seq, member="approver", at=LATER, by=None, **content):
    wanted = {"event_date": SIGNED_DATE, "reference": "C1", "reason": "金额录错一位"} | content
    return outcome_amend(
        loan_id=fresh(application).loan.public_id,
        seq=seq,
        actor=by or getattr(cast, member),
        at=at,
        **wanted,
    )


def void(cast, application, seq, member="approver", at=LATER, by=None, reason="报到了另一笔贷款上"):
    return outcome_void(
        loan_id=fresh(application).loan.public_id,
        seq=seq,
        reason=reason,
        actor=by or getattr(cast, member),
        at=at,
    )


def repay(cast, application, at=LATER, **content):
    """Report the repayment of the cast's loan as it was reported first."""
    first = {
        "event_date": SIGNED_DATE,
        "principal_yuan": Decimal("100000.00"),
        "interest_yuan": Decimal("1500.00"),
        "reference": "R0002",
    }
    return outcome_record(
        loan_id=fresh(application).loan.public_id,
        kind="REPAY",
        actor=cast.officer,
        at=at,
        **first | content,
    )


def titles(user):
    return list(Notification.objects.filter(user=user, at=LATER).values_list("title", flat=True))


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
        amend(cast, application, 1, event_date=earlier, principal_yuan=Decimal("500000"))

        entry = loans_maturing(cast.owner, NOW + timedelta(days=300))[0]

        assert entry.matures_on == date(earlier.year + 1, earlier.month, earlier.day)

    def test_the_operator_lists_what_was_put_right(self, cast):
        application = make_application(cast, "REPAYING")
        amend(cast, application, 2, principal_yuan=Decimal("10000"))

        assert [row.seq for row in corrections_list(cast.operator)] == [2]
        assert list(corrections_list(cast.approver)) == []
