"""The life of one loan application: one need, one product, one lender.

Everything that asks "may this happen now" asks this table: buttons, the API's 409, the database's list of states, the
diagram in the docs, the tests.

Source: domain note 4.1; refusal codes domain note 2.2.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum

from marketplace.domain.machine import Machine, Transition, rows
from marketplace.domain.roles import SYSTEM, Role
from matching.domain import application_guards as guards
from matching.domain.application_guards import ApplicationFacts, all_of
from matching.domain.refusal import REFUSAL_LABELS, RefusalCode, check_refusal

__all__ = [
    "APPLICATION",
    "BEFORE_APPROVAL",
    "CLOSED_STATES",
    "EVENT_LABELS",
    "FUNDED_STATES",
    "LIVE_STATES",
    "RECTIFYING",
    "REFUSAL_LABELS",
    "STATE_LABELS",
    "SUSPENDABLE_STATES",
    "TO_DO_STATES",
    "ApplicationFacts",
    "ApplicationState",
    "RefusalCode",
    "buttons",
    "check_refusal",
]


class ApplicationState(StrEnum):
    """Where an application stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    PENDING_ACCEPT = "PENDING_ACCEPT"
    ACCEPTED = "ACCEPTED"
    IN_CONTACT = "IN_CONTACT"
    DUE_DILIGENCE = "DUE_DILIGENCE"
    SUPPLEMENT = "SUPPLEMENT"
    IN_APPROVAL = "IN_APPROVAL"
    APPROVED = "APPROVED"
    SIGNED = "SIGNED"
    DISBURSED = "DISBURSED"
    REPAYING = "REPAYING"
    OVERDUE = "OVERDUE"
    SETTLED = "SETTLED"
    WRITTEN_OFF = "WRITTEN_OFF"
    WITHDRAWN = "WITHDRAWN"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    SUSPENDED = "SUSPENDED"
    LAPSED = "LAPSED"


S = ApplicationState

STATE_LABELS = {
    S.DRAFT: "草稿",
    S.SUBMITTED: "已提交",
    S.PENDING_ACCEPT: "待受理",
    S.ACCEPTED: "已受理",
    S.IN_CONTACT: "对接中",
    S.DUE_DILIGENCE: "尽调中",
    S.SUPPLEMENT: "补充资料",
    S.IN_APPROVAL: "审批中",
    S.APPROVED: "已授信",
    S.SIGNED: "已签约",
    S.DISBURSED: "已放款",
    S.REPAYING: "还款中",
    S.OVERDUE: "逾期",
    S.SETTLED: "已结清",
    S.WRITTEN_OFF: "已核销",
    S.WITHDRAWN: "已撤回",
    S.REJECTED: "已拒绝",
    S.EXPIRED: "已关闭（超时）",
    S.SUSPENDED: "已中止（授权撤回等）",
    S.LAPSED: "额度已失效",
}


def _plain(*states: ApplicationState) -> frozenset[str]:
    # Plain text, so that the database's list of states does not name this class.
    return frozenset(state.value for state in states)


BORROWER = (Role.OWNER, Role.AGENT)
OFFICER = (Role.OFFICER,)
APPROVER = (Role.APPROVER,)
REPORTER = (Role.OFFICER, SYSTEM)
"""Outcomes come from an officer, or from the lender's batch or interface in the marketplace's name."""

OFFICER_STATES = (S.PENDING_ACCEPT, S.ACCEPTED, S.IN_CONTACT, S.DUE_DILIGENCE, S.SUPPLEMENT)
SUSPENDABLE_STATES = _plain(S.SUBMITTED, *OFFICER_STATES, S.IN_APPROVAL)
"""States in which a revoked consent stops the work."""

BEFORE_APPROVAL = _plain(S.DRAFT, S.SUSPENDED) | SUSPENDABLE_STATES
"""States in which the borrower may still withdraw."""

LIVE_STATES = _plain(S.SUSPENDED, S.APPROVED, S.SIGNED) | SUSPENDABLE_STATES
"""Submitted, not yet paid out, not ended: an enterprise has at most one such application per product."""

FUNDED_STATES = _plain(S.DISBURSED, S.REPAYING, S.OVERDUE, S.SETTLED, S.WRITTEN_OFF)
"""Money was paid out."""

