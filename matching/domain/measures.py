"""The measures of indicators, in integers: fen, hundredths, months, counts, basis points.

Every measure is a function of the records in scope and the day; each says what it makes of them in one line of
arithmetic, so that an engine over many enterprises can say the same. Nothing here rounds but ``ratio_bp``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketplace.domain.period import Period, whole_months
from matching.domain.declaration import IndicatorDeclaration, Kind, Measure, Selection
from matching.domain.records import Evidence, PlainRecord, as_date, as_scaled, month_number

TOP_COUNTERPARTIES = 5


@dataclass(frozen=True)
class Measured:
    """What a measure found.

    Attributes:
        value: in integer units (fen, hundredths, counts, months, basis points), text for LATEST texts, None when the
            records give no basis for the measure.
        used: the records that made it, oldest first.
    """

    value: int | str | None
    used: Sequence[PlainRecord] = ()


@dataclass(frozen=True)
class Basis:
    """The records of one indicator on one day.

    Attributes:
        declaration: the indicator.
        day: date of the portrait.
        window: days that count, None for the state on the day.
        scope: records of this kind, whenever they happened, oldest first.
        windowed: those within the window.
        counted: those of them that count.
        evidence: everything, for measures that look at a second selection or at facts.
    """

    declaration: IndicatorDeclaration
    day: date
    window: Period | None
    scope: Sequence[PlainRecord]
    windowed: Sequence[PlainRecord]
    counted: Sequence[PlainRecord]
    evidence: Evidence


Sifted = tuple[Sequence[PlainRecord], Sequence[PlainRecord], Sequence[PlainRecord]]
Seen = dict[tuple[int, tuple[int, bool]], Sifted]
"""What was sifted already, by identity of the selection and span: indicators over the same records and months share it.

Equal selections of declarations are one object; hashing their parts for every indicator of every enterprise would cost
more than the sifting."""


def basis_of(
    declaration: IndicatorDeclaration, evidence: Evidence, day: date, seen: Seen | None = None
) -> Basis:
    """Return the records that one indicator looks at on a day.

    Args:
        declaration: the indicator.
        evidence: cut to the same moment.
        day: date of the portrait.
        seen: filled and read when given; one for one evidence and one day only.
    """
    window = declaration.window_on(day)
    memory = {} if seen is None else seen
    key = (id(declaration.selection), declaration.span)
    sifted = memory.get(key)
    if sifted is None:
        sifted = memory[key] = _sift(declaration.selection, window, evidence, day)
    return Basis(declaration, day, window, *sifted, evidence)


def _sift(selection: Selection, window: Period | None, evidence: Evidence, day: date) -> Sifted:
    records = evidence.of(selection.items)
    if not records:
        return (), (), ()
    scope = selection.in_scope(records, day)
    windowed = _within(scope, window)
    return scope, windowed, selection.counting(windowed, day)


def measure(basis: Basis) -> Measured:
    """Return what the declared measure makes of the basis."""
    return MEASURES[basis.declaration.measure](basis)


def ratio_bp(part: int, whole: int) -> int:
    """Return ``part / whole`` in basis points, half away from zero; ``whole`` is positive.

    Written with non-negative integer division only, so that every engine gives the same.

    >>> ratio_bp(1, 3), ratio_bp(-1, 3), ratio_bp(2, 3), ratio_bp(1, 20000)
    (3333, -3333, 6667, 1)
    """
    size = (2 * abs(part) * 10_000 + whole) // (2 * whole)
    return size if part >= 0 else -size


def _within(records: Sequence[PlainRecord], window: Period | None) -> Sequence[PlainRecord]:
    if window is None:
        return records
    return [record for record in records if window.start <= record.dated < window.end]


def _in_order(records: Iterable[PlainRecord]) -> list[PlainRecord]:
    return sorted(records, key=lambda record: record.order)


def _amount(basis: Basis, record: PlainRecord) -> int:
    return as_scaled(record.payload.get(basis.declaration.field), basis.declaration.scale) or 0


def _total(basis: Basis, records: Iterable[PlainRecord]) -> int:
    return sum(_amount(basis, record) for record in records)


def _sum(basis: Basis) -> Measured:
    """Σ field."""
    return Measured(_total(basis, basis.counted), basis.counted)


def _count(basis: Basis) -> Measured:
    """Number of records; for OPEN_COUNT of those that stand on the day."""
    return Measured(len(basis.counted), basis.counted)


def _flag(basis: Basis) -> Measured:
    """1 when a record counts, else 0."""
    return Measured(int(bool(basis.counted)), basis.counted)


def _months_present(basis: Basis) -> Measured:
    """Number of different months among the records' dates."""
    return Measured(len({month_number(record.dated) for record in basis.counted}), basis.counted)


def _arrears_sum(basis: Basis) -> Measured:
    """Σ over accounts of the field in the account's newest record, where that record counts."""
    newest = {_group(basis, record): record for record in basis.windowed}
    open_now = basis.declaration.selection.counting(_in_order(newest.values()), basis.day)
    return Measured(_total(basis, open_now), open_now)


