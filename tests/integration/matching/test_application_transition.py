from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from marketplace.crypto import keyed_digest
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.domain.roles import Role
from marketplace.models import AuditEvent, Notification
from marketplace.services import membership_grant
from matching.domain.application import APPLICATION, CLOSED_STATES
from matching.models import ApplicationEvent, CreditLine, Loan, LoanApplication
from matching.services.application_effects import contract_digest
from matching.services.application_remark import application_note, application_urge
from matching.services.transition import BY_LEDGER, BY_SERVICE, application_transition
from tests.cast import NOW
from tests.factories.matching import (
    APPROVE,
    LEDGER,
    NO_FEEDBACK,
    WAY,
    make_application,
    make_steps,
    sign,
)

pytestmark = pytest.mark.django_db

EVENTS = sorted({row.event for row in APPLICATION.transitions} - BY_SERVICE)
MADE_STATES = sorted({*WAY, *LEDGER, "SUBMITTED", "SUSPENDED", "EXPIRED", "LAPSED"})
MEMBERS = {"OWNER": "owner", "OFFICER": "officer", "APPROVER": "approver", "SYSTEM": None}


def act(cast, application, event, member="officer", **payload):
    actor = getattr(cast, member) if member else None
    return application_transition(
        application_id=application.public_id, event=event, payload=payload, actor=actor, at=NOW
    )


def also_approver(cast, user):
    membership_grant(
        user=user,
        organisation=cast.institution.organisation,
        role=Role.APPROVER,
        actor=None,
        at=NOW,
    )


def fresh(application):
    return LoanApplication.objects.get(pk=application.pk)


class TestEveryStateThatCanBeMade:
    def test_is_every_state_after_the_draft(self):
        assert set(MADE_STATES) == set(APPLICATION.states) - {"DRAFT"}

    @pytest.mark.parametrize("state", MADE_STATES)
    def test_refuses_every_event_the_table_does_not_have_in_it(self, cast, state):
        application = make_application(cast, state)
        known = {row.event for row in APPLICATION.transitions if row.source == state}
        members = [None, cast.officer] if state == "SUBMITTED" else [None, cast.officer, cast.owner]

        for event in sorted(set(EVENTS) - known):
            for actor in members[:1] if state == "SUBMITTED" else members:
                with pytest.raises(TransitionRefused) as refused:
                    application_transition(
                        application_id=application.public_id, event=event, actor=actor, at=NOW
                    )
                assert refused.value.status == 409

        assert fresh(application).state == state
        assert fresh(application).events.count() == application.events.count()

    @pytest.mark.parametrize("state", MADE_STATES)
    def test_is_not_there_for_strangers(self, cast, state):
        application = make_application(cast, state)

        for member in (
            "rival_owner",
            "rival_officer",
            "rival_approver",
            "district_clerk",
            "operator",
        ):
            with pytest.raises(NotFound):
                act(cast, application, "WITHDRAW", member)

    @pytest.mark.parametrize("state", MADE_STATES)
    def test_has_events_numbered_without_gaps(self, cast, state):
        application = make_application(cast, state)

        numbers = list(application.events.order_by("seq").values_list("seq", flat=True))

        assert numbers == list(range(1, len(numbers) + 1))

    @pytest.mark.parametrize("state", sorted(CLOSED_STATES))
    def test_has_ended_its_consent_when_closed(self, cast, state):
        application = fresh(make_application(cast, state))

        assert application.closed_at is not None
        assert application.consent.revoked_at is not None
        assert application.consent.ended_by == "APPLICATION"
        assert application.clock_due_at is None

    @pytest.mark.parametrize(
        ("event", "member"),
        [
            ("ACCEPT", "owner"),
            ("ACCEPT", "approver"),
            ("REJECT", "owner"),
            ("WITHDRAW", "officer"),
            ("EXPIRE", "officer"),
            ("SUSPEND", "owner"),
        ],
    )
    def test_refuses_events_of_others_roles(self, cast, event, member):
        application = make_application(cast)

        with pytest.raises(NotPermitted):
            act(cast, application, event, member)


