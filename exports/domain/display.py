"""How single values are written in documents: numbers, dates, moments, the unknown.

Documents show Beijing time; the zone has had one offset since 1991, so no zone database is needed.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

Value = str | int | Decimal | date | datetime | None
"""What a cell of a document may hold; None is the unknown."""

BEIJING = timezone(timedelta(hours=8))
UNKNOWN = "—"


def display(value: Value, unit: str = "") -> str:
    """Return a value as its reader sees it, with its unit when it is known.

    Numbers carry thousands separators and no trailing zeros; the unknown is a dash, never a zero.

    >>> display(Decimal("1234567.50"), "元")
    '1,234,567.5 元'
    >>> display(None, "元")
    '—'
    >>> display(date(2026, 11, 23))
    '2026-11-23'

    Raises:
        ValueError: a moment without a time zone.
    """
    text = _plain(value)
    if not unit or text == UNKNOWN:
        return text
    return f"{text}{unit}" if unit == "%" else f"{text} {unit}"


def display_moment(moment: datetime) -> str:
    """Return an aware moment in Beijing time, to the minute.

    >>> display_moment(datetime(2026, 11, 23, 1, 5, tzinfo=timezone.utc))
    '2026-11-23 09:05'

    Raises:
        ValueError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment in a document needs a time zone")
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M}"


def display_period(start: date | None, end: date | None) -> str:
    """Return a period of days; an open side is said, not left out.

    >>> display_period(date(2026, 1, 1), None)
    '2026-01-01 至今'
    """
    if start is None and end is None:
        return UNKNOWN
    first = "不限" if start is None else start.isoformat()
    return f"{first} 至今" if end is None else f"{first} 至 {end.isoformat()}"


def _plain(value: Value) -> str:
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, datetime):
        return display_moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return f"{value:,d}"
    return value
