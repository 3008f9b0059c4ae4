"""What pages of a case are built of: steps, clocks, particulars; plain values for the shared components."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from borrowers.models import Consent
from borrowers.selectors import consent_state_label
from marketplace.domain.vocabulary import (
    DATA_CLASS_LABELS,
    GUARANTEE_LABELS,
    PURPOSE_LABELS,
    REPAYMENT_LABELS,
    DataClass,
)
from marketplace.models import User
from marketplace.web.components import Call, Clock, Kind, Pair, Step, StepState
from marketplace.web.language import listed, said
from matching.domain.application import (
    CLOSED_STATES,
    RECTIFYING,
    STATE_LABELS,
    ApplicationState,
)
from matching.domain.clock import ClockReading
from matching.domain.outcome import LoanPosition
from matching.domain.refusal import REFUSAL_LABELS, RefusalCode
from matching.models import (
    ApplicationEvent,
    CreditLine,
    FinancingDemand,
    Loan,
    LoanApplication,
)
from matching.policies.application import BEFORE_ACCEPTANCE
from matching.selectors.application import serving_officer

NO_PHONE = "机构没有留下电话，请等候联系"


@dataclass(frozen=True)
class Stage:
    """One stage of a case as the enterprise reads it.

    Attributes:
        label: what is done in it.
        states: states in which it is under way.
        done: state whose entry completes it.
    """

    label: str
    states: frozenset[str]
    done: str


STAGES = (
    Stage("提交申请", frozenset({"DRAFT"}), "SUBMITTED"),
    Stage("机构受理", frozenset({"SUBMITTED", "PENDING_ACCEPT"}), "ACCEPTED"),
    Stage("联系企业", frozenset({"ACCEPTED"}), "IN_CONTACT"),
    Stage("尽职调查", frozenset({"IN_CONTACT", "DUE_DILIGENCE", "SUPPLEMENT"}), "IN_APPROVAL"),
    Stage("审批", frozenset({"IN_APPROVAL"}), "APPROVED"),
    Stage("签约", frozenset({"APPROVED"}), "SIGNED"),
    Stage("放款", frozenset({"SIGNED"}), "DISBURSED"),
    Stage("还款结清", frozenset({"DISBURSED", "REPAYING", "OVERDUE"}), "SETTLED"),
)


def state_label(state: str) -> str:
    """Return the Chinese name of an application's state."""
    return STATE_LABELS[ApplicationState(state)]


def step_line(
    application: LoanApplication,
    events: Sequence[ApplicationEvent],
    readings: Sequence[ClockReading],
    now: datetime,
) -> list[Step]:
    """Return the stages of a case: done ones with their moment, the current one with its clock."""
    here = _stage_of(application, events)
    has_ended = application.state in CLOSED_STATES and application.state != "SETTLED"
    entered = {
        event.target: event.at
        for event in events
        if event.source != event.target and event.event not in RECTIFYING
    }
    return [
        _step(index, stage, here, application, entered.get(stage.done), readings, now, has_ended)
        for index, stage in enumerate(STAGES)
    ]


def clocks_of(readings: Iterable[ClockReading], now: datetime) -> list[Clock]:
    """Return running clocks as components, the earliest deadline first."""
    return [
        Clock(
            label=reading.clock.label,
            due_at=reading.due.at if reading.due else reading.started_at,
            now=now,
            provisional=bool(reading.due and reading.due.provisional),
            is_paused=reading.is_paused,
        )
        for reading in readings
    ]


def need_pairs(demand: FinancingDemand) -> list[Pair]:
    """Return what the enterprise asks for."""
    return [
        Pair("金额", demand.amount_yuan, Kind.MONEY),
        Pair("期限", demand.term_months, Kind.MONTHS),
        Pair("用途", _label(PURPOSE_LABELS, demand.purpose), note=demand.purpose_note),
        Pair("可提供的担保", _label(GUARANTEE_LABELS, demand.guarantee)),
        Pair("可接受的最高综合年化利率", demand.max_rate_bp, Kind.RATE),
        Pair("申报从业人数", demand.declared_employees, Kind.NUMBER),
        Pair("申报上年营业收入", demand.declared_revenue_yuan, Kind.MONEY),
        Pair("申报首贷", "是" if demand.is_first_loan else "否"),
    ]


def line_pairs(line: CreditLine) -> list[Pair]:
    """Return what was approved."""
    return [
        Pair("授信金额", line.amount_yuan, Kind.MONEY),
        Pair("年化利率", line.annual_rate_bp, Kind.RATE),
        Pair("期限", line.term_months, Kind.MONTHS),
        Pair("担保方式", _label(GUARANTEE_LABELS, line.guarantee)),
        Pair("额度有效期至", line.valid_until, Kind.DATE),
        Pair("审批时间", line.approved_at, Kind.DATETIME),
    ]


