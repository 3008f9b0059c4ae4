"""The days of the demonstration city, played in their order: whoever acts says when the next thing happens.

A tale is an iterator of moments. It yields the moment of its next act and performs the act when it is resumed, so
records, applications, repayments and clocks meet in the order in which they would have met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from random import Random

from marketplace.calendars import PublishedCalendar
from marketplace.domain.workdays import BEIJING, local_date

Tale = Iterator[datetime]
OPENS, CLOSES = time(9, 0), time(17, 30)
OFFICE_MINUTES = 450
"""Whatever waited over night is done at some minute of the day."""
CALENDAR = PublishedCalendar()


def play(tales: Iterable[Tale], until: datetime, new_month: Callable[[date], None]) -> None:
    """Let every tale go on, always the earliest first; what lies after the moment is left to come.

    Args:
        tales: each yields moments that never go back.
        until: the last moment that is played, aware.
        new_month: told the first day played in each month.
    """
    waiting: list[tuple[datetime, int, Tale]] = []
    for place, tale in enumerate(tales):
        _wait(waiting, place, tale)
    month = ""
    while waiting and waiting[0][0] <= until:
        at, place, tale = heappop(waiting)
        day = local_date(at)
        if f"{day:%Y-%m}" != month:
            month = f"{day:%Y-%m}"
            new_month(day)
        _wait(waiting, place, tale)


def _wait(waiting: list[tuple[datetime, int, Tale]], place: int, tale: Tale) -> None:
    following = next(tale, None)
    if following is not None:
        heappush(waiting, (following, place, tale))


@dataclass
class Clock:
    """The time of one tale."""

    at: datetime
    random: Random

    def later(self, days: float) -> datetime:
        """Go on by so many days, to a waking hour: a borrower may act on any day."""
        moment = (self.at + timedelta(days=days)).astimezone(BEIJING)
        if not 8 <= moment.hour < 21:
            moment = moment.replace(hour=self.random.randint(9, 19))
        self.at = max(moment.astimezone(UTC), self.at + timedelta(minutes=5))
        return self.at

    def office(self, days: float) -> datetime:
        """Go on by so many days, to the office hours of a working day: lenders and offices act only then."""
        moment = (self.at + timedelta(days=days)).astimezone(BEIJING)
        if not is_working(moment.date()) or moment.time() >= CLOSES:
            day = next_working_day(moment.date())
            moment = datetime.combine(day, OPENS, BEIJING)
        if moment.time() <= OPENS:
            minutes = self.random.randint(5, OFFICE_MINUTES)
            moment = datetime.combine(moment.date(), OPENS, BEIJING) + timedelta(minutes=minutes)
        self.at = max(moment.astimezone(UTC), self.at)
        return self.at


def is_working(day: date) -> bool:
    """Return whether offices are open on a day, as published."""
    return CALENDAR.is_working(day).working


def next_working_day(day: date) -> date:
    """Return the first working day after a day."""
    following = day + timedelta(days=1)
    while not is_working(following):
        following += timedelta(days=1)
    return following


def working_days_before(day: date, count: int) -> date:
    """Return the working day that lies so many working days before a day."""
    while count:
        day -= timedelta(days=1)
        count -= is_working(day)
    return day


def at_hour(day: date, hour: int, minute: int = 0) -> datetime:
    """Return a Beijing time of a day, aware, in UTC."""
    return datetime.combine(day, time(hour, minute), BEIJING).astimezone(UTC)
