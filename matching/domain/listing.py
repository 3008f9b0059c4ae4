"""The published records a portrait lists: the newest of each kind, each with the line it came from.

Only records that are public are listed, only declared fields of them, and never a field about a natural person.

Source: domain note 2.7, 2.12 (what is public and in period); design law 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from marketplace.domain.money import display_wan
from marketplace.domain.parameters import DatedParameter, ParameterSet, load_parameters
from matching.domain.declaration import Kind, Selection, selection_from
from matching.domain.indicators import Missing
from matching.domain.records import BEIJING, AsOf, Evidence, PlainRecord, as_decimal

LISTS_FILE = Path(__file__).resolve().parent.parent / "parameters" / "lists.toml"


@dataclass(frozen=True)
class ListedField:
    """One field of a listed record, as people read it."""

    label: str
    value: str


@dataclass(frozen=True)
class ListedRecord:
    """One published record.

    Attributes:
        record_id: public id.
        item_code, item_name: where it belongs.
        event_date: when it happened.
        fields: declared fields that are filled.
        disputed: an objection is open.
        source: unit, batch, row and date of reception in one Chinese line.
    """

    record_id: str
    item_code: str
    item_name: str
    event_date: date
    fields: tuple[ListedField, ...]
    disputed: bool
    source: str


@dataclass(frozen=True)
class RecordList:
    """The published records of one kind.

    Attributes:
        code, label, unit: as declared.
        data_class: class of the shared-data list.
        missing: set when none of its items is delivered; an empty list then says nothing.
        total: how many there are.
        entries: the newest, newest first.
    """

    code: str
    label: str
    unit: str
    data_class: str
    missing: Missing | None
    total: int
    entries: tuple[ListedRecord, ...]


@cache
def shipped_lists() -> ParameterSet:
    """Return the lists declared with the marketplace, read once."""
    return load_parameters(LISTS_FILE)


def record_lists(
    evidence: Evidence,
    as_of: AsOf,
    names: Mapping[str, str],
    parameters: ParameterSet | None = None,
) -> tuple[RecordList, ...]:
    """Return every list at the moment, in the order of their file.

    Args:
        evidence: cut to the same moment.
        as_of: the moment.
        names: item code to Chinese name.
        parameters: instead of the shipped ones.
    """
    chosen = _shipped_on(as_of.day) if parameters is None else _in_force(parameters, as_of.day)
    return tuple(_list(one, evidence, as_of, names) for one in chosen)


@dataclass(frozen=True)
class _Declared:
    """One list as it is declared on a day."""

    parameter: DatedParameter
    raw: Mapping[str, Any]
    selection: Selection


@lru_cache(maxsize=64)
def _shipped_on(day: date) -> tuple[_Declared, ...]:
    return _in_force(shipped_lists(), day)


def _in_force(parameters: ParameterSet, day: date) -> tuple[_Declared, ...]:
    found = ((entry, entry.value_on(day)) for entry in parameters if entry.in_force(day))
    return tuple(_Declared(entry, raw, selection_from(raw)) for entry, raw in found)


def source_line(record: PlainRecord, name: str) -> str:
    """Return where a record came from, in one line."""
    received = record.received_at.astimezone(BEIJING).date().isoformat()
    parts = [
        record.source_unit,
        name,
        f"批次 {record.batch} 第 {record.row_number} 行",
        f"{received} 接收",
    ]
    return " · ".join(part for part in parts if part)


def _list(
    declared: _Declared, evidence: Evidence, as_of: AsOf, names: Mapping[str, str]
) -> RecordList:
    parameter, raw, selection = declared.parameter, declared.raw, declared.selection
    scope = selection.in_scope(evidence.of(selection.items), as_of.day)
    found = [r for r in selection.counting(scope, as_of.day) if r.public]
    delivered = bool(scope) or any(item in evidence.fed_items for item in selection.items)
    newest = found[::-1][: raw["shown"]]
    return RecordList(
        code=parameter.code.split(".", 1)[1],
        label=parameter.label,
        unit=parameter.unit,
        data_class=raw["data_class"],
        missing=None if delivered else Missing.NOT_AVAILABLE,
        total=len(found),
        entries=tuple(_listed(record, raw["fields"], names) for record in newest),
    )


def _listed(
    record: PlainRecord, fields: Iterable[Mapping[str, Any]], names: Mapping[str, str]
) -> ListedRecord:
    name = names.get(record.item_code, record.item_code)
    shown = [(entry["label"], _shown(record, entry)) for entry in fields]
    return ListedRecord(
        record_id=record.public_id,
        item_code=record.item_code,
        item_name=name,
        event_date=record.dated,
        fields=tuple(ListedField(label, text) for label, text in shown if text),
        disputed=record.disputed,
        source=source_line(record, name),
    )


def _shown(record: PlainRecord, entry: Mapping[str, Any]) -> str:
    value = record.payload.get(entry["code"])
    if value is None or value == "":
        return ""
    if entry.get("kind") == Kind.YUAN:
        amount = as_decimal(value)
        return display_wan(amount) if amount is not None else ""
    return str(value)
