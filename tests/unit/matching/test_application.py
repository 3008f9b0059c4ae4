from datetime import date
from decimal import Decimal

import pytest

from marketplace.domain.errors import NotPermitted, Refused, TransitionRefused
from marketplace.domain.roles import SYSTEM, Role
from matching.domain.application import (
    APPLICATION,
    BEFORE_APPROVAL,
    CLOSED_STATES,
    EVENT_LABELS,
    FUNDED_STATES,
    LIVE_STATES,
    SUSPENDABLE_STATES,
    TO_DO_STATES,
    buttons,
)
from matching.domain.outcome import OutcomeKind
from matching.domain.refusal import REFUSAL_LABELS, RefusalCode, check_refusal

TODAY = date(2025, 6, 10)
GOOD = {
    "actor_id": 7,
    "officer_id": 3,
    "handled_by_ids": {3, 4},
    "enterprise_verified": True,
    "product_published": True,
    "amount_yuan": Decimal(500_000),
    "product_min_yuan": Decimal(100_000),
    "product_max_yuan": Decimal(1_000_000),
    "product_rate_max_bp": 480,
    "product_term_max_months": 36,
    "product_guarantees": ["CREDIT", "MORTGAGE"],
    "consent_live": True,
    "feedback_consent": True,
    "contact_note": "已电话联系",
    "document_list": ["上年财务报表"],
    "supplied_note": "已上传",
    "file_complete": True,
    "opinion": "同意",
    "refusal_code": "OVER_INDEBTED",
    "approved_amount_yuan": Decimal(400_000),
    "annual_rate_bp": 420,
    "term_months": 12,
    "guarantee": "CREDIT",
    "limit_valid_until": date(2025, 12, 31),
    "approved_on": TODAY,
    "on": TODAY,
    "contract_no": "HT-1",
    "signed_date": TODAY,
    "disburse_yuan": Decimal(400_000),
    "available_yuan": Decimal(400_000),
    "outstanding_yuan": Decimal(0),
    "days_overdue": 5,
    "clock_expired": True,
    "suspended_from": "ACCEPTED",
    "suspension_reason": "授权已撤回",
}
WAY = [
    ("SUBMIT", Role.OWNER),
    ("ROUTE", SYSTEM),
    ("ACCEPT", Role.OFFICER),
    ("CONTACT", Role.OFFICER),
    ("START_DUE_DILIGENCE", Role.OFFICER),
    ("REQUEST_SUPPLEMENT", Role.OFFICER),
    ("SUPPLY", Role.AGENT),
    ("SUBMIT_FOR_APPROVAL", Role.OFFICER),
    ("APPROVE", Role.APPROVER),
    ("SIGN", Role.OFFICER),
    ("DISBURSE", Role.OFFICER),
    ("REPAY", SYSTEM),
    ("OVERDUE", SYSTEM),
    ("REPAY", Role.OFFICER),
    ("CURE", Role.OFFICER),
    ("SETTLE", Role.OFFICER),
]


def advance(state, event, role, **changed):
    facts = {key: value for key, value in (GOOD | changed).items() if value is not ...}
    return APPLICATION.advance(state, event, [role], facts)


def refusal(state, event, role, **changed):
    with pytest.raises(TransitionRefused) as refused:
        advance(state, event, role, **changed)
    assert refused.value.code == "GUARD_REFUSED"
    return refused.value.sentence


class TestWayOfOneLoan:
    def test_leads_from_draft_to_settled(self):
        state = APPLICATION.initial

        for event, role in WAY:
            state = advance(state, event, role).target

        assert state == "SETTLED"

    def test_may_end_written_off(self):
        assert advance("OVERDUE", "WRITE_OFF", SYSTEM).target == "WRITTEN_OFF"

    def test_every_outcome_kind_is_an_event(self):
        assert {kind.value for kind in OutcomeKind} <= set(EVENT_LABELS)


class TestSubmit:
    @pytest.mark.parametrize(
        "changed",
        [
            {"enterprise_verified": False},
            {"product_published": False},
            {"amount_yuan": Decimal(99_999)},
            {"amount_yuan": Decimal(1_000_001)},
            {"amount_yuan": ...},
            {"consent_live": False},
            {"consent_live": "yes"},
        ],
    )
    def test_is_refused(self, changed):
        assert refusal("DRAFT", "SUBMIT", Role.OWNER, **changed)

    def test_is_not_for_a_lender(self):
        with pytest.raises(NotPermitted):
            advance("DRAFT", "SUBMIT", Role.OFFICER)


