"""Workbooks of typed tables: title, frozen headings, filter, definitions at the foot, ready to print.

Rows stream through: memory does not grow with them.

Source: stack note 5; domain note 0.9.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

from marketplace.domain.table import CellValue, SheetTable, tab_names
from marketplace.sheets.writing.cells import (
    BORDER,
    LINE_HEIGHT,
    MUTED,
    PRIMARY,
    WASH,
    Formats,
    beijing,
    clean_text,
    lines_of,
    open_workbook,
    write_value,
)

HEAD_HEIGHT = 30.0
MOST_LINES = 20
LANDSCAPE_FROM = 88.0


def write_table(table: SheetTable, stream: IO[bytes]) -> int:
    """Write a workbook of one sheet; return how many rows it has."""
    return write_tables([table], stream)[0]


def write_tables(tables: Sequence[SheetTable], stream: IO[bytes]) -> list[int]:
    """Write a workbook with one sheet per table; return how many rows each has.

    Raises:
        TypeError: a value is not of its column's kind; the column is named.
        ValueError: a moment has no time zone, or there is no table.
    """
    if not tables:
        raise ValueError("a workbook needs a table")
    book = open_workbook(stream, tables[0].title, tables[0].generated_at)
    try:
        names = tab_names([table.title for table in tables])
        return [
            _Sheet(book, name, table).write() for name, table in zip(names, tables, strict=True)
        ]
    finally:
        book.close()


class _Sheet:
    """One sheet while it is written, from the top to the foot."""

    def __init__(self, book: Any, name: str, table: SheetTable) -> None:
        self.sheet = book.add_worksheet(name)
        self.table = table
        self.columns = tuple(table.columns)
        self.formats = Formats(book)
        self.line = 0

    def write(self) -> int:
        """Write everything in the order of rows, as streaming demands."""
        for place, column in enumerate(self.columns):
            self.sheet.set_column(place, place, column.width)
        if self.table.show_title:
            self._write_title()
        head = self.line
        self._write_head()
        count = 0
        for values in self.table.rows:
            self._write_row(values)
            count += 1
        last = max(self.line - 1, head)
        self.sheet.autofilter(head, 0, last, len(self.columns) - 1)
        self.sheet.freeze_panes(head + 1, 0)
        self._write_notes()
        self._set_print(head)
        return count

    def _write_title(self) -> None:
        style = self.formats.get(font_size=15, bold=True, font_color=PRIMARY)
        self.sheet.set_row(0, 26)
        self.sheet.write_string(0, 0, clean_text(self.table.title), style)
        moment = self.table.generated_at
        parts = [self.table.subtitle]
        if moment:
            parts.append(f"生成时间 {beijing(moment):%Y-%m-%d %H:%M}")
        note = self.formats.get(font_size=9, font_color=MUTED)
        self.sheet.write_string(1, 0, clean_text("  ".join(part for part in parts if part)), note)
        self.line = 2

    def _write_head(self) -> None:
        style = self.formats.get(
            bold=True, font_color=PRIMARY, bg_color=WASH, align="center", text_wrap=True, **BORDER
        )
        self.sheet.set_row(self.line, HEAD_HEIGHT)
        for place, column in enumerate(self.columns):
            self.sheet.write_string(self.line, place, clean_text(column.heading), style)
        self.line += 1

    def _write_row(self, values: Sequence[CellValue]) -> None:
        lines = max(
            (
                lines_of(value, column.width)
                for column, value in zip(self.columns, values, strict=True)
                if isinstance(value, str)
            ),
            default=1,
        )
        self.sheet.set_row(self.line, LINE_HEIGHT * min(lines, MOST_LINES) + 2)
        for place, (column, value) in enumerate(zip(self.columns, values, strict=True)):
            if value is None and not self.table.show_title:
                continue  # a machine reads it back and needs no frame around nothing
            write_value(self.sheet, self.line, place, column, value, self.formats)
        self.line += 1

    def _write_notes(self) -> None:
        if not self.table.notes:
            return
        self.line += 1
        width = sum(max(column.width, 1.0) for column in self.columns)
        head = self.formats.get(bold=True, font_size=9, font_color=PRIMARY)
        self.sheet.write_string(self.line, 0, "口径与说明", head)
        style = self.formats.get(font_size=9, font_color=MUTED, text_wrap=True, valign="top")
        for number, note in enumerate(self.table.notes, start=1):
            self.line += 1
            text = clean_text(f"{number}. {note}")
            self.sheet.set_row(self.line, LINE_HEIGHT * min(lines_of(text, width), MOST_LINES))
            if len(self.columns) > 1:
                self.sheet.merge_range(self.line, 0, self.line, len(self.columns) - 1, "", style)
            self.sheet.write_string(self.line, 0, text, style)

    def _set_print(self, head: int) -> None:
        wide = sum(column.width for column in self.columns) > LANDSCAPE_FROM
        if wide:
            self.sheet.set_landscape()
        self.sheet.set_paper(9)  # A4
        self.sheet.set_margins(left=0.45, right=0.45, top=0.55, bottom=0.65)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(head)
        name = clean_text(self.table.title)[:60].replace("&", "&&")
        self.sheet.set_footer(f"&L&8{name}&R&8第 &P 页 / 共 &N 页")
