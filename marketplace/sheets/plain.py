"""Files that an engine of columns may read by itself: where the header ends, how the rows are delimited.

The careful reader (`marketplace.sheets.reading`) has opened the sheet and found its header; this says whether the rows
below need it at all. A file in GB18030 is written anew in UTF-8 first, one of objects as csv.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from marketplace.domain.text import NumberCell
from marketplace.sheets.delimited import delimiter_of
from marketplace.sheets.reading import Sheet
from marketplace.sheets.source import CSV, CSV_GZ, JSON, FileSource

_COPIED_AT_ONCE = 1 << 20
_READ_DIRECTLY = frozenset({"utf-8-sig", "utf-8"})


class RowsNotPlain(Exception):
    """Rows are not what an engine reads from csv.

    A cell holds no value at all, several, or a number that may have lost its end; an empty line stands between rows.
    """


@dataclass(frozen=True, slots=True)
class PlainCsv:
    """How the rows of a file are to be read.

    Attributes:
        titles: of all its columns.
        header_row: lines above the first row of data.
        delimiter: between cells.
        gzipped: as it lies there.
    """

    titles: tuple[str, ...]
    header_row: int
    delimiter: str
    gzipped: bool


def plain_csv(sheet: Sheet, path: Path) -> PlainCsv | None:
    """Return how an opened sheet's rows are to be read in columns; None when only the careful reader can.

    Args:
        sheet: opened from the path, its rows untouched.
        path: of the file.
    """
    if sheet.kind == JSON and sheet.titles:
        return PlainCsv(sheet.titles, 0, ",", gzipped=False)
    if sheet.kind not in (CSV, CSV_GZ):
        return None
    source = FileSource(path, sheet.name, path.stat().st_size)
    delimiter = delimiter_of(source, sheet.kind, sheet.encoding)
    if not _one_line_each(path, sheet, delimiter):
        return None
    gzipped = sheet.kind == CSV_GZ and sheet.encoding in _READ_DIRECTLY
    return PlainCsv(sheet.titles, sheet.header_row, delimiter, gzipped)


@contextmanager
def in_utf8(sheet: Sheet, path: Path, folder: Path) -> Iterator[Path]:
    """Give the path of the sheet's text in UTF-8: the file itself, or a copy that is removed afterwards.

    Raises:
        RowsNotPlain: of json; its rows are used up.
    """
    if sheet.kind == JSON:
        yield _as_csv(sheet, folder / f"{path.name}.csv")
        return
    if sheet.encoding in _READ_DIRECTLY:
        yield path
        return
    copy = folder / f"{path.name}.utf8.csv"
    try:
        with _text(path, sheet) as source, copy.open("w", encoding="utf-8", newline="") as target:
            shutil.copyfileobj(source, target, _COPIED_AT_ONCE)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _as_csv(sheet: Sheet, path: Path) -> Path:
    """Write the rows without header."""
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        for _, row in sheet:
            cells = [row[title] for title in sheet.titles]
            if len(row) > len(cells) or not any(cells) or NumberCell in set(map(type, cells)):
                raise RowsNotPlain
            writer.writerow(cells)
    return path


def _one_line_each(path: Path, sheet: Sheet, delimiter: str) -> bool:
    """Return whether every record down to the header is one line, so that lines can be skipped by number."""
    with _text(path, sheet) as stream:
        lines = [stream.readline() for _ in range(sheet.header_row)]
    return len(list(csv.reader(lines, delimiter=delimiter))) == sheet.header_row


@contextmanager
def _text(path: Path, sheet: Sheet) -> Iterator[io.TextIOWrapper]:
    with path.open("rb") as packed:
        stream = gzip.GzipFile(fileobj=packed) if sheet.kind == CSV_GZ else packed
        yield io.TextIOWrapper(cast(BinaryIO, stream), encoding=sheet.encoding, newline="")
