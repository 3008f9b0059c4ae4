"""What became of a loan: its events, the position they add up to, which event may come next, and class warnings.

Source: domain note 3.5 (five-tier classification, 商业银行金融资产风险分类办法), 3.7 (feedback record).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from marketplace.domain.errors import Refused
from marketplace.domain.money import display_wan
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.verdict import Outcome, Verdict

ZERO = Decimal("0.00")
TURNS = 1_000_000
"""More events than a loan will ever have."""


class OutcomeKind(StrEnum):
    """What a lender reports of a loan; each is also an event of the application."""

    DISBURSE = "DISBURSE"
    REPAY = "REPAY"
    OVERDUE = "OVERDUE"
    CURE = "CURE"
    CLASS_CHANGE = "CLASS_CHANGE"
    SETTLE = "SETTLE"
    WRITE_OFF = "WRITE_OFF"


OUTCOME_KIND_LABELS = {
    OutcomeKind.DISBURSE: "放款",
    OutcomeKind.REPAY: "还款",
    OutcomeKind.OVERDUE: "逾期",
    OutcomeKind.CURE: "逾期还清",
    OutcomeKind.CLASS_CHANGE: "五级分类调整",
    OutcomeKind.SETTLE: "结清",
    OutcomeKind.WRITE_OFF: "核销",
}

CLOSING_KINDS = frozenset({OutcomeKind.SETTLE, OutcomeKind.WRITE_OFF})


class LoanClass(StrEnum):
    """Five-tier classification, mildest first."""

    NORMAL = "NORMAL"
    SPECIAL_MENTION = "SPECIAL_MENTION"
    SUBSTANDARD = "SUBSTANDARD"
    DOUBTFUL = "DOUBTFUL"
    LOSS = "LOSS"


LOAN_CLASS_LABELS = {
    LoanClass.NORMAL: "正常",
    LoanClass.SPECIAL_MENTION: "关注",
    LoanClass.SUBSTANDARD: "次级",
    LoanClass.DOUBTFUL: "可疑",
    LoanClass.LOSS: "损失",
}

NON_PERFORMING = frozenset({LoanClass.SUBSTANDARD, LoanClass.DOUBTFUL, LoanClass.LOSS})
_SEVERITY = {found: place for place, found in enumerate(LoanClass)}


@dataclass(frozen=True)
class LoanEvent:
    """One thing that happened to a loan.

    Attributes:
        kind: what happened.
        event_date: on which day.
        principal_yuan: paid out (DISBURSE) or paid back (REPAY).
        interest_yuan: interest and fees paid (REPAY).
        days_overdue: for OVERDUE.
        classification: for CLASS_CHANGE; may come with any other kind.
        seq: order among events of one day, e.g. that of reporting.
    """

    kind: OutcomeKind
    event_date: date
    principal_yuan: Decimal = ZERO
    interest_yuan: Decimal = ZERO
    days_overdue: int | None = None
    classification: str = ""
    seq: int = 0


@dataclass(frozen=True)
class LoanPosition:
    """Where a loan stands after its events; every amount is a sum of theirs.

    Attributes:
        drawn_yuan, repaid_yuan, outstanding_yuan: principal.
        interest_yuan: interest and fees paid.
        overdue_days, max_overdue_days: as reported now, and the worst ever.
        classification: the latest reported, 正常 from the first disbursement.
        written_off_yuan: principal given up.
        closed_by: SETTLE or WRITE_OFF, None while the loan lives.
        first_draw_date, latest_date: dates of the first disbursement and the latest event.
    """

    drawn_yuan: Decimal = ZERO
    repaid_yuan: Decimal = ZERO
    interest_yuan: Decimal = ZERO
    overdue_days: int = 0
    max_overdue_days: int = 0
    classification: str = ""
    written_off_yuan: Decimal = ZERO
    closed_by: OutcomeKind | None = None
    first_draw_date: date | None = None
    latest_date: date | None = None

    @property
    def outstanding_yuan(self) -> Decimal:
        """Return the principal still on the books."""
        return self.drawn_yuan - self.repaid_yuan - self.written_off_yuan

    @property
    def is_closed(self) -> bool:
        """Return whether the loan is settled or written off."""
        return self.closed_by is not None


def ledger(events: Iterable[LoanEvent]) -> LoanPosition:
    """Return the position that events add up to, taken by date and then by order of reporting."""
    position = LoanPosition()
    for event in in_order(events):
        position = _after(position, event)
    return position


def in_order(events: Iterable[LoanEvent]) -> list[LoanEvent]:
    """Return events by date, those of a day in order of reporting."""
    return sorted(events, key=lambda found: (found.event_date, found.seq))


def ledger_place(event_date: date, turn: int) -> int:
    """Return a number by which the events of a loan sort as the ledger takes them: by date, then by turn.

    An event put right keeps its turn, whatever its new date.

    >>> ledger_place(date(2026, 1, 2), 9) < ledger_place(date(2026, 1, 3), 1)
    True
    >>> turn_of(ledger_place(date(2026, 1, 2), 9))
    9
    """
    return event_date.toordinal() * TURNS + turn


def turn_of(place: int) -> int:
    """Return the turn in a place, counted from one in order of first report."""
    return place % TURNS


def available_yuan(
    position: LoanPosition, approved_yuan: Decimal, *, revolving: bool = False
) -> Decimal:
    """Return what may still be paid out; a revolving line (随借随还) becomes free again by repayment."""
    used = position.outstanding_yuan if revolving else position.drawn_yuan
    return max(ZERO, approved_yuan - used)


def check_event(
    events: Sequence[LoanEvent],
    event: LoanEvent,
    *,
    approved_yuan: Decimal,
    on: date,
    revolving: bool = False,
    signed_on: date | None = None,
) -> LoanPosition:
    """Return the position after one more event, or refuse the event.

    Args:
        events: everything reported so far that stands.
        event: what is reported now.
        approved_yuan: the approved limit.
        on: business date; nothing may be reported from the future.
        revolving: repayments free the limit again.
        signed_on: day of the contract, before which nothing can have happened; None where it is not asked.

    Raises:
        Refused: as `check_next`.
    """
    return check_next(
        ledger(events),
        event,
        approved_yuan=approved_yuan,
        on=on,
        revolving=revolving,
        signed_on=signed_on,
    )


def check_next(
    position: LoanPosition,
    event: LoanEvent,
    *,
    approved_yuan: Decimal,
    on: date,
    revolving: bool = False,
    signed_on: date | None = None,
) -> LoanPosition:
    """Return the position after one more event than those of a position, or refuse the event.

    Raises:
        Refused: ``OUTCOME_CLOSED``, ``OUTCOME_DATE``, ``OUTCOME_NOT_DRAWN``, ``OUTCOME_AMOUNT``,
            ``OUTCOME_OVER_LIMIT``, ``OUTCOME_OVER_REPAID``, ``OUTCOME_NOT_ZERO``, ``OUTCOME_OVERDUE_DAYS``,
            ``OUTCOME_NOT_OVERDUE``, ``OUTCOME_CLASS``; each at its field.
    """
    _check_time(position, event, on, signed_on)
    if event.classification and event.classification not in LOAN_CLASS_LABELS:
        raise _refused("OUTCOME_CLASS", "classification", "请从列表中选择五级分类。")
    if event.kind is OutcomeKind.DISBURSE:
        _check_disbursement(event, available_yuan(position, approved_yuan, revolving=revolving))
    elif position.first_draw_date is None:
        raise _refused("OUTCOME_NOT_DRAWN", "kind", "尚未放款，不能登记此事件。")
    elif event.kind is OutcomeKind.REPAY:
        _check_repayment(position, event)
    else:
        _check_status(position, event)
    return _after(position, event)


def class_floor(days_overdue: int, on: date, parameters: ParameterSet) -> LoanClass:
    """Return the mildest class a loan overdue for so many days may have.

    Ninety days are still 关注, ninety-one are 次级; up to seven days overdue may stay 正常.

    Raises:
        Refused: ``PARAMETER_NOT_IN_FORCE`` before the rule came into force.

    Source: 商业银行金融资产风险分类办法 (2023 no. 1), domain note 3.5.
    """
    floors = parameters.value_on("outcome.class_floor_days", on)
    reached = (found for found in LoanClass if days_overdue > floors.get(found.value, days_overdue))
    return max(reached, key=lambda found: _SEVERITY[found], default=LoanClass.NORMAL)


def classification_warning(
    classification: str, days_overdue: int, on: date, parameters: ParameterSet
) -> Verdict:
    """Return whether a reported class is at least as severe as its days overdue demand.

    A milder class is stored as reported; the finding is a warning, not a refusal.
    """
    parameter = parameters["outcome.class_floor_days"]
    if classification not in LOAN_CLASS_LABELS or not parameter.in_force(on):
        sentence = "没有五级分类或适用的分类规则，无法判断。"
        return Verdict("CLASS_FLOOR", Outcome.CANNOT_TELL, sentence)
    reported, floor = LoanClass(classification), class_floor(days_overdue, on, parameters)
    milder = _SEVERITY[reported] < _SEVERITY[floor]
    own, limit = LOAN_CLASS_LABELS[reported], LOAN_CLASS_LABELS[floor]
    comparison = f"报送分类为“{own}”，{'轻于' if milder else '不轻于'}下限“{limit}”"
    return Verdict(
        rule_code="CLASS_FLOOR",
        outcome=Outcome.DOES_NOT_FIT if milder else Outcome.FITS,
        sentence=f"逾期 {days_overdue} 天，{comparison}。",
        own_value=reported.value,
        limit=floor.value,
        parameter_version=parameter.version_on(on),
    )


def _after(position: LoanPosition, event: LoanEvent) -> LoanPosition:
    base = replace(
        position,
        latest_date=event.event_date,
        classification=event.classification or position.classification,
    )
    if event.kind is OutcomeKind.DISBURSE:
        return replace(
            base,
            drawn_yuan=base.drawn_yuan + event.principal_yuan,
            first_draw_date=base.first_draw_date or event.event_date,
            classification=base.classification or LoanClass.NORMAL.value,
        )
    if event.kind is OutcomeKind.REPAY:
        return replace(
            base,
            repaid_yuan=base.repaid_yuan + event.principal_yuan,
            interest_yuan=base.interest_yuan + event.interest_yuan,
        )
    if event.kind is OutcomeKind.OVERDUE:
        days = event.days_overdue or 0
        return replace(base, overdue_days=days, max_overdue_days=max(base.max_overdue_days, days))
    if event.kind is OutcomeKind.CURE:
        return replace(base, overdue_days=0)
    if event.kind is OutcomeKind.SETTLE:
        return replace(base, overdue_days=0, closed_by=event.kind)
    if event.kind is OutcomeKind.WRITE_OFF:
        return replace(base, written_off_yuan=base.outstanding_yuan, closed_by=event.kind)
    return base


def _check_time(position: LoanPosition, event: LoanEvent, on: date, signed_on: date | None) -> None:
    if position.is_closed:
        raise _refused("OUTCOME_CLOSED", "kind", "贷款已结清或核销，不能再登记。")
    if event.event_date > on:
        raise _refused("OUTCOME_DATE", "event_date", "发生日期不能晚于当日。")
    if signed_on is not None and event.event_date < signed_on:
        sentence = f"发生日期不能早于签约日期 {signed_on.isoformat()}。"
        raise _refused("OUTCOME_DATE", "event_date", sentence)
    if position.latest_date is not None and event.event_date < position.latest_date:
        latest = position.latest_date.isoformat()
        raise _refused("OUTCOME_DATE", "event_date", f"发生日期不能早于上一次登记的 {latest}。")


def _check_disbursement(event: LoanEvent, available: Decimal) -> None:
    if not event.principal_yuan.is_finite() or event.principal_yuan <= 0:
        raise _refused("OUTCOME_AMOUNT", "principal_yuan", "放款金额应大于零。")
    if event.principal_yuan > available:
        sentence = f"放款金额不能超过可用授信额度 {display_wan(available)}。"
        raise _refused("OUTCOME_OVER_LIMIT", "principal_yuan", sentence)


def _check_repayment(position: LoanPosition, event: LoanEvent) -> None:
    paid = (event.principal_yuan, event.interest_yuan)
    if any(not amount.is_finite() or amount < 0 for amount in paid) or sum(paid) <= 0:
        raise _refused("OUTCOME_AMOUNT", "principal_yuan", "请填写还款的本金或利息，不能为负。")
    if event.principal_yuan > position.outstanding_yuan:
        sentence = f"归还本金不能超过未还本金 {display_wan(position.outstanding_yuan)}。"
        raise _refused("OUTCOME_OVER_REPAID", "principal_yuan", sentence)


def _check_status(position: LoanPosition, event: LoanEvent) -> None:
    outstanding = position.outstanding_yuan
    if event.kind is OutcomeKind.OVERDUE and (event.days_overdue or 0) < 1:
        raise _refused("OUTCOME_OVERDUE_DAYS", "days_overdue", "请填写逾期天数。")
    if event.kind in (OutcomeKind.CURE, OutcomeKind.WRITE_OFF) and position.overdue_days == 0:
        raise _refused("OUTCOME_NOT_OVERDUE", "kind", "该笔贷款当前没有逾期。")
    if event.kind is OutcomeKind.WRITE_OFF and outstanding <= 0:
        raise _refused("OUTCOME_NOT_ZERO", "kind", "没有未还本金，应登记结清。")
    if event.kind is OutcomeKind.SETTLE and outstanding != 0:
        sentence = f"尚有未还本金 {display_wan(outstanding)}，不能结清。"
        raise _refused("OUTCOME_NOT_ZERO", "kind", sentence)
    if event.kind is OutcomeKind.CLASS_CHANGE and not event.classification:
        raise _refused("OUTCOME_CLASS", "classification", "请选择五级分类。")


def _refused(code: str, field: str, sentence: str) -> Refused:
    return Refused(code, sentence, {field: sentence})
