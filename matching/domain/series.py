"""Monthly series for charts: the 36 whole months before the month of the day, declared like indicators.

A month before the first record is unknown, not zero; so is one that had not ended when its data were last delivered. A
month in between without any record is zero for sums and unknown for counts of people. Sums of a series agree with the
indicator over the same months.

Source: issue of the portrait (36-month series); design law 5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from marketplace.domain.parameters import ParameterSet, load_parameters
from matching.domain.declaration import IndicatorDeclaration, Kind, Measure, declarations_on
from matching.domain.indicators import Missing, Value, evaluate, typed
from matching.domain.records import (
    BEIJING,
    AsOf,
    Evidence,
    PlainRecord,
    as_scaled,
    month_number,
    month_start,
)

SERIES_FILE = Path(__file__).resolve().parent.parent / "parameters" / "series.toml"


@dataclass(frozen=True)
class SeriesPoint:
    """One month; ``value`` is None when it is unknown."""

    month: date
    value: Value | None


@dataclass(frozen=True)
class Series:
    """One monthly series, oldest month first.

    Attributes:
        code, label, data_class, kind, unit: as declared.
        definition: 口径.
        missing: why there is no series; then there are no points.
        points: one per month, 36 as shipped.
    """

    code: str
    label: str
    data_class: str
    kind: Kind
    unit: str
    definition: str
    missing: Missing | None
    points: tuple[SeriesPoint, ...]


@cache
def shipped_series() -> ParameterSet:
    """Return the series declared with the marketplace, read once."""
    return load_parameters(SERIES_FILE)


@lru_cache(maxsize=64)
def series_declarations_on(day: date) -> tuple[IndicatorDeclaration, ...]:
    """Return the shipped series in force on a day."""
    return declarations_on(day, shipped_series())


def monthly_series(
    evidence: Evidence,
    as_of: AsOf,
    declarations: Sequence[IndicatorDeclaration] | None = None,
    *,
    zero_to_end: bool = False,
) -> tuple[Series, ...]:
    """Return every series at the moment.

    Args:
        evidence: cut to the same moment.
        as_of: the moment.
        declarations: instead of the shipped ones.
        zero_to_end: write 0 for the months not delivered yet, as portraits up to format 2 did.
    """
    chosen = series_declarations_on(as_of.day) if declarations is None else declarations
    return tuple(_series(entry, evidence, as_of, zero_to_end=zero_to_end) for entry in chosen)


def _series(
    declaration: IndicatorDeclaration, evidence: Evidence, as_of: AsOf, *, zero_to_end: bool
) -> Series:
    scope = declaration.selection.in_scope(evidence.of(declaration.selection.items), as_of.day)
    missing = None if scope else evaluate(declaration, evidence, as_of).missing
    points: tuple[SeriesPoint, ...] = ()
    if missing is None and scope:
        counted = declaration.selection.counting(scope, as_of.day)
        known = range(
            month_number(scope[0].dated),
            month_number(as_of.day if zero_to_end else _delivered_on(declaration, evidence)),
        )
        points = _points(declaration, counted, known, as_of.day)
    return Series(
        code=declaration.code,
        label=declaration.label,
        data_class=declaration.data_class,
        kind=declaration.kind,
        unit=declaration.unit,
        definition=declaration.definition,
        missing=missing,
        points=points,
    )


def _delivered_on(declaration: IndicatorDeclaration, evidence: Evidence) -> date:
    """Return the day of the latest delivery of what a series is made of: of several items, of the one longest ago."""
    found = (
        evidence.delivered_at(item, by_enterprise=declaration.consent)
        for item in declaration.selection.items
    )
    return min(at.astimezone(BEIJING).date() for at in found if at is not None)


def _points(
    declaration: IndicatorDeclaration,
    counted: Sequence[PlainRecord],
    known: range,
    day: date,
) -> tuple[SeriesPoint, ...]:
    """Return the months; ``known`` are those in which no record means that nothing happened."""
    by_month: dict[int, int] = defaultdict(int)
    sums = declaration.measure is Measure.SUM
    for record in counted:
        number = as_scaled(record.payload.get(declaration.field), declaration.scale)
        month = month_number(record.dated)
        if number is not None:
            by_month[month] = by_month[month] + number if sums else number
    end = month_number(day)
    return tuple(
        [
            SeriesPoint(month_start(month), typed(declaration.kind, by_month[month]))
            if month in by_month
            else _silent(month, declaration.kind, sums and month in known)
            for month in range(end - declaration.window_months, end)
        ]
    )


@lru_cache(maxsize=4096)
def _silent(month: int, kind: Kind, is_zero: bool) -> SeriesPoint:
    """Return a month without any record; most months of most series are."""
    return SeriesPoint(month_start(month), typed(kind, 0 if is_zero else None))
