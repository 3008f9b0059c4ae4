"""What a spreadsheet makes of the number of a whitelist's issue: ``2026-12`` becomes a day or ``Dec-26``."""

from __future__ import annotations

import re
from datetime import date

from marketplace.domain.dates import DateUnreadable, parse_date, parse_month
from marketplace.domain.text import clean, half_width

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_MONTH = re.compile(r"([A-Za-z]{3})[a-z]*[- /.]*(?:20)?(\d{2})")


def issue_readings(text: str) -> frozenset[str]:
    """Return the numbers that an issue may have whose number a spreadsheet shows like this; the text itself is one.

    The first day of a month stands for the month, any day for a further issue of it (``2026-12-2``).

    >>> sorted(issue_readings("Dec-26"))
    ['2026-12', 'Dec-26']
    >>> "2026-12" in issue_readings("2026/12/1"), "2026-12" in issue_readings("2026/12/2")
    (True, False)
    """
    bare = half_width(clean(text))
    found = {bare}
    day, month = _day(bare), _month(bare)
    if day is not None:
        found |= {f"{first}-{day.day}" for first in _written(day)}
    if month is not None and (day is None or day.day == 1):
        found |= _written(month)
    return frozenset(found)


def _written(month: date) -> set[str]:
    return {f"{month:%Y-%m}", f"{month.year}-{month.month}"}


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except DateUnreadable:
        return None


def _month(text: str) -> date | None:
    named = _NAMED_MONTH.fullmatch(text)
    if named is not None and named[1].lower() in MONTHS:
        return date(2000 + int(named[2]), MONTHS.index(named[1].lower()) + 1, 1)
    try:
        return parse_month(text)
    except DateUnreadable:
        return None
