"""A catalogue delivered as a workbook: rows of items and rows of fields, made into declarations or into errors.

A sheet with errors is not entered at all: a catalogue of which half is there would refuse the deliveries of the other.

Source: 征信业管理条例 第十四条 (fields that are refused); domain note 2.9 (shape of a district's catalogue).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from borrowers.domain.catalogue import ItemSpec, item_from_mapping, refuse_forbidden
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
)
from borrowers.domain.cells import CellRefused
from borrowers.domain.rows import Column, bind_columns
from marketplace.domain.errors import Refused

Rows = Iterable[tuple[int, Mapping[str, str]]]

ITEM_TITLES = (
    *(entry.column for entry in ITEM_COLUMNS),
    Column("unit_name", UNIT_NAME),
    Column("is_active", ACTIVE),
)
FIELD_TITLES = (
    Column("item", ITEM_CODE, (), required=True),
    *(entry.column for entry in FIELD_COLUMNS),
)


class CellError(NamedTuple):
    """One reason why a catalogue's sheet cannot be entered.

    Attributes:
        sheet: 信息项 or 字段.
        row: row number as the sheet's reader sees it.
        field: heading; empty when the row as a whole is meant.
        code: stable UPPER_SNAKE identifier.
        sentence: what was found and what is expected, Chinese.
    """

    sheet: str
    row: int
    field: str
    code: str
    sentence: str


@dataclass(frozen=True)
class SheetItem:
    """One item as the sheet declares it."""

    row: int
    spec: ItemSpec
    unit_name: str
    is_active: bool


@dataclass
class SheetCatalogue:
    """Everything that was read of one workbook; ``items`` has those without an error of their own."""

    items: list[SheetItem] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    read: int = 0


@dataclass(frozen=True)
class _FieldRow:
    row: int
    raw: dict[str, Any]


def read_catalogue(item_rows: Rows, field_rows: Rows) -> SheetCatalogue:
    """Return the declarations of a workbook, and every error with its row and heading.

    Args:
        item_rows: row number and heading to text of 信息项; the headings of the first row hold for all.
        field_rows: of 字段.

    Raises:
        Refused: ``SHEET_COLUMN_MISSING`` naming required headings that are missing.
    """
    found = SheetCatalogue()
    declared, broken = _fields(field_rows, found)
    seen: dict[str, int] = {}
    for number, row in _bound(item_rows, ITEM_TITLES):
        found.read += 1
        raw, errors = _cells(ITEM_SHEET, number, ITEM_COLUMNS, row)
        code = str(raw.get("code", ""))
        if code and seen.setdefault(code, number) != number:
            sentence = f"“{code}”与第 {seen[code]} 行重复。"
            errors.append(CellError(ITEM_SHEET, number, ITEM_CODE, "ITEM_TWICE", sentence))
        if code and code not in declared:
            sentence = f"“字段”表中没有“{code}”的字段。"
            errors.append(CellError(ITEM_SHEET, number, "", "ITEM_WITHOUT_FIELDS", sentence))
        if not errors and code not in broken:
            _declare(found, number, row, raw | {"fields": [entry.raw for entry in declared[code]]})
        found.errors += errors
    found.errors += [
        CellError(FIELD_SHEET, entry.row, ITEM_CODE, "FIELD_WITHOUT_ITEM", _orphan(code))
        for code, entries in declared.items()
        if code not in seen
        for entry in entries
    ]
    found.errors.sort(key=lambda error: (error.sheet != ITEM_SHEET, error.row))
    return found


def _declare(
    found: SheetCatalogue, number: int, row: Mapping[str, str], raw: Mapping[str, Any]
) -> None:
    """Add the item that a row and its fields declare, or what is wrong with the whole of it."""
    active = row.get("is_active", "") or YES
    if active not in (YES, NO):
        sentence = f"“{active[:40]}”应为“是”或“否”。"
        found.errors.append(CellError(ITEM_SHEET, number, ACTIVE, "CHOICE_UNKNOWN", sentence))
        return
    try:
        spec = item_from_mapping(raw)
    except Refused as refused:
        found.errors.append(CellError(ITEM_SHEET, number, "", refused.code, refused.sentence))
        return
    found.items.append(SheetItem(number, spec, row.get("unit_name", ""), active == YES))


def _fields(rows: Rows, found: SheetCatalogue) -> tuple[dict[str, list[_FieldRow]], set[str]]:
    """Return the field rows by item, and the items of which some field is wrong."""
    declared: dict[str, list[_FieldRow]] = defaultdict(list)
    broken: set[str] = set()
    for number, row in _bound(rows, FIELD_TITLES):
        item = row.get("item", "")
        raw, errors = _cells(FIELD_SHEET, number, FIELD_COLUMNS, row)
        if not item:
            errors.append(_required(FIELD_SHEET, number, ITEM_CODE))
        errors += _forbidden(number, raw)
        declared[item].append(_FieldRow(number, raw))
        if errors:
            broken.add(item)
            found.errors += errors
    return declared, broken


def _forbidden(number: int, raw: Mapping[str, Any]) -> list[CellError]:
    """Return the article against a field that may never be collected about a natural person."""
    titles = {
        "字段名称": [raw.get("label", "")],
        "其他写法": raw.get("synonyms", ()),
    }
    errors = []
    for heading, named in titles.items():
        try:
            refuse_forbidden(named)
        except Refused as refused:
            sentence = " ".join(
                f"“{title}”：{article}" for title, article in refused.fields.items()
            )
            errors.append(CellError(FIELD_SHEET, number, heading, refused.code, sentence))
    return errors


def _cells(
    sheet: str, number: int, columns: Sequence[SheetColumn], row: Mapping[str, str]
) -> tuple[dict[str, Any], list[CellError]]:
    raw: dict[str, Any] = {}
    errors: list[CellError] = []
    for entry in columns:
        text = row.get(entry.name, "")
        if not text:
            if entry.required:
                errors.append(_required(sheet, number, entry.label))
            continue
        try:
            raw[entry.name] = entry.read(text)
        except CellRefused as refusal:
            errors.append(CellError(sheet, number, entry.label, refusal.code, refusal.sentence))
    return raw, errors


def _bound(rows: Rows, columns: Sequence[Column]) -> Iterable[tuple[int, dict[str, str]]]:
    """Yield rows by name of column instead of heading."""
    headers: Mapping[str, str] | None = None
    for number, row in rows:
        if headers is None:
            binding = bind_columns(columns, row)
            binding.refuse_missing()
            headers = binding.headers
        yield number, {name: row.get(title, "") for name, title in headers.items()}


def _required(sheet: str, number: int, heading: str) -> CellError:
    return CellError(sheet, number, heading, "FIELD_REQUIRED", f"{heading}为必填项，不能为空。")


def _orphan(code: str) -> str:
    return f"“信息项”表中没有代码为“{code[:48]}”的信息项。"