def _recency(basis: Basis) -> Measured:
    """Months between the newest record's month and the day's month."""
    if not basis.counted:
        return Measured(None)
    newest = basis.counted[-1]
    return Measured(month_number(basis.day) - month_number(newest.dated), [newest])


def _latest(basis: Basis) -> Measured:
    """The field of the newest record that has one."""
    name = basis.declaration.field
    for record in reversed(basis.counted):
        raw = record.payload.get(name)
        if basis.declaration.kind is Kind.TEXT:
            text = "" if raw is None else str(raw).strip()
            if text:
                return Measured(text, [record])
            continue
        number = as_scaled(raw, basis.declaration.scale)
        if number is not None:
            return Measured(number, [record])
    return Measured(None)


def _trend(basis: Basis) -> Measured:
    """(Σ later half − Σ earlier half) / Σ earlier half: the same months of two years, so no season is in it.

    Needs records from the first month of the window or before, else growth would only be missing data.
    """
    window, months = basis.window, basis.declaration.window_months
    if window is None or not basis.scope:
        return Measured(None)
    first = month_number(window.start)
    if month_number(basis.scope[0].dated) > first:
        return Measured(None)
    later = [r for r in basis.counted if month_number(r.dated) >= first + months]
    earlier = [r for r in basis.counted if month_number(r.dated) < first + months]
    before = _total(basis, earlier)
    if before <= 0:
        return Measured(None)
    return Measured(ratio_bp(_total(basis, later) - before, before), basis.counted)


def _volatility(basis: Basis) -> Measured:
    """Σ|n·month − total| / (n·total): mean absolute deviation of monthly sums from their mean, months without too."""
    months = basis.declaration.window_months
    by_month: dict[int, int] = defaultdict(int)
    for record in basis.counted:
        by_month[month_number(record.dated)] += _amount(basis, record)
    total = sum(by_month.values())
    if total <= 0:
        return Measured(None)
    spread = sum(abs(months * value - total) for value in by_month.values())
    spread += (months - len(by_month)) * total
    return Measured(ratio_bp(spread, months * total), basis.counted)


def _margin(basis: Basis) -> Measured:
    """(Σ own − Σ against) / Σ own."""
    against = basis.declaration.against
    own = _total(basis, basis.counted)
    if against is None or own <= 0:
        return Measured(None)
    scope = against.in_scope(basis.evidence.of(against.items), basis.day)
    costs = against.counting(_within(scope, basis.window), basis.day)
    if not scope:
        return Measured(None)
    return Measured(ratio_bp(own - _total(basis, costs), own), _in_order([*basis.counted, *costs]))


def _share(basis: Basis) -> Measured:
    """Records that count / records in scope, within the window."""
    if not basis.windowed:
        return Measured(None)
    return Measured(ratio_bp(len(basis.counted), len(basis.windowed)), basis.counted)


def _concentration(basis: Basis) -> Measured:
    """Σ of the five largest counterparties' net sums / Σ of all positive net sums."""
    by_party: dict[str, int] = defaultdict(int)
    for record in basis.counted:
        by_party[_group(basis, record)] += _amount(basis, record)
    sums = sorted((value for value in by_party.values() if value > 0), reverse=True)
    if not sums:
        return Measured(None)
    return Measured(ratio_bp(sum(sums[:TOP_COUNTERPARTIES]), sum(sums)), basis.counted)


def _age_months(basis: Basis) -> Measured:
    """Whole months from the date in the fact to the day."""
    begun = as_date(basis.evidence.facts.get(basis.declaration.field))
    return Measured(None if begun is None else max(whole_months(begun, basis.day), 0))


def _fact(basis: Basis) -> Measured:
    """A plain fact of the register."""
    raw: Any = basis.evidence.facts.get(basis.declaration.field)
    if basis.declaration.kind is Kind.TEXT:
        return Measured(str(raw) if raw not in (None, "") else None)
    return Measured(as_scaled(raw, basis.declaration.scale))


def _group(basis: Basis, record: PlainRecord) -> str:
    return str(record.payload.get(basis.declaration.group, ""))


MEASURES: Mapping[Measure, Callable[[Basis], Measured]] = {
    Measure.SUM: _sum,
    Measure.COUNT: _count,
    Measure.OPEN_COUNT: _count,
    Measure.FLAG: _flag,
    Measure.MONTHS_PRESENT: _months_present,
    Measure.ARREARS_SUM: _arrears_sum,
    Measure.RECENCY_MONTHS: _recency,
    Measure.LATEST: _latest,
    Measure.TREND_PCT: _trend,
    Measure.VOLATILITY: _volatility,
    Measure.MARGIN: _margin,
    Measure.SHARE: _share,
    Measure.CONCENTRATION_TOP5: _concentration,
    Measure.AGE_MONTHS: _age_months,
    Measure.FACT: _fact,
}