_REPAYING = (S.REPAYING, S.OVERDUE)
_OWED = (S.DISBURSED, *_REPAYING)
_ORDERED_BEFORE_APPROVAL = tuple(s.value for s in S if s in BEFORE_APPROVAL)
_ORDERED_SUSPENDABLE = tuple(s.value for s in S if s in SUSPENDABLE_STATES)

_HANDLING: tuple[Transition, ...] = (
    *rows(
        (S.DRAFT,),
        "SUBMIT",
        S.SUBMITTED,
        BORROWER,
        "提交申请",
        all_of(guards.may_submit, guards.consent_live),
    ),
    *rows((S.SUBMITTED,), "ROUTE", S.PENDING_ACCEPT, (SYSTEM,), "分派机构网点"),
    *rows((S.PENDING_ACCEPT,), "ACCEPT", S.ACCEPTED, OFFICER, "受理", guards.consent_live),
    *rows(
        (S.ACCEPTED,),
        "CONTACT",
        S.IN_CONTACT,
        OFFICER,
        "登记联系",
        all_of(guards.consent_live, guards.contact_noted),
    ),
    *rows(
        (S.IN_CONTACT,),
        "START_DUE_DILIGENCE",
        S.DUE_DILIGENCE,
        OFFICER,
        "开始尽调",
        guards.consent_live,
    ),
    *rows(
        (S.DUE_DILIGENCE,),
        "REQUEST_SUPPLEMENT",
        S.SUPPLEMENT,
        OFFICER,
        "要求补充资料",
        guards.documents_listed,
    ),
    *rows(
        (S.SUPPLEMENT,),
        "SUPPLY",
        S.DUE_DILIGENCE,
        (*BORROWER, Role.OFFICER),
        "补充资料完成",
        guards.supplied_noted,
    ),
    *rows(
        (S.DUE_DILIGENCE,),
        "SUBMIT_FOR_APPROVAL",
        S.IN_APPROVAL,
        OFFICER,
        "提交审批",
        all_of(guards.consent_live, guards.file_complete),
    ),
    *rows(
        (S.IN_APPROVAL,),
        "RETURN",
        S.DUE_DILIGENCE,
        APPROVER,
        "退回尽调",
        all_of(guards.four_eyes, guards.opinion_given),
    ),
    *rows(
        (S.IN_APPROVAL,),
        "APPROVE",
        S.APPROVED,
        APPROVER,
        "批准授信",
        all_of(guards.four_eyes, guards.consent_live, guards.approval_complete),
    ),
    *rows(OFFICER_STATES, "REJECT", S.REJECTED, OFFICER, "拒绝", guards.refusal_given),
    *rows(
        (S.IN_APPROVAL,),
        "REJECT",
        S.REJECTED,
        APPROVER,
        "拒绝",
        all_of(guards.four_eyes, guards.refusal_given),
    ),
)

_ENDINGS: tuple[Transition, ...] = (
    *rows(_ORDERED_BEFORE_APPROVAL, "WITHDRAW", S.WITHDRAWN, BORROWER, "撤回申请"),
    *rows(
        _ORDERED_BEFORE_APPROVAL,
        "EXPIRE",
        S.EXPIRED,
        (SYSTEM,),
        "超时关闭",
        guards.clock_expired,
    ),
    *rows(
        _ORDERED_SUSPENDABLE,
        "SUSPEND",
        S.SUSPENDED,
        (SYSTEM,),
        "中止",
        guards.suspension_reasoned,
    ),
    *(
        Transition(
            S.SUSPENDED, "RESUME", state, frozenset({SYSTEM}), "恢复", guards.resumes_to(state)
        )
        for state in _ORDERED_SUSPENDABLE
    ),
    *rows((S.APPROVED, S.SIGNED), "LAPSE", S.LAPSED, (SYSTEM,), "额度失效", guards.limit_ended),
)

