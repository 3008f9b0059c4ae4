"""The city's working calendar: its own table, over the published years, over a provisional guess.

Published years come from ``chinesecalendar`` (State Council notices, 2004 on); for later years ``holidays`` knows the
statutory days without the exchanged weekends, so every answer for them is provisional.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache

import chinese_calendar
import holidays

from marketplace.domain.workdays import SATURDAY, DayKind, TableCalendar
from marketplace.models import CalendarDay


class PublishedCalendar:
    """What is known without the city's own table; every date has an answer."""

    def is_working(self, day: date) -> DayKind:
        """Return the published kind of a date, or a provisional one for years not yet published."""
        return _published(day)


@cache
def _published(day: date) -> DayKind:
    try:
        return DayKind(bool(chinese_calendar.is_workday(day)))
    except NotImplementedError:
        is_holiday = day in _statutory(day.year)
        return DayKind(day.weekday() < SATURDAY and not is_holiday, provisional=True)


@cache
def _statutory(year: int) -> Mapping[date, str]:
    return holidays.country_holidays("CN", years=year)


def work_calendar() -> TableCalendar:
    """Return the calendar as the city keeps it now. Queries: one."""
    days = {
        row.date: DayKind(row.is_working, provisional=row.is_provisional)
        for row in CalendarDay.objects.all()
    }
    return TableCalendar(days, PublishedCalendar())
