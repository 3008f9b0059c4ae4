"""What became of a loan, as the lender reports it: once per reference, checked against everything reported before.

Source: domain note 0.1 (second clause), 3.5, 3.7; 征信业管理条例 art. 29.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from marketplace.calendars import work_calendar
from marketplace.domain.errors import Conflict, Refused
from marketplace.domain.money import to_yuan
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
    available_yuan,
    check_event,
    classification_warning,
    ledger,
)
from matching.domain.parameters import shipped
from matching.models import Loan, OutcomeEvent
from matching.policies.application import roles_towards
from matching.selectors.loan import loan_events, loan_get, outcomes_of
from matching.services.application_facts import feedback_agreed
from matching.services.transition import LockedCase, case_lock, require_event, step

NO_CLAUSE = "企业未同意金融机构向平台反馈贷款结果，不能报送。"
LONGEST_REFERENCE = 64


@transaction.atomic
def outcome_record(
    *,
    loan_id: uuid.UUID,
    kind: str,
    event_date: date,
    reference: str,
    actor: User,
    at: datetime,
    principal_yuan: Decimal | None = None,
    interest_yuan: Decimal | None = None,
    days_overdue: int | None = None,
    classification: str = "",
) -> OutcomeEvent:
    """Report one event of a loan; the same reference with the same content again changes nothing.

    Args:
        loan_id: public id of the loan.
        kind: code of ``OutcomeKind``.
        event_date: when it happened, Beijing date.
        reference: the lender's own number of the report, unique for the loan.
        actor: an officer of the lender.
        at: when it is reported, aware.
        principal_yuan: paid out or paid back; None for none.
        interest_yuan: interest and fees paid.
        days_overdue: for OVERDUE.
        classification: code of the five-tier class, empty when unchanged.

    Raises:
        NotFound: the loan is not the actor's to see.
        NotPermitted: the actor is no officer of the lender.
        TransitionRefused: the event is not allowed in the application's state.
        Conflict: ``OUTCOME_REFERENCE_USED``, the reference stands for something else.
        Refused: ``FEEDBACK_NOT_CONSENTED``, ``OUTCOME_KIND``, ``OUTCOME_REFERENCE`` and those of `check_event`.

    Writes: ``OutcomeEvent``, and what `application_transition` writes; locks the application's row.
    """
    event = _typed(kind, event_date, principal_yuan, interest_yuan, days_overdue, classification)
    number = _checked_reference(reference)
    loan = loan_get(actor, loan_id)
    case = case_lock(loan.application.public_id, actor)
    reported = outcomes_of(loan)
    known = next((row for row in reported if row.reference == number), None)
    if known is not None:
        return _same_or_refused(known, event)
    require_event(case.application.state, event.kind, roles_towards(actor, case.application))
    if not feedback_agreed(case.application.consent):
        raise Refused("FEEDBACK_NOT_CONSENTED", NO_CLAUSE)
    before = loan_events(reported)
    is_revolving = loan.repayment == Repayment.REVOLVING
    position = check_event(
        before,
        event,
        approved_yuan=loan.amount_yuan,
        on=local_date(at),
        revolving=is_revolving,
    )
    free = available_yuan(ledger(before), loan.amount_yuan, revolving=is_revolving)
    _move(case, event, number, position, free, actor, at)
    return _write(loan, event, number, len(reported) + 1, _warning(event, position, at), actor, at)


def _typed(
    kind: str,
    event_date: date,
    principal_yuan: Decimal | None,
    interest_yuan: Decimal | None,
    days_overdue: int | None,
    classification: str,
) -> LoanEvent:
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
    )


def _yuan(amount: Decimal | None, field: str) -> Decimal:
    if amount is None:
        return ZERO
    if not amount.is_finite() or not 0 <= amount < Decimal(10) ** 15:
        sentence = "金额不能为负，也不能超出可接受的范围。"
        raise Refused("OUTCOME_AMOUNT", sentence, {field: sentence})
    return to_yuan(amount)


def _checked_reference(reference: str) -> str:
    number = reference.strip()
    if not 0 < len(number) <= LONGEST_REFERENCE:
        sentence = f"请填写机构流水号，不超过 {LONGEST_REFERENCE} 个字符。"
        raise Refused("OUTCOME_REFERENCE", sentence, {"reference": sentence})
    return number


def _same_or_refused(known: OutcomeEvent, event: LoanEvent) -> OutcomeEvent:
    same = loan_events([known])[0] == replace(event, seq=known.seq)
    if same:
        return known
    sentence = "该机构流水号已用于另一笔报送，内容不同，请核对。"
    raise Conflict("OUTCOME_REFERENCE_USED", sentence, {"reference": sentence})


def _move(
    case: LockedCase,
    event: LoanEvent,
    reference: str,
    position: LoanPosition,
    available: Decimal,
    actor: User,
    at: datetime,
) -> None:
    facts: dict[str, Any] = {
        "disburse_yuan": event.principal_yuan,
        "available_yuan": available,
        "outstanding_yuan": position.outstanding_yuan,
        "days_overdue": event.days_overdue,
    }
    if event.kind is OutcomeKind.DISBURSE:
        facts["on"] = (
            event.event_date
        )  # the limit counts on the day the money was paid, not on that of the report
    payload = {
        "event_date": event.event_date,
        "principal_yuan": event.principal_yuan,
        "interest_yuan": event.interest_yuan,
        "days_overdue": event.days_overdue,
        "classification": event.classification,
        "reference": reference,
    }
    given = {name: value for name, value in payload.items() if value not in (None, "", ZERO)}
    step(case, event.kind.value, given, actor=actor, at=at, facts=facts)


def _write(
    loan: Loan,
    event: LoanEvent,
    reference: str,
    seq: int,
    warning: str,
    actor: User,
    at: datetime,
) -> OutcomeEvent:
    return OutcomeEvent.objects.create(
        loan=loan,
        seq=seq,
        kind=event.kind.value,
        event_date=event.event_date,
        principal_yuan=event.principal_yuan,
        interest_yuan=event.interest_yuan,
        days_overdue=event.days_overdue,
        classification=event.classification,
        warning=warning,
        reference=reference,
        reported_by=actor,
        reported_at=at,
    )


def _warning(event: LoanEvent, position: LoanPosition, at: datetime) -> str:
    """Return what the lender should look at again: a class milder than its floor, a disbursement reported late."""
    parameters = parameters_in_force(shipped())
    days = position.overdue_days
    finding = classification_warning(position.classification, days, event.event_date, parameters)
    notes = [finding.sentence] if finding.outcome is Outcome.DOES_NOT_FIT else []
    if event.kind is OutcomeKind.DISBURSE:
        report = clock_on("DISBURSEMENT_REPORT", event.event_date, parameters)
        due = deadline(report, end_of_day(event.event_date), work_calendar())
        if due is not None and due.has_passed(at):
            notes.append(f"放款报送超过 {report.days} 个工作日。")
    return "".join(notes)[:200]
