"""The State Council's yearly notice on holidays, read from its own words into days off and working weekends.

Its sentences have kept one form for years: "一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。"
A sentence that names days and is neither is refused, so that no day is lost in silence; what employers are only
encouraged to (鼓励) is no day off.

Source: 国务院办公厅关于部分节假日安排的通知; 全国年节及纪念日放假办法.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from marketplace.domain.errors import Refused
from marketplace.domain.text import half_width

LONGEST_HOLIDAY_DAYS = 12
FEWEST_HOLIDAYS = 5
SATURDAY = 5

_SENTENCE = re.compile(r"[。;\n]+")
_BRACKETS = re.compile(r"\([^()]*\)")
_ITEM = re.compile(r"^(?:[一二三四五六七八九十]+、|\d+[.、])?\s*([^:]{2,12}):")
_DAY = r"(?:(?P<{0}y>\d{{4}})年)?(?:(?P<{0}m>\d{{1,2}})月)?(?P<{0}d>\d{{1,2}})日"
_SPAN = re.compile(_DAY.format("a") + r"(?:(?:至|到|-)" + _DAY.format("b") + r")?")
_NAMED = re.compile(r"\d{1,2}月\d{1,2}日")


@dataclass(frozen=True)
class NoticeDay:
    """One day on which the notice departs from the week: off, or worked though a weekend."""

    is_working: bool
    note: str


def notice_days(text: str, year: int) -> dict[date, NoticeDay]:
    """Return the days a notice names, off or worked.

    Args:
        text: the notice, or its list of holidays.
        year: the year it is about; a span may begin in the year before.

    Raises:
        Refused: ``NOTICE_UNREADABLE`` naming the sentence; ``NOTICE_INCOMPLETE`` when too few holidays are found.
    """
    found: dict[date, NoticeDay] = {}
    holiday = ""
    holidays: set[str] = set()
    for sentence in _sentences(text):
        item = _ITEM.match(sentence)
        holiday = item[1] if item else holiday
        if not _NAMED.search(sentence) or "鼓励" in sentence:
            continue
        is_working = _kind(sentence)
        if not is_working:
            holidays.add(holiday)
        for day in _days(sentence, year):
            _check(day, sentence, found.get(day), is_working=is_working)
            found[day] = NoticeDay(is_working, holiday if not is_working else f"{holiday}调休")
    if len(holidays) < FEWEST_HOLIDAYS or date(year, 1, 1) not in found:
        sentence = f"通知中只读出 {len(holidays)} 个节日，应包括元旦、春节、清明节、劳动节、端午节、国庆节等。"
        raise Refused("NOTICE_INCOMPLETE", sentence, {"notice": sentence})
    return found


def year_days(named: Mapping[date, NoticeDay], year: int) -> dict[date, NoticeDay]:
    """Return every day of a year, and the days named of others; what the notice does not name follows the week."""
    first = date(year, 1, 1)
    whole = (first + timedelta(days=n) for n in range(366))
    week = {day: NoticeDay(day.weekday() < SATURDAY, "") for day in whole if day.year == year}
    return week | dict(named)


def _sentences(text: str) -> Iterator[str]:
    flat = half_width(text).replace("~", "-").replace("—", "-")
    bare = _BRACKETS.sub("", flat)
    for piece in _SENTENCE.split(bare):
        if sentence := piece.replace(" ", "").strip():
            yield sentence


def _kind(sentence: str) -> bool:
    """Return whether a sentence names days that are worked; else they are off."""
    works, rests = "上班" in sentence, "放假" in sentence or "休息" in sentence
    if works == rests:
        raise _unreadable(sentence, "应说明放假或上班")
    return works


def _days(sentence: str, year: int) -> Iterator[date]:
    """Give the days of a sentence; a month or year not written is that of the day before."""
    at_year, at_month = year, 0
    for span in _SPAN.finditer(sentence):
        at_year, at_month, first = _day(span, "a", at_year, at_month, sentence)
        last = first
        if span["bd"]:
            at_year, at_month, last = _day(span, "b", at_year, at_month, sentence)
        if not 0 <= (last - first).days < LONGEST_HOLIDAY_DAYS:
            raise _unreadable(sentence, "起止日期不合理")
        for n in range((last - first).days + 1):
            yield first + timedelta(days=n)


def _day(
    span: re.Match[str], part: str, at_year: int, at_month: int, sentence: str
) -> tuple[int, int, date]:
    year = int(span[f"{part}y"] or at_year)
    month = int(span[f"{part}m"] or at_month)
    try:
        return year, month, date(year, month, int(span[f"{part}d"]))
    except ValueError:
        raise _unreadable(sentence, "日期不存在") from None


def _check(day: date, sentence: str, known: NoticeDay | None, *, is_working: bool) -> None:
    if is_working and day.weekday() < SATURDAY:
        raise _unreadable(sentence, f"{day} 本来就是工作日，请核对年份")
    if known is not None and known.is_working is not is_working:
        raise _unreadable(sentence, f"{day} 既放假又上班")


def _unreadable(sentence: str, why: str) -> Refused:
    words = f"不能识别“{sentence[:40]}”：{why}。"
    return Refused("NOTICE_UNREADABLE", words, {"notice": words})
