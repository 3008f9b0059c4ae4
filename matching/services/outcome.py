"""What became of a loan, as the lender reports it: once per reference, checked against everything reported before.

Source: domain note 0.1 (second clause), 3.5, 3.7; 征信业管理条例 art. 29.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from marketplace.domain.errors import Refused
from marketplace.domain.workdays import local_date
from marketplace.models import User
from matching.domain.outcome import LoanEvent, check_next, ledger, ledger_place
from matching.domain.outcome_replay import event_facts
from matching.models import LoanApplication, OutcomeEvent
from matching.policies.application import roles_towards
from matching.selectors.loan import (
    event_of,
    loan_events,
    loan_get,
    outcome_latest,
    outcomes_of,
)
from matching.services.application_facts import credit_line_of, feedback_agreed, feedback_revoked_at
from matching.services.outcome_event import (
    checked_reference,
    content_replaced,
    event_payload,
    event_write,
    no_longer_counts,
    reference_used,
    row_with,
    terms_of,
    typed_event,
)
from matching.services.transition import case_lock, require_event, step

NO_CLAUSE = "企业未同意金融机构向平台反馈贷款结果，不能报送。"


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
    token: uuid.UUID | None = None,
) -> OutcomeEvent:
    """Report one event of a loan; the same reference with the same content again changes nothing.

    A reference stays used when its event was put right: reported again it does not come back, and the refusal says
    what became of it. Under it, the content that counts now is known; what was voided by mistake is reported anew under
    a number of its own, by a person, as any event is.

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
        token: public id of the token by which the lender's own system reports in the actor's name; None for a person.

    Raises:
        NotFound: the loan is not the actor's to see.
        NotPermitted: the actor is no officer of the lender.
        TransitionRefused: the event is not allowed in the application's state.
        Conflict: ``OUTCOME_REFERENCE_USED``, the reference stands for something else; ``OUTCOME_VOIDED`` and
            ``OUTCOME_AMENDED``, it stood for this, and was put right.
        Refused: ``FEEDBACK_NOT_CONSENTED``, ``OUTCOME_KIND``, ``OUTCOME_REFERENCE`` and those of `check_next`.

    Writes: ``OutcomeEvent``, and what `application_transition` writes; locks the application's row.
    """
    event = typed_event(
        kind,
        1,
        event_date=event_date,
        principal_yuan=principal_yuan,
        interest_yuan=interest_yuan,
        days_overdue=days_overdue,
        classification=classification,
    )
    number = checked_reference(reference)
    loan = loan_get(actor, loan_id)
    case = case_lock(loan.application.public_id, actor)
    reported = outcomes_of(loan)
    known = row_with(reported, number)
    if known is not None:
        return _reported_before(known, reported, event)
    require_event(case.application.state, event.kind, roles_towards(actor, case.application))
    if not feedback_agreed(case.application.consent):
        raise Refused("FEEDBACK_NOT_CONSENTED", _no_clause(case.application))
    seq = len(reported) + 1
    event = replace(event, seq=ledger_place(event.event_date, seq))
    terms = terms_of(loan, credit_line_of(case.application))
    before = ledger(loan_events(reported))
    after = check_next(
        before,
        event,
        approved_yuan=terms.amount_yuan,
        on=local_date(at),
        revolving=terms.revolving,
        signed_on=terms.signed_on,
    )
    facts = event_facts(event, before, after, terms)
    said = event_payload(event, number) | ({"token": str(token)} if token else {})
    step(case, event.kind.value, said, actor=actor, at=at, facts=facts)
    return event_write(loan, event, number, seq, after, actor=actor, at=at)


def _no_clause(application: LoanApplication) -> str:
    revoked = feedback_revoked_at(application.consent)
    if revoked is None:
        return NO_CLAUSE
    return f"企业已于 {local_date(revoked).isoformat()} 撤回反馈条款，不能再报送这笔贷款的结果。"


def _reported_before(
    known: OutcomeEvent, reported: list[OutcomeEvent], event: LoanEvent
) -> OutcomeEvent:
    """Return what counts of a report delivered again, or say what became of it: it never comes back by itself."""
    latest = outcome_latest(known, reported)
    if latest.ended_at is not None:
        raise no_longer_counts(latest)
    if _is_same(latest, event):
        return latest
    raise content_replaced(known, latest) if _is_same(known, event) else reference_used()


def _is_same(row: OutcomeEvent, event: LoanEvent) -> bool:
    return event_of(row) == replace(event, seq=row.place)
