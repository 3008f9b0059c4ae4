"""When a loan ends, and when its borrower is told so in time to renew it.

Source: domain note 5 (renewal reminder 60/30 days before maturity).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from marketplace.domain.period import add_months

RUNNING_STATES = frozenset({"DISBURSED", "REPAYING", "OVERDUE"})
"""States of an application whose loan is being repaid."""


def maturity_date(drawn: date, term_months: int) -> date:
    """Return the day on which a loan is to be repaid: its term after the first drawdown.

    >>> maturity_date(date(2026, 1, 31), 13)
    datetime.date(2027, 2, 28)
    """
    return add_months(drawn, term_months)


def reminder_due(matures_on: date, on: date, days_before: Sequence[int]) -> int | None:
    """Return which reminder the borrower should have had by a day; None for none, or when the loan is over.

    Args:
        matures_on: last day of the loan.
        on: business date.
        days_before: how many days before maturity reminders are due, in any order.

    >>> reminder_due(date(2026, 12, 31), date(2026, 11, 10), [60, 30])
    60
    >>> reminder_due(date(2026, 12, 31), date(2026, 12, 1), [60, 30])
    30
    >>> reminder_due(date(2026, 12, 31), date(2026, 10, 31), [60, 30]) is None
    True
    """
    left = (matures_on - on).days
    if left < 0:
        return None
    return min((days for days in days_before if left <= days), default=None)
