"""Products as tables: per feature, which products each value fits and which it leaves possible.

Every rule becomes a row of truths over the cells of its feature, every feature a table of product masks packed from
them. The tables are made once for a set of products and then serve any number of enterprises.

Source: issue of matching (columnar batch); `matching.scoring.prematch` reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenders.domain.feature import FEATURES, Feature, FeatureKind
from lenders.domain.product import ProductTerms, rules_of_terms
from lenders.domain.rule import Operator, RuleSpec, RuleValue, sentence_of
from matching.scoring.fact_columns import (
    HUNDREDTHS,
    UNKNOWN_NUMBER,
    Column,
    cells_of,
    places_of,
)

WORD = 64
"""Products in one word of a mask."""

Words = NDArray[np.uint64]
Truths = NDArray[np.bool_]
Offer = tuple[ProductTerms | None, Sequence[RuleSpec]]
"""A product's terms, None to judge by its rules alone, and its rules."""

ConditionKey = tuple[str, Operator, RuleValue]


@dataclass(frozen=True)
class Condition:
    """What one or more rules ask of one feature, decided for every value that could matter.

    Attributes:
        slot: place of the feature's table.
        asked: the rule in words.
        holds: by cell of the table; the first cell, nothing to judge by, is meaningless.
    """

    slot: int
    asked: str
    holds: Truths


@dataclass(frozen=True)
class FeatureTable:
    """Product masks by value of one feature.

    Attributes:
        feature: what the column holds.
        breaks: for numbers, the first value of each cell but the unknown one, ascending; None for codes.
        masks: cells x (2 x words): products the cell fits, then products it leaves possible.
    """

    feature: Feature
    breaks: NDArray[np.int64] | None
    masks: Words

    def cells(self, column: Column) -> Column:
        """Return the cell of every value of a column."""
        return column if self.breaks is None else np.searchsorted(self.breaks, column, "right")


@dataclass(frozen=True)
class CompiledOffers:
    """Products as tables, for any number of enterprises.

    Attributes:
        count: how many products.
        words: 64-bit words of one mask.
        tables: one per feature that any rule looks at.
        conditions: what rules ask, each once.
        rules: per product its terms' rules and its own in force, each with its place in ``conditions``.
    """

    count: int
    words: int
    tables: tuple[FeatureTable, ...]
    conditions: tuple[Condition, ...]
    rules: tuple[tuple[tuple[RuleSpec, int], ...], ...]

    @property
    def features(self) -> tuple[str, ...]:
        """Return the columns that are looked at."""
        return tuple(table.feature.code for table in self.tables)


def compile_offers(offers: Sequence[Offer], on: date) -> CompiledOffers:
    """Return products as tables, by their terms and the rules in force on a date."""
    applied = [_applied(terms, rules, on) for terms, rules in offers]
    slots = {code: place for place, code in enumerate(_features_of(applied))}
    places: dict[ConditionKey, int] = {}
    found: list[Condition] = []
    breaks = {code: _breaks(code, applied) for code in slots}
    rules: list[tuple[tuple[RuleSpec, int], ...]] = []
    for product in applied:
        placed = []
        for rule in product:
            key = (rule.feature, rule.operator, rule.value)
            if key not in places:
                places[key] = len(found)
                holds = _holds(rule, breaks[rule.feature])
                found.append(Condition(slots[rule.feature], sentence_of(rule), holds))
            placed.append((rule, places[key]))
        rules.append(tuple(placed))
    words = -(-len(offers) // WORD)
    tables = tuple(
        FeatureTable(FEATURES[code], breaks[code], _masks(slot, rules, found, words, breaks[code]))
        for code, slot in slots.items()
    )
    return CompiledOffers(len(offers), words, tables, tuple(found), tuple(rules))


def _applied(terms: ProductTerms | None, rules: Sequence[RuleSpec], on: date) -> list[RuleSpec]:
    own = [rule for rule in rules if rule.in_force(on)]
    return own if terms is None else [*rules_of_terms(terms), *own]


def _features_of(applied: Sequence[Sequence[RuleSpec]]) -> list[str]:
    named = {rule.feature for product in applied for rule in product}
    return [code for code in FEATURES if code in named]


def _breaks(code: str, applied: Sequence[Sequence[RuleSpec]]) -> NDArray[np.int64] | None:
    if not FEATURES[code].is_numeric:
        return None
    ends = {UNKNOWN_NUMBER + 1}
    for product in applied:
        for rule in product:
            if rule.feature == code:
                low, high = _bounds(rule)
                ends |= {
                    end for end in (low, None if high is None else high + 1) if end is not None
                }
    return np.array(sorted(ends), np.int64)


def _bounds(rule: RuleSpec) -> tuple[int | None, int | None]:
    """Return the least and the greatest number in hundredths that a rule accepts."""
    if isinstance(rule.value, tuple):
        low, high = (Decimal(end) for end in rule.value)
        return _scaled(low, ROUND_CEILING), _scaled(high, ROUND_FLOOR)
    if rule.operator is Operator.GE:
        return _scaled(Decimal(rule.value), ROUND_CEILING), None
    return None, _scaled(Decimal(rule.value), ROUND_FLOOR)


def _scaled(number: Decimal, rounding: str) -> int:
    return int((number * HUNDREDTHS).to_integral_value(rounding=rounding))


def _holds(rule: RuleSpec, breaks: NDArray[np.int64] | None) -> Truths:
    """Return for every cell of the feature whether the rule holds there."""
    feature = FEATURES[rule.feature]
    if breaks is not None:
        low, high = _bounds(rule)
        first = np.concatenate([[UNKNOWN_NUMBER], breaks])
        holds = np.ones(len(first), np.bool_)
        if low is not None:
            holds &= first >= low
        if high is not None:
            holds &= first <= high
        return holds
    if isinstance(rule.value, bool):
        return np.array([False, not rule.value, rule.value])
    return _coded_holds(feature, rule)


def _coded_holds(feature: Feature, rule: RuleSpec) -> Truths:
    places = places_of(feature.code)
    named = {places[str(code)] for code in _codes(rule.value)}
    cells = np.arange(cells_of(feature)) - 1
    if feature.kind is FeatureKind.SET:
        inside = (cells & sum(1 << place for place in named)) != 0
    else:
        inside = np.isin(cells, list(named))
    inside[0] = False
    return np.asarray(inside if rule.operator is Operator.IN else ~inside)


def _codes(value: Any) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def _masks(
    slot: int,
    rules: Sequence[Sequence[tuple[RuleSpec, int]]],
    conditions: Sequence[Condition],
    words: int,
    breaks: NDArray[np.int64] | None,
) -> Words:
    sizes = [len(condition.holds) for condition in conditions if condition.slot == slot]
    holds = np.ones((sizes[0], words * WORD), np.bool_)
    asks = np.zeros(words * WORD, np.bool_)
    for product, placed in enumerate(rules):
        for _, place in placed:
            if conditions[place].slot == slot:
                holds[:, product] &= conditions[place].holds
                asks[product] = True
    fits, possible = holds, holds.copy()
    fits[0], possible[0] = ~asks, True
    return np.concatenate([_packed(fits), _packed(possible)], axis=1)


def _packed(bits: Truths) -> Words:
    octets = np.packbits(bits, axis=1, bitorder="little")
    return octets.view("<u8").astype(np.uint64)
