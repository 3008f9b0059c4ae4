"""What reporting a loan's outcome and putting it right have in common: reading, checking, writing one event.

Source: domain note 0.1 (second clause), 3.5, 3.7; 征信业管理条例 art. 29.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from marketplace.calendars import work_calendar
from marketplace.domain.errors import Conflict, Refused
from marketplace.domain.money import to_yuan
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import Repayment
from marketplace.domain.workdays import end_of_day, local_date
from marketplace.models import User
from marketplace.selectors import parameters_in_force
from matching.domain.clock import clock_on, deadline
from matching.domain.outcome import (
    ZERO,
    LoanEvent,
    LoanPosition,
    OutcomeKind,
    classification_warning,
    ledger_place,
)
from matching.domain.outcome_replay import LoanTerms
from matching.domain.parameters import shipped
from matching.models import CreditLine, Loan, OutcomeEvent
from matching.selectors.loan import event_of

LONGEST_REFERENCE = 64
REFERENCE_USED = "该机构流水号已用于另一笔报送，内容不同，请核对；原报送有误的，由审批人在“贷款结果”页更正或作废。"


def typed_event(
    kind: str,
    turn: int,
    *,
    event_date: date,
    principal_yuan: Decimal | None = None,
    interest_yuan: Decimal | None = None,
    days_overdue: int | None = None,
    classification: str = "",
) -> LoanEvent:
    """Return an event as the ledger reads it.

    Args:
        kind: code of ``OutcomeKind``.
        turn: place in the order of first report, from one.
        event_date, principal_yuan, interest_yuan, days_overdue, classification: as `outcome_record` takes them.

    Raises:
        Refused: ``OUTCOME_KIND``, ``OUTCOME_AMOUNT``.
    """
    if kind not in set(OutcomeKind):
        sentence = "请从列表中选择事件。"
        raise Refused("OUTCOME_KIND", sentence, {"kind": sentence})
    return LoanEvent(
        kind=OutcomeKind(kind),
        event_date=event_date,
        principal_yuan=_yuan(principal_yuan, "principal_yuan"),
        interest_yuan=_yuan(interest_yuan, "interest_yuan"),
        days_overdue=days_overdue,
        classification=classification,
        seq=ledger_place(event_date, turn),
    )


def checked_reference(reference: str) -> str:
    """Return the lender's number of a report without blanks around it.

    Raises:
        Refused: ``OUTCOME_REFERENCE``.
    """
    number = reference.strip()
    if not 0 < len(number) <= LONGEST_REFERENCE:
        sentence = f"请填写机构流水号，不超过 {LONGEST_REFERENCE} 个字符。"
        raise Refused("OUTCOME_REFERENCE", sentence, {"reference": sentence})
    return number


def reference_used() -> Conflict:
    """Return the refusal of a reference that stands for something else."""
    return Conflict("OUTCOME_REFERENCE_USED", REFERENCE_USED, {"reference": REFERENCE_USED})


def no_longer_counts(latest: OutcomeEvent) -> Conflict:
    """Return the refusal of a report delivered again after it was voided, with the day and the reason.

    Args:
        latest: the last of the report's corrections, or the report itself; it was voided.
    """
    sentence = (
        f"这笔结果已于 {_ended_words(latest)}再次报送不会恢复：没有发生的，请从本机构系统和报送表中删去；"
        "确已发生的，请以新的机构流水号另报。"
    )
    return Conflict("OUTCOME_VOIDED", sentence, {"reference": sentence})


def content_replaced(row: OutcomeEvent, latest: OutcomeEvent) -> Conflict:
    """Return the refusal of a report delivered again as it was before its correction, with the day and the reason."""
    sentence = (
        f"这笔结果已于 {_ended_words(row)}现在有效的是流水号 {latest.reference}；"
        "再次报送不会改回，请按更正后的内容更改本机构系统和报送表。"
    )
    return Conflict("OUTCOME_AMENDED", sentence, {"reference": sentence})


def row_with(rows: Iterable[OutcomeEvent], reference: str) -> OutcomeEvent | None:
    """Return the row of a loan with a reference, also one that counts no more."""
    return next((row for row in rows if row.reference == reference), None)


def terms_of(loan: Loan, line: CreditLine | None) -> LoanTerms:
    """Return what a loan's events are measured by."""
    return LoanTerms(
        amount_yuan=loan.amount_yuan,
        valid_until=line.valid_until if line else None,
        revolving=loan.repayment == Repayment.REVOLVING,
        signed_on=loan.signed_date,
    )


