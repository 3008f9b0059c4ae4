"""Reads of loans: events as reported, and the position they add up to.

Source: domain note 4.2 (amounts are the borrower's and the lender's own).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.db.models import Q, QuerySet, prefetch_related_objects

from marketplace.domain.errors import NotFound
from marketplace.models import User
from matching.domain.application import CLOSED_STATES, FUNDED_STATES
from matching.domain.outcome import LoanEvent, LoanPosition, OutcomeKind, ledger
from matching.models import Loan, OutcomeEvent
from matching.policies.application import (
    lender_applications,
    supervised_applications,
    visible_loans,
)
from matching.selectors.application import of_enterprise


def loan_get(user: User, public_id: uuid.UUID) -> Loan:
    """Return a loan of an application the reader may open.

    Raises:
        NotFound: it is not there for this reader.

    Queries: one, after that for the memberships.
    """
    found = visible_loans(user).select_related(
        "application__enterprise__account",
        "application__institution__organisation",
        "application__consent",
        "application__product",
    )
    try:
        return found.get(public_id=public_id)
    except Loan.DoesNotExist:
        raise NotFound from None


def loan_list(
    user: User, state: str = "", text: str = "", contract_digest: str = ""
) -> QuerySet[Loan]:
    """Return the loans a lender's person reports on, latest signed first, with their outcomes at hand.

    Args:
        user: an officer or approver.
        state: of the application; empty for all.
        text: part of the enterprise's name or credit code; empty for all.
        contract_digest: keyed digest of a contract number; its loan is found as well as those by the text.

    By the day of signing, which no index has in order: by its key the database would go through the loans of the whole
    city, the latest first, until a page of the lender's own is full. With four tables to join it begins at the lender's
    applications; with more it would join all loans of the city first (`join_collapse_limit`).

    Queries: four when iterated, after that for the memberships.
    """
    handled = lender_applications(user)
    found = Loan.objects.filter(application__in=handled)
    if state:
        found = found.filter(application__state=state)
    if text:
        named = Q(application__in=handled.filter(of_enterprise(text)))
        found = found.filter(named | Q(contract_digest=contract_digest))
    return (
        found.select_related("application")
        .prefetch_related("application__enterprise", "application__product", "outcomes")
        .order_by("-signed_date", "-id")
    )


def loans_reportable(user: User) -> QuerySet[Loan]:
    """Return the loans of the reader's lender that have not ended, latest signed first, with firm and consent at hand.

    Queries: four when iterated, after that for the memberships.
    """
    states = sorted((FUNDED_STATES | {"SIGNED"}) - CLOSED_STATES)
    found = Loan.objects.filter(
        application__in=lender_applications(user), application__state__in=states
    )
    return (
        found.select_related("application")
        .prefetch_related("application__enterprise", "application__consent")
        .order_by("-signed_date", "-id")
    )


def loan_by_contract(user: User, digest: str) -> Loan | None:
    """Return the loan of the reader's own lender that has a contract, by the number's keyed digest. Queries: one."""
    found = Loan.objects.filter(contract_digest=digest, application__in=lender_applications(user))
    return found.order_by("-id").first()


def loan_by_application(user: User, application_id: uuid.UUID) -> Loan | None:
    """Return the loan of an application of the reader's own lender, None when there is none. Queries: one."""
    found = Loan.objects.filter(
        application__public_id=application_id, application__in=lender_applications(user)
    )
    return found.first()


def outcomes_of(loan: Loan) -> list[OutcomeEvent]:
    """Return all that was reported of a loan, in order of reporting, also what counts no more.

    Queries: one unless loaded, two more when something was put right.
    """
    rows = sorted(loan.outcomes.all(), key=lambda row: row.seq)
    prefetch_related_objects([row for row in rows if row.ended_at], "ended_by", "replaced_by")
    return rows


def outcomes_in_reading_order(outcomes: Iterable[OutcomeEvent]) -> list[OutcomeEvent]:
    """Return rows as the ledger takes them, each that was put right just before what replaced it."""
    rows = list(outcomes)
    by_key = {row.pk: row for row in rows}
    return sorted(rows, key=lambda row: (_latest(row, by_key).place, row.seq))


def outcome_latest(row: OutcomeEvent, outcomes: Iterable[OutcomeEvent]) -> OutcomeEvent:
    """Return the last of the corrections of a row, itself when there is none; it may have been voided.

    Args:
        row: one of the outcomes.
        outcomes: all that was reported of its loan.
    """
    return _latest(row, {found.pk: found for found in outcomes})


def loan_events(outcomes: Iterable[OutcomeEvent]) -> list[LoanEvent]:
    """Return those of reported rows that stand, as the ledger reads them."""
    return [event_of(row) for row in outcomes if row.ended_at is None]


def event_of(row: OutcomeEvent) -> LoanEvent:
    """Return a reported row as the ledger reads it."""
    return LoanEvent(
        kind=OutcomeKind(row.kind),
        event_date=row.event_date,
        principal_yuan=Decimal(row.principal_yuan),
        interest_yuan=Decimal(row.interest_yuan),
        days_overdue=row.days_overdue,
        classification=row.classification,
        seq=row.place,
    )


def corrections_list(user: User) -> QuerySet[OutcomeEvent]:
    """Return what lenders put right, latest first, with what replaced it, for the city's operator.

    Queries: one when iterated, after that for the memberships.
    """
    found = OutcomeEvent.objects.filter(
        ended_at__isnull=False, loan__application__in=supervised_applications(user)
    )
    return found.select_related(
        "replaced_by",
        "loan__application__enterprise",
        "loan__application__institution__organisation",
    ).order_by("-ended_at", "-id")


def loan_position(loan: Loan) -> LoanPosition:
    """Return where a loan stands: the sum of the outcomes that stand. Queries: one unless they are loaded."""
    return ledger(loan_events(outcomes_of(loan)))


def _latest(row: OutcomeEvent, by_key: Mapping[int, OutcomeEvent]) -> OutcomeEvent:
    while row.replaced_by_id is not None:
        row = by_key[row.replaced_by_id]
    return row
