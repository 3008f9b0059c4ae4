"""Indicators declared as data: what is counted, over which months, and what no record means.

One declaration serves the portrait of one enterprise and the evaluation of all of them: it names items, fields,
conditions, a measure and a window, all of which compile to integer comparisons and conditional sums (money in fen,
days and months as integers), and never holds code.

Source: domain note 2.1 (classes), 2.11 (lookback windows); style note 1 (rules as dated data).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

from marketplace.domain.errors import Refused
from marketplace.domain.parameters import DatedParameter, ParameterSet, load_parameters
from marketplace.domain.period import Period, add_months, month_start
from matching.domain.records import PlainRecord, as_date, as_decimal

INDICATORS_FILE = Path(__file__).resolve().parent.parent / "parameters" / "indicators.toml"


class Measure(StrEnum):
    """How a value is made of the records that count; exact rules in `matching.domain.measures`."""

    SUM = "SUM"
    COUNT = "COUNT"
    MONTHS_PRESENT = "MONTHS_PRESENT"
    ARREARS_SUM = "ARREARS_SUM"
    OPEN_COUNT = "OPEN_COUNT"
    FLAG = "FLAG"
    RECENCY_MONTHS = "RECENCY_MONTHS"
    LATEST = "LATEST"
    TREND_PCT = "TREND_PCT"
    VOLATILITY = "VOLATILITY"
    MARGIN = "MARGIN"
    SHARE = "SHARE"
    CONCENTRATION_TOP5 = "CONCENTRATION_TOP5"
    AGE_MONTHS = "AGE_MONTHS"
    FACT = "FACT"


class Kind(StrEnum):
    """What kind of value an indicator has; decides scale and display."""

    YUAN = "YUAN"
    PERCENT = "PERCENT"
    QUANTITY = "QUANTITY"
    COUNT = "COUNT"
    MONTHS = "MONTHS"
    FLAG = "FLAG"
    TEXT = "TEXT"


WHOLE_KINDS = frozenset({Kind.COUNT, Kind.MONTHS})
"""Kinds whose measured field is a whole number; amounts and quantities are measured in hundredths."""


class Absence(StrEnum):
    """What it means that an enterprise has no record of items that are being delivered."""

    ZERO = "ZERO"
    UNKNOWN = "UNKNOWN"


class WindowKind(StrEnum):
    """MONTHS: whole months before the month of the day. TO_DATE: those, and the begun month up to the day."""

    MONTHS = "MONTHS"
    TO_DATE = "TO_DATE"


class Test(StrEnum):
    """What a condition asks of a payload field."""

    IN = "IN"
    NOT_IN = "NOT_IN"
    BELOW = "BELOW"
    ABOVE = "ABOVE"
    OPEN = "OPEN"
    VALID = "VALID"

    __test__ = False  # a word of the field; pytest collects classes named so


@dataclass(frozen=True)
class Condition:
    """One condition on a payload field.

    Attributes:
        field: payload field.
        test: IN and NOT_IN compare text; BELOW and ABOVE a number, strictly; OPEN holds when the date in the field (of
            an end, a removal) is missing or after the day; VALID when it (a last day) is missing or not before it.
        values: codes, or one number; empty for OPEN and VALID.
    """

    field: str
    test: Test
    values: tuple[str, ...] = ()

    def holds(self, record: PlainRecord, day: date) -> bool:
        """Return whether the record meets the condition on that day."""
        value = record.payload.get(self.field)
        if self.test in (Test.OPEN, Test.VALID):
            until = as_date(value)
            return until is None or until > day or (self.test is Test.VALID and until == day)
        if self.test in (Test.IN, Test.NOT_IN):
            text = "" if value is None else str(value).strip()
            return (text in self.values) is (self.test is Test.IN)
        number, limit = as_decimal(value), as_decimal(self.values[0])
        if number is None or limit is None:
            return False
        return number < limit if self.test is Test.BELOW else number > limit


Clause = tuple[Condition, ...]
"""Alternatives, one of which must hold."""


@dataclass(frozen=True)
class Selection:
    """Which records are meant, and which of them count.

    Attributes:
        items: catalogue items.
        scope: clauses saying which records are of this kind at all (the electricity bills among utility bills).
        where: clauses saying which of those count (valid invoices, not void ones); all must hold.
    """

    items: tuple[str, ...]
    scope: tuple[Clause, ...] = ()
    where: tuple[Clause, ...] = ()

    def in_scope(self, records: Iterable[PlainRecord], day: date) -> list[PlainRecord]:
        """Return the records of this kind."""
        return _meeting(self.scope, records, day)

    def counting(self, records: Iterable[PlainRecord], day: date) -> list[PlainRecord]:
        """Return those of records in scope that count."""
        return _meeting(self.where, records, day)


def _meeting(
    clauses: Iterable[Clause], records: Iterable[PlainRecord], day: date
) -> list[PlainRecord]:
    left = list(records)
    for clause in clauses:
        if len(clause) == 1:
            only = clause[0]
            left = [record for record in left if only.holds(record, day)]
        else:
            left = [record for record in left if any(one.holds(record, day) for one in clause)]
    return left


@dataclass(frozen=True)
class IndicatorDeclaration:
    """One indicator.

    Attributes:
        code: stable identifier, the feature that products' rules name.
        label: Chinese name with its window.
        unit: Chinese unit.
        kind: kind of value.
        data_class: class of the shared-data list.
        measure: how the value is made.
        selection: the records it is made of; without items for facts of the register.
        against: the records subtracted by MARGIN.
        field: payload field that is measured, or the fact.
        group: payload field that names the counterparty or the account.
        window_months: length; 0 looks at the state on the day, whenever recorded.
        window_kind: where the window ends.
        absence: what no record means.
        consent: True when the enterprise must have authorized the class.
        definition: 口径 in one Chinese sentence.
        version: date from which this declaration holds.
        source: document.
    """

    code: str
    label: str
    unit: str
    kind: Kind
    data_class: str
    measure: Measure
    selection: Selection
    against: Selection | None
    field: str
    group: str
    window_months: int
    window_kind: WindowKind
    absence: Absence
    consent: bool
    definition: str
    version: str
    source: str

    @property
    def scale(self) -> int:
        """Return how many integer units one unit of the measured field has: fen and hundredths, or whole numbers."""
        return 1 if self.kind in WHOLE_KINDS else 100

    @cached_property
    def span(self) -> tuple[int, bool]:
        """Return how many months count, 0 for the state on the day, and whether only whole months do.

        A TREND looks at twice its window: the months compared, and as many before them.
        """
        months = self.window_months * (2 if self.measure is Measure.TREND_PCT else 1)
        return months, self.window_kind is WindowKind.MONTHS

    def window_on(self, day: date) -> Period | None:
        """Return the days that count on a day, None when the indicator states how things stand."""
        months, whole = self.span
        return _window(months, whole, day) if months else None


@lru_cache(maxsize=1024)
def _window(months: int, whole: bool, day: date) -> Period:
    start = add_months(month_start(day), -months)
    return Period(start, month_start(day) if whole else day + timedelta(days=1))


@cache
def shipped_indicators() -> ParameterSet:
    """Return the indicators declared with the marketplace, read once."""
    return load_parameters(INDICATORS_FILE)


def declarations_on(
    day: date, parameters: ParameterSet | None = None
) -> tuple[IndicatorDeclaration, ...]:
    """Return the indicators in force on a day, in the order of their file.

    Args:
        day: date of the portrait.
        parameters: declarations to read instead of the shipped ones.

    Raises:
        Refused: ``INDICATOR_INVALID`` naming the indicator.
    """
    if parameters is None:
        return _shipped_on(day)
    return tuple(_declared(entry, day) for entry in parameters if entry.in_force(day))


@lru_cache(maxsize=64)
def _shipped_on(day: date) -> tuple[IndicatorDeclaration, ...]:
    shipped = shipped_indicators()
    return tuple(
        _shipped_since(entry.code, entry.entry_on(day).effective_from)
        for entry in shipped
        if entry.in_force(day)
    )


@cache
def _shipped_since(code: str, since: date) -> IndicatorDeclaration:
    return _declared(shipped_indicators()[code], since)


def _declared(parameter: DatedParameter, day: date) -> IndicatorDeclaration:
    code = parameter.code.split(".", 1)[1]
    return declaration_from(code, parameter.label, parameter.unit, parameter.entry_on(day))


def declaration_from(code: str, label: str, unit: str, entry: Any) -> IndicatorDeclaration:
    """Return the typed declaration of one dated value of the file.

    Raises:
        Refused: ``INDICATOR_INVALID`` naming the indicator.
    """
    raw: Mapping[str, Any] = entry.value
    try:
        return IndicatorDeclaration(
            code=code,
            label=label,
            unit=unit,
            kind=Kind(raw["kind"]),
            data_class=raw["data_class"],
            measure=Measure(raw["measure"]),
            selection=selection_from(raw),
            against=selection_from(raw["against"]) if "against" in raw else None,
            field=raw.get("field", ""),
            group=raw.get("group", ""),
            window_months=raw.get("window_months", 0),
            window_kind=WindowKind(raw.get("window", WindowKind.MONTHS)),
            absence=Absence(raw.get("absence", Absence.UNKNOWN)),
            consent=raw["consent"],
            definition=raw.get("definition", ""),
            version=entry.effective_from.isoformat(),
            source=entry.source,
        )
    except (KeyError, ValueError, TypeError) as error:
        raise Refused("INDICATOR_INVALID", f"指标 {code} 的声明有误：{error}。") from error


def selection_from(raw: Mapping[str, Any]) -> Selection:
    """Return the records that ``items``, ``scope`` and ``where`` of a declaration mean.

    Raises:
        KeyError, ValueError: a condition is incomplete; the caller names the declaration.
    """
    return _selection(
        tuple(raw.get("items", ())),
        tuple(_clause(entry) for entry in raw.get("scope", ())),
        tuple(_clause(entry) for entry in raw.get("where", ())),
    )


@cache
def _selection(
    items: tuple[str, ...], scope: tuple[Clause, ...], where: tuple[Clause, ...]
) -> Selection:
    """Return equal selections as one object, by which what was sifted for one is found for the others."""
    return Selection(items, scope, where)


def _clause(raw: Mapping[str, Any]) -> Clause:
    return tuple(_condition(entry) for entry in raw.get("any", (raw,)))


def _condition(raw: Mapping[str, Any]) -> Condition:
    values = tuple(str(value) for value in raw.get("values", ()))
    condition = Condition(raw["field"], Test(raw["test"]), values)
    numeric = condition.test in (Test.BELOW, Test.ABOVE)
    if numeric and (len(values) != 1 or as_decimal(values[0]) is None):
        raise ValueError(f"条件 {condition.field} 应有一个数值")
    return condition