def event_payload(event: LoanEvent, reference: str) -> dict[str, Any]:
    """Return what the application's event keeps of an outcome; what says nothing is left out."""
    payload = {
        "event_date": event.event_date,
        "principal_yuan": event.principal_yuan,
        "interest_yuan": event.interest_yuan,
        "days_overdue": event.days_overdue,
        "classification": event.classification,
        "reference": reference,
    }
    return {name: value for name, value in payload.items() if value not in (None, "", ZERO)}


def event_write(
    loan: Loan,
    event: LoanEvent,
    reference: str,
    seq: int,
    position: LoanPosition,
    *,
    actor: User,
    at: datetime,
    first_reported_by: User | None = None,
) -> OutcomeEvent:
    """Append an outcome of a loan.

    Args:
        loan: its application is locked.
        event: checked.
        reference: unique for the loan.
        seq: next number of the loan's rows.
        position: of the loan right after the event.
        first_reported_by: whose report it puts right; None for a first report.

    Writes: ``OutcomeEvent``. Queries: one, after those for calendar and parameters.
    """
    return OutcomeEvent.objects.create(
        loan=loan,
        seq=seq,
        place=event.seq,
        kind=event.kind.value,
        event_date=event.event_date,
        principal_yuan=event.principal_yuan,
        interest_yuan=event.interest_yuan,
        days_overdue=event.days_overdue,
        classification=event.classification,
        warning=_warning(
            event,
            position,
            at,
            parameters_in_force(shipped()),
            is_first=first_reported_by is None,
        ),
        reference=reference,
        reported_by=actor,
        reported_at=at,
        first_reported_by=first_reported_by or actor,
    )


def warnings_follow(
    rows: Iterable[OutcomeEvent], place: int, after: Mapping[int, LoanPosition]
) -> None:
    """Judge the events that come after a change anew, as they were judged when reported; what is on file follows.

    Args:
        rows: all of a loan, its application locked.
        place: where in the ledger something changed; nothing before it can have another warning.
        after: position of the loan right after each event that stands, by place.

    Writes: ``OutcomeEvent`` where the warning is another. Queries: two, one more for each later disbursement.
    """
    parameters, changed = parameters_in_force(shipped()), []
    for row in rows:
        if row.ended_at is None and row.place > place:
            warning = _warning(
                event_of(row),
                after[row.place],
                row.reported_at,
                parameters,
                is_first=row.reported_by_id == row.first_reported_by_id,
            )
            if warning != row.warning:
                row.warning = warning
                changed.append(row)
    OutcomeEvent.objects.bulk_update(changed, ["warning"])


def _ended_words(row: OutcomeEvent) -> str:
    if row.ended_at is None:
        raise ValueError("the outcome still stands")
    deed = "作废" if row.replaced_by_id is None else "更正"
    return f"{local_date(row.ended_at).isoformat()} {deed}，原因：{row.end_reason.rstrip('。')}。"


def _yuan(amount: Decimal | None, field: str) -> Decimal:
    if amount is None:
        return ZERO
    if not amount.is_finite() or not 0 <= amount < Decimal(10) ** 15:
        sentence = "金额不能为负，也不能超出可接受的范围。"
        raise Refused("OUTCOME_AMOUNT", sentence, {field: sentence})
    return to_yuan(amount)


def _warning(
    event: LoanEvent,
    position: LoanPosition,
    at: datetime,
    parameters: ParameterSet,
    *,
    is_first: bool,
) -> str:
    """Return what the lender should look at again: a class milder than its floor, a disbursement reported late."""
    days = position.overdue_days
    finding = classification_warning(position.classification, days, event.event_date, parameters)
    notes = [finding.sentence] if finding.outcome is Outcome.DOES_NOT_FIT else []
    if event.kind is OutcomeKind.DISBURSE and is_first:
        report = clock_on("DISBURSEMENT_REPORT", event.event_date, parameters)
        due = deadline(report, end_of_day(event.event_date), work_calendar())
        if due is not None and due.has_passed(at):
            notes.append(f"放款报送超过 {report.days} 个工作日。")
    return "".join(notes)[:200]
