"""The workbook of statistics: headline figures, one sheet per breakdown, definitions at the foot of each.

Source: domain note 0.9, 1.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from exports.domain.definitions import Statistic, Unit, definition, notes_for
from marketplace.domain.table import CellValue, Column, ColumnKind, SheetTable
from marketplace.domain.workdays import BEIJING

Figure = int | Decimal | None
"""A value in the unit of its definition; None when it cannot be formed."""

KINDS = {
    Unit.ENTERPRISES: ColumnKind.INTEGER,
    Unit.INSTITUTIONS: ColumnKind.INTEGER,
    Unit.PRODUCTS: ColumnKind.INTEGER,
    Unit.LOANS: ColumnKind.INTEGER,
    Unit.YUAN: ColumnKind.MONEY_WAN,
    Unit.SHARE: ColumnKind.SHARE,
    Unit.BASIS_POINTS: ColumnKind.RATE,
    Unit.DAYS: ColumnKind.NUMBER,
}
_SHOWN = {
    Unit.YUAN: (Decimal("0.0001"), "万元"),
    Unit.SHARE: (Decimal(100), "%"),
    Unit.BASIS_POINTS: (Decimal("0.01"), "%"),
}


@dataclass(frozen=True)
class Headline:
    """A figure for the whole scope, with the same figure a year before."""

    code: Statistic
    value: Figure
    year_before: Figure = None


@dataclass(frozen=True)
class Breakdown:
    """Figures by district, institution, industry, size or guarantee.

    Attributes:
        dimension: heading of the first column, e.g. 区.
        codes: figures, one column each.
        rows: label and values in the order of the codes; a total row comes last.
    """

    title: str
    dimension: str
    codes: tuple[Statistic, ...]
    rows: tuple[tuple[str, tuple[Figure, ...]], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class StatisticsBook:
    """Everything in a statistics workbook.

    Attributes:
        scope: whom it covers, e.g. 全市 or a district.
        as_of: last day counted.
        counted_at: up to which moment, aware.
        generated_at: when the workbook was made, aware.
    """

    title: str
    scope: str
    as_of: date
    counted_at: datetime
    generated_at: datetime
    headlines: tuple[Headline, ...]
    breakdowns: tuple[Breakdown, ...] = ()


def shown(code: Statistic, value: Figure) -> tuple[Decimal | None, str]:
    """Return a figure as headline tables show it, with its unit: 万元, 户, 笔, %, 天.

    >>> shown(Statistic.ACCEPTANCE_RATE, Decimal("0.954"))
    (Decimal('95.400'), '%')
    """
    return shown_in(definition(code).unit, value)


def shown_in(unit: Unit, value: Figure) -> tuple[Decimal | None, str]:
    """Return a value of a unit as headline tables show it, with the unit in words."""
    factor, name = _SHOWN.get(unit, (Decimal(1), unit.value))
    return (None if value is None else Decimal(value) * factor), name


def statistics_tables(book: StatisticsBook) -> list[SheetTable]:
    """Return the sheets of the workbook, headline figures first."""
    counted_at = book.counted_at.astimezone(BEIJING)
    subtitle = f"范围：{book.scope}  统计截至 {counted_at:%Y-%m-%d %H:%M}"
    head = SheetTable(
        title=book.title,
        subtitle=subtitle,
        columns=(
            Column("指标", width=18),
            Column("本期", ColumnKind.NUMBER, 16),
            Column("单位", width=9),
            Column("上年同期", ColumnKind.NUMBER, 16),
            Column("同比", ColumnKind.SHARE, 12),
            Column("口径", width=96),
        ),
        rows=[_headline_row(line) for line in book.headlines],
        notes=notes_for(()),
        generated_at=book.generated_at,
    )
    return [head, *(_breakdown_table(part, subtitle, book) for part in book.breakdowns)]


def _headline_row(line: Headline) -> Sequence[CellValue]:
    entry = definition(line.code)
    value, unit = shown(line.code, line.value)
    before, _ = shown(line.code, line.year_before)
    growth = None
    is_ratio = entry.unit in (Unit.SHARE, Unit.BASIS_POINTS)
    if value is not None and before and not is_ratio:
        growth = ((value - before) / before).quantize(Decimal("0.0001"))
    return (entry.name, value, unit, before, growth, f"{entry.formula}{entry.note}")


def _breakdown_table(part: Breakdown, subtitle: str, book: StatisticsBook) -> SheetTable:
    entries = [definition(code) for code in part.codes]
    columns = [Column(part.dimension, width=26)]
    columns += [Column(entry.name, KINDS[entry.unit], 15) for entry in entries]
    return SheetTable(
        title=part.title,
        subtitle=subtitle,
        columns=columns,
        rows=[(label, *values) for label, values in part.rows],
        notes=(*notes_for(part.codes), *part.notes),
        generated_at=book.generated_at,
    )
