"""The rejected rows of a delivered file as a sheet to correct and hand in again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, NamedTuple

from borrowers.domain.rows import bind_columns
from borrowers.models import IngestBatch, IngestReject
from borrowers.selectors import rejected_rows
from borrowers.selectors.catalogue import item_spec
from marketplace.sheets.writing import EXPLANATION, write_correction

MOST_SHEET_ROWS = 20_000
"""More rows than this go back as csv: nobody corrects them by hand."""

CODES = "原因代码"
ROW_NUMBER = "原行号"
BOM = "\ufeff"
CSV_KIND = "text/csv; charset=utf-8"
LINES_KIND = "application/x-ndjson; charset=utf-8"
XLSX_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FIRST_ROW = 2


class Correction(NamedTuple):
    """The rejected rows of a batch to be handed out: file name, content type, content in pieces."""

    name: str
    kind: str
    content: Iterable[str | bytes]


def correction_sheet(batch: IngestBatch) -> Correction:
    """Return the rejected rows as people correct them: xlsx with every error marked, csv where they are too many.

    Args:
        batch: of an item, its ``titles`` not empty.
    """
    name = f"correction-{batch.public_id}"
    if batch.rejected > MOST_SHEET_ROWS:
        return Correction(f"{name}.csv", CSV_KIND, correction_csv(batch))
    stream = io.BytesIO()
    correction_workbook(batch, stream)
    return Correction(f"{name}.xlsx", XLSX_KIND, [stream.getvalue()])


def correction_lines(batch: IngestBatch) -> Correction:
    """Return the rejected rows as programs correct them: one object a line, with its row number and the reasons.

    Args:
        batch: of an item, its ``titles`` not empty.
    """
    name = f"correction-{batch.public_id}.ndjson"
    return Correction(name, LINES_KIND, _lines(batch))


def correction_workbook(batch: IngestBatch, stream: IO[bytes]) -> int:
    """Write the rejected rows that are held as xlsx, every error marked in place; return how many there are.

    Args:
        batch: of an item, its ``titles`` not empty.
        stream: where the workbook goes.
    """
    title_of = _title_of(batch)
    errors: dict[int, Mapping[str, str]] = {}

    def cells() -> Iterator[Sequence[str]]:
        for number, (row, rejects) in enumerate(rejected_rows(batch), start=_FIRST_ROW):
            errors.clear()
            errors[number] = _sentences(rejects, title_of)
            yield row

    return write_correction(cells(), batch.titles, errors, stream)


def correction_csv(batch: IngestBatch) -> Iterator[str]:
    """Yield the lines of a csv: the columns as delivered, then the sentences and codes of the reasons."""

    class Echo:
        def write(self, line: str) -> str:
            return line

    writer = csv.writer(Echo())
    yield BOM + str(writer.writerow([*batch.titles, EXPLANATION, CODES]))
    for row, rejects in rejected_rows(batch):
        codes = dict.fromkeys(reject.code for reject in rejects)
        sentences = " ".join(reject.sentence for reject in rejects)
        line = [*row, sentences, "、".join(codes)]
        yield str(writer.writerow([plain_cell(cell) for cell in line]))


def plain_cell(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula; amounts keep their sign.

    >>> plain_cell("-5.00"), plain_cell("=1+1"), plain_cell("-1+1")
    ('-5.00', "'=1+1", "'-1+1")
    """
    is_amount = cell[:1] in "+-" and cell[1:].replace(",", "").replace(".", "", 1).isdecimal()
    return f"'{cell}" if cell and cell[0] in "=+-@\t\r" and not is_amount else cell


def _lines(batch: IngestBatch) -> Iterator[str]:
    for row, rejects in rejected_rows(batch):
        cells = {title: cell for title, cell in zip(batch.titles, row, strict=True) if cell}
        sentences = " ".join(reject.sentence for reject in rejects)
        codes = "、".join(dict.fromkeys(reject.code for reject in rejects))
        line = {ROW_NUMBER: rejects[0].row_number, **cells, EXPLANATION: sentences, CODES: codes}
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _title_of(batch: IngestBatch) -> dict[str, str]:
    """Return field label to the title the file had for it."""
    assert batch.item is not None  # noqa: S101 - a batch of records has one
    spec = item_spec(batch.item)
    headers = bind_columns(spec.columns, batch.titles).headers
    return {spec.field(code).label: title for code, title in headers.items()}


def _sentences(rejects: Sequence[IngestReject], title_of: Mapping[str, str]) -> dict[str, str]:
    """Return title to what is wrong there; what belongs to no column stands under the empty title."""
    found: dict[str, list[str]] = {}
    for reject in rejects:
        found.setdefault(title_of.get(reject.field, ""), []).append(reject.sentence)
    return {title: " ".join(sentences) for title, sentences in found.items()}