class TestReasons:
    @pytest.mark.parametrize(
        ("state", "event", "role", "changed", "field"),
        [
            ("ACCEPTED", "CONTACT", Role.OFFICER, {"contact_note": " "}, "contact_note"),
            (
                "DUE_DILIGENCE",
                "REQUEST_SUPPLEMENT",
                Role.OFFICER,
                {"document_list": []},
                "document_list",
            ),
            (
                "DUE_DILIGENCE",
                "SUBMIT_FOR_APPROVAL",
                Role.OFFICER,
                {"file_complete": False},
                "file_complete",
            ),
            ("DUE_DILIGENCE", "REJECT", Role.OFFICER, {"refusal_code": "NO"}, "refusal_code"),
            (
                "DUE_DILIGENCE",
                "REJECT",
                Role.OFFICER,
                {"refusal_code": "OTHER", "refusal_note": ""},
                "refusal_note",
            ),
            (
                "IN_APPROVAL",
                "APPROVE",
                Role.APPROVER,
                {"approved_amount_yuan": Decimal(0)},
                "amount_yuan",
            ),
            ("IN_APPROVAL", "APPROVE", Role.APPROVER, {"guarantee": "NO"}, "guarantee"),
            ("IN_APPROVAL", "APPROVE", Role.APPROVER, {"annual_rate_bp": 481}, "annual_rate_bp"),
            ("IN_APPROVAL", "APPROVE", Role.APPROVER, {"term_months": 37}, "term_months"),
            ("IN_APPROVAL", "APPROVE", Role.APPROVER, {"limit_valid_until": ...}, "valid_until"),
            ("APPROVED", "SIGN", Role.OFFICER, {"signed_date": ...}, "signed_date"),
            ("APPROVED", "SIGN", Role.OFFICER, {"contract_no": ""}, "contract_no"),
        ],
    )
    def test_about_a_field_name_it_as_the_payload_does(self, state, event, role, changed, field):
        with pytest.raises(TransitionRefused) as refused:
            advance(state, event, role, **changed)

        assert refused.value.fields == {field: refused.value.sentence}

    def test_about_anything_else_name_none(self):
        with pytest.raises(TransitionRefused) as refused:
            advance("PENDING_ACCEPT", "ACCEPT", Role.OFFICER, consent_live=False)

        assert refused.value.fields == {}


class TestReasonsAtOnce:
    def test_say_everything_that_is_wrong_with_an_approval(self):
        wrong = {
            "approved_amount_yuan": Decimal(99_999),
            "annual_rate_bp": 900,
            "term_months": 48,
            "guarantee": "PLEDGE",
            "limit_valid_until": TODAY,
        }

        with pytest.raises(TransitionRefused) as refused:
            advance("IN_APPROVAL", "APPROVE", Role.APPROVER, **wrong)

        assert sorted(refused.value.fields) == [
            "amount_yuan",
            "annual_rate_bp",
            "guarantee",
            "term_months",
            "valid_until",
        ]
        assert refused.value.sentence == refused.value.fields["amount_yuan"]
        assert "信用、抵押" in refused.value.fields["guarantee"]

    def test_say_everything_that_is_wrong_with_a_contract(self):
        with pytest.raises(TransitionRefused) as refused:
            advance(
                "APPROVED",
                "SIGN",
                Role.OFFICER,
                contract_no="",
                signed_date=date(2025, 6, 9),
                is_first_loan=True,
                is_renewal=True,
            )

        assert set(refused.value.fields) == {"contract_no", "signed_date", "is_renewal"}


class TestFourEyes:
    @pytest.mark.parametrize("event", ["APPROVE", "REJECT", "RETURN"])
    @pytest.mark.parametrize("actor", [3, 4, ...])
    def test_officer_and_submitter_do_not_decide(self, event, actor):
        assert refusal("IN_APPROVAL", event, Role.APPROVER, actor_id=actor)

    @pytest.mark.parametrize("event", ["APPROVE", "REJECT", "RETURN"])
    def test_whoever_worked_on_the_case_does_not_decide_either(self, event):
        assert refusal("IN_APPROVAL", event, Role.APPROVER, handled_by_ids={3, 7})
        assert advance("IN_APPROVAL", event, Role.APPROVER, handled_by_ids={3, 8})

    def test_an_officer_does_not_approve(self):
        with pytest.raises(NotPermitted):
            advance("IN_APPROVAL", "APPROVE", Role.OFFICER)

    def test_somebody_who_is_both_still_needs_another_person(self):
        facts = GOOD | {"actor_id": 3}

        with pytest.raises(TransitionRefused):
            APPLICATION.advance("IN_APPROVAL", "APPROVE", [Role.OFFICER, Role.APPROVER], facts)


