"""Conditions, windows, amounts and ratios of declarations as column expressions of integers.

Every expression says what its scalar twin in `matching.domain` says; no date function, no division of negatives.

Source: performance note, B; `matching.domain.measures`.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import Any

import narwhals as nw

from borrowers.domain.archive import Storage, day_number, moment_number
from marketplace.domain.period import Period
from matching.domain.declaration import Clause, Condition, Test
from matching.domain.records import CENTS
from matching.scoring.record_columns import Storages, storage_in

STEPS, STEP = 2, 100
"""A ratio in basis points has four decimal places, found two at a time."""


class Expressions:
    """Builds the expressions of one family of items on one day.

    Args:
        items: the items whose records stand in one frame.
        storages: how their fields are stored.
        day: date of the evaluation.
    """

    def __init__(self, items: tuple[str, ...], storages: Storages, day: date) -> None:
        self._items = items
        self._storages = storages
        self._day = day_number(day)

    def storage(self, field: str) -> Storage | None:
        """Return how the frame holds a field, None when no item of the family has it."""
        return storage_in(self._storages, self._items, field)

    def all_of(self, clauses: tuple[Clause, ...], window: Period | None = None) -> nw.Expr | None:
        """Return when all clauses hold within the window, None when every row does."""
        parts = [reduce(or_, [self._holds(one) for one in clause]) for clause in clauses]
        if window is not None:
            parts.insert(0, nw.col("day") >= day_number(window.start))
            if day_number(window.end) <= self._day:  # rows after the day are not there
                parts.insert(1, nw.col("day") < day_number(window.end))
        return reduce(and_, parts) if parts else None

    def amount(self, field: str, scale: int) -> nw.Expr:
        """Return a numeric field in integer units, null where there is no number."""
        storage = self.storage(field)
        if storage is None:
            return nw.lit(None, dtype=nw.Int64)
        column = nw.col(field)
        if storage is Storage.WHOLE:
            return column * scale
        if scale == CENTS:
            return column
        size = whole_quotient(column.abs() + CENTS // 2, nw.lit(CENTS))
        return nw.when(column >= 0).then(size).otherwise(-size)

    def text(self, field: str) -> nw.Expr:
        """Return a text field, empty where there is none."""
        if self.storage(field) is None:
            return nw.lit("")
        return nw.col(field).fill_null("")

    def _holds(self, condition: Condition) -> nw.Expr:
        storage = self.storage(condition.field)
        if condition.test in (Test.IN, Test.NOT_IN):
            found = self._is_in(condition)
            return found if condition.test is Test.IN else ~found
        if condition.test in (Test.OPEN, Test.VALID):
            if storage is None:
                return nw.lit(value=True)
            until = nw.col(condition.field)
            stands = until > self._day if condition.test is Test.OPEN else until >= self._day
            return until.is_null() | stands
        if storage is None:
            return nw.lit(value=False)
        limit = Decimal(condition.values[0]) * (CENTS if storage is Storage.FEN else 1)
        number = nw.col(condition.field)
        beyond = number < int(limit) if condition.test is Test.BELOW else number > int(limit)
        return beyond.fill_null(value=False)

    def _is_in(self, condition: Condition) -> nw.Expr:
        if self.storage(condition.field) is None:
            return nw.lit("" in condition.values)
        column = nw.col(condition.field)
        named = [value for value in condition.values if value]
        found = reduce(or_, [column == value for value in named]) if named else column.is_null()
        absent = "" in condition.values
        if absent:
            found = found | (column == "")
        return found.fill_null(value=absent)


def standing(frame: nw.LazyFrame[Any], day: date, known_at: datetime) -> nw.LazyFrame[Any]:
    """Return the stored records that had happened, were known, stood, and were not repaired.

    Args:
        frame: with ``day``, ``received``, ``superseded`` and ``repaired``.
        day: business date.
        known_at: what was received, corrected or repaired later does not count, aware.

    Source: `matching.domain.records.usable`, `borrowers.selectors.record.records_as_at`.
    """
    known = moment_number(known_at)
    return frame.filter(
        nw.col("day") <= day_number(day),
        nw.col("received") <= known,
        nw.col("superseded").is_null() | (nw.col("superseded") > known),
        nw.col("repaired").is_null() | (nw.col("repaired") > known),
    )


def ratio_bp(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    """Return ``part / whole`` in basis points, half away from zero; null where ``whole`` is not positive.

    Long division, two decimal places at a time, so that a ``whole`` up to 9e16 (900 万亿元 in fen) never leaves 64
    bits; equal to `matching.domain.measures.ratio_bp`.
    """
    safe = nw.when(whole > 0).then(whole)
    quotient, rest = whole_quotient(part.abs(), safe), part.abs() % safe
    for _ in range(STEPS):
        rest = rest * STEP
        quotient = quotient * STEP + whole_quotient(rest, safe)
        rest = rest % safe
    size = quotient + nw.when(rest * 2 >= safe).then(1).otherwise(0)
    return nw.when(part >= 0).then(size).otherwise(-size)


def whole_quotient(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    """Return how many times ``whole`` goes into ``part``, both non-negative, for a result below 2^50 (1.1e15).

    Spark divides integers as floating point. What is divided here leaves no rest, so that its error stays below a half
    for such results and rounding takes it away on every engine.
    """
    return ((part - part % whole) / whole).round().cast(nw.Int64)
