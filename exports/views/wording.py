"""Statistics in the form of page components: figures with their definitions, tables, charts with their data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext

from exports.domain.definitions import Definition, Statistic, Unit, definition
from exports.domain.disclosure import NOTE
from exports.domain.statistics_book import Breakdown, Figure, Headline
from exports.domain.tally import Dimension, growth
from exports.selectors.statistics import Statistics
from marketplace.domain.money import WAN, YI, display_rate
from marketplace.web.charts import district_map, series_chart
from marketplace.web.components import Chart, Column, DistrictMap, Kind, Stat, Table
from marketplace.web.language import bracketed, said
from marketplace.web.templatetags.market import wan, yi

S = Statistic
KINDS = {
    Unit.YUAN: Kind.MONEY,
    Unit.SHARE: Kind.PERCENT,
    Unit.BASIS_POINTS: Kind.RATE,
}
SECTIONS: tuple[tuple[str, frozenset[Statistic]], ...] = (
    ("企业、机构与产品", frozenset({S.ENTERPRISES, S.INSTITUTIONS, S.PRODUCTS})),
    (
        "需求与对接",
        frozenset(
            {
                S.NEEDS,
                S.NEEDS_AMOUNT,
                S.APPLICATIONS,
                S.ACCEPTANCES,
                S.CONTACTS,
                S.ACCEPTANCE_RATE,
                S.CONTACT_RATE,
                S.OBTAINED_RATE,
                S.SIGNINGS,
            }
        ),
    ),
    ("授信", frozenset({S.APPROVED_ENTERPRISES, S.APPROVALS, S.APPROVED_AMOUNT})),
    (
        "当年放款",
        frozenset(
            {
                S.FUNDED_ENTERPRISES_YEAR,
                S.LOANS_YEAR,
                S.FUNDED_AMOUNT_YEAR,
                S.FUNDED_AMOUNT_GROWTH,
            }
        ),
    ),
    ("累计放款", frozenset({S.FUNDED_ENTERPRISES, S.LOANS, S.FUNDED_AMOUNT})),
    (
        "结构与效率",
        frozenset({S.CREDIT_LOAN_SHARE, S.FIRST_TIME_BORROWERS, S.AVERAGE_RATE, S.AVERAGE_DAYS}),
    ),
    ("逾期", frozenset({S.OVERDUE_LOANS, S.OVERDUE_AMOUNT, S.OVERDUE_RATE})),
)
MONEY = frozenset(code for title, codes in SECTIONS[3:] for code in codes)
"""Columns of the second table of a breakdown."""

DRAWN = ((S.FUNDED_AMOUNT, "累计放款"), (S.FUNDED_AMOUNT_YEAR, "当年放款"))


@dataclass(frozen=True)
class FigureSection:
    """Headline figures under one heading."""

    title: str
    stats: list[Stat]


@dataclass(frozen=True)
class BreakdownSection:
    """A breakdown as chart and table with what has to be said under them."""

    title: str
    chart: Chart | None
    tables: list[Table]
    notes: tuple[str, ...]
    map: DistrictMap | None = None


def figure_sections(found: Statistics) -> list[FigureSection]:
    """Return the headlines in sections, each figure with its definition and the year before."""
    lines = {line.code: line for line in found.headlines}
    sections = (
        FigureSection(title, [stat_of(lines[code]) for code in lines if code in codes])
        for title, codes in SECTIONS
    )
    return [section for section in sections if section.stats]


def stat_of(line: Headline) -> Stat:
    """Return a headline as a component."""
    entry = definition(line.code)
    kind, value, unit = stat_shown(entry.unit, line.value)
    text = f"{entry.formula}{entry.note}"
    return Stat(entry.name, value, text, kind, unit, _before(entry.unit, line))


def breakdown_sections(found: Statistics) -> list[BreakdownSection]:
    """Return the breakdowns as charts and tables."""
    return [
        BreakdownSection(
            part.title,
            _chart(dimension, part),
            tables_of(part),
            _notes(part),
            _map(part) if dimension is Dimension.DISTRICT else None,
        )
        for dimension, part in found.breakdowns.items()
    ]


def tables_of(part: Breakdown) -> list[Table]:
    """Return a breakdown as two tables that fit a screen: what came before the money, and the money."""
    before = [code for code in part.codes if code not in MONEY]
    after = [code for code in part.codes if code in MONEY]
    named = (("需求与授信", before), ("放款", after))
    return [
        table_of(
            part,
            codes,
            gettext("%(title)s：%(name)s") % {"title": said(part.title), "name": said(name)},
        )
        for name, codes in named
        if codes
    ]


def table_of(part: Breakdown, codes: Sequence[Statistic], caption: str) -> Table:
    """Return some columns of a breakdown as a table; every column has its definition."""
    places = [(part.codes.index(code), definition(code)) for code in codes]
    columns = [Column(part.dimension), *(_column(entry) for _, entry in places)]
    rows = [
        [label, *(_plain(entry.unit, values[place]) for place, entry in places)]
        for label, values in part.rows
    ]
    return Table(columns, rows, caption=caption)


def _column(entry: Definition) -> Column:
    name = said(entry.name)
    title = bracketed(name, said(entry.unit.value)) if entry.unit in _COUNTED else name
    kind = KINDS.get(entry.unit, Kind.NUMBER)
    return Column(title, kind, f"{entry.formula}{entry.note}")


_COUNTED = (Unit.ENTERPRISES, Unit.LOANS, Unit.DAYS)


def _notes(part: Breakdown) -> tuple[str, ...]:
    # The note on small cells is said once, at the head of the page.
    return tuple(note for note in part.notes if note != NOTE)


def _chart(dimension: Dimension, part: Breakdown) -> Chart | None:
    """Return the money as a chart, None where every amount is 0 or not published."""
    rows = part.rows[:-1]
    places = {code: part.codes.index(code) for code, _ in DRAWN}
    if not any(values[place] for _, values in rows for place in places.values()):
        return None
    return series_chart(
        f"funded-by-{dimension.value}",
        gettext("%(title)s：放款金额") % {"title": said(part.title)},
        labels=[label for label, _ in rows],
        series={name: [_wan(values[places[code]]) for _, values in rows] for code, name in DRAWN},
        label_name=part.dimension,
        unit="万元",
        definition=definition(S.FUNDED_AMOUNT).sentence,
    )


def _map(part: Breakdown) -> DistrictMap:
    """Return the money lent so far on the grid of the districts."""
    place = part.codes.index(S.FUNDED_AMOUNT)
    return district_map(
        "各区累计放款金额",
        values={label: _whole_wan(values[place]) for label, values in part.rows[:-1]},
        unit="万元",
        definition=definition(S.FUNDED_AMOUNT).sentence,
    )


def _whole_wan(value: Figure) -> Decimal | None:
    amount = _wan(value)
    return None if amount is None else amount.to_integral_value(ROUND_HALF_UP)


def _wan(value: Figure) -> Decimal | None:
    return None if value is None else Decimal(value) / WAN


def _plain(unit: Unit, value: Figure) -> Figure:
    if unit is Unit.BASIS_POINTS and value is not None:
        return int(Decimal(value).to_integral_value(ROUND_HALF_UP))
    return value


def stat_shown(unit: Unit, value: Figure) -> tuple[Kind, Figure | str, str]:
    """Return how a headline is written: its kind, the value, and the unit behind it."""
    if unit is Unit.YUAN and value is not None:
        number, _, name = _words(unit, value).rpartition(" ")
        return (Kind.TEXT, number, name) if name.isalpha() else (Kind.TEXT, f"{number} {name}", "")
    if unit in KINDS:
        return KINDS[unit], _plain(unit, value), ""
    return Kind.NUMBER, value, "" if value is None else unit.value


def _before(unit: Unit, line: Headline) -> str:
    """Return the year before in words, with the growth of counts and amounts."""
    if line.year_before is None:
        return ""
    grown = (
        None if unit in (Unit.SHARE, Unit.BASIS_POINTS) else growth(line.value, line.year_before)
    )
    told = "" if grown is None else gettext("，同比 %(growth)s") % {"growth": _signed(grown)}
    return gettext("上年同期 %(words)s%(told)s") % {
        "words": _words(unit, line.year_before),
        "told": told,
    }


def _signed(share: Decimal) -> str:
    return f"{(share * 100).quantize(Decimal('0.1'), ROUND_HALF_UP):+}%"


def _words(unit: Unit, value: int | Decimal) -> str:
    number = Decimal(value)
    if unit is Unit.YUAN:
        return yi(number) if number >= YI else wan(number)
    if unit is Unit.SHARE:
        return f"{(number * 100).quantize(Decimal('0.1'), ROUND_HALF_UP)}%"
    if unit is Unit.BASIS_POINTS:
        return display_rate(int(number.to_integral_value(ROUND_HALF_UP)))
    return f"{number:,f} {said(unit.value)}"


def stats_of(lines: Iterable[Headline]) -> list[Stat]:
    """Return headlines as components, in order."""
    return [stat_of(line) for line in lines]