class TestApprove:
    @pytest.mark.parametrize(
        "changed",
        [
            {"approved_amount_yuan": ...},
            {"approved_amount_yuan": Decimal(0)},
            {"approved_amount_yuan": Decimal(1_000_001)},
            {"annual_rate_bp": ...},
            {"annual_rate_bp": -1},
            {"term_months": 0},
            {"approved_amount_yuan": Decimal(99_999)},
            {"approved_amount_yuan": Decimal(500_001), "opinion": " "},
            {"guarantee": "FAITH"},
            {"guarantee": "PLEDGE"},
            {"product_guarantees": ...},
            {"limit_valid_until": TODAY},
            {"limit_valid_until": ...},
            {"consent_live": False},
        ],
    )
    def test_is_refused_when_incomplete(self, changed):
        assert refusal("IN_APPROVAL", "APPROVE", Role.APPROVER, **changed)

    def test_is_not_dearer_than_the_product_promises(self):
        assert refusal("IN_APPROVAL", "APPROVE", Role.APPROVER, annual_rate_bp=2500) == (
            "年化利率不能高于产品公布的上限 4.80%。"
        )

    def test_may_cost_and_last_as_much_as_the_product_promises(self):
        granted = advance(
            "IN_APPROVAL", "APPROVE", Role.APPROVER, annual_rate_bp=480, term_months=36
        )

        assert granted.target == "APPROVED"


class TestReject:
    @pytest.mark.parametrize(
        "state", ["PENDING_ACCEPT", "ACCEPTED", "IN_CONTACT", "DUE_DILIGENCE", "SUPPLEMENT"]
    )
    def test_needs_a_reason_of_the_list(self, state):
        assert advance(state, "REJECT", Role.OFFICER).target == "REJECTED"
        assert refusal(state, "REJECT", Role.OFFICER, refusal_code="MOOD")
        assert refusal(state, "REJECT", Role.OFFICER, refusal_code=...)

    def test_needs_words_for_other(self):
        assert refusal("ACCEPTED", "REJECT", Role.OFFICER, refusal_code="OTHER")
        assert advance(
            "ACCEPTED", "REJECT", Role.OFFICER, refusal_code="OTHER", refusal_note="重复"
        )

    def test_is_not_possible_after_approval(self):
        with pytest.raises(TransitionRefused) as refused:
            advance("APPROVED", "REJECT", Role.APPROVER)

        assert refused.value.code == "TRANSITION_REFUSED"


class TestOtherGuards:
    @pytest.mark.parametrize(
        ("state", "event", "role", "changed"),
        [
            ("PENDING_ACCEPT", "ACCEPT", Role.OFFICER, {"consent_live": False}),
            ("ACCEPTED", "CONTACT", Role.OFFICER, {"contact_note": "  "}),
            ("IN_CONTACT", "START_DUE_DILIGENCE", Role.OFFICER, {"consent_live": ...}),
            ("DUE_DILIGENCE", "REQUEST_SUPPLEMENT", Role.OFFICER, {"document_list": [" "]}),
            ("SUPPLEMENT", "SUPPLY", Role.OWNER, {"supplied_note": ""}),
            ("DUE_DILIGENCE", "SUBMIT_FOR_APPROVAL", Role.OFFICER, {"file_complete": False}),
            ("DUE_DILIGENCE", "SUBMIT_FOR_APPROVAL", Role.OFFICER, {"opinion": ""}),
            ("IN_APPROVAL", "RETURN", Role.APPROVER, {"opinion": ""}),
            ("APPROVED", "SIGN", Role.OFFICER, {"contract_no": ""}),
            ("APPROVED", "SIGN", Role.OFFICER, {"signed_date": date(2025, 6, 11)}),
            ("APPROVED", "SIGN", Role.OFFICER, {"signed_date": date(2025, 6, 9)}),
            ("APPROVED", "SIGN", Role.OFFICER, {"approved_on": ...}),
            ("APPROVED", "SIGN", Role.OFFICER, {"is_first_loan": True, "is_renewal": True}),
            ("APPROVED", "SIGN", Role.OFFICER, {"limit_valid_until": date(2025, 6, 9)}),
            ("SIGNED", "DISBURSE", Role.OFFICER, {"disburse_yuan": Decimal(400_001)}),
            ("SIGNED", "DISBURSE", Role.OFFICER, {"disburse_yuan": Decimal(0)}),
            ("SIGNED", "DISBURSE", Role.OFFICER, {"limit_valid_until": date(2025, 6, 9)}),
            ("REPAYING", "SETTLE", Role.OFFICER, {"outstanding_yuan": Decimal("0.01")}),
            ("REPAYING", "OVERDUE", SYSTEM, {"days_overdue": 0}),
            ("SUPPLEMENT", "EXPIRE", SYSTEM, {"clock_expired": False}),
            ("APPROVED", "LAPSE", SYSTEM, {}),
            ("ACCEPTED", "SUSPEND", SYSTEM, {"suspension_reason": ""}),
        ],
    )
    def test_refuse(self, state, event, role, changed):
        assert refusal(state, event, role, **changed)

    def test_a_limit_lapses_after_its_last_day(self):
        row = advance("SIGNED", "LAPSE", SYSTEM, limit_valid_until=date(2025, 6, 9))

        assert row.target == "LAPSED"


