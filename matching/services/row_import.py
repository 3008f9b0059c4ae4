"""The books of a sheet whose rows stand for themselves: what was kept, what was not and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from borrowers.domain.rows import RowError
from marketplace.domain.text import is_blank


def is_untouched(cells: Mapping[str, str], keys: Collection[str]) -> bool:
    """Return whether a row says nothing but which thing it is of, as the template that lists them gives it.

    Args:
        cells: field code to the cell's text; columns that no field has are left out.
        keys: fields that name the thing.
    """
    named = any(not is_blank(cells.get(key) or "") for key in keys)
    return named and all(is_blank(text) for code, text in cells.items() if code not in keys)


@dataclass
class RowImport:
    """What became of a sheet's rows: read = accepted + duplicates + skipped + rejected.

    Attributes:
        titles: the sheet's header.
        read, accepted, duplicates: numbers of rows.
        skipped: number of rows left as the template gave them.
        errors: why rows were rejected, in the order of rows.
        rejected_rows: row number to the row as delivered.
    """

    titles: tuple[str, ...] = ()
    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    skipped: int = 0
    errors: list[RowError] = field(default_factory=list)
    rejected_rows: dict[int, Mapping[str, str]] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """Return how many rows were rejected."""
        return len(self.rejected_rows)

    def reject(self, row_number: int, row: Mapping[str, str], *errors: RowError) -> None:
        """Note a row that could not be kept, with its reasons."""
        self.rejected_rows[row_number] = row
        self.errors.extend(errors)