def loan_pairs(loan: Loan, position: LoanPosition) -> list[Pair]:
    """Return the contract and where the loan stands."""
    kinds = {"首贷": loan.is_first_loan, "续贷": loan.is_renewal}
    kind = listed(label for label, is_so in kinds.items() if is_so)
    return [
        Pair("合同编号", loan.contract_no),
        Pair("合同金额", loan.amount_yuan, Kind.MONEY),
        Pair("签约日期", loan.signed_date, Kind.DATE),
        Pair("首贷或续贷", kind or "都不是"),
        Pair("还款方式", _label(REPAYMENT_LABELS, loan.repayment)),
        Pair("已放款", position.drawn_yuan, Kind.MONEY, definition="已登记的放款金额之和。"),
        Pair("已还本金", position.repaid_yuan, Kind.MONEY),
        Pair(
            "未还本金",
            position.outstanding_yuan,
            Kind.MONEY,
            definition="已放款减去已还和已核销的本金。",
        ),
        Pair("已付利息及费用", position.interest_yuan, Kind.MONEY),
        Pair("逾期天数", position.overdue_days, Kind.NUMBER, definition="最近一次报送的逾期天数。"),
    ]


def consent_pairs(consent: Consent | None, now: datetime) -> list[Pair]:
    """Return what the lender may look at and until when; nothing before anything was consented to."""
    if consent is None:
        return []
    classes = listed(DATA_CLASS_LABELS[DataClass(code)] for code in consent.data_classes)
    return [
        Pair("信息类别", classes or "仅公开信息"),
        Pair(
            "有效期至", consent.valid_until, Kind.DATETIME, note=consent_state_label(consent, now)
        ),
    ]


def call_pairs(application: LoanApplication) -> list[Pair]:
    """Return whom the enterprise may call: the officer once there is one, the institution before that."""
    institution = application.institution
    pairs = [Pair("机构", institution.organisation.name)]
    if application.branch is not None:
        pairs.append(Pair("网点", application.branch.name))
    call = call_of(application)
    label = "客户经理" if _officer_to_call(application) else "联系人"
    return [*pairs, Pair(label, call.who), Pair("电话", call.phone or NO_PHONE)]


def call_of(application: LoanApplication) -> Call:
    """Return the person the enterprise may call: the officer while there is one, the institution's otherwise."""
    institution, officer = application.institution, _officer_to_call(application)
    if officer is not None:
        return Call(str(officer), officer.phone or institution.contact_phone)
    return Call(institution.contact_name, institution.contact_phone)


def _officer_to_call(application: LoanApplication) -> User | None:
    is_accepted = application.state not in BEFORE_ACCEPTANCE
    return serving_officer(application) if is_accepted else None


def refusal_sentence(application: LoanApplication) -> str:
    """Return why the lender refused, empty when it did not."""
    if not application.refusal_code:
        return ""
    reason = REFUSAL_LABELS[RefusalCode(application.refusal_code)]
    return (
        gettext("%(reason)s。%(refusal_note)s")
        % {"reason": reason, "refusal_note": application.refusal_note}
    ).rstrip()


def _stage_of(application: LoanApplication, events: Sequence[ApplicationEvent]) -> int:
    """Return where a case stands, or stood when it was suspended or ended."""
    state = application.state
    if state == "SUSPENDED":
        state = application.suspended_from
    elif state in CLOSED_STATES and state != "SETTLED" and events:
        state = next(
            (row.source for row in reversed(events) if row.target == state != row.source), state
        )
        if state == "SUSPENDED":
            suspended = (row.source for row in reversed(events) if row.event == "SUSPEND")
            state = next(suspended, state)
    found = (index for index, stage in enumerate(STAGES) if state in stage.states)
    return next(found, len(STAGES))


def _step(
    index: int,
    stage: Stage,
    here: int,
    application: LoanApplication,
    done_at: datetime | None,
    readings: Sequence[ClockReading],
    now: datetime,
    has_ended: bool,
) -> Step:
    if index < here:
        return Step(stage.label, StepState.DONE, done_at)
    if has_ended:
        ended_here = index == here
        end = StepState.REFUSED if application.state == "REJECTED" else StepState.ENDED
        state = end if ended_here else StepState.SKIPPED
        at = application.closed_at if ended_here else None
        return Step(stage.label, state, at, state_label(application.state) if ended_here else "")
    if index > here:
        return Step(stage.label)
    clocks = clocks_of(readings, now)
    note = gettext("当前状态：%(state)s") % {"state": said(state_label(application.state))}
    return Step(
        stage.label,
        StepState.CURRENT,
        note=note,
        clock=clocks[0] if clocks else None,
        call=call_of(application),
    )


def _label(labels: object, code: str) -> str:
    return str(labels.get(code, code)) if isinstance(labels, dict) else code
