"""Putting right what a lender reported of a loan: another content for an event (更正), or an event taken out (作废).

Nothing is overwritten: the old event stays on file with who ended it, when, why, and what replaced it. The whole ledger
is told again with the change, and the application stands afterwards where the remaining events lead.

An event between others may be taken out as well as the latest: were only the latest allowed, true events would have to
be declared untrue to reach a wrong one. Whether the rest still holds is decided by telling it again.

Four eyes hold against the latest correction as well as against the first report: nobody is the only judge of what they
wrote themselves.

Source: 征信业管理条例 art. 25 (更正), 29; 个人信息保护法 art. 46; domain note 3.7, 4.1 (four eyes).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.workdays import local_date
from marketplace.models import User
from matching.domain.application import LIVE_STATES
from matching.domain.outcome import LoanEvent, turn_of
from matching.domain.outcome_replay import Replayed, replay
from matching.models import Loan, LoanApplication, OutcomeEvent
from matching.policies.application import can_rectify_outcomes, roles_towards
from matching.selectors.loan import event_of, loan_events, loan_get, outcomes_of
from matching.services.application_facts import credit_line_of, feedback_agreed
from matching.services.application_notices import rectified_notify
from matching.services.outcome_event import (
    checked_reference,
    event_payload,
    event_write,
    reference_used,
    row_with,
    terms_of,
    typed_event,
    warnings_follow,
)
from matching.services.transition import LockedCase, case_lock, require_event, step

LONGEST_REASON = 200
ANOTHER_OPEN = "企业已就同一产品另有在办申请，本笔申请不能退回“已签约”，请先办结另一笔。"


@dataclass
class _Opened:
    """A loan whose application is locked, all that was reported of it, and the row to be put right."""

    loan: Loan
    case: LockedCase
    rows: list[OutcomeEvent]
    row: OutcomeEvent

    @property
    def others(self) -> list[LoanEvent]:
        """Return the events that stand besides the one to be put right."""
        return loan_events(row for row in self.rows if row.pk != self.row.pk)

    def told_again(self, events: list[LoanEvent], at: datetime, **changed: Any) -> Replayed:
        """Return where events lead, or refuse with the first that does not fit."""
        terms = terms_of(self.loan, credit_line_of(self.case.application))
        return replay(events, terms, local_date(at), **changed)


@transaction.atomic
def outcome_amend(
    *,
    loan_id: uuid.UUID,
    seq: int,
    event_date: date,
    reference: str,
    reason: str,
    actor: User,
    at: datetime,
    principal_yuan: Decimal | None = None,
    interest_yuan: Decimal | None = None,
    days_overdue: int | None = None,
    classification: str = "",
) -> OutcomeEvent:
    """Replace the content of an event that stands; return what replaces it. The same again changes nothing.

    Args:
        loan_id: public id of the loan.
        seq: number of the event within the loan; its kind stays.
        event_date, principal_yuan, interest_yuan, days_overdue, classification: the whole content as it should have
            been, as `outcome_record` takes it.
        reference: the lender's own number of the correction, unique for the loan.
        reason: why, for the enterprise and the lender.
        actor: an approver of the lender who neither reported the event first nor corrected it last.
        at: when, aware.

    Raises:
        NotFound: the loan is not the actor's to see, or has no such event.
        NotPermitted: the actor is no approver of the lender.
        TransitionRefused: ``GUARD_REFUSED``, the actor reported or corrected it, or the clause did not hold
            then.
        Conflict: ``OUTCOME_NOT_STANDING``, it was put right otherwise; ``OUTCOME_REFERENCE_USED``.
        Refused: ``OUTCOME_REASON``, ``OUTCOME_UNCHANGED``, ``OUTCOME_REFERENCE`` and those of `replay`.

    Writes: the ending of one ``OutcomeEvent``, another one, the warnings of later ones, what
        `application_transition` writes, notices; locks the application's row.
    """
    number, why = checked_reference(reference), _checked_reason(reason)
    opened = _open(loan_id, seq, actor)
    row = opened.row
    event = typed_event(
        row.kind,
        turn_of(row.place),
        event_date=event_date,
        principal_yuan=principal_yuan,
        interest_yuan=interest_yuan,
        days_overdue=days_overdue,
        classification=classification,
    )
    if row.ended_at is not None:
        return _same_amendment(row, event, number, why)
    _require(opened, "AMEND", actor)
    if row_with(opened.rows, number) is not None:
        raise reference_used()
    if event == event_of(row):
        raise Refused("OUTCOME_UNCHANGED", "与原报送内容相同，没有需要更正的。")
    replayed = opened.told_again([*opened.others, event], at, changed=event)
    payload = event_payload(event, number) | {"corrects": row.reference, "correction_reason": why}
    _move(opened, "AMEND", payload, replayed, actor, at)
    _end(row, why, actor, at)
    written = event_write(
        opened.loan,
        event,
        number,
        len(opened.rows) + 1,
        replayed.after[event.seq],
        actor=actor,
        at=at,
        first_reported_by=row.first_reported_by,
    )
    row.replaced_by = written
    row.save(update_fields=["replaced_by"])
    warnings_follow(opened.rows, min(row.place, written.place), replayed.after)
    return written


@transaction.atomic
def outcome_void(
    *, loan_id: uuid.UUID, seq: int, reason: str, actor: User, at: datetime
) -> OutcomeEvent:
    """Take out an event that never happened; return its row. The same again changes nothing.

    Args:
        loan_id: public id of the loan.
        seq: number of the event within the loan.
        reason: why, for the enterprise and the lender.
        actor: an approver of the lender who neither reported the event first nor corrected it last.
        at: when, aware.

    Raises:
        NotFound, NotPermitted, TransitionRefused, Conflict: as `outcome_amend`.
        Refused: ``OUTCOME_REASON``, ``OUTCOME_APPLICATION_EXISTS`` and ``OUTCOME_NO_LONGER_FITS`` of `replay`.

    Writes: the ending of one ``OutcomeEvent``, the warnings of later ones, what `application_transition` writes,
        notices; locks the application's row.
    """
    why = _checked_reason(reason)
    opened = _open(loan_id, seq, actor)
    row = opened.row
    if row.ended_at is not None:
        if row.replaced_by_id is None and row.end_reason == why:
            return row
        raise _not_standing(row)
    _require(opened, "VOID", actor)
    replayed = opened.told_again(opened.others, at)
    payload = {"corrects": row.reference, "correction_reason": why}
    _move(opened, "VOID", payload, replayed, actor, at)
    _end(row, why, actor, at)
    warnings_follow(opened.rows, row.place, replayed.after)
    return row


def _open(loan_id: uuid.UUID, seq: int, actor: User) -> _Opened:
    loan = loan_get(actor, loan_id)
    if not can_rectify_outcomes(actor, loan.application):
        raise NotPermitted("ROLE_NOT_ALLOWED", "贷款结果由本机构的审批人更正或作废。")
    case = case_lock(loan.application.public_id, actor)
    rows = outcomes_of(loan)
    row = next((found for found in rows if found.seq == seq), None)
    if row is None:
        raise NotFound
    return _Opened(loan, case, rows, row)


def _require(opened: _Opened, event: str, actor: User) -> None:
    application = opened.case.application
    require_event(application.state, event, roles_towards(actor, application))


def _checked_reason(reason: str) -> str:
    words = reason.strip()
    if not 0 < len(words) <= LONGEST_REASON:
        sentence = f"请填写原因，不超过 {LONGEST_REASON} 字。"
        raise Refused("OUTCOME_REASON", sentence, {"reason": sentence})
    return words


def _same_amendment(row: OutcomeEvent, event: LoanEvent, number: str, why: str) -> OutcomeEvent:
    now = row.replaced_by
    if now is None or (now.reference, row.end_reason, event_of(now)) != (number, why, event):
        raise _not_standing(row)
    return now


def _not_standing(row: OutcomeEvent) -> Conflict:
    deed = "作废" if row.replaced_by_id is None else "更正"
    sentence = f"该笔已{deed}，请核对后对现行的一笔办理。"
    return Conflict("OUTCOME_NOT_STANDING", sentence)


def _move(
    opened: _Opened,
    event: str,
    payload: Mapping[str, Any],
    replayed: Replayed,
    actor: User,
    at: datetime,
) -> None:
    """Let the application stand where its outcomes lead, as an event of its own, and tell whom it concerns."""
    case, row = opened.case, opened.row
    if replayed.state in LIVE_STATES:
        _refuse_another(case.application)
    facts = {
        "first_reported_by_id": row.first_reported_by_id,
        "reported_by_id": row.reported_by_id,
        "feedback_when_reported": feedback_agreed(case.application.consent, row.reported_at),
        "ledger_state": replayed.state,
    }
    try:
        with transaction.atomic():
            step(case, event, payload, actor=actor, at=at, facts=facts)
    except IntegrityError:  # another one may have been submitted meanwhile
        _refuse_another(case.application)
        raise
    rectified_notify(
        case.application,
        event,
        reporter_id=row.first_reported_by_id,
        actor_id=actor.pk,
        at=at,
    )


def _refuse_another(application: LoanApplication) -> None:
    """Refuse when the enterprise has another application with the product under way, as `application_submit` does."""
    others = LoanApplication.objects.filter(
        enterprise=application.enterprise_id,
        product=application.product_id,
        state__in=LIVE_STATES,
    ).exclude(pk=application.pk)
    if others.exists():
        raise Refused("OUTCOME_APPLICATION_EXISTS", ANOTHER_OPEN)


def _end(row: OutcomeEvent, why: str, actor: User, at: datetime) -> None:
    row.ended_at, row.ended_by, row.end_reason = at, actor, why
    row.save(update_fields=["ended_at", "ended_by", "end_reason"])
