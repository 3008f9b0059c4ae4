"""The records of one family of items, folded into one row per enterprise: counts, sums, extremes, newest values.

A family is read once for all that is counted over it; what needs an order or a second grouping (newest per account,
months, counterparties) is a fold of its own, joined by enterprise.

Source: performance note, B (conditional sums in one pass, no COUNT DISTINCT); `matching.domain.measures`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import narwhals as nw

from borrowers.domain.archive import ROW_BITS, Storage
from marketplace.domain.period import Period
from matching.domain.declaration import Clause, Selection
from matching.domain.measures import TOP_COUNTERPARTIES
from matching.scoring.expressions import Expressions
from matching.scoring.record_columns import Storages

Frame = nw.LazyFrame[Any]
Frames = Mapping[str, Frame]
"""Item code to its records, one row each, with the columns `matching.scoring.record_columns` describes."""

BATCH_BITS = 22
NEWEST_DAY = 2 ** (BATCH_BITS + ROW_BITS)
"""A record's place in time is its day times this, plus its ``tie``; days until 2100 leave it within 63 bits."""

_DTYPES: Mapping[Storage, Any] = {Storage.TEXT: nw.String, Storage.DAYS: nw.Int32}


class Family:
    """Collects what is asked of the records of some items, then folds them.

    Args:
        number: tells its columns from those of other families.
        items: in the order of the declaration.
        frames: of visible items; items without a frame have no records.
        storages: how fields are stored.
        day: date of the evaluation; no frame holds a later row.
    """

    def __init__(
        self, number: int, items: tuple[str, ...], frames: Frames, storages: Storages, day: date
    ) -> None:
        self.items = items
        self.held = tuple(item for item in items if item in frames)
        self._number = number
        self._frames = frames
        self._storages = storages
        self._day = day
        self._expressions = Expressions(items, storages, day)
        self._fields: set[str] = set()
        self._flags: dict[tuple[Any, ...], str] = {}
        self._flag_expressions: dict[str, nw.Expr] = {}
        self._folds: dict[tuple[Any, ...], tuple[str, nw.Expr]] = {}
        self._more: dict[tuple[Any, ...], tuple[tuple[str, ...], Callable[..., Frame]]] = {}

    # --- Which rows -----------------------------------------------------------------------------

    def needs(self, *fields: str) -> None:
        """Keep these payload fields in the family's rows."""
        self._fields |= {field for field in fields if self._expressions.storage(field)}

    def flag(self, selection: Selection, window: Period | None, *, counting: bool = True) -> str:
        """Return the name of the truth column of rows in scope and window, and counting; empty when all are."""
        clauses = selection.scope + (selection.where if counting else ())
        key = (clauses, window)
        if key not in self._flags:
            found = self._flag(clauses, window)
            self._flags[key] = f"flag_{len(self._flags)}" if found is not None else ""
            if found is not None:
                self._flag_expressions[self._flags[key]] = found
        return self._flags[key]

    def _flag(self, clauses: tuple[Clause, ...], window: Period | None) -> nw.Expr | None:
        self.needs(*(one.field for clause in clauses for one in clause))
        return self._expressions.all_of(clauses, window)

    # --- Folds of the one pass ------------------------------------------------------------------

    def count(self, flag: str) -> nw.Expr:
        """Return the number of flagged rows, 0 for enterprises without any."""
        counted = nw.when(nw.col(flag)).then(1).count() if flag else nw.col("day").count()
        return self._fold(("count", flag), counted, 0)

    def count_of_item(self, item: str) -> nw.Expr:
        """Return the number of records of one item of the family, whatever they say."""
        if item not in self.held:
            return nw.lit(0)
        if len(self.held) == 1:
            return self.count("")
        is_it = nw.col("item") == self.held.index(item)
        return self._fold(("item", item), nw.when(is_it).then(1).count(), 0)

    def total(self, flag: str, field: str, scale: int) -> nw.Expr:
        """Return the sum of a field over flagged rows in integer units, 0 where there is none."""
        self.needs(field)
        amount = self._expressions.amount(field, scale)
        counted = nw.when(nw.col(flag)).then(amount) if flag else amount
        return self._fold(("total", flag, field, scale), counted.sum(), 0)

    def highest(self, column: str, flag: str) -> nw.Expr:
        """Return the highest day or month among flagged rows, null where there is none."""
        counted = nw.when(nw.col(flag)).then(nw.col(column)) if flag else nw.col(column)
        return self._fold(("highest", column, flag), counted.max(), None)

    def lowest(self, column: str, flag: str) -> nw.Expr:
        """Return the lowest day or month among flagged rows, null where there is none."""
        counted = nw.when(nw.col(flag)).then(nw.col(column)) if flag else nw.col(column)
        return self._fold(("lowest", column, flag), counted.min(), None)

    def _fold(self, key: tuple[Any, ...], expression: nw.Expr, absent: int | None) -> nw.Expr:
        if not self.held:
            return nw.lit(absent, dtype=nw.Int64)
        if key not in self._folds:
            alias = f"f{self._number}_{len(self._folds)}"
            self._folds[key] = (alias, expression.cast(nw.Int64).alias(alias))
        column = nw.col(self._folds[key][0])
        return column if absent is None else column.fill_null(absent)

    # --- Folds of their own ---------------------------------------------------------------------

    def months(self, flag: str) -> nw.Expr:
        """Return the number of different months among flagged rows."""
        key = ("months", flag)

        def fold(alias: str) -> Frame:
            months = self._flagged(flag).group_by("ent_id", "ym").agg(nw.col("day").max())
            return months.group_by("ent_id").agg(nw.col("ym").count().cast(nw.Int64).alias(alias))

        return self._own(key, fold, 1)[0].fill_null(0)

    def spread(self, flag: str, field: str, scale: int, months: int) -> tuple[nw.Expr, nw.Expr]:
        """Return Σ|months·month − total| over all months of the window, and the total; null without rows."""
        self.needs(field)

        def fold(spread: str, total: str) -> Frame:
            amount = self._expressions.amount(field, scale)
            rows = self._flagged(flag).with_columns(amount.fill_null(0).alias("amount"))
            monthly = rows.group_by("ent_id", "ym").agg(_sum("amount", "month_sum"))
            totals = monthly.group_by("ent_id").agg(_sum("month_sum", total))
            off = (nw.col("month_sum") * months - nw.col(total)).abs().alias("off")
            both = monthly.join(totals, on="ent_id", how="inner").with_columns(off)
            kinds = [_sum("off", "off_sum"), nw.col("ym").count().cast(nw.Int64).alias("present")]
            folded = both.group_by("ent_id", total).agg(*kinds)
            empty = (months - nw.col("present")) * nw.col(total)
            return folded.select("ent_id", total, (nw.col("off_sum") + empty).alias(spread))

        spread, total = self._own(("spread", flag, field, scale), fold, 2)
        return spread, total

    def top_share(self, flag: str, field: str, scale: int, group: str) -> tuple[nw.Expr, nw.Expr]:
        """Return the sum of the five largest positive net sums by group, and of all positive ones; null without."""
        self.needs(field, group)

        def fold(top: str, whole: str) -> Frame:
            amount = self._expressions.amount(field, scale).fill_null(0).alias("amount")
            party = self._expressions.text(group).alias("party")
            rows = self._flagged(flag).with_columns(amount, party)
            sums = rows.group_by("ent_id", "party").agg(_sum("amount", "party_sum"))
            positive = sums.filter(nw.col("party_sum") > 0)
            rank = nw.col("party_sum").rank("ordinal", descending=True).over("ent_id")
            ranked = positive.with_columns(rank.alias("place")).with_columns(
                nw.when(nw.col("place") <= TOP_COUNTERPARTIES)
                .then(nw.col("party_sum"))
                .otherwise(0)
                .alias("top_sum")
            )
            return ranked.group_by("ent_id").agg(_sum("top_sum", top), _sum("party_sum", whole))

        top, whole = self._own(("top", flag, field, scale, group), fold, 2)
        return top, whole

    def latest(self, flag: str, field: str, scale: int | None) -> tuple[nw.Expr, nw.Expr]:
        """Return the field of the newest flagged row that has one, and that row's day; text when ``scale`` is None."""
        self.needs(field)

        def fold(value: str, day: str) -> Frame:
            if scale is None:
                found = self._expressions.text(field)
                rows = self._flagged(flag).with_columns(found.alias(value))
                rows = rows.filter(nw.col(value) != "")
            else:
                found = self._expressions.amount(field, scale)
                rows = self._flagged(flag).with_columns(found.alias(value))
                rows = rows.filter(~nw.col(value).is_null())
            keyed = rows.select("ent_id", value, nw.col("day").alias(day), _place())
            return _newest(keyed, "ent_id").drop("place")

        value, day = self._own(("latest", flag, field, scale), fold, 2)
        return value, day

    def newest_per_group(
        self, selection: Selection, window: Period | None, field: str, scale: int, group: str
    ) -> tuple[nw.Expr, nw.Expr]:
        """Return Σ field over each group's newest row in scope and window where that row counts, and the newest day."""
        self.needs(field, group)
        scope = self.flag(selection, window, counting=False)
        counted = self.flag(selection, window)

        def fold(total: str, day: str) -> Frame:
            amount = self._expressions.amount(field, scale).alias("amount")
            party = self._expressions.text(group).alias("party")
            counts = (nw.col(counted) if counted else nw.lit(value=True)).alias("counts")
            rows = self._flagged(scope).with_columns(amount, party, counts)
            keyed = rows.select("ent_id", "party", "amount", "counts", "day", _place())
            newest = _newest(keyed, "ent_id", "party").filter(nw.col("counts"))
            latest = nw.col("day").max().alias(day)
            return newest.group_by("ent_id").agg(_sum("amount", total), latest)

        total, day = self._own(("groups", scope, counted, field, scale, group), fold, 2)
        return total.fill_null(0), day

    def _own(
        self, key: tuple[Any, ...], fold: Callable[..., Frame], width: int
    ) -> tuple[nw.Expr, ...]:
        if not self.held:
            return tuple(nw.lit(None, dtype=nw.Int64) for _ in range(width))
        if key not in self._more:
            aliases = tuple(f"x{self._number}_{len(self._more)}_{n}" for n in range(width))
            self._more[key] = (aliases, fold)
        return tuple(nw.col(alias) for alias in self._more[key][0])

    # --- The frame ------------------------------------------------------------------------------

    def frame(self) -> Frame | None:
        """Return what was asked for, one row per enterprise that has any, keyed by ``ent_id``; None without records.

        Folds of their own are joined to the one pass here, where only enterprises with records are, and not to all.
        """
        if not self.held:
            return None
        folds = [expression for _, expression in self._folds.values()]
        found = self._rows().group_by("ent_id").agg(*folds)
        for aliases, fold in self._more.values():
            found = found.join(fold(*aliases), on="ent_id", how="left")
        return found

    def _flagged(self, flag: str) -> Frame:
        rows = self._rows()
        return rows.filter(nw.col(flag)) if flag else rows

    def _rows(self) -> Frame:
        parts = [self._part(index, item) for index, item in enumerate(self.held)]
        rows = parts[0] if len(parts) == 1 else nw.concat(parts, how="vertical")
        flags = [flag.alias(name) for name, flag in self._flag_expressions.items()]
        return rows.with_columns(*flags) if flags else rows

    def _part(self, index: int, item: str) -> Frame:
        columns: list[nw.Expr] = [nw.col(name) for name in ("ent_id", "day", "ym", "tie")]
        for field in sorted(self._fields):
            if field in self._storages.get(item, {}):
                columns.append(nw.col(field))
                continue
            dtype = _DTYPES.get(self._expressions.storage(field) or Storage.WHOLE, nw.Int64)
            columns.append(nw.lit(None, dtype=dtype).alias(field))
        if len(self.held) > 1:
            columns.append(nw.lit(index).alias("item"))
        return self._frames[item].select(*columns)


def _sum(column: str, alias: str) -> nw.Expr:
    return nw.col(column).sum().cast(nw.Int64).alias(alias)


def _place() -> nw.Expr:
    place: nw.Expr = nw.col("day").cast(nw.Int64) * NEWEST_DAY + nw.col("tie")
    return place.alias("place")


def _newest(rows: Frame, *keys: str) -> Frame:
    """Return the newest row of each key: a maximum and a join, which every engine does in hash tables."""
    best = rows.group_by(*keys).agg(nw.col("place").max())
    return rows.join(best, on=[*keys, "place"], how="inner")