class TestFeedbackClause:
    def test_without_it_only_the_state_may_be_reported(self):
        row = advance("SIGNED", "DISBURSE", Role.OFFICER, feedback_consent=False, disburse_yuan=...)

        assert row.target == "DISBURSED"

    @pytest.mark.parametrize(
        ("state", "event"),
        [
            ("SIGNED", "DISBURSE"),
            ("DISBURSED", "DISBURSE"),
            ("DISBURSED", "REPAY"),
            ("REPAYING", "OVERDUE"),
            ("REPAYING", "CLASS_CHANGE"),
            ("OVERDUE", "CURE"),
            ("OVERDUE", "WRITE_OFF"),
            ("REPAYING", "SETTLE"),
        ],
    )
    def test_without_it_no_outcome_may_be_reported(self, state, event):
        assert "未同意" in refusal(state, event, Role.OFFICER, feedback_consent=False)


class TestSuspension:
    @pytest.mark.parametrize("state", sorted(SUSPENDABLE_STATES))
    def test_goes_back_to_where_it_was(self, state):
        assert advance(state, "SUSPEND", SYSTEM).target == "SUSPENDED"
        assert advance("SUSPENDED", "RESUME", SYSTEM, suspended_from=state).target == state

    def test_needs_a_new_consent_to_resume(self):
        assert "授权" in refusal("SUSPENDED", "RESUME", SYSTEM, consent_live=False)

    def test_needs_to_know_where_it_was(self):
        assert refusal("SUSPENDED", "RESUME", SYSTEM, suspended_from="SETTLED")

    def test_may_be_withdrawn_or_expire(self):
        assert advance("SUSPENDED", "WITHDRAW", Role.OWNER).target == "WITHDRAWN"
        assert advance("SUSPENDED", "EXPIRE", SYSTEM).target == "EXPIRED"


class TestStateSets:
    def test_do_not_overlap(self):
        assert not LIVE_STATES & FUNDED_STATES
        assert not LIVE_STATES & CLOSED_STATES

    def test_cover_every_state(self):
        assert LIVE_STATES | FUNDED_STATES | CLOSED_STATES | {"DRAFT"} == set(APPLICATION.states)

    def test_withdrawal_ends_with_the_approval(self):
        withdrawable = {r.source for r in APPLICATION.transitions if r.event == "WITHDRAW"}

        assert withdrawable == BEFORE_APPROVAL
        assert not withdrawable & FUNDED_STATES

    def test_name_where_an_officer_has_a_step_before_money_is_paid(self):
        waiting = {"SUBMITTED", "IN_APPROVAL", "SUSPENDED"}

        assert LIVE_STATES - waiting == TO_DO_STATES

    def test_are_plain_text(self):
        assert {type(state) for state in LIVE_STATES | FUNDED_STATES | TO_DO_STATES} == {str}


class TestButtons:
    def test_show_each_event_once(self):
        assert buttons("SUSPENDED", [SYSTEM]) == [("EXPIRE", "超时关闭"), ("RESUME", "恢复")]

    def test_show_nothing_to_the_other_side(self):
        assert buttons("IN_APPROVAL", [Role.OFFICER]) == []


class TestRefusalCode:
    def test_every_code_has_a_label(self):
        assert set(REFUSAL_LABELS) == set(RefusalCode)

    @pytest.mark.parametrize(
        ("code", "note", "field"),
        [
            ("", "", "refusal_code"),
            ("OTHER", "", "refusal_note"),
            ("BAD_CREDIT", "长" * 301, "refusal_note"),
        ],
    )
    def test_is_refused_at_the_field(self, code, note, field):
        with pytest.raises(Refused) as refused:
            check_refusal(code, note)

        assert list(refused.value.fields) == [field]

    def test_is_typed(self):
        assert check_refusal("TOO_YOUNG", "") is RefusalCode.TOO_YOUNG
