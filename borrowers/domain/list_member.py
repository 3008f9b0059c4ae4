"""Rows of a sheet that names the members of a thematic list.

Source: issue of borrowers (thematic lists).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from borrowers.domain.rows import Column, RowError, bind_columns, known_titles, shape_errors
from marketplace.domain import uscc as uscc_rules
from marketplace.domain.dates import DateUnreadable, parse_open_date
from marketplace.domain.text import clean

REASON_LENGTH = 200
MEMBER_COLUMNS = (
    Column(
        "uscc",
        "统一社会信用代码",
        ("社会信用代码", "信用代码", "统一信用代码", "统一代码"),
        required=True,
    ),
    Column("name", "企业名称", ("名称", "单位名称", "市场主体名称")),
    Column("from_date", "纳入日期", ("列入日期", "入库日期", "认定日期")),
    Column("until_date", "移出日期", ("出库日期", "失效日期")),
    Column("reason", "说明", ("备注", "依据", "认定文号")),
)
MEMBER_TITLES = known_titles(MEMBER_COLUMNS)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One enterprise on the list as a sheet states it.

    Attributes:
        row_number: as people see it.
        uscc: valid credit code.
        from_date: the day of delivery when not stated.
        until_date: first day no longer on the list; None when not stated.
        reason: as written, at most 200 characters.
    """

    row_number: int
    uscc: str
    from_date: date
    until_date: date | None
    reason: str


MemberReader = Callable[[Mapping[str, str], int], MemberRow | list[RowError]]


def compile_members(titles: Iterable[str], today: date) -> MemberReader:
    """Return what reads the rows of a sheet with these titles.

    Args:
        titles: of the sheet, with the required one.
        today: day of delivery, which rows without a date get; no later one is a day of joining.
    """
    headers = bind_columns(MEMBER_COLUMNS, titles).headers

    def cell(row: Mapping[str, str], code: str) -> str:
        return clean(row.get(headers.get(code, ""), ""))

    def read(row: Mapping[str, str], number: int) -> MemberRow | list[RowError]:
        errors = shape_errors(row, number)
        finding = uscc_rules.check(cell(row, "uscc"))
        if finding.code:
            errors.append(RowError(number, "统一社会信用代码", finding.code, finding.sentence))
        days: dict[str, date | None] = {}
        for code, label in (("from_date", "纳入日期"), ("until_date", "移出日期")):
            try:
                days[code] = parse_open_date(row.get(headers.get(code, ""), ""))
            except DateUnreadable as unreadable:
                errors.append(RowError(number, label, unreadable.code, unreadable.sentence))
        if errors:
            return errors
        joined, left = days["from_date"] or today, days["until_date"]
        if problem := _order_problem(joined, left, today):
            return [RowError(number, *problem)]
        return MemberRow(number, finding.uscc, joined, left, cell(row, "reason")[:REASON_LENGTH])

    return read


def _order_problem(joined: date, left: date | None, today: date) -> tuple[str, str, str] | None:
    if joined > today:
        sentence = f"纳入日期 {joined} 晚于接收当日。"
        return ("纳入日期", "DATE_IN_FUTURE", sentence)
    if left is not None and left < joined:
        sentence = f"移出日期 {left} 早于纳入日期 {joined}。"
        return ("移出日期", "DATE_ORDER", sentence)
    return None
