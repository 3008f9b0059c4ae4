"""Dates and months in the forms that sheets of many units use.

Open dates (``9999-09-09``, ``1900-01-01``, ``1899-12-31``) mean "none"; ``长期`` means without end and is kept as
2099-12-31, the convention of the disclosure standard (domain note 2.7).
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from marketplace.domain.text import NumberCell, half_width, is_blank

WITHOUT_END = date(2099, 12, 31)
OPEN_DATES = frozenset({date(9999, 9, 9), date(9999, 12, 31), date(1900, 1, 1), date(1899, 12, 31)})
_OPEN_ENDED = frozenset({"长期", "长期有效", "永久", "永久有效", "永续", "无固定期限", "无期限"})
_SHEET_EPOCH = date(1899, 12, 30)
_SHEET_SERIALS = range(20_000, 80_000)
_TIME = r"(?:[ T]+\d{1,2}[:时]\d{1,2}(?:[:分]\d{1,2}(?:\.\d+)?秒?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_SEPARATED = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?" + _TIME)
_SOLID = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6})?")
_MONTH = re.compile(r"(\d{4})(?:\s*[-/.年]\s*(\d{1,2})|(\d{2}))\s*(?:月份?)?")
_EARLIEST_YEAR = 1800


class DateUnreadable(ValueError):
    """The text is not a date.

    Attributes:
        code: ``DATE_UNREADABLE`` when its form is unknown, ``DATE_IMPOSSIBLE`` when no calendar has it.
        sentence: what was found and what is expected, Chinese.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def parse_date(text: str) -> date:
    """Return the date that the text writes.

    Accepts ``2017/1/7``, ``2017-01-07``, ``2017.1.7``, ``20170107``, ``2017年1月7日``, full-width digits, a time
    behind it, and the serial number of a sheet when the cell was a number.

    Raises:
        DateUnreadable: with the code and sentence.

    >>> parse_date("2017/1/7")
    datetime.date(2017, 1, 7)
    """
    if isinstance(text, NumberCell):
        return _parse_number_cell(text)
    return _parse_text(text)


def parse_open_date(text: str) -> date | None:
    """Return the date, None for an open or missing one, 2099-12-31 for one without end.

    Raises:
        DateUnreadable: with the code and sentence.

    >>> parse_open_date("9999-09-09") is None
    True
    >>> parse_open_date("长期")
    datetime.date(2099, 12, 31)
    """
    if is_blank(text):
        return None
    flat = half_width(text).strip()
    if flat in _OPEN_ENDED:
        return WITHOUT_END
    if flat.startswith("0000"):
        return None
    found = parse_date(text)
    return None if found in OPEN_DATES else found


def parse_month(text: str) -> date:
    """Return the first day of the month that the text writes; a whole date names its month.

    Raises:
        DateUnreadable: with the code and sentence.

    >>> parse_month("202603"), parse_month("2026年3月")
    (datetime.date(2026, 3, 1), datetime.date(2026, 3, 1))
    """
    found = _MONTH.fullmatch(half_width(text).strip())
    if found is None:
        return parse_date(text).replace(day=1)
    return _build(text, int(found[1]), int(found[2] or found[3]), 1, "年月")


@lru_cache(maxsize=32768)
def _parse_text(text: str) -> date:
    flat = half_width(text).strip()
    found = _SEPARATED.fullmatch(flat) or _SOLID.fullmatch(flat)
    if found is None:
        raise DateUnreadable("DATE_UNREADABLE", f"“{text[:40]}”不是可识别的日期，应如 2026-03-01。")
    return _build(text, int(found[1]), int(found[2]), int(found[3]), "日期")


def _parse_number_cell(text: NumberCell) -> date:
    """A number is either a solid date (20170107) or the sheet's own count of days."""
    if text.isdigit() and int(text) in _SHEET_SERIALS:
        return _SHEET_EPOCH + timedelta(days=int(text))
    return _parse_text(str(text))


def _build(text: str, year: int, month: int, day: int, what: str) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        found = date.min
    if found.year < _EARLIEST_YEAR:
        raise DateUnreadable("DATE_IMPOSSIBLE", f"“{text[:40]}”不是存在的{what}。")
    return found
