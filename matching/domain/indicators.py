"""Indicators of one enterprise at one moment: the readable reference of the evaluation of all.

A value always comes with what it was made of, and a missing one with why: not authorized, not delivered, or no record.
Source: design laws 1, 5; domain note 2.1, 2.11.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from marketplace.domain.money import display_wan
from matching.domain.declaration import (
    Absence,
    IndicatorDeclaration,
    Kind,
    Measure,
    declarations_on,
)
from matching.domain.measures import Basis, Measured, Seen, basis_of, measure
from matching.domain.records import AsOf, Evidence, PlainRecord

EVIDENCE_SHOWN = 20
"""How many record ids stand beside a value; all of them are in its ``evidence_rows``."""

Value = Decimal | int | bool | str


class Missing(StrEnum):
    """Why an indicator has no value."""

    NOT_AUTHORIZED = "NOT_AUTHORIZED"
    NOT_AVAILABLE = "NOT_AVAILABLE"
    NO_RECORD = "NO_RECORD"


MISSING_LABELS = {
    Missing.NOT_AUTHORIZED: "未授权",
    Missing.NOT_AVAILABLE: "来源单位尚未提供",
    Missing.NO_RECORD: "无可用记录",
}


@dataclass(frozen=True)
class RowsRef:
    """Where records came from: rows of one batch.

    Attributes:
        batch: public id of the batch; its item, unit and reception stand once in the portrait.
        rows: row numbers with runs joined, ``"2-45,47"``.
    """

    batch: str
    rows: str


@dataclass(frozen=True)
class IndicatorValue:
    """One indicator of one enterprise at one moment.

    Attributes:
        code: code of the declaration.
        label: Chinese name.
        data_class: class of the shared-data list.
        kind: kind of value.
        unit: Chinese unit.
        definition: 口径.
        items: catalogue items it is made of.
        value: Decimal yuan, percent or quantity with two places; whole number; truth value; text; None when missing.
        missing: why there is no value.
        window_start: first day that counts, None for the state on the day.
        window_end: first day that no longer counts.
        public: the value was made without consent-bound records.
        disputed: an objection is open about a record behind it.
        latest_date: date of the newest record behind it.
        evidence_ids: ids of the newest records behind it, newest first, at most ``EVIDENCE_SHOWN``.
        evidence_count: number of all records behind it.
        evidence_rows: all records behind it, by batch.
        version: date of the declaration used.
    """

    code: str
    label: str
    data_class: str
    kind: Kind
    unit: str
    definition: str
    items: tuple[str, ...]
    value: Value | None
    missing: Missing | None
    window_start: date | None
    window_end: date | None
    public: bool
    disputed: bool
    latest_date: date | None
    evidence_ids: tuple[str, ...]
    evidence_count: int
    evidence_rows: tuple[RowsRef, ...]
    version: str

    @property
    def display(self) -> str:
        """Return the value as people read it, or why it is missing."""
        if self.missing is not None or self.value is None:
            return MISSING_LABELS[self.missing or Missing.NO_RECORD]
        return display(self.kind, self.value, self.unit)


def display(kind: Kind, value: Value, unit: str) -> str:
    """Return a value with its unit as people read it; money in 万元.

    >>> display(Kind.YUAN, Decimal("1200000.00"), "元"), display(Kind.FLAG, True, "")
    ('120 万元', '是')
    >>> display(Kind.PERCENT, Decimal("-12.50"), "%"), display(Kind.COUNT, 3, "次")
    ('-12.50%', '3 次')
    """
    if kind is Kind.FLAG:
        return "是" if value else "否"
    if kind is Kind.YUAN and isinstance(value, Decimal):
        return display_wan(value)
    if kind is Kind.PERCENT:
        return f"{value}%"
    return f"{value} {unit}".strip()


def evaluate(
    declaration: IndicatorDeclaration, evidence: Evidence, as_of: AsOf, seen: Seen | None = None
) -> IndicatorValue:
    """Return one indicator at one moment, or why it cannot be told.

    What no record means, in this order:

    1. The class needs consent, there is none, and no published record either: ``NOT_AUTHORIZED``.
    2. No record of this kind, and nobody delivers these items: ``NOT_AVAILABLE``. A count of penalties is 0 only where
       penalties are being delivered; silence of a unit that delivers nothing is not a clean record.
    3. No record of this kind, items delivered: 0 where absence is a fact (``absence = "ZERO"``: published lists,
       penalties), else ``NO_RECORD`` (tax, social insurance: an enterprise without any is unknown, not unpaid).
    4. Records of this kind, none that counts: sums and counts are 0 (it stopped paying); a ratio without a
       denominator, a trend without two full periods, or an empty field is ``NO_RECORD``.
    5. A 0 over several published lists stands only when every one of them is delivered, else ``NOT_AVAILABLE``.

    Args:
        declaration: the indicator.
        evidence: from `matching.domain.records.evidence_from`, cut to the same moment.
        as_of: the moment.
        seen: shared between indicators of the same evidence and moment, see `matching.domain.measures.basis_of`.
    """
    basis = basis_of(declaration, evidence, as_of.day, seen)
    missing = None if basis.scope else _missing_without_records(declaration, evidence)
    found = measure(basis) if missing is None else Measured(None)
    if missing is None and found.value is None:
        missing = Missing.NO_RECORD
    if found.value == 0 and _is_silent(declaration, evidence):
        found, missing = Measured(None), Missing.NOT_AVAILABLE
    return _indicator_value(basis, found, missing)


def evaluate_all(
    evidence: Evidence,
    as_of: AsOf,
    declarations: Sequence[IndicatorDeclaration] | None = None,
) -> dict[str, IndicatorValue]:
    """Return every indicator in force at the moment by code, in the order of the declarations.

    Args:
        evidence: cut to the same moment.
        as_of: the moment.
        declarations: instead of the shipped ones in force on ``as_of.day``.
    """
    chosen = declarations_on(as_of.day) if declarations is None else declarations
    seen: Seen = {}
    return {entry.code: evaluate(entry, evidence, as_of, seen) for entry in chosen}


def _missing_without_records(
    declaration: IndicatorDeclaration, evidence: Evidence
) -> Missing | None:
    if declaration.measure in (Measure.FACT, Measure.AGE_MONTHS):
        return None
    if declaration.consent and declaration.data_class not in evidence.authorized:
        return Missing.NOT_AUTHORIZED
    if not any(item in evidence.fed_items for item in declaration.selection.items):
        return Missing.NOT_AVAILABLE
    return None if declaration.absence is Absence.ZERO else Missing.NO_RECORD


def _is_silent(declaration: IndicatorDeclaration, evidence: Evidence) -> bool:
    """Whether a list that could say more is not delivered at all."""
    if declaration.absence is not Absence.ZERO:
        return False
    items = declaration.selection.items
    return not all(item in evidence.fed_items or evidence.records.get(item) for item in items)


def _indicator_value(basis: Basis, found: Measured, missing: Missing | None) -> IndicatorValue:
    declaration, used = basis.declaration, found.used
    newest = used[-EVIDENCE_SHOWN:][::-1]
    return IndicatorValue(
        code=declaration.code,
        label=declaration.label,
        data_class=declaration.data_class,
        kind=declaration.kind,
        unit=declaration.unit,
        definition=declaration.definition,
        items=_items(declaration),
        value=typed(declaration.kind, found.value),
        missing=missing,
        window_start=basis.window.start if basis.window else None,
        window_end=basis.window.end if basis.window else None,
        public=not declaration.consent or (bool(used) and all(record.public for record in used)),
        disputed=bool(used) and any(record.disputed for record in used),
        latest_date=newest[0].dated if newest else None,
        evidence_ids=tuple([record.public_id for record in newest]),
        evidence_count=len(used),
        evidence_rows=rows_of(used) if used else (),
        version=declaration.version,
    )


def typed(kind: Kind, value: int | str | None) -> Value | None:
    """Return integer units as the value: fen as yuan, basis points as percent, 0 and 1 as no and yes.

    >>> typed(Kind.YUAN, 123456), typed(Kind.FLAG, 1), typed(Kind.COUNT, 3)
    (Decimal('1234.56'), True, 3)
    """
    if value is None or isinstance(value, str):
        return value
    if kind is Kind.FLAG:
        return bool(value)
    if kind in (Kind.YUAN, Kind.PERCENT, Kind.QUANTITY):
        return Decimal(value).scaleb(-2)
    return value


def _items(declaration: IndicatorDeclaration) -> tuple[str, ...]:
    against = declaration.against.items if declaration.against else ()
    return declaration.selection.items + against


def rows_of(records: Iterable[PlainRecord]) -> tuple[RowsRef, ...]:
    """Return where records came from, one entry per batch, rows with runs joined."""
    groups: dict[str, list[int]] = defaultdict(list)
    for record in records:
        groups[record.batch].append(record.row_number)
    return tuple(RowsRef(batch, _runs(groups[batch])) for batch in sorted(groups))


def _runs(numbers: Iterable[int]) -> str:
    """Join neighbors: 2, 3, 4, 7 become ``2-4,7``."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in runs)
