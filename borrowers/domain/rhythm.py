"""How often an item is updated and until when a delivery is due.

An item with a periodic rhythm owes one delivery per period; it is due so many calendar days after the period's end. An
item delivered on events (双公示) owes each row so many working days after the event.

Source: domain note 2.1 (update rhythm of each class), 2.7 (7 working days; 及时率, 上报率).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from marketplace.domain.period import add_months
from marketplace.domain.workdays import WorkCalendar


class UpdateRhythm(StrEnum):
    """How often a unit updates an item; ON_EVENT: whenever something happens."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    YEARLY = "YEARLY"
    ON_EVENT = "ON_EVENT"


UPDATE_RHYTHM_LABELS = {
    UpdateRhythm.DAILY: "每日",
    UpdateRhythm.WEEKLY: "每周",
    UpdateRhythm.MONTHLY: "每月",
    UpdateRhythm.QUARTERLY: "每季度",
    UpdateRhythm.YEARLY: "每年",
    UpdateRhythm.ON_EVENT: "随发生",
}

_MONTHS = {UpdateRhythm.MONTHLY: 1, UpdateRhythm.QUARTERLY: 3, UpdateRhythm.YEARLY: 12}
_DAYS_LOOKED_BACK = 400
"""Working days are searched no further back: longer than any due term with its holidays."""
_LONGEST_REST = 31


@dataclass(frozen=True, slots=True)
class Due:
    """One delivery that is owed.

    Attributes:
        period: the period's name, e.g. ``2026-05``.
        start: its first day.
        end: the first day after it; a delivery from this day on serves it.
        due: the day on which its term ends; a term that ends on a day of rest ends on the next working day.
    """

    period: str
    start: date
    end: date
    due: date

    def last_day(self, calendar: WorkCalendar) -> date:
        """Return the last day on which the delivery is in time."""
        day = self.due
        for _ in range(_LONGEST_REST):
            if calendar.is_working(day).working:
                return day
            day += timedelta(days=1)
        return day


def dues_between(rhythm: UpdateRhythm, due_days: int, start: date, end: date) -> tuple[Due, ...]:
    """Return the deliveries whose last day lies in a half-open span, the earliest first; none for ON_EVENT.

    Args:
        rhythm: of the item.
        due_days: calendar days after the period's end, at least 0.
        start, end: first day and first day after.

    >>> [owed.period for owed in dues_between(UpdateRhythm.MONTHLY, 15, date(2026, 6, 1), date(2026, 8, 1))]
    ['2026-05', '2026-06']
    """
    if rhythm is UpdateRhythm.ON_EVENT:
        return ()
    found: list[Due] = []
    owed = _period_at(rhythm, due_days, start - timedelta(days=due_days + 1))
    while owed.due < end:
        if owed.due >= start:
            found.append(owed)
        owed = _period_at(rhythm, due_days, owed.end)
    return tuple(found)


def latest_due(rhythm: UpdateRhythm, due_days: int, on: date, calendar: WorkCalendar) -> Due | None:
    """Return the latest delivery whose last day is past on a day; None for ON_EVENT.

    Args:
        rhythm, due_days: as for `dues_between`.
        on: today.
        calendar: which days are working days.
    """
    past = dues_between(rhythm, due_days, on - timedelta(days=_DAYS_LOOKED_BACK), on)
    return next((owed for owed in reversed(past) if owed.last_day(calendar) < on), None)


def next_due(rhythm: UpdateRhythm, due_days: int, delivered: date | None, on: date) -> Due | None:
    """Return the delivery that is owed next: the earliest not yet served whose last day is not past.

    Args:
        rhythm, due_days: as for `dues_between`.
        delivered: day of the latest delivery; None when there was none.
        on: today.
    """
    if rhythm is UpdateRhythm.ON_EVENT:
        return None
    owed = _period_at(rhythm, due_days, on - timedelta(days=due_days + 1))
    while owed.due < on or (delivered is not None and delivered >= owed.end):
        owed = _period_at(rhythm, due_days, owed.end)
    return owed


def served_on(owed: Due, deliveries: Sequence[date]) -> date | None:
    """Return the first delivery that serves a period, None when there is none.

    Args:
        owed: the period.
        deliveries: days of deliveries, ascending.
    """
    return next((day for day in deliveries if day >= owed.end), None)


def earliest_in_time(received: date, working_days: int, calendar: WorkCalendar) -> date:
    """Return the earliest day on which an event may have happened that is delivered in time on a given day.

    The day of the event does not count.

    Args:
        received: day of the delivery.
        working_days: how many there are from the event to its last day.
        calendar: which days are working days.

    >>> from marketplace.domain.workdays import WeekCalendar
    >>> earliest_in_time(date(2026, 6, 15), 5, WeekCalendar())
    datetime.date(2026, 6, 8)
    """
    day = received
    # On a day of rest the last working day before it is over already.
    counted = int(not calendar.is_working(received).working)
    for _ in range(_DAYS_LOOKED_BACK):
        counted += calendar.is_working(day).working
        if counted > working_days:
            return day
        day -= timedelta(days=1)
    return day


def _period_at(rhythm: UpdateRhythm, due_days: int, day: date) -> Due:
    """Return the period a day lies in."""
    if rhythm in _MONTHS:
        months = _MONTHS[rhythm]
        start = date(day.year, (day.month - 1) // months * months + 1, 1)
        end = add_months(start, months)
    elif rhythm is UpdateRhythm.WEEKLY:
        start = day - timedelta(days=day.weekday())
        end = start + timedelta(days=7)
    else:
        start, end = day, day + timedelta(days=1)
    return Due(_name(rhythm, start), start, end, end - timedelta(days=1) + timedelta(days=due_days))


def _name(rhythm: UpdateRhythm, start: date) -> str:
    if rhythm is UpdateRhythm.YEARLY:
        return f"{start.year}"
    if rhythm is UpdateRhythm.QUARTERLY:
        return f"{start.year}Q{(start.month + 2) // 3}"
    if rhythm is UpdateRhythm.MONTHLY:
        return f"{start:%Y-%m}"
    if rhythm is UpdateRhythm.WEEKLY:
        year, week, _ = start.isocalendar()
        return f"{year}W{week:02d}"
    return start.isoformat()
