"""Periods of days as half-open intervals, and whole months.

The end is the first day that no longer belongs to the period, so that neighbors touch without overlapping and lengths
add up.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

SHORTEST_MONTH = 28


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the month's last day where it is shorter.

    >>> add_months(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    >>> add_months(date(2026, 3, 15), -12)
    datetime.date(2025, 3, 15)
    """
    count = day.year * 12 + day.month - 1 + months
    year, month = count // 12, count % 12 + 1
    if day.day <= SHORTEST_MONTH:
        return date(year, month, day.day)
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def month_start(day: date) -> date:
    """Return the first day of the day's month."""
    return day.replace(day=1)


def whole_months(start: date, end: date) -> int:
    """Return how many whole months lie between two days; negative when the end is before the start.

    >>> whole_months(date(2025, 1, 31), date(2025, 2, 28))
    1
    >>> whole_months(date(2025, 1, 15), date(2026, 1, 14))
    11
    """
    if end < start:
        return -whole_months(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months if add_months(start, months) <= end else months - 1


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """Days from ``start`` up to but without ``end``.

    Raises:
        ValueError: the end is not after the start.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"period ends {self.end} before it begins {self.start}")

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.start <= day < self.end

    @classmethod
    def month(cls, year: int, month: int) -> Period:
        """Return one calendar month."""
        start = date(year, month, 1)
        return cls(start, add_months(start, 1))

    @classmethod
    def year(cls, year: int) -> Period:
        """Return one calendar year."""
        return cls(date(year, 1, 1), date(year + 1, 1, 1))

    @classmethod
    def trailing(cls, months: int, before: date) -> Period:
        """Return the whole months before the month of a day.

        Args:
            months: how many, at least one.
            before: any day of the month that no longer counts.

        >>> Period.trailing(12, date(2026, 3, 15))
        Period(start=datetime.date(2025, 3, 1), end=datetime.date(2026, 3, 1))
        """
        end = month_start(before)
        return cls(add_months(end, -months), end)

    @property
    def days(self) -> int:
        """Return the number of days."""
        return (self.end - self.start).days

    def months(self) -> Iterator[Period]:
        """Return every calendar month that the period touches, whole, in order."""
        start = month_start(self.start)
        while start < self.end:
            following = add_months(start, 1)
            yield Period(start, following)
            start = following

    def overlaps(self, other: Period) -> bool:
        """Return whether a day belongs to both."""
        return self.start < other.end and other.start < self.end

    def intersection(self, other: Period) -> Period | None:
        """Return the days that belong to both, None when there are none."""
        if not self.overlaps(other):
            return None
        return Period(max(self.start, other.start), min(self.end, other.end))

    def shifted(self, months: int) -> Period:
        """Return the period so many months later, for comparisons with the year before."""
        return Period(add_months(self.start, months), add_months(self.end, months))
