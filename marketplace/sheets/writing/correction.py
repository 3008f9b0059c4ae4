"""The sheet somebody sent, sent back with its errors marked in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

from marketplace.domain.table import tab_names
from marketplace.sheets.writing.cells import (
    BORDER,
    LINE_HEIGHT,
    PRIMARY,
    WASH,
    Formats,
    clean_text,
    digits_wide,
    lines_of,
    open_workbook,
    write_original,
    write_text,
)

EXPLANATION = "错误说明"
EXPLANATION_WIDTH = 60.0
MOST_COMMENTS = 2_000
MOST_LINES = 20
HEAD_HEIGHT = 30.0
ERROR_FILL, ERROR_INK = "#FBE3E0", "#9C1F1F"


def write_correction(
    original_rows: Iterable[Sequence[object]],
    header: Sequence[str],
    errors: Mapping[int, Mapping[str, str]],
    stream: IO[bytes],
    *,
    first_row: int = 2,
    title: str = "更正表",
) -> int:
    """Write the sheet somebody sent with its errors marked in place; return how many rows have errors.

    Headings and columns stay as they were, so that the corrected sheet can be sent again. A wrong cell is filled and
    has a comment; the last column, 错误说明, says every error of the row, also those that belong to no column.

    Args:
        original_rows: cells as they were read.
        header: headings as they were read.
        errors: row number to heading to sentence; an unknown or empty heading belongs to the whole row.
        first_row: number of the first original row, as the errors count; the heading is row 1.
    """
    book = open_workbook(stream, title, None)
    try:
        return _Correction(book, tab_names([title])[0], header).write(
            original_rows, errors, first_row
        )
    finally:
        book.close()


class _Correction:
    """A correction sheet while it is written."""

    def __init__(self, book: Any, name: str, header: Sequence[str]) -> None:
        self.sheet = book.add_worksheet(name)
        self.formats = Formats(book)
        self.header = [str(label) for label in header if str(label) != EXPLANATION]
        self.kept = [place for place, label in enumerate(header) if str(label) != EXPLANATION]
        self.comments = 0

    def write(
        self,
        rows: Iterable[Sequence[object]],
        errors: Mapping[int, Mapping[str, str]],
        first_row: int,
    ) -> int:
        """Write heading, rows and marks."""
        last = len(self.header)
        for place in range(last + 1):
            width = EXPLANATION_WIDTH if place == last else self._width(place)
            self.sheet.set_column(place, place, width, self.formats.get(num_format="@"))
        head = self.formats.get(
            bold=True, font_color=PRIMARY, bg_color=WASH, text_wrap=True, **BORDER
        )
        self.sheet.set_row(0, HEAD_HEIGHT)
        for place, label in enumerate([*self.header, EXPLANATION]):
            self.sheet.write_string(0, place, clean_text(label), head)
        marked = line = 0
        for line, values in enumerate(rows, start=1):
            found = errors.get(first_row + line - 1, {})
            marked += bool(found)
            self._write_row(line, values, found)
        self.sheet.autofilter(0, 0, max(line, 1), last)
        self.sheet.freeze_panes(1, 0)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)  # A4
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(0)
        return marked

    def _write_row(self, line: int, values: Sequence[object], found: Mapping[str, str]) -> None:
        text = self._explanation(found)
        cells = [lines_of(str(value or ""), self._width(at)) for at, value in enumerate(values)]
        lines = max([lines_of(text, EXPLANATION_WIDTH), *cells])
        self.sheet.set_row(line, LINE_HEIGHT * min(lines, MOST_LINES) + 2)
        for target, place in enumerate(self.kept):
            value = values[place] if place < len(values) else None
            sentence = found.get(self.header[target], "")
            marks: dict[str, Any] = {"bg_color": ERROR_FILL} if sentence else {}
            write_original(self.sheet, line, target, value, self.formats, marks)
            if sentence and self.comments < MOST_COMMENTS:
                self.comments += 1
                self.sheet.write_comment(
                    line, target, clean_text(sentence), {"author": "信易贷撮合平台", "x_scale": 2}
                )
        more: dict[str, Any] = {"font_color": ERROR_INK} if text else {}
        write_text(self.sheet, line, len(self.header), text, self.formats, **more)

    def _explanation(self, found: Mapping[str, str]) -> str:
        parts = [
            f"{label}：{sentence}" if label in self.header else sentence
            for label, sentence in found.items()
        ]
        return "；".join(part.rstrip("。；;") for part in parts) + ("。" if parts else "")

    def _width(self, place: int) -> float:
        label = self.header[place] if place < len(self.header) else ""
        return min(max(digits_wide(label) + 4.0, 14.0), 36.0)
