"""Rows that only lack a valid code of their subject, looked for in the register by old number and by name.

What is found is proposed to a person and never taken: see `borrowers.domain.candidate`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from borrowers.domain.candidate import (
    PLACEHOLDER,
    Basis,
    ClueReader,
    Clues,
    is_about_subject,
    review_reason,
)
from borrowers.domain.item_spec import ItemSpec
from borrowers.domain.record import compile_item
from borrowers.domain.rows import RowError
from borrowers.ingest.judging import RefusedRow, Review
from borrowers.selectors.candidate import enterprises_like


def subject_review(item: ItemSpec, titles: Sequence[str], received_on: date) -> Review:
    """Return what looks for the subjects of refused rows of one sheet.

    Args:
        item: of the sheet.
        titles: of the sheet.
        received_on: day of delivery.
    """
    reader = ClueReader(item, titles)
    read_row = compile_item(item, titles, received_on)

    def review(refused: Sequence[RefusedRow]) -> Iterator[list[RowError]]:
        sought: dict[int, Clues] = {}
        for place, (_, row, errors) in enumerate(refused):
            clues = reader.clues(row)
            if is_about_subject(item, errors, clues):
                sought[place] = clues
        known = _bases(sought)
        for place, (number, row, errors) in enumerate(refused):
            if place not in sought:
                yield errors
                continue
            # The code kept the row from being read to its end: whatever else is wrong comes to light now.
            further = read_row(reader.with_subject(row, PLACEHOLDER), number)
            if isinstance(further, list):
                yield [*errors, *further]
            else:
                yield [*errors, review_reason(item, number, sought[place], known[place])]

    return review


def _bases(sought: Mapping[int, Clues]) -> dict[int, list[Basis]]:
    """Return why enterprises are proposed, for each place."""
    if not sought:
        return {}
    numbers = frozenset[str]().union(*(clues.numbers for clues in sought.values()))
    names = {clues.name_key for clues in sought.values() if clues.name}
    like = enterprises_like(numbers, names).order_by()
    found = list(like.values_list("registration_no", "name_normalized"))
    by_number = {number for number, _ in found if number}
    by_name = {name for _, name in found}
    return {
        place: [
            *([Basis.REGISTRATION_NO] if clues.numbers & by_number else []),
            *([Basis.NAME] if clues.name and clues.name_key in by_name else []),
        ]
        for place, clues in sought.items()
    }
