"""Every indicator of every enterprise as one plan over columns, with why a value is missing.

The engine behind the frames decides how the plan runs: DuckDB in production, polars in tests, anything narwhals knows.

Source: performance note, recommendation 3; `matching.domain.indicators.evaluate` is the scalar reference.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

import narwhals as nw

from matching.domain.declaration import Absence, IndicatorDeclaration, Kind, Measure
from matching.domain.evaluation_lines import MISSING_NUMBERS
from matching.domain.indicators import Missing
from matching.scoring.family import Family, Frame, Frames
from matching.scoring.measures import Asked, Found, found_of, scope_count
from matching.scoring.record_columns import Storages, check_supported

PRESENT = 0
ENTERPRISE_COLUMNS = (
    "ent_id",
    "is_scored",
    "established_ym",
    "established_dom",
    "capital_yuan",
)
"""Of the frame of enterprises: key, 1 or 0, month and day of the month of foundation, capital in fen; null unknown."""

OF_THE_REGISTER = (Measure.FACT, Measure.AGE_MONTHS)


@dataclass(frozen=True)
class Moment:
    """What holds for all enterprises of one evaluation.

    Attributes:
        day: business date; windows end here.
        storages: how each item's fields are stored.
        fed_items: items of which anything was delivered until then.
        authorized: data classes that may be read with consent; none in the public evaluation.
    """

    day: date
    storages: Storages
    fed_items: Collection[str]
    authorized: Collection[str] = ()


Settle = Callable[[Frame], Frame]
"""Lets an engine compute a frame before the plan goes on; the frame returned holds the same rows."""


def as_it_is(frame: Frame) -> Frame:
    """Leave everything to the one plan."""
    return frame


def indicator_table(
    enterprises: Frame,
    frames: Frames,
    declarations: Sequence[IndicatorDeclaration],
    moment: Moment,
    settle: Settle = as_it_is,
) -> Frame:
    """Return one row per enterprise with every indicator.

    Args:
        enterprises: one row each, ``ENTERPRISE_COLUMNS``.
        frames: records by item, only of items that may be read, as they stood at the moment; no row after its day.
        declarations: those in force on the day.
        moment: day, storages, deliveries, authorization.
        settle: called with every fold of a family.

    Returns:
        ``ent_id``, ``is_scored`` and by code ``v_`` the value (Int64 in fen, hundredths, basis points, counts, months,
        0 or 1; or text), ``m_`` why it is missing (0 is not), ``l_`` the day of the newest record used.

    Raises:
        Unsupported: a declaration that columns cannot say.
    """
    for declaration in declarations:
        check_supported(declaration, moment.storages)
    families: dict[tuple[str, ...], Family] = {}
    asked = [_asked(entry, families, frames, moment) for entry in declarations]
    found = [found_of(entry) for entry in asked]
    counts = [scope_count(entry) for entry in asked]
    silences = [_silence(entry, moment) for entry in asked]
    folds = [family.frame() for family in families.values()]
    table = _chained(enterprises, [settle(fold) for fold in folds if fold is not None])
    raw: list[nw.Expr] = []
    reasons: list[nw.Expr] = []
    for entry, measured, count, silence in zip(asked, found, counts, silences, strict=True):
        code = entry.declaration.code
        raw += [_value(entry, measured).alias(f"r_{code}"), measured.newest.alias(f"d_{code}")]
        raw.append(count.alias(f"n_{code}"))
        if silence is not None:
            raw.append(silence.alias(f"s_{code}"))
        reasons.append(_missing(entry.declaration, moment, silence is not None).alias(f"m_{code}"))
    table = table.select("ent_id", "is_scored", *raw).with_columns(*reasons)
    return table.select("ent_id", "is_scored", *(one for a in asked for one in _final(a)))


def _chained(table: Frame, parts: Sequence[Frame]) -> Frame:
    for part in parts:
        table = table.join(part, on="ent_id", how="left")
    return table


def _asked(
    declaration: IndicatorDeclaration,
    families: dict[tuple[str, ...], Family],
    frames: Frames,
    moment: Moment,
) -> Asked:
    def family(items: tuple[str, ...]) -> Family:
        if items not in families:
            number = len(families)
            families[items] = Family(number, items, frames, moment.storages, moment.day)
        return families[items]

    against = family(declaration.against.items) if declaration.against else None
    return Asked(declaration, family(declaration.selection.items), against, moment.day)


def _value(asked: Asked, found: Found) -> nw.Expr:
    is_text = asked.declaration.kind is Kind.TEXT
    return found.value.cast(nw.String if is_text else nw.Int64)


def _silence(asked: Asked, moment: Moment) -> nw.Expr | None:
    """Return where a published list that could say more is not delivered at all; None when all are."""
    declaration = asked.declaration
    if declaration.absence is not Absence.ZERO:
        return None
    unfed = [item for item in declaration.selection.items if item not in moment.fed_items]
    if not unfed:
        return None
    silent = [asked.family.count_of_item(item) == 0 for item in unfed]
    return nw.any_horizontal(*silent, ignore_nulls=False)


def _missing(declaration: IndicatorDeclaration, moment: Moment, silenced: bool) -> nw.Expr:
    """Return the reasons in the order of `matching.domain.indicators.evaluate`."""
    code, no_value = declaration.code, MISSING_NUMBERS[Missing.NO_RECORD]
    value = nw.col(f"r_{code}")
    reason = nw.when(value.is_null()).then(no_value).otherwise(PRESENT)
    if silenced:
        nothing = (value == 0) & nw.col(f"s_{code}")
        reason = nw.when(nothing).then(MISSING_NUMBERS[Missing.NOT_AVAILABLE]).otherwise(reason)
    without = _missing_without_records(declaration, moment)
    if without is None:
        return reason
    return nw.when(nw.col(f"n_{code}") == 0).then(MISSING_NUMBERS[without]).otherwise(reason)


def _missing_without_records(declaration: IndicatorDeclaration, moment: Moment) -> Missing | None:
    if declaration.measure in OF_THE_REGISTER:
        return None
    if declaration.consent and declaration.data_class not in moment.authorized:
        return Missing.NOT_AUTHORIZED
    if not any(item in moment.fed_items for item in declaration.selection.items):
        return Missing.NOT_AVAILABLE
    return None if declaration.absence is Absence.ZERO else Missing.NO_RECORD


def _final(asked: Asked) -> list[nw.Expr]:
    code = asked.declaration.code
    is_there = nw.col(f"m_{code}") == PRESENT
    return [
        nw.when(is_there).then(nw.col(f"r_{code}")).alias(f"v_{code}"),
        nw.col(f"m_{code}").cast(nw.Int8).alias(f"m_{code}"),
        nw.when(is_there).then(nw.col(f"d_{code}")).cast(nw.Int32).alias(f"l_{code}"),
    ]
