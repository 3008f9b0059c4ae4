"""Each measure as an expression over the folds of its family; the readable twin is `matching.domain.measures`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import narwhals as nw

from marketplace.domain.period import Period, add_months
from matching.domain.declaration import IndicatorDeclaration, Kind, Measure, Selection
from matching.domain.records import month_number
from matching.scoring.expressions import ratio_bp
from matching.scoring.family import Family

LAST_DAYS = "established_dom"


@dataclass(frozen=True)
class Asked:
    """One declaration with the folds it is made of.

    Attributes:
        declaration: the indicator.
        family: of its items.
        against: of the items MARGIN subtracts.
        day: date of the evaluation.
    """

    declaration: IndicatorDeclaration
    family: Family
    against: Family | None
    day: date

    @property
    def window(self) -> Period | None:
        """Return the days that count."""
        return self.declaration.window_on(self.day)

    def counted(self, window: Period | None = None) -> str:
        """Return the flag of the rows that count, within another window when one is given."""
        return self.family.flag(self.declaration.selection, window or self.window)

    def total(self, window: Period | None = None) -> nw.Expr:
        """Return the sum of the declared field over the rows that count."""
        declared = self.declaration
        return self.family.total(self.counted(window), declared.field, declared.scale)


@dataclass(frozen=True)
class Found:
    """A measure over the joined folds.

    Attributes:
        value: in integer units or text; null when the records give no basis.
        newest: day of the newest record used, where there is a value; null without records.
    """

    value: nw.Expr
    newest: nw.Expr


def found_of(asked: Asked) -> Found:
    """Return what the declared measure makes of the folds."""
    return MEASURES[asked.declaration.measure](asked)


def scope_count(asked: Asked) -> nw.Expr:
    """Return how many records of this kind an enterprise has, whenever they happened."""
    flag = asked.family.flag(asked.declaration.selection, None, counting=False)
    return asked.family.count(flag)


def _newest(asked: Asked) -> nw.Expr:
    return asked.family.highest("day", asked.counted())


def _sum(asked: Asked) -> Found:
    return Found(asked.total(), _newest(asked))


def _count(asked: Asked) -> Found:
    return Found(asked.family.count(asked.counted()), _newest(asked))


def _flag(asked: Asked) -> Found:
    present = asked.family.count(asked.counted()) > 0
    return Found(nw.when(present).then(1).otherwise(0), _newest(asked))


def _months_present(asked: Asked) -> Found:
    return Found(asked.family.months(asked.counted()), _newest(asked))


def _arrears_sum(asked: Asked) -> Found:
    declared = asked.declaration
    total, day = asked.family.newest_per_group(
        declared.selection, asked.window, declared.field, declared.scale, declared.group
    )
    return Found(total, day)


def _recency(asked: Asked) -> Found:
    newest = asked.family.highest("ym", asked.counted())
    return Found(month_number(asked.day) - newest, _newest(asked))


def _latest(asked: Asked) -> Found:
    declared = asked.declaration
    scale = None if declared.kind is Kind.TEXT else declared.scale
    value, day = asked.family.latest(asked.counted(), declared.field, scale)
    return Found(value, day)


def _trend(asked: Asked) -> Found:
    declared, window = asked.declaration, asked.window
    if window is None:
        return _nothing()
    middle = add_months(window.start, declared.window_months)
    later = asked.total(Period(middle, window.end))
    before = asked.total(Period(window.start, middle))
    scope = asked.family.flag(declared.selection, None, counting=False)
    oldest = asked.family.lowest("ym", scope)
    whole = nw.when(oldest <= month_number(window.start)).then(before)
    return Found(ratio_bp(later - before, whole), _newest(asked))


def _volatility(asked: Asked) -> Found:
    declared = asked.declaration
    months = declared.window_months
    spread, total = asked.family.spread(asked.counted(), declared.field, declared.scale, months)
    return Found(ratio_bp(spread, total * months), _newest(asked))


def _margin(asked: Asked) -> Found:
    declared, against = asked.declaration, asked.declaration.against
    if against is None or asked.against is None:
        return _nothing()
    own = asked.total()
    flag = asked.against.flag(against, asked.window)
    costs = asked.against.total(flag, declared.field, declared.scale)
    scope = asked.against.flag(_kind_only(against), None)
    whole = nw.when(asked.against.count(scope) > 0).then(own)
    newest = nw.max_horizontal(_newest(asked), asked.against.highest("day", flag))
    return Found(ratio_bp(own - costs, whole), newest)


def _share(asked: Asked) -> Found:
    windowed = asked.family.flag(asked.declaration.selection, asked.window, counting=False)
    part = asked.family.count(asked.counted())
    return Found(ratio_bp(part, asked.family.count(windowed)), _newest(asked))


def _concentration(asked: Asked) -> Found:
    declared = asked.declaration
    top, whole = asked.family.top_share(
        asked.counted(), declared.field, declared.scale, declared.group
    )
    return Found(ratio_bp(top, whole), _newest(asked))


def _age_months(asked: Asked) -> Found:
    """Whole months since the foundation; a day the month of the evaluation lacks counts as its last."""
    months = month_number(asked.day) - nw.col("established_ym")
    is_last = add_months(asked.day.replace(day=1), 1).toordinal() - 1 == asked.day.toordinal()
    if not is_last:
        begun = nw.when(nw.col(LAST_DAYS) > asked.day.day).then(1).otherwise(0)
        months = months - begun
    return Found(nw.when(months > 0).then(months).otherwise(_zero_of(months)), _no_day())


def _fact(asked: Asked) -> Found:
    return Found(nw.col(asked.declaration.field), _no_day())


def _zero_of(value: nw.Expr) -> nw.Expr:
    return value * 0  # null stays null


def _kind_only(selection: Selection) -> Selection:
    return Selection(selection.items, selection.scope)


def _no_day() -> nw.Expr:
    return nw.lit(None, dtype=nw.Int64)


def _nothing() -> Found:
    return Found(nw.lit(None, dtype=nw.Int64), _no_day())


MEASURES: dict[Measure, Callable[[Asked], Found]] = {
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
