"""Periods of reports: a calendar week or a calendar month, and which of them may be asked for.

Source: domain note 5 (one-click 周报/月报).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from marketplace.domain.errors import NotFound
from marketplace.domain.period import add_months

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
EARLIEST = date(2000, 1, 1)
"""No marketplace is older."""


class ReportKind(StrEnum):
    """How long a report's period is."""

    WEEK = "week"
    MONTH = "month"


REPORT_LABELS = {ReportKind.WEEK: "周报", ReportKind.MONTH: "月报"}


@dataclass(frozen=True)
class ReportPeriod:
    """A calendar week from Monday, or a calendar month.

    Attributes:
        first, last: first and last day, both inclusive.
    """

    kind: ReportKind
    first: date
    last: date

    @property
    def label(self) -> str:
        """Return the period as titles say it.

        >>> report_period(ReportKind.MONTH, date(2026, 11, 26)).label
        '2026 年 11 月'
        >>> report_period(ReportKind.WEEK, date(2026, 11, 26)).label
        '2026-11-23 至 2026-11-29'
        """
        if self.kind is ReportKind.MONTH:
            return f"{self.first.year} 年 {self.first.month} 月"
        return f"{self.first} 至 {self.last}"

    @property
    def before(self) -> ReportPeriod:
        """Return the period before this one."""
        return report_period(self.kind, self.first - DAY)

    @property
    def after(self) -> ReportPeriod:
        """Return the period after this one."""
        return report_period(self.kind, self.last + DAY)


def report_period(kind: ReportKind, day: date) -> ReportPeriod:
    """Return the period in which a day lies."""
    if kind is ReportKind.WEEK:
        first = day - timedelta(days=day.weekday())
        return ReportPeriod(kind, first, first + WEEK - DAY)
    first = day.replace(day=1)
    return ReportPeriod(kind, first, add_months(first, 1) - DAY)


def period_asked(kind: ReportKind, day: date, today: date) -> ReportPeriod:
    """Return the period in which a day lies, once it has begun.

    Raises:
        NotFound: it begins after today, or lies before every marketplace.

    >>> period_asked(ReportKind.MONTH, date(2026, 11, 3), date(2026, 11, 26)).last
    datetime.date(2026, 11, 30)
    """
    try:
        period = report_period(kind, day)
    except OverflowError:
        raise NotFound from None
    if not EARLIEST <= period.first <= today:
        raise NotFound
    return period
