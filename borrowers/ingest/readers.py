"""Delivered files opened as what they are meant to be: the register, records of one item, members of a list.

The reading itself is the floor's (`marketplace.sheets`); this module knows which titles to look for and which may not
be there.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from borrowers.domain.catalogue import ItemSpec, refuse_forbidden
from borrowers.domain.list_member import MEMBER_COLUMNS, MEMBER_TITLES
from borrowers.domain.register import REGISTER_COLUMNS, REGISTER_TITLES
from borrowers.domain.rows import bind_columns, known_titles
from marketplace.sheets import ALL_KINDS, UPLOAD_LIMITS, Sheet, SheetLimits, open_sheet


def open_register(
    content: Path | str | bytes,
    filename: str,
    *,
    kinds: Collection[str] = ALL_KINDS,
    limits: SheetLimits = UPLOAD_LIMITS,
) -> Sheet:
    """Return a sheet of the register with its header found; rows go to ``register.compile_register``.

    Raises:
        Refused: ``SHEET_*``; ``SHEET_COLUMN_MISSING`` without columns of names and codes; ``FORBIDDEN_FIELD``.
    """
    sheet = open_sheet(content, filename, known=REGISTER_TITLES, kinds=kinds, limits=limits)
    refuse_forbidden(sheet.titles)
    bind_columns(REGISTER_COLUMNS, sheet.titles).refuse_missing()
    return sheet


def open_members(
    content: Path | str | bytes,
    filename: str,
    *,
    kinds: Collection[str] = ALL_KINDS,
    limits: SheetLimits = UPLOAD_LIMITS,
) -> Sheet:
    """Return a sheet of a thematic list's members; rows go to ``list_member.compile_members``.

    Raises:
        Refused: ``SHEET_*``; ``SHEET_COLUMN_MISSING`` without a column of codes; ``FORBIDDEN_FIELD``.
    """
    sheet = open_sheet(content, filename, known=MEMBER_TITLES, kinds=kinds, limits=limits)
    refuse_forbidden(sheet.titles)
    bind_columns(MEMBER_COLUMNS, sheet.titles).refuse_missing()
    return sheet


def open_records(
    item: ItemSpec,
    content: Path | str | bytes,
    filename: str,
    *,
    kinds: Collection[str] = ALL_KINDS,
    limits: SheetLimits = UPLOAD_LIMITS,
) -> Sheet:
    """Return a sheet of one item's records with its header found; rows go to ``record.compile_item``.

    Raises:
        Refused: ``SHEET_*``; ``SHEET_COLUMN_MISSING`` naming the item's missing titles; ``FORBIDDEN_FIELD``.
    """
    titles = known_titles(item.columns)
    sheet = open_sheet(content, filename, known=titles, kinds=kinds, limits=limits)
    refuse_forbidden(sheet.titles)
    if sheet.titles:  # json without rows has none: there is nothing to report
        bind_columns(item.columns, sheet.titles).refuse_missing()
    return sheet
