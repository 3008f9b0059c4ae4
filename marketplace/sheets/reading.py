"""Sheets opened and read: rows as title → text with the row number people see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path

from marketplace.domain.errors import Refused
from marketplace.domain.text import OVERFLOW
from marketplace.sheets.delimited import delimited_rows, settle_encoding
from marketplace.sheets.header import Header, find_header
from marketplace.sheets.limits import HEADER_ROWS, UPLOAD_LIMITS, SheetLimits
from marketplace.sheets.objects import object_rows, object_titles
from marketplace.sheets.source import CSV, CSV_GZ, JSON, XLS, XLSX, FileSource, kind_of
from marketplace.sheets.workbook import worksheets

ALL_KINDS = frozenset({CSV, CSV_GZ, XLSX, XLS, JSON})
"""What an operator may import on the machine."""
UPLOAD_KINDS = frozenset({CSV, XLSX})
"""What may be uploaded through pages and the API."""
BODY_KINDS = frozenset({JSON})
"""What may be sent to the API as it is."""

NumberedRow = tuple[int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Sheet:
    """An opened sheet whose header was found; iterate once over its rows.

    Attributes:
        name: file name as delivered.
        kind: ``csv``, ``csv.gz``, ``xlsx``, ``xls`` or ``json``, by content.
        encoding: of csv and json, else empty.
        worksheet: name of the worksheet read, else empty.
        titles: the header, one per column, unique; none for json without rows.
        header_row: row number of the header's (last) line, the first row being 1; 0 for json, which has none.
    """

    name: str
    kind: str
    encoding: str
    worksheet: str
    titles: tuple[str, ...]
    header_row: int
    _rows: Iterator[NumberedRow] = field(repr=False, compare=False)

    def __iter__(self) -> Iterator[NumberedRow]:
        """Give row number and row; blank rows are passed over, their numbers are not.

        A row with content beyond the header has it under ``OVERFLOW``; see `object_rows` for json.

        Raises:
            Refused: ``SHEET_TOO_MANY_ROWS``, ``SHEET_CSV_MALFORMED``.
        """
        return self._rows


def titles_of(rows: Iterable[tuple[int, Mapping[str, str]]], first: Mapping[str, str]) -> list[str]:
    """Return the titles of rows: those of the sheet they come from, of which a short row may lack some, or the first's.

    Args:
        rows: a sheet, or rows at hand.
        first: the first row, taken from them.
    """
    return list(rows.titles if isinstance(rows, Sheet) else first)


def open_sheet(
    content: Path | str | bytes,
    filename: str,
    *,
    known: Collection[str] = (),
    kinds: Collection[str] = ALL_KINDS,
    limits: SheetLimits = UPLOAD_LIMITS,
) -> Sheet:
    """Return the sheet with its header, everything checked that can be before the rows are read.

    Args:
        content: path or bytes.
        filename: as delivered, for messages; the kind is found by content.
        known: expected titles in any spelling; they find the header and the worksheet.
        kinds: accepted kinds.
        limits: see `SheetLimits`.

    Raises:
        Refused: ``SHEET_*`` codes, ``FILE_NOT_FOUND``.
    """
    source = FileSource.of(content, filename, limits)
    kind = kind_of(source)
    if kind not in kinds:
        allowed = "、".join(sorted(kinds))
        raise Refused(
            "SHEET_KIND_NOT_ACCEPTED", f"“{filename}”是 {kind} 文件，这里只接受 {allowed}。"
        )
    if kind in (CSV, CSV_GZ):
        encoding = settle_encoding(source, kind, limits)
        rows = delimited_rows(source, kind, encoding)
        return _sheet(source, kind, encoding, "", rows, known, limits)
    if kind == JSON:
        titles = object_titles(source, limits)
        return Sheet(source.name, kind, "utf-8", "", titles, 0, object_rows(source, titles))
    return _open_workbook(source, kind, known, limits)


def read_rows(
    content: Path | str | bytes,
    filename: str,
    *,
    known: Collection[str] = (),
    kinds: Collection[str] = ALL_KINDS,
    limits: SheetLimits = UPLOAD_LIMITS,
) -> Iterator[NumberedRow]:
    """Give row number and row (title to text) of a sheet; see `open_sheet`.

    Raises:
        Refused: as `open_sheet` at once, as `Sheet` while reading.
    """
    return iter(open_sheet(content, filename, known=known, kinds=kinds, limits=limits))


def _open_workbook(
    source: FileSource, kind: str, known: Collection[str], limits: SheetLimits
) -> Sheet:
    """The first worksheet that has the header; when none has, the refusal of the first one."""
    refusal: Refused | None = None
    for worksheet, rows in worksheets(source, kind, limits):
        try:
            return _sheet(source, kind, "", worksheet, rows, known, limits)
        except Refused as found:
            refusal = refusal or found
    raise refusal or Refused("SHEET_EMPTY", f"文件“{source.name}”没有任何内容。")


def _sheet(
    source: FileSource,
    kind: str,
    encoding: str,
    worksheet: str,
    rows: Iterator[list[str]],
    known: Collection[str],
    limits: SheetLimits,
) -> Sheet:
    top = list(islice(rows, HEADER_ROWS))
    if not any(any(row) for row in top):
        raise Refused("SHEET_EMPTY", f"文件“{source.name}”没有任何内容。")
    header = find_header(top, known, source.name)
    if len(header.titles) > limits.columns:
        sentence = f"文件“{source.name}”超过 {limits.columns} 列，请删除多余的列。"
        raise Refused("SHEET_TOO_MANY_COLUMNS", sentence)
    below = chain(top[header.data_row :], rows)
    numbered = _numbered(below, header, source.name, limits)
    return Sheet(source.name, kind, encoding, worksheet, header.titles, header.data_row, numbered)


def _numbered(
    rows: Iterator[list[str]], header: Header, name: str, limits: SheetLimits
) -> Iterator[NumberedRow]:
    titles = header.titles
    width = len(titles)
    given = blank = 0
    for number, cells in enumerate(rows, start=header.data_row + 1):
        if not any(cells):
            blank += 1
            if blank >= limits.blank_rows:
                return
            continue
        blank = 0
        given += 1
        if given > limits.rows:
            sentence = f"文件“{name}”超过 {limits.rows} 行，请分成几份上传。"
            raise Refused("SHEET_TOO_MANY_ROWS", sentence)
        row = dict(zip(titles, cells, strict=False))
        if len(cells) > width and any(cells[width:]):
            row[OVERFLOW] = "、".join(cell for cell in cells[width:] if cell)
        yield number, row
