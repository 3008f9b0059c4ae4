"""Working-day arithmetic on a given calendar, with pauses.

The day on which a period starts is not counted; the period ends at 24:00 of its last day, Beijing time. A day counts
when the clock was running at that day's end: a pause opened and closed within one day costs nothing, a pause over
three midnights skips three days.

Source: 民法典 art. 201 and 203 (first day not counted, last day ends at 24:00); pauses are the marketplace's own rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Protocol

from marketplace.domain.errors import Refused

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Local time of every working day; a fixed offset, as China keeps no summer time since 1992."""

LONGEST_SEARCH_DAYS = 3700
SATURDAY = 5


@dataclass(frozen=True)
class DayKind:
    """What a calendar knows of one date.

    Attributes:
        working: whether it is a working day.
        provisional: True while the year's official notice has not been entered.
    """

    working: bool
    provisional: bool = False


class WorkCalendar(Protocol):
    """Anything that can say of a date whether it is a working day."""

    def is_working(self, day: date) -> DayKind:
        """Return the kind of a date; every date has an answer."""
        ...


@dataclass(frozen=True)
class WeekCalendar:
    """Monday to Friday, always provisional: the fallback for years without a published calendar."""

    def is_working(self, day: date) -> DayKind:
        """Return a working day for Monday to Friday."""
        return DayKind(day.weekday() < SATURDAY, provisional=True)


@dataclass(frozen=True)
class TableCalendar:
    """A table of known dates over a fallback."""

    days: Mapping[date, DayKind]
    fallback: WorkCalendar = field(default_factory=WeekCalendar)

    def is_working(self, day: date) -> DayKind:
        """Return what the table says, else what the fallback says."""
        known = self.days.get(day)
        return known if known is not None else self.fallback.is_working(day)


@dataclass(frozen=True)
class Pause:
    """A stretch of time in which a clock stands still; ``end`` is None while it lasts."""

    start: datetime
    end: datetime | None = None

    def covers(self, moment: datetime) -> bool:
        """Return whether the clock stood still at that moment."""
        return self.start <= moment and (self.end is None or moment < self.end)


@dataclass(frozen=True)
class Deadline:
    """The last moment in time, aware UTC; provisional when an unpublished calendar was used."""

    at: datetime
    provisional: bool = False

    @property
    def on(self) -> date:
        """Return the Beijing date of the deadline."""
        return local_date(self.at)

    def has_passed(self, at: datetime) -> bool:
        """Return whether that moment is too late."""
        return at > self.at


def local_date(at: datetime) -> date:
    """Return the Beijing date of an aware moment.

    >>> local_date(datetime(2025, 6, 3, 16, 0, tzinfo=UTC))
    datetime.date(2025, 6, 4)
    """
    if at.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return at.astimezone(BEIJING).date()


def end_of_day(day: date) -> datetime:
    """Return the last second of a Beijing date as aware UTC.

    >>> end_of_day(date(2025, 6, 3)).isoformat()
    '2025-06-03T15:59:59+00:00'
    """
    return datetime.combine(day, time(23, 59, 59), BEIJING).astimezone(UTC)


def add_working_days(
    at: datetime, days: int, calendar: WorkCalendar, pauses: Iterable[Pause] = ()
) -> Deadline:
    """Return the deadline a number of working days after a moment.

    Three working days from a Friday noon end at 24:00 of the next Wednesday; zero days end the same day.

    Args:
        at: aware moment at which the clock starts.
        days: working days, zero or more.
        calendar: says which dates are working days.
        pauses: stretches in which the clock stood still, each with an end.

    Raises:
        Refused: ``CLOCK_PAUSED`` when a pause has no end yet, ``CALENDAR_EMPTY`` when the calendar has no working
            days within ten years.
    """
    provisional = False

    def counts(day: date) -> bool:
        nonlocal provisional
        kind = calendar.is_working(day)
        provisional = provisional or kind.provisional
        return kind.working

    last = _advance(at, days, counts, tuple(pauses))
    return Deadline(end_of_day(last), provisional)


def add_calendar_days(at: datetime, days: int, pauses: Iterable[Pause] = ()) -> Deadline:
    """Return the deadline a number of calendar days after a moment; never moved by a holiday.

    A regulator's limit of "30 days" is kept strictly: it is not carried over to the next working day.

    Raises:
        Refused: ``CLOCK_PAUSED`` when a pause has no end yet.
    """
    return Deadline(end_of_day(_advance(at, days, lambda _: True, tuple(pauses))))


def count_working_days(
    start: datetime, end: datetime, calendar: WorkCalendar, pauses: Iterable[Pause] = ()
) -> int:
    """Return how many working days were used between two moments, the first day not counted.

    A pause without an end lasts. The inverse of `add_working_days`: counting up to a deadline gives its days.
    """
    known = tuple(pauses)
    first, last = local_date(start), local_date(end)
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(calendar.is_working(day).working and not _paused(day, known) for day in days)


def _advance(
    at: datetime, days: int, counts: Callable[[date], bool], pauses: tuple[Pause, ...]
) -> date:
    if days < 0:
        raise ValueError("days must not be negative")
    if any(pause.end is None for pause in pauses):
        raise Refused("CLOCK_PAUSED", "计时处于暂停状态，恢复后才能确定截止时间。")
    day, left = local_date(at), days
    for _ in range(LONGEST_SEARCH_DAYS):
        if left == 0:
            return day
        day += timedelta(days=1)
        left -= counts(day) and not _paused(day, pauses)
    raise Refused("CALENDAR_EMPTY", "工作日历中没有足够的工作日，无法计算截止时间。")


def _paused(day: date, pauses: tuple[Pause, ...]) -> bool:
    last_moment = end_of_day(day)
    return any(pause.covers(last_moment) for pause in pauses)
