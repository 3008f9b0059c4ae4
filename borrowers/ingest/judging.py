"""Some rows of a sheet read one by one: which may be kept, and whose they are; every reason against the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from borrowers.domain.item_spec import ItemSpec
from borrowers.domain.record import CleanRow, RowReader
from borrowers.domain.rows import RowError
from marketplace.domain.uscc import shown

Subjects = Callable[[Sequence[tuple[str, str]]], Mapping[tuple[str, str], int]]
"""Subject kind and code to the enterprise's pk, for those that are known."""


Rejected = Callable[[Sequence[RowError]], None]
"""Told every reason against a row that is not kept."""


class RefusedRow(NamedTuple):
    """A row that is not kept: its number, itself, every reason."""

    number: int
    row: Mapping[str, str]
    errors: list[RowError]


class Judged(NamedTuple):
    """Rows with the primary key of their enterprise, and refused ones."""

    kept: list[tuple[int, int, CleanRow]]
    refused: list[RefusedRow]


Review = Callable[[Sequence[RefusedRow]], Iterable[list[RowError]]]
"""Refused rows to every reason against each, in their order: see `borrowers.ingest.candidates`."""


def as_they_are(refused: Sequence[RefusedRow]) -> list[list[RowError]]:
    """Return the reasons as they are, where nobody could look at the rows later."""
    return [row.errors for row in refused]


def rows_judged(
    rows: Sequence[tuple[int, Mapping[str, str]]],
    read_row: RowReader,
    item: ItemSpec,
    place: Subjects,
) -> Judged:
    """Return what becomes of some rows.

    Args:
        rows: row number and title to text.
        read_row: as `compile_item` makes it.
        item: of the rows.
        place: finds the enterprises.
    """
    label = item.field(item.subject_field).label
    clean: list[tuple[int, Mapping[str, str], CleanRow]] = []
    refused: list[RefusedRow] = []
    for number, row in rows:
        found = read_row(row, number)
        if isinstance(found, CleanRow):
            clean.append((number, row, found))
        else:
            refused.append(RefusedRow(number, row, found))
    known = place([(found.subject_kind, found.subject_code) for _, _, found in clean])
    kept: list[tuple[int, int, CleanRow]] = []
    for number, row, found in clean:
        enterprise = known.get((found.subject_kind, found.subject_code))
        if enterprise is None:
            refused.append(RefusedRow(number, row, [_unknown_subject(number, label, found)]))
        else:
            kept.append((number, enterprise, found))
    return Judged(kept, refused)


def _unknown_subject(row_number: int, label: str, row: CleanRow) -> RowError:
    """Return the reason against a row whose subject nobody knows."""
    if row.subject_kind == "USCC":
        sentence = f"登记库中没有代码为“{shown(row.subject_code)}”的市场主体。"
        return RowError(row_number, label, "SUBJECT_UNKNOWN", sentence)
    sentence = f"来源单位内部代码“{row.subject_code[:40]}”尚未与市场主体核对确认。"
    return RowError(row_number, label, "SUBJECT_ALIAS_UNKNOWN", sentence)
