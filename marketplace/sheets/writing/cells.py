"""Single cells: what may be written into one, how a kind is formatted, and why nothing in it is ever executed.

A cell that begins with ``= + - @`` or with a control character is dangerous when a program takes it for a formula.
Here no text is ever written as a formula, a link or a number: every text cell is an inline string in a cell of text
format, and one that begins with such a sign also carries the quote prefix, which keeps it text after somebody edits it.
The value itself is not changed, so a corrected sheet can be read back.

Source: stack note 5, trust note 2.6.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

from marketplace.domain.table import CellValue, Column, ColumnKind
from marketplace.domain.workdays import BEIJING

LONGEST_TEXT = 32_767
CUT = "…（超出单元格上限，已截断）"
EXACT_DIGITS = 15
FORMULA_SIGNS = frozenset("=+-@\t\r\n＝＋－＠'|%")
NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)
FIRST_DAY = date(1900, 3, 1)  # a spreadsheet believes in 29 February 1900

FONT = "Microsoft YaHei"  # another program takes its own Chinese font
LINE_HEIGHT = 16.5
INK, MUTED, PRIMARY, WASH, LINE = "#1C2733", "#5F6C7B", "#1F4E79", "#E9EFF6", "#C9D3DF"
BORDER: dict[str, Any] = {"border": 1, "border_color": LINE}

NUMBER_FORMATS = {
    ColumnKind.TEXT: "@",
    ColumnKind.CODE: "@",
    ColumnKind.MONEY_YUAN: "#,##0.00",
    ColumnKind.MONEY_WAN: "#,##0.00####",
    ColumnKind.INTEGER: "#,##0",
    ColumnKind.NUMBER: "#,##0.00",
    ColumnKind.RATE: "0.00%",
    ColumnKind.SHARE: "0.00%",
    ColumnKind.DATE: "yyyy-mm-dd",
    ColumnKind.MOMENT: "yyyy-mm-dd hh:mm",
}
WORDS = frozenset({ColumnKind.TEXT, ColumnKind.CODE})


def open_workbook(stream: IO[bytes], title: str, at: datetime | None) -> Any:
    """Return a workbook that streams its rows and takes no text for anything but text."""
    book = xlsxwriter.Workbook(
        stream,
        {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
        },
    )
    created = (at or NO_TIME).astimezone(UTC).replace(tzinfo=None)
    book.set_properties(
        {"title": clean_text(title), "author": "信易贷撮合平台", "created": created}
    )
    return book


def clean_text(text: str) -> str:
    """Return a text that a cell can hold: valid in the file, not longer than a cell.

    Signs that the file format cannot hold become ``�``; a text that is too long is cut, and says so.
    """
    plain = "".join(sign if _storable(sign) else "�" for sign in text)
    return plain if len(plain) <= LONGEST_TEXT else plain[: LONGEST_TEXT - len(CUT)] + CUT


def is_risky(text: str) -> bool:
    """Return whether a spreadsheet program could take the text for a formula when it is edited."""
    return text.lstrip(" \u00a0\u3000")[:1] in FORMULA_SIGNS if text else False


class Formats:
    """Formats of one workbook, made once each."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def get(self, **properties: Any) -> Any:
        """Return the format with these properties and the common ones."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            common = {"font_name": FONT, "font_size": 10, "valign": "vcenter", "font_color": INK}
            self._made[key] = self._book.add_format(common | properties)
        return self._made[key]

    def body(self, kind: ColumnKind, *, quoted: bool = False, **more: Any) -> Any:
        """Return the format of a value of this kind."""
        extra: dict[str, Any] = {"indent": 1} if kind in WORDS else {}
        if kind is ColumnKind.TEXT:
            extra["text_wrap"] = True
        if quoted:
            extra["quote_prefix"] = True
        return self.get(num_format=NUMBER_FORMATS[kind], **BORDER, **extra, **more)


def write_text(sheet: Any, row: int, column: int, text: str, formats: Formats, **more: Any) -> None:
    """Write a text as nothing but text, with the quote prefix when it begins like a formula."""
    plain = clean_text(text)
    style = formats.body(ColumnKind.TEXT, quoted=is_risky(plain), **more)
    sheet.write_string(row, column, plain, style)


def write_value(
    sheet: Any, line: int, place: int, column: Column, value: CellValue, formats: Formats
) -> None:
    """Write a value of a typed column.

    Raises:
        TypeError: the value is not of the column's kind; the column is named.
        ValueError: a moment has no time zone.
    """
    if value is None:
        sheet.write_blank(line, place, None, formats.body(column.kind))
        return
    if column.kind in WORDS:
        text = clean_text(_words(column, value))
        style = formats.body(column.kind, quoted=is_risky(text))
        sheet.write_string(line, place, text, style)
        return
    written = _written(column, value)
    style = formats.body(column.kind)
    if isinstance(written, datetime):
        sheet.write_datetime(line, place, written, style)
    elif isinstance(written, str):
        sheet.write_string(line, place, written, style)
    else:
        whole = column.kind is ColumnKind.NUMBER and isinstance(written, int)
        style = formats.body(ColumnKind.INTEGER) if whole else style
        sheet.write_number(line, place, written, style)


def write_original(
    sheet: Any, line: int, column: int, value: object, formats: Formats, marks: Mapping[str, Any]
) -> None:
    """Write a cell as it was read: numbers stay numbers, dates dates, everything else text."""
    if isinstance(value, date) and _naive(value).date() >= FIRST_DAY:
        timed = isinstance(value, datetime) and _naive(value).time() != time()
        kind = ColumnKind.MOMENT if timed else ColumnKind.DATE
        sheet.write_datetime(line, column, _naive(value), formats.body(kind, **marks))
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool) and _exact(value):
        plain = formats.get(num_format="General", **BORDER, **marks)
        sheet.write_number(line, column, float(value), plain)
    else:
        text = "" if value is None else str(value)
        write_text(sheet, line, column, text, formats, **marks)


def _storable(sign: str) -> bool:
    point = ord(sign)
    if point < 0x20:
        return sign in "\t\n\r"
    return not (0xD800 <= point <= 0xDFFF or point in (0xFFFE, 0xFFFF))


def _words(column: Column, value: CellValue) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal) and column.kind is ColumnKind.TEXT:
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    raise TypeError(f"{column.label}: {type(value).__name__} is not {column.kind}")


def _written(column: Column, value: CellValue) -> float | int | str | datetime:
    kind = column.kind
    if kind is ColumnKind.MOMENT and isinstance(value, datetime):
        return _dated(beijing(value).replace(tzinfo=None))
    if kind is ColumnKind.DATE and isinstance(value, date) and not isinstance(value, datetime):
        return _dated(_naive(value))
    timed = kind in (ColumnKind.DATE, ColumnKind.MOMENT)
    if timed or isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"{column.label}: {type(value).__name__} is not {kind}")
    number = Decimal(value)
    if kind in (ColumnKind.MONEY_WAN, ColumnKind.RATE):
        number /= 10_000  # yuan to 万元, basis points to a fraction
    return _number(number)


def _dated(moment: datetime) -> datetime | str:
    return moment if moment.date() >= FIRST_DAY else moment.date().isoformat()


def _number(value: Decimal) -> float | int | str:
    # A spreadsheet keeps 15 digits; a figure with more is written as text rather than changed.
    if not _exact(value):
        return f"{value:f}"
    return int(value) if value == value.to_integral_value() else float(value)


def _exact(value: float | Decimal) -> bool:
    number = Decimal(str(value))
    return number.is_finite() and len(number.normalize().as_tuple().digits) <= EXACT_DIGITS


def beijing(moment: datetime) -> datetime:
    """Return an aware moment in Beijing time; refuse one without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment in a sheet needs a time zone")
    return moment.astimezone(BEIJING)


def _naive(value: date) -> datetime:
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).replace(tzinfo=None) if value.tzinfo else value
    return datetime(value.year, value.month, value.day)  # noqa: DTZ001 -- a day has no zone


def lines_of(text: str, width: float) -> int:
    """Return how many lines a text takes in a column of this width."""
    room = max(width - 3, 4)
    return sum(max(1, -(-digits_wide(part) // int(room))) for part in text.split("\n"))


def digits_wide(text: str) -> int:
    """Return the width of a text in digits; a hanzi takes two."""
    return sum(2 if ord(sign) >= 0x2E80 else 1 for sign in text)
