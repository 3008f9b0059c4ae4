"""The city's working calendar: a year entered from the State Council's notice, a single day changed.

Deadlines that rested on a provisional calendar are read anew after each change.

Source: domain note 4.1 (working days on an own calendar); 国务院办公厅关于部分节假日安排的通知.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from marketplace.audit import audit_record
from marketplace.domain.errors import Refused
from marketplace.domain.holiday_notice import notice_days, year_days
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.models import CalendarDay, User
from marketplace.policies import require_role
from marketplace.queue import enqueue

REREAD_TASK = "matching.clocks_reread"
LONGEST_NOTE = 64


@transaction.atomic
def calendar_year_enter(*, year: int, notice: str, source: str, actor: User, at: datetime) -> int:
    """Enter a year's calendar from the words of its notice; return how many days it takes from the week.

    Every day of the year is written, so that none of it is provisional any more. Entering a year again replaces it.

    Args:
        year: this year or a later one; past deadlines are not moved.
        notice: text of the notice, or its list of holidays.
        source: number of the document.
        actor: an operator.
        at: now, aware.

    Raises:
        NotPermitted: not an operator.
        Refused: ``CALENDAR_YEAR``, ``CALENDAR_SOURCE``, ``NOTICE_UNREADABLE``, ``NOTICE_INCOMPLETE``.

    Writes: ``CalendarDay`` of the year, audit ``marketplace.calendar.enter``, outbox ``matching.clocks_reread``.
    """
    require_role(actor, Role.OPERATOR)
    this_year = local_date(at).year
    if not this_year <= year <= this_year + 2:
        sentence = f"只能录入 {this_year} 至 {this_year + 2} 年的安排。"
        raise Refused("CALENDAR_YEAR", sentence, {"year": sentence})
    document = _source(source)
    named = notice_days(notice, year)
    _write(
        {
            day: (kind.is_working, kind.note or document)
            for day, kind in year_days(named, year).items()
        }
    )
    _audit("enter", str(year), actor, at, {"year": year, "days": len(named), "source": document})
    return len(named)


@transaction.atomic
def calendar_day_set(
    *, day: date, is_working: bool, note: str, actor: User, at: datetime
) -> CalendarDay:
    """Change one coming day, e.g. a day off that the city declares.

    Args:
        day: today or later.
        is_working: whether it is worked.
        note: by which document.
        actor: an operator.
        at: now, aware.

    Raises:
        NotPermitted: not an operator.
        Refused: ``CALENDAR_PAST``, ``CALENDAR_SOURCE``.

    Writes: ``CalendarDay``, audit ``marketplace.calendar.set``, outbox ``matching.clocks_reread``.
    """
    require_role(actor, Role.OPERATOR)
    if day < local_date(at):
        sentence = "不能更改已过去的日期。"
        raise Refused("CALENDAR_PAST", sentence, {"day": sentence})
    _write({day: (is_working, _source(note, "note"))})
    _audit("set", day.isoformat(), actor, at, {"is_working": is_working})
    return CalendarDay.objects.get(date=day)


def _source(text: str, field: str = "source") -> str:
    words = text.strip()
    if not 0 < len(words) <= LONGEST_NOTE:
        sentence = f"请填写依据的文号或决定，不超过 {LONGEST_NOTE} 字。"
        raise Refused("CALENDAR_SOURCE", sentence, {field: sentence})
    return words


def _write(days: dict[date, tuple[bool, str]]) -> None:
    rows = [
        CalendarDay(date=day, is_working=working, is_provisional=False, note=note[:LONGEST_NOTE])
        for day, (working, note) in days.items()
    ]
    CalendarDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=["is_working", "is_provisional", "note"],
    )


def _audit(verb: str, key: str, actor: User, at: datetime, payload: dict[str, object]) -> None:
    audit_record(
        action=f"marketplace.calendar.{verb}",
        subject_kind="CalendarDay",
        subject_id=key,
        actor=actor,
        at=at,
        payload=payload,
    )
    enqueue(REREAD_TASK)
