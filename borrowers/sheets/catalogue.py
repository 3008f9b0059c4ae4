"""The whole catalogue as a workbook that reads back as the same catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import BytesIO

from borrowers.domain.catalogue_columns import (
    ACTIVE,
    FIELD_COLUMNS,
    FIELD_SHEET,
    ITEM_CODE,
    ITEM_COLUMNS,
    ITEM_SHEET,
    NO,
    UNIT_NAME,
    YES,
    SheetColumn,
    field_cells,
    item_cells,
)
from borrowers.domain.item_spec import ItemSpec
from borrowers.models import CatalogueItem
from borrowers.selectors.catalogue import catalogue_items, item_spec
from marketplace.domain.table import CellValue, Column, SheetTable
from marketplace.sheets.writing import write_tables

Declared = Sequence[tuple[CatalogueItem, ItemSpec]]


def catalogue_workbook(at: datetime) -> bytes:
    """Return the catalogue as an xlsx: 信息项 and 字段, items out of use included.

    Args:
        at: when it is made, aware; the same catalogue and moment give the same bytes.

    Queries: two.
    """
    declared = [(item, item_spec(item)) for item in catalogue_items()]
    stream = BytesIO()
    write_tables([_items(declared, at), _fields(declared, at)], stream)
    return stream.getvalue()


def _items(declared: Declared, at: datetime) -> SheetTable:
    columns = [
        *_columns(ITEM_COLUMNS),
        Column(UNIT_NAME, width=24.0),
        Column(ACTIVE, width=8.0),
    ]
    return SheetTable(ITEM_SHEET, columns, _item_rows(declared), generated_at=at, show_title=False)


def _fields(declared: Declared, at: datetime) -> SheetTable:
    columns = [Column(ITEM_CODE, width=24.0), *_columns(FIELD_COLUMNS)]
    return SheetTable(
        FIELD_SHEET, columns, _field_rows(declared), generated_at=at, show_title=False
    )


def _item_rows(declared: Declared) -> Iterator[Sequence[CellValue]]:
    for item, spec in declared:
        active = YES if item.is_active else NO
        cells = item_cells(spec).values()
        yield [*(text or None for text in cells), item.source_unit.name, active]


def _field_rows(declared: Declared) -> Iterator[Sequence[CellValue]]:
    for item, spec in declared:
        for field in spec.fields:
            yield [item.code, *(text or None for text in field_cells(field).values())]


def _columns(columns: Iterable[SheetColumn]) -> list[Column]:
    return [Column(entry.label, width=entry.width) for entry in columns]
