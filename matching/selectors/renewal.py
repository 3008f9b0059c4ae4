"""Loans that come to their end soon, and the need that would renew one.

Source: domain note 5 (renewal before maturity).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from marketplace.domain.errors import NotFound
from marketplace.domain.period import add_months
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.selectors import parameters_in_force
from matching.domain.parameters import shipped
from matching.domain.renewal import RUNNING_STATES, maturity_date, reminder_due
from matching.models import Loan
from matching.policies.application import borrower_applications

REMIND_DAYS = "demand.renewal_remind_days"
PAID_OUT = Q(outcomes__kind="DISBURSE", outcomes__ended_at=None)
MONTH_END = timedelta(days=3)
"""So far a day counted back by months may lie from the one counted forward: months end differently."""


@dataclass(frozen=True)
class MaturingLoan:
    """A loan within the days in which its borrower is reminded.

    Attributes:
        loan: with its application, product and institution.
        matures_on: last day, by the first drawdown, or by the signing where no amount was reported.
        days_left: from today.
        reminder: which reminder is due, in days before maturity.
    """

    loan: Loan
    matures_on: date
    days_left: int
    reminder: int


def loans_maturing(user: User, at: datetime) -> list[MaturingLoan]:
    """Return the loans of the reader's enterprises that end soon, the earliest first.

    Queries: two, after those for memberships.
    """
    found = Loan.objects.filter(application__in=borrower_applications(user))
    return sorted(maturing(found, at), key=lambda entry: entry.matures_on)


def loans_near_end(at: datetime) -> QuerySet[Loan]:
    """Return loans of the whole city among which are all that `maturing` yields, chosen by the database.

    A loan of so many months ends soon when it was drawn about so many months ago; without this bound every running
    loan of the city would be read at each sweep.

    Queries: two.
    """
    on = local_date(at)
    most = max(parameters_in_force(shipped()).value_on(REMIND_DAYS, on))
    latest = on + timedelta(days=most)
    terms = Loan.objects.order_by().values_list("term_months", flat=True).distinct()
    drawn = Min("outcomes__event_date", filter=PAID_OUT)
    near = Q(pk__in=())
    for term in terms:
        near |= Q(
            term_months=term,
            begun__gte=add_months(on, -term) - MONTH_END,
            begun__lte=add_months(latest, -term) + MONTH_END,
        )
    return Loan.objects.annotate(begun=Coalesce(drawn, F("signed_date"))).filter(near)


def maturing(loans: QuerySet[Loan], at: datetime) -> Iterator[MaturingLoan]:
    """Yield those of some loans that are being repaid and end soon. Queries: two."""
    on = local_date(at)
    days = parameters_in_force(shipped()).value_on(REMIND_DAYS, on)
    running = loans.filter(application__state__in=RUNNING_STATES).annotate(
        drawn_on=Min("outcomes__event_date", filter=PAID_OUT)
    )
    for loan in running.select_related("application__product", "application__demand"):
        drawn = loan.drawn_on or loan.signed_date
        matures_on = maturity_date(drawn, loan.term_months)
        due = reminder_due(matures_on, on, days)
        if due is not None:
            yield MaturingLoan(loan, matures_on, (matures_on - on).days, due)


def renewal_start(user: User, public_id: uuid.UUID) -> dict[str, Any]:
    """Return what a need that renews a loan of the reader's enterprise starts from.

    The bank is not named: the need goes to others as well.

    Raises:
        NotFound: the loan is not theirs.

    Queries: one, after those for memberships.
    """
    found = Loan.objects.filter(application__in=borrower_applications(user), public_id=public_id)
    loan = found.select_related("application__demand").first()
    if loan is None:
        raise NotFound
    return {
        "amount_yuan": loan.amount_yuan,
        "term_months": loan.term_months,
        "purpose": loan.application.demand.purpose,
        "purpose_note": loan.application.demand.purpose_note or "原贷款到期后续贷。",
        "guarantee": loan.guarantee,
        "is_first_loan": False,
    }
