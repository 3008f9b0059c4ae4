"""Catalogues of any size, and workbooks of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

from borrowers.domain.catalogue import Administration, ItemSpec, load_catalogue
from borrowers.domain.catalogue_columns import (
    ACTIVE,
    FIELD_SHEET,
    ITEM_CODE,
    ITEM_SHEET,
    UNIT_NAME,
    field_cells,
    item_cells,
)
from marketplace.domain.table import Column, SheetTable
from marketplace.sheets.writing import write_tables

CITY_ITEMS = 6241
CITY_UNITS = 79
MADE_AT = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)


def many_items(count: int, units: int = CITY_UNITS) -> list[ItemSpec]:
    """Items like the shipped ones under codes and units of their own, on three levels of administration."""
    shipped = load_catalogue().items
    levels = list(Administration)
    return [
        replace(
            shipped[number % len(shipped)],
            code=f"EX-{number:05d}",
            name=f"示例信息项{number:05d}",
            source_unit=f"UNIT-{number % units:03d}",
            any_unit=False,
            administration=levels[number % len(levels)],
            legal_basis=f"示例依据第{number}号",
        )
        for number in range(count)
    ]


def workbook_of(items: Iterable[ItemSpec], *, unit_names: bool = True, active: str = "是") -> bytes:
    """A workbook as a city would hand it in; its units are named, so that new ones are entered with it."""
    listed = list(items)
    firsts = item_cells(listed[0])
    heads = field_cells(listed[0].fields[0])
    item_rows = [
        [*item_cells(item).values(), f"示例单位{item.source_unit}" if unit_names else "", active]
        for item in listed
    ]
    field_rows = [
        [item.code, *field_cells(field).values()] for item in listed for field in item.fields
    ]
    stream = BytesIO()
    write_tables(
        [
            _table(ITEM_SHEET, [*firsts, UNIT_NAME, ACTIVE], item_rows),
            _table(FIELD_SHEET, [ITEM_CODE, *heads], field_rows),
        ],
        stream,
    )
    return stream.getvalue()


def _table(title: str, heads: Iterable[str], rows: list[list[str]]) -> SheetTable:
    columns = [Column(head) for head in heads]
    filled = [[text or None for text in row] for row in rows]
    return SheetTable(title, columns, filled, generated_at=MADE_AT, show_title=False)