_OUTCOME: tuple[Transition, ...] = (
    *rows(
        (S.APPROVED,),
        "SIGN",
        S.SIGNED,
        OFFICER,
        "登记签约",
        all_of(guards.limit_open, guards.contract_given),
    ),
    *rows(
        (S.SIGNED,),
        "DISBURSE",
        S.DISBURSED,
        REPORTER,
        "登记放款",
        all_of(guards.limit_open, guards.may_disburse),
    ),
    *(
        Transition(
            state,
            "DISBURSE",
            state,
            frozenset(REPORTER),
            "登记放款",
            all_of(guards.feedback_consented, guards.limit_open, guards.may_disburse),
        )
        for state in (S.DISBURSED, S.REPAYING)
    ),
    *rows(
        (S.DISBURSED, S.REPAYING),
        "REPAY",
        S.REPAYING,
        REPORTER,
        "登记还款",
        guards.feedback_consented,
    ),
    *rows((S.OVERDUE,), "REPAY", S.OVERDUE, REPORTER, "登记还款", guards.feedback_consented),
    *rows(
        _OWED,
        "OVERDUE",
        S.OVERDUE,
        REPORTER,
        "登记逾期",
        all_of(guards.feedback_consented, guards.overdue_given),
    ),
    *rows((S.OVERDUE,), "CURE", S.REPAYING, REPORTER, "逾期已还清", guards.feedback_consented),
    *(
        Transition(
            state,
            "CLASS_CHANGE",
            state,
            frozenset(REPORTER),
            "调整五级分类",
            guards.feedback_consented,
        )
        for state in _OWED
    ),
    *rows(
        _OWED,
        "SETTLE",
        S.SETTLED,
        REPORTER,
        "登记结清",
        all_of(guards.feedback_consented, guards.nothing_outstanding),
    ),
    *rows(
        (S.OVERDUE,),
        "WRITE_OFF",
        S.WRITTEN_OFF,
        REPORTER,
        "登记核销",
        guards.feedback_consented,
    ),
)

RECTIFYING = ("AMEND", "VOID")
"""Events that put right what was reported of a loan; the state is then the one its outcomes lead to."""

_RECTIFIED_TO: dict[str, tuple[tuple[ApplicationState, ApplicationState], ...]] = {
    "AMEND": ((S.REPAYING, S.OVERDUE), (S.OVERDUE, S.REPAYING)),
    "VOID": (
        (S.DISBURSED, S.SIGNED),
        (S.REPAYING, S.DISBURSED),
        (S.REPAYING, S.OVERDUE),
        (S.OVERDUE, S.DISBURSED),
        (S.OVERDUE, S.REPAYING),
        (S.SETTLED, S.REPAYING),
        (S.SETTLED, S.OVERDUE),
        (S.WRITTEN_OFF, S.OVERDUE),
    ),
}
"""Where else the rest of a loan's outcomes may lead; most often the state stays."""

_RECTIFIED = tuple(
    Transition(
        source, event, target, frozenset(APPROVER), label, guards.rectified_to(target), undoes=True
    )
    for event, label in zip(RECTIFYING, ("更正贷款结果", "作废贷款结果"), strict=True)
    for source, target in (
        *((state, state) for state in (*_OWED, S.SETTLED, S.WRITTEN_OFF)),
        *_RECTIFIED_TO[event],
    )
)

APPLICATION = Machine(
    name="application",
    initial=S.DRAFT.value,
    transitions=tuple(
        replace(row, source=str(row.source), target=str(row.target))
        for row in (*_HANDLING, *_ENDINGS, *_OUTCOME, *_RECTIFIED)
    ),
    labels={state.value: label for state, label in STATE_LABELS.items()},
)

CLOSED_STATES = APPLICATION.terminal_states
"""States that nothing leaves, except to put right what was reported."""

TO_DO_STATES = frozenset(s for s in LIVE_STATES if APPLICATION.events_for(s, OFFICER))
"""Not paid out, not ended, and an officer has a step to take: neither others' turn nor loans in repayment."""

EVENT_LABELS = {row.event: row.label for row in APPLICATION.transitions}
"""Event to the Chinese verb on its button."""


def buttons(state: str, roles: Collection[str]) -> list[tuple[str, str]]:
    """Return the events that one of the roles may cause in a state, each once, with its verb.

    Guards are not asked: a button may still be refused, with the reason.
    """
    found = APPLICATION.events_for(state, roles)
    return list({row.event: (row.event, row.label) for row in found}.values())