class TestApplicationTransition:
    def test_makes_who_accepts_the_officer_of_the_case(self, cast):
        application = fresh(make_application(cast, "ACCEPTED"))

        assert (application.officer, application.accepted_at) == (cast.officer, NOW)
        assert application.clock_code == "CONTACT"

    def test_keeps_who_when_and_what_in_the_event(self, cast):
        application = make_application(cast, "IN_CONTACT")

        event = application.events.get(event="CONTACT")
        assert (event.actor, event.actor_role) == (cast.officer, "OFFICER")
        assert (event.source, event.target) == ("ACCEPTED", "IN_CONTACT")
        assert event.payload == {"contact_note": "电话联系,约定周三上门。"}

    def test_refuses_a_step_whose_condition_is_not_met(self, cast):
        application = make_application(cast, "ACCEPTED")

        with pytest.raises(TransitionRefused) as refused:
            act(cast, application, "CONTACT", contact_note=" ")

        assert (refused.value.code, refused.value.sentence) == ("GUARD_REFUSED", "请填写联系记录。")

    def test_refuses_a_payload_that_states_what_it_should_not(self, cast):
        application = make_application(cast)

        with pytest.raises(Refused) as refused:
            act(cast, application, "ACCEPT", consent_live=True)

        assert refused.value.fields == {"consent_live": "此操作没有这一项。"}

    def test_refuses_a_text_too_long_to_keep(self, cast):
        application = make_application(cast, "ACCEPTED")

        with pytest.raises(Refused) as refused:
            act(cast, application, "CONTACT", contact_note="长" * 1001)

        assert "contact_note" in refused.value.fields

    def test_gives_no_time_back_when_a_file_returns(self, cast):
        application = make_application(cast, "IN_APPROVAL")
        act(cast, application, "RETURN", "approver", opinion="补充担保情况。")

        application_transition(
            application_id=application.public_id,
            event="SUBMIT_FOR_APPROVAL",
            payload={"file_complete": True, "opinion": "已补充。"},
            actor=cast.officer,
            at=NOW + timedelta(days=3),
        )

        assert fresh(application).file_complete_at == NOW

    def test_pauses_while_papers_are_supplemented(self, cast):
        application = fresh(make_application(cast, "SUPPLEMENT"))

        assert application.paused_at == NOW
        assert application.clock_code == "SUPPLEMENT"

    def test_lets_the_borrower_say_that_papers_are_supplied(self, cast):
        application = make_application(cast, "SUPPLEMENT")

        done = act(cast, application, "SUPPLY", "agent", supplied_note="流水已交网点。")

        assert (done.state, done.paused_at) == ("DUE_DILIGENCE", None)

    def test_reject_keeps_the_coded_reason_and_tells_the_enterprise(self, cast):
        application = fresh(make_application(cast, "REJECTED"))

        assert application.refusal_code == "WEAK_CASH_FLOW"
        told = Notification.objects.filter(kind="application.reject", user=cast.owner)
        assert "现金流不足" in told.get().title

    def test_refuses_a_rejection_without_reason(self, cast):
        application = make_application(cast)

        with pytest.raises(TransitionRefused):
            act(cast, application, "REJECT", refusal_code="", refusal_note="")


class TestFourEyes:
    def test_lets_another_person_approve(self, cast):
        application = make_application(cast, "APPROVED")

        line = CreditLine.objects.get(application=application)
        assert (line.officer, line.approved_by) == (cast.officer, cast.approver)
        assert line.amount_yuan == Decimal("500000.00")

    @pytest.mark.parametrize("event", ["APPROVE", "RETURN", "REJECT"])
    def test_refuses_the_officer_who_is_also_approver(self, cast, event):
        application = make_application(cast, "IN_APPROVAL")
        also_approver(cast, cast.officer)

        with pytest.raises(TransitionRefused) as refused:
            act(cast, application, event, "officer")

        assert "同一人" in refused.value.sentence

    def test_refuses_who_passed_the_file_on_for_another_officer(self, cast):
        application = make_application(cast, "DUE_DILIGENCE")
        act(
            cast,
            application,
            "SUBMIT_FOR_APPROVAL",
            "second_officer",
            file_complete=True,
            opinion="同意。",
        )
        also_approver(cast, cast.second_officer)

        with pytest.raises(TransitionRefused):
            act(cast, application, "APPROVE", "second_officer", **APPROVE[2])

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("amount_yuan", Decimal("3000000.01")),
            ("amount_yuan", Decimal("0")),
            ("annual_rate_bp", None),
            ("term_months", 0),
            ("guarantee", "GOLD"),
            ("valid_until", NOW.date()),
        ],
    )
    def test_refuses_an_approval_that_says_too_little(self, cast, field, value):
        application = make_application(cast, "IN_APPROVAL")

        with pytest.raises(TransitionRefused):
            act(cast, application, "APPROVE", "approver", **(APPROVE[2] | {field: value}))

        assert not CreditLine.objects.exists()


class TestSign:
    def test_seals_the_contract_and_keeps_its_digest(self, cast):
        application = make_application(cast, "SIGNED")

        loan = Loan.objects.get(application=application)
        assert loan.contract_no == "HT-2026-0001"
        assert loan.contract_digest == keyed_digest("HT-2026-0001", "contract")
        assert loan.amount_yuan == Decimal("500000.00")
        assert "contract_no" not in application.events.get(event="SIGN").payload

    def test_finds_a_contract_however_its_number_is_spaced(self):
        assert contract_digest("ht-2026 0001") == contract_digest("HT-20260001")

    def test_refuses_a_contract_of_another_loan(self, cast):
        make_application(cast, "SIGNED")
        other = make_application(cast, "APPROVED", product=_second(cast))

        with pytest.raises(Conflict) as refused:
            make_steps(cast, other, (sign(),))

        assert refused.value.code == "CONTRACT_EXISTS"

    def test_refuses_more_than_was_approved(self, cast):
        application = make_application(cast, "APPROVED")
        payload = sign()[2] | {"amount_yuan": Decimal("500000.01")}

        with pytest.raises(Refused) as refused:
            act(cast, application, "SIGN", **payload)

        assert refused.value.fields.keys() == {"amount_yuan"}

    def test_refuses_a_limit_that_has_ended(self, cast):
        application = make_application(cast, "APPROVED")

        with pytest.raises(TransitionRefused):
            application_transition(
                application_id=application.public_id,
                event="SIGN",
                payload=sign()[2],
                actor=cast.officer,
                at=NOW + timedelta(days=91),
            )


