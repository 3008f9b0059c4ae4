"""What is wrong with one row of a delivered sheet, and how a sheet's titles meet the fields that are expected.

Titles are compared by `marketplace.domain.text.header_key`; a unit in brackets behind a title ("金额(万元)") is
understood and overrides the unit of the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from marketplace.domain.errors import Refused
from marketplace.domain.text import NESTED, OVERFLOW, clean, half_width, header_key

_UNIT = re.compile(r"^(.+)\(([^()]*)\)$")
_NO_TITLE = re.compile(r"第\d+列(#\d+)?")
_LIKE_A_VALUE = re.compile(r"\d{6}")
MOST_UNREAD = 20
LONGEST_UNREAD = 40
_MONEY_UNITS = {"元": 1, "人民币元": 1, "千元": 1_000, "万元": 10_000, "亿元": 100_000_000}


class RowError(NamedTuple):
    """One reason why a row cannot be kept.

    Attributes:
        row: row number as the sheet's reader sees it, the first row being 1.
        field: Chinese title of the field; empty when the row as a whole is meant.
        code: stable UPPER_SNAKE identifier.
        sentence: what was found and what is expected, Chinese.
    """

    row: int
    field: str
    code: str
    sentence: str


def shape_errors(row: Mapping[str, str], row_number: int) -> list[RowError]:
    """Return the reasons against the form of a row.

    One that is wider than its header may have its values in the wrong columns; a list or an object is no value.
    """
    errors: list[RowError] = []
    if OVERFLOW in row:
        sentence = f"该行比表头多出内容“{row[OVERFLOW][:40]}”，各列可能错位，请检查分隔符和引号。"
        errors.append(RowError(row_number, "", "ROW_TOO_WIDE", sentence))
    if NESTED in row:
        sentence = (
            f"{row[NESTED][:100]}的值是数组或对象，每个字段应为文本、数字、true/false 或 null。"
        )
        errors.append(RowError(row_number, "", "CELL_NESTED", sentence))
    return errors


@dataclass(frozen=True, slots=True)
class Column:
    """A field that a sheet may have.

    Attributes:
        code: the field's code, itself understood as a title.
        label: Chinese title.
        synonyms: other titles, the best first.
        required: a sheet without it cannot be read.
    """

    code: str
    label: str
    synonyms: tuple[str, ...] = ()
    required: bool = False

    @property
    def titles(self) -> tuple[str, ...]:
        """Return every title that means this field, the best first."""
        return (self.label, self.code, *self.synonyms)


@dataclass(frozen=True, slots=True)
class Binding:
    """Which title of a sheet holds which field.

    Attributes:
        headers: field code to title as the sheet writes it.
        missing: labels of required fields without a title.
        unused: titles that mean no field.
        money_scale: field code to how many yuan the title says one unit is.
    """

    headers: Mapping[str, str]
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    money_scale: Mapping[str, int]

    def refuse_missing(self) -> None:
        """Refuse a sheet that lacks a required field.

        Raises:
            Refused: ``SHEET_COLUMN_MISSING`` naming every missing title.
        """
        if self.missing:
            names = "、".join(self.missing)
            fields = dict.fromkeys(self.missing, "表中没有这一列。")
            raise Refused("SHEET_COLUMN_MISSING", f"表格缺少必需的列：{names}。", fields)


def bind_columns(columns: Sequence[Column], headers: Iterable[str]) -> Binding:
    """Return which title holds which field.

    A title is used once. Where two titles mean one field, the field's own label wins over its code and its synonyms.

    Args:
        columns: the fields, in the order in which they may claim a title.
        headers: the sheet's titles.
    """
    by_key: dict[str, str] = {}
    for header in headers:
        by_key.setdefault(header_key(header), header)
    bare = {_without_unit(key): key for key in reversed(by_key)}
    found: dict[str, str] = {}
    scales: dict[str, int] = {}
    for exact in (True, False):
        for column in columns:
            if column.code not in found:
                _claim(column, by_key, bare, found, scales, exact=exact)
    used = set(found.values())
    return Binding(
        headers=found,
        missing=tuple(c.label for c in columns if c.required and c.code not in found),
        unused=tuple(header for header in by_key.values() if header and header not in used),
        money_scale=scales,
    )


class Unread(NamedTuple):
    """The columns of a sheet that mean no field.

    Attributes:
        titles: the first of them, cut to a length; one that looks like a value is named by its place.
        total: how many there are.
    """

    titles: list[str]
    total: int


def unread_columns(columns: Sequence[Column], headers: Sequence[str]) -> Unread:
    """Return which columns of a sheet with a title are not read.

    >>> unread_columns([Column("name", "名称")], ["名称", "备注", "第3列"])
    Unread(titles=['备注'], total=1)
    """
    unused = set(bind_columns(columns, headers).unused) - {OVERFLOW, NESTED}
    found = [
        f"第{place}列" if _LIKE_A_VALUE.search(half_width(title)) else clean(title)[:LONGEST_UNREAD]
        for place, title in enumerate(headers, start=1)
        if title in unused and not _NO_TITLE.fullmatch(title)
    ]
    return Unread(found[:MOST_UNREAD], len(found))


def known_titles(columns: Iterable[Column]) -> frozenset[str]:
    """Return every title that means one of the fields, for finding a sheet's header."""
    return frozenset(title for column in columns for title in column.titles)


def _claim(
    column: Column,
    by_key: Mapping[str, str],
    bare: Mapping[str, str],
    found: dict[str, str],
    scales: dict[str, int],
    *,
    exact: bool,
) -> None:
    """Give the column the best title nobody holds yet: as written, or apart from a unit in brackets."""
    for title in column.titles:
        key = header_key(title)
        here = key if exact else bare.get(_without_unit(key), "")
        header = by_key.get(here)
        if header is not None and header not in found.values():
            found[column.code] = header
            unit = _UNIT.match(here)
            if unit and unit[2] in _MONEY_UNITS:
                scales[column.code] = _MONEY_UNITS[unit[2]]
            return


def _without_unit(key: str) -> str:
    found = _UNIT.match(key)
    return found[1] if found else key
