"""Indicators and scores once more in pandas, one filter and one grouping per indicator: slow, short, easy to check.

Shares with the engines the declarations and the model alone; conditions, windows and measures are written anew.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd

from borrowers.domain.archive import Storage, day_number, moment_number
from matching.domain.declaration import Absence, Kind, Measure, Test
from matching.domain.evaluation_lines import MISSING_NUMBERS
from matching.domain.indicators import Missing, typed
from matching.domain.records import month_number

TOP = 5
OF_THE_REGISTER = (Measure.AGE_MONTHS, Measure.FACT)


def read(path):
    """A Parquet file with whole numbers that may be missing; Arrow is not needed."""
    connection = duckdb.connect()
    found = connection.execute("SELECT * FROM read_parquet(?) ORDER BY ent_id", [str(path)])
    names = [column[0] for column in found.description]
    rows = found.fetchall()
    return pd.DataFrame(
        {
            name: pd.Series(values, dtype=object)
            for name, values in zip(names, zip(*rows, strict=True), strict=True)
        }
        if rows
        else {name: pd.Series([], dtype=object) for name in names}
    )


class Oracle:
    """The evaluation of everyone in a folder on one day."""

    def __init__(self, folder: Path, items, moment, known_at):
        self.moment, self.day = moment, day_number(moment.day)
        self.register = read(folder / "enterprises.parquet").set_index("ent_id")
        known = moment_number(known_at)
        self.items = {}
        for item in items:
            rows = read(folder / f"{item}.parquet")
            stands = [
                day <= self.day
                and received <= known
                and (superseded is None or superseded > known)
                and (repaired is None or repaired > known)
                for day, received, superseded, repaired in zip(
                    rows["day"], rows["received"], rows["superseded"], rows["repaired"], strict=True
                )
            ]
            self.items[item] = rows[stands].assign(item=item)

    # --- Records --------------------------------------------------------------------------------

    def rows(self, selection):
        """The records of kind and scope, oldest first."""
        parts = [self.items[item] for item in selection.items if item in self.items]
        if not parts:
            return pd.DataFrame({name: [] for name in ("ent_id", "day", "ym", "tie", "item")})
        rows = pd.concat(parts, ignore_index=True)
        rows = rows.where(rows.notna(), None)
        rows = self.meeting(selection.scope, rows, selection.items)
        return rows.sort_values(["day", "tie"], kind="stable")

    def meeting(self, clauses, rows, items):
        """Those of which one condition of every clause holds."""
        for clause in clauses:
            held = [
                any(self.holds(one, row, items) for one in clause)
                for row in rows.to_dict("records")
            ]
            rows = rows[pd.Series(held, index=rows.index, dtype=bool)]
        return rows

    def holds(self, condition, row, items):
        """Whether a record meets a condition."""
        value = row.get(condition.field)
        if condition.test in (Test.OPEN, Test.VALID):
            last = condition.test is Test.VALID
            return value is None or value > self.day or (last and value == self.day)
        if condition.test in (Test.IN, Test.NOT_IN):
            return ((value or "") in condition.values) is (condition.test is Test.IN)
        if value is None:
            return False
        is_fen = self.storage(items, condition.field) is Storage.FEN
        number = Decimal(value) / (100 if is_fen else 1)
        limit = Decimal(condition.values[0])
        return number < limit if condition.test is Test.BELOW else number > limit

    def storage(self, items, field):
        """How a field is stored."""
        return next(
            (self.moment.storages[i][field] for i in items if field in self.moment.storages[i]),
            None,
        )

    def amounts(self, entry, rows, items):
        """The measured field in integer units."""
        storage = self.storage(items, entry.field)

        def scaled(value):
            if value is None:
                return None
            if storage is Storage.WHOLE:
                return value * entry.scale
            if entry.scale == 100:
                return value
            size = (abs(value) + 50) // 100
            return size if value >= 0 else -size

        return [scaled(value) for value in rows.get(entry.field, [None] * len(rows))]

    def within(self, rows, window):
        """Those in a window."""
        if window is None:
            return rows
        return rows[
            (rows["day"] >= day_number(window.start)) & (rows["day"] < day_number(window.end))
        ]

    # --- Indicators -----------------------------------------------------------------------------

    def indicator(self, entry):
        """Enterprise to value, number of the reason, newest day."""
        scope = self.rows(entry.selection)
        costs = self.rows(entry.against) if entry.against else scope.iloc[:0]
        mine = dict(list(scope.groupby("ent_id")))
        others = dict(list(costs.groupby("ent_id")))
        return {
            key: self.of_one(
                entry, fact, mine.get(key, scope.iloc[:0]), others.get(key, costs.iloc[:0])
            )
            for key, fact in zip(self.register.index, self.register.to_dict("records"), strict=True)
        }

    def of_one(self, entry, fact, scope, costs):
        """One enterprise's value."""
        if entry.measure in OF_THE_REGISTER:
            value = self.fact(entry, fact)
            return (value, 0 if value is not None else MISSING_NUMBERS[Missing.NO_RECORD], None)
        if scope.empty and (reason := self.without(entry)):
            return (None, MISSING_NUMBERS[reason], None)
        value, days = self.measured(entry, scope, costs)
        unheard = set(entry.selection.items) - set(self.moment.fed_items) - set(scope["item"])
        if value == 0 and entry.absence is Absence.ZERO and unheard:
            return (None, MISSING_NUMBERS[Missing.NOT_AVAILABLE], None)
        if value is None:
            return (None, MISSING_NUMBERS[Missing.NO_RECORD], None)
        return (value, 0, max(days, default=None))

    def without(self, entry):
        """Why there is no value without records."""
        if entry.consent and entry.data_class not in self.moment.authorized:
            return Missing.NOT_AUTHORIZED
        if not set(entry.selection.items) & set(self.moment.fed_items):
            return Missing.NOT_AVAILABLE
        return None if entry.absence is Absence.ZERO else Missing.NO_RECORD

    def fact(self, entry, fact):
        """A fact of the register, or an age in months."""
        if entry.measure is Measure.FACT:
            return fact[entry.field]
        day = self.moment.day
        months = month_number(day) - fact["established_ym"]
        return max(months - (fact["established_dom"] > day.day), 0)

    def measured(self, entry, scope, costs):
        """The value, and the days of the records used."""
        window = entry.window_on(self.moment.day)
        windowed = self.within(scope, window)
        items = entry.selection.items
        counted = self.meeting(entry.selection.where, windowed, items)
        amounts = pd.Series(self.amounts(entry, counted, items), index=counted.index, dtype=object)
        days = list(counted["day"])
        total = sum(x or 0 for x in amounts if type(x) is int)
        match entry.measure:
            case Measure.COUNT | Measure.OPEN_COUNT:
                return len(counted), days
            case Measure.FLAG:
                return int(len(counted) > 0), days
            case Measure.SUM:
                return total, days
            case Measure.MONTHS_PRESENT:
                return counted["ym"].nunique(), days
            case Measure.RECENCY_MONTHS:
                return (month_number(self.moment.day) - max(counted["ym"]) if days else None), days
            case Measure.SHARE:
                return rounded(len(counted), len(windowed)), days
            case Measure.LATEST:
                return self.newest(entry, counted, amounts)
            case Measure.ARREARS_SUM:
                return self.owed(entry, windowed)
            case Measure.MARGIN:
                spent, amount = self.spent(entry, costs)
                return (None if costs.empty else rounded(total - amount, total)), [*days, *spent]
        return self.over_months(entry, scope, counted, amounts), days

    def newest(self, entry, counted, amounts):
        """The newest value that is told, and its day."""
        values = counted[entry.field] if entry.kind is Kind.TEXT else amounts
        told = [
            (x, day) for x, day in zip(values, counted["day"], strict=True) if x not in (None, "")
        ]
        return (told[-1][0], [told[-1][1]]) if told else (None, [])

    def owed(self, entry, windowed):
        """What the newest record of each account says is owed."""
        parties = windowed.assign(party=windowed[entry.group].map(lambda x: x or ""))
        newest = parties.drop_duplicates("party", keep="last")
        owed = self.meeting(entry.selection.where, newest, entry.selection.items)
        amounts = self.amounts(entry, owed, entry.selection.items)
        return sum(x or 0 for x in amounts), list(owed["day"])

    def spent(self, entry, costs):
        """Days and sum of what is subtracted."""
        against = entry.against
        rows = self.within(costs, entry.window_on(self.moment.day))
        rows = self.meeting(against.where, rows, against.items)
        return list(rows["day"]), sum(x or 0 for x in self.amounts(entry, rows, against.items))

    def over_months(self, entry, scope, counted, amounts):
        """Trends, spreads and the largest counterparties."""
        window = entry.window_on(self.moment.day)
        first, months = month_number(window.start), entry.window_months
        filled = amounts.map(lambda x: x or 0)
        if entry.measure is Measure.TREND_PCT:
            is_late = counted["ym"] >= first + months
            late, early = sum(filled[is_late]), sum(filled[~is_late])
            begun = not scope.empty and min(scope["ym"]) <= first
            return rounded(late - early, early) if begun else None
        if entry.measure is Measure.VOLATILITY:
            monthly = [sum(part) for _, part in filled.groupby(counted["ym"])]
            monthly += [0] * (months - len(monthly))
            total = sum(monthly)
            return rounded(sum(abs(months * one - total) for one in monthly), months * total)
        parties = counted[entry.group].map(lambda x: x or "")
        sums = sorted((sum(part) for _, part in filled.groupby(parties)), reverse=True)
        positive = [one for one in sums if one > 0]
        return rounded(sum(positive[:TOP]), sum(positive))

    # --- Score ----------------------------------------------------------------------------------

    def score(self, key, values, declared, model):
        """Points per indicator, score and grade of one enterprise."""
        points = {}
        for line in model.lines:
            value, missing, _ = values[line.indicator][key]
            shown = typed(declared[line.indicator].kind, value)
            held = [] if missing else [entry for entry in line.bins if entry.holds(shown)]
            points[line.indicator] = held[0].points if held else 0
        sides = {
            side.code: model.base_of(side)
            + sum(points[line.indicator] for line in model.lines if line.dimension == side.code)
            for side in model.dimensions
        }
        total = sum(min(max(sides[s.code], 0), model.max_of(s)) for s in model.dimensions)
        for floor in model.floors:
            if values[floor.indicator][key][0] == 1:
                total = min(total, floor.cap_points)
        if not self.register.loc[key, "is_scored"]:
            return points, None, ""
        return points, total, model.grade_of(total)


def rounded(part, whole):
    """Basis points, half away from zero; None where the whole is not positive."""
    if whole <= 0:
        return None
    size = (Decimal(abs(part)) * 10000 / Decimal(whole) * 2 + 1) // 2
    return int(size) if part >= 0 else -int(size)


def oracle_rows(folder, items, declarations, moment, known_at, model):
    """Enterprise to its row, named as the engines name their columns."""
    oracle = Oracle(folder, items, moment, known_at)
    declared = {entry.code: entry for entry in declarations}
    values = {entry.code: oracle.indicator(entry) for entry in declarations}
    rows = {}
    for key in oracle.register.index:
        row = {"ent_id": key}
        for code, found in values.items():
            row |= dict(zip((f"v_{code}", f"m_{code}", f"l_{code}"), found[key], strict=True))
        points, row["points"], row["grade"] = oracle.score(key, values, declared, model)
        rows[key] = row | {f"p_{code}": count for code, count in points.items()}
    return rows