class TestWithoutTheFeedbackClause:
    def test_a_disbursement_is_a_bare_status(self, cast):
        application = make_application(cast, "SIGNED", consent=NO_FEEDBACK)

        done = act(cast, application, "DISBURSE")

        assert done.state == "DISBURSED"
        assert done.events.get(event="DISBURSE").payload == {}

    def test_with_the_clause_it_goes_through_the_ledger(self, cast):
        application = make_application(cast, "SIGNED")

        with pytest.raises(Refused) as refused:
            act(cast, application, "DISBURSE")

        assert refused.value.code == "OUTCOME_BY_LEDGER"

    @pytest.mark.parametrize("event", sorted(BY_LEDGER - {"DISBURSE"}))
    def test_nothing_else_of_the_loan_is_reported(self, cast, event):
        application = make_application(cast, "SIGNED", consent=NO_FEEDBACK)
        act(cast, application, "DISBURSE")

        with pytest.raises(Refused):
            act(cast, application, event)


class TestNeedFollows:
    def test_concludes_when_money_was_paid(self, cast):
        application = make_application(cast, "DISBURSED")

        application.demand.refresh_from_db()
        assert application.demand.state == "CONCLUDED"

    def test_goes_on_being_matched_after_a_refusal(self, cast):
        application = make_application(cast, "REJECTED")

        application.demand.refresh_from_db()
        assert application.demand.state == "MATCHING"


class TestNotes:
    def test_a_note_is_the_lenders_own(self, cast):
        application = make_application(cast, "ACCEPTED")

        note = application_note(
            application_id=application.public_id, text="核实纳税。", actor=cast.approver, at=NOW
        )

        assert (note.event, note.is_internal, note.actor_role) == ("NOTE", True, "APPROVER")

    def test_a_note_is_not_the_borrowers(self, cast):
        application = make_application(cast, "ACCEPTED")

        with pytest.raises(NotPermitted):
            application_note(
                application_id=application.public_id, text="请尽快。", actor=cast.owner, at=NOW
            )

    def test_an_empty_note_is_refused(self, cast):
        application = make_application(cast, "ACCEPTED")

        with pytest.raises(Refused):
            application_note(
                application_id=application.public_id, text="  ", actor=cast.officer, at=NOW
            )


class TestUrge:
    def test_reaches_officer_and_approver_and_is_audited(self, cast):
        application = make_application(cast, "ACCEPTED")

        application_urge(
            application_id=application.public_id, text="请尽快联系。", actor=cast.operator, at=NOW
        )

        told = Notification.objects.filter(kind="clock.urge")
        assert {row.user for row in told} == {cast.officer, cast.approver}
        assert AuditEvent.objects.filter(action="matching.application.urge").exists()

    def test_is_the_operators_alone(self, cast):
        application = make_application(cast, "ACCEPTED")

        with pytest.raises(NotPermitted):
            application_urge(
                application_id=application.public_id, text="快。", actor=cast.owner, at=NOW
            )

    def test_needs_an_open_case(self, cast):
        application = make_application(cast, "WITHDRAWN")

        with pytest.raises(TransitionRefused):
            application_urge(
                application_id=application.public_id, text="快。", actor=cast.operator, at=NOW
            )


class TestBranches:
    def test_an_officer_of_another_branch_does_not_see_it(self, cast):
        application = make_application(cast)
        other = cast.institution.branches.create(name="另一支行")
        cast.second_officer.memberships.get().posting.delete()
        _post(cast.second_officer, other)

        with pytest.raises(NotFound):
            act(cast, application, "ACCEPT", "second_officer")


def _second(cast):
    from tests.factories.matching import make_offer

    return make_offer(cast, "P002")


def _post(user, branch):
    from lenders.models import BranchPosting

    BranchPosting.objects.create(membership=user.memberships.get(), branch=branch)


def test_events_are_the_only_source_of_the_statistics(cast):
    application = make_application(cast, "SETTLED")

    names = [row.event for row in ApplicationEvent.objects.filter(application=application)]

    assert names == [
        "SUBMIT",
        "ROUTE",
        "ACCEPT",
        "CONTACT",
        "START_DUE_DILIGENCE",
        "SUBMIT_FOR_APPROVAL",
        "APPROVE",
        "SIGN",
        "DISBURSE",
        "REPAY",
        "SETTLE",
    ]
