"""Statistics for a reader: headlines with the year before, breakdowns that add up, small cells held back.

Page, sheet, API and the home's figures all show what is formed here, so they cannot differ.

Source: domain note 0.9, 1.5, 4.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from borrowers.domain.industry import SECTION_LABELS
from exports.domain.definitions import Statistic
from exports.domain.disclosure import backing_of, published, published_total
from exports.domain.kept_statistics import Counted, from_json
from exports.domain.statistics_book import Breakdown, Figure, Headline, StatisticsBook
from exports.domain.statistics_scope import (
    HOME_FIGURES,
    PUBLIC,
    TITLES,
    Scope,
    codes_for,
    notes_of,
)
from exports.domain.tally import Dimension, Facts, Figures, figures, growth
from exports.models import KeptStatistics
from exports.selectors.facts import facts_at
from lenders.models import Institution
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.period import add_months
from marketplace.domain.vocabulary import GUARANTEE_LABELS, SIZE_CLASS_LABELS
from marketplace.domain.workdays import local_date

TITLE = "信易贷撮合平台统计"
TOTAL = "合计"
KEPT_FOR = timedelta(hours=1)
"""Figures kept longer ago were not followed by a next count's: they are counted anew."""
UNKNOWN = {
    Dimension.DISTRICT: "未登记所在区",
    Dimension.INDUSTRY: "行业未知",
    Dimension.SIZE: "未知",
    Dimension.GUARANTEE: "未登记",
}


@dataclass(frozen=True)
class Statistics:
    """Figures of one scope up to a day.

    Attributes:
        as_of: last day counted, Beijing date.
        known_at: the moment at which they were formed.
        values: the headline figures by code, as published.
        year_before: the same of the same day a year before.
        breakdowns: by dimension, each with a total row at the end.
    """

    scope: Scope
    as_of: date
    known_at: datetime
    values: Figures
    year_before: Figures
    breakdowns: Mapping[Dimension, Breakdown]

    @property
    def headlines(self) -> tuple[Headline, ...]:
        """Return the headline figures in order."""
        return tuple(
            Headline(code, self.values.get(code), self.year_before.get(code))
            for code in self.scope.headlines
        )

    def book(self, at: datetime) -> StatisticsBook:
        """Return the same as a workbook that is made at a moment."""
        return StatisticsBook(
            title=TITLE,
            scope=self.scope.label,
            as_of=self.as_of,
            counted_at=self.known_at,
            generated_at=at,
            headlines=self.headlines,
            breakdowns=tuple(self.breakdowns.values()),
        )


def statistics(scope: Scope, at: datetime) -> Statistics:
    """Return the statistics of a scope up to a moment, or up to when they were counted last and kept.

    The year before is counted up to the same day, from what is known now, so that late reports count in both years.

    Args:
        scope: from ``exports.policies``; decides what is seen.
        at: moment of asking, aware.

    Queries: one where the figures are kept (`statistics_keep`), else eleven, twelve with institutions.
    """
    return _kept(scope, at) or _counted_now(scope, at)


def home_figures(at: datetime) -> tuple[tuple[Headline, ...], datetime]:
    """Return the city's headlines for the public home, without the year before, and when they were counted.

    Queries: one where the figures are kept, else seven.
    """
    kept = _kept(PUBLIC, at)
    found = kept.values if kept else figures(facts_at(local_date(at), at))
    lines = (Headline(code, found[code]) for code in HOME_FIGURES if code in PUBLIC.headlines)
    return tuple(lines), kept.known_at if kept else at


def counted(scope: Scope, now: Facts, before: Facts) -> Counted:
    """Return the figures of a scope from its own facts, of a day and of the same day a year before."""
    year_before = shown(before, scope)
    values = shown(now, scope)
    funded = Statistic.FUNDED_AMOUNT_YEAR
    values[Statistic.FUNDED_AMOUNT_GROWTH] = growth(values[funded], year_before[funded])
    breakdowns = {
        dimension: _breakdown(now, scope, dimension, values) for dimension in scope.dimensions
    }
    return Counted(values, year_before, breakdowns)


def facts_compared(at: datetime, district: str = "") -> tuple[Facts, Facts]:
    """Return everything that happened up to a moment, and up to the same day a year before. Queries: ten.

    Args:
        at: moment of asking, aware.
        district: code of the district whose enterprises' alone are wanted; empty for all.
    """
    day = local_date(at)
    return (
        facts_at(day, at, district=district),
        facts_at(add_months(day, -12), at, district=district),
    )


def _counted_now(scope: Scope, at: datetime) -> Statistics:
    district = scope.code if scope.dimension is Dimension.DISTRICT else ""
    now, before = facts_compared(at, district)
    found = counted(scope, bound(now, scope), bound(before, scope))
    return Statistics(scope, local_date(at), at, *found)


def _kept(scope: Scope, at: datetime) -> Statistics | None:
    """Return the figures that were counted beforehand; None when they are too old, or none are kept."""
    row = KeptStatistics.objects.filter(
        scope=scope.key, counted_at__lte=at, counted_at__gt=at - KEPT_FOR
    ).first()
    found = from_json(row.content, scope) if row else None
    if row is None or found is None:
        return None
    return Statistics(scope, local_date(row.counted_at), row.counted_at, *found)


def bound(facts: Facts, scope: Scope) -> Facts:
    """Return the facts of a scope."""
    return facts if scope.dimension is None else facts.where(scope.dimension, scope.code)


def shown(facts: Facts, scope: Scope) -> dict[Statistic, Figure]:
    """Return the totals of a scope; a district's are a cell of the city's table, so small ones are held back."""
    found = figures(facts)
    is_cell = scope.screened and scope.dimension is not None
    return published_total(found, backing_of(facts), scope.screened) if is_cell else found


def _breakdown(facts: Facts, scope: Scope, dimension: Dimension, total: Figures) -> Breakdown:
    codes = codes_for(scope, dimension)
    groups = facts.by(dimension)
    labels = _labels(dimension, groups)
    cells = [figures(groups.get(value, Facts())) for value in labels]
    if scope.screened:
        backings = [backing_of(groups.get(value, Facts())) for value in labels]
        cells = published(list(zip(cells, backings, strict=True)), scope.screened)
    rows = [
        (label, tuple(cell[code] for code in codes))
        for label, cell in zip(labels.values(), cells, strict=True)
    ]
    rows.append((TOTAL, tuple(total.get(code) for code in codes)))
    title, heading = TITLES[dimension]
    return Breakdown(title, heading, codes, tuple(rows), notes_of(scope, dimension))


def _labels(dimension: Dimension, groups: Mapping[str, Facts]) -> dict[str, str]:
    """Return value to label in the order of the rows: all districts, of the others those that occur."""
    if dimension is Dimension.DISTRICT:
        rest = {value: UNKNOWN[dimension] for value in groups if value not in DISTRICT_LABELS}
        return {**DISTRICT_LABELS, **rest}
    if dimension is Dimension.INSTITUTION:
        return _institution_names(list(groups))
    known: Mapping[str, str] = {
        Dimension.INDUSTRY: SECTION_LABELS,
        Dimension.SIZE: {code.value: label for code, label in SIZE_CLASS_LABELS.items()},
        Dimension.GUARANTEE: {code.value: label for code, label in GUARANTEE_LABELS.items()},
    }[dimension]
    labels = {value: label for value, label in known.items() if value in groups}
    has_unknown = any(value not in known and _counts(groups[value]) for value in groups)
    if has_unknown:
        labels |= {value: UNKNOWN[dimension] for value in groups if value not in known}
    return labels


def _counts(facts: Facts) -> bool:
    """Return whether there is anything to show in a row; applications before approval have no guarantee yet."""
    is_approved = any(row.is_approved for row in facts.applications)
    return bool(facts.accounts or facts.needs or facts.loans or is_approved)


def _institution_names(codes: Sequence[str]) -> dict[str, str]:
    names = Institution.objects.filter(code__in=codes).order_by("code")
    return dict(names.values_list("code", "organisation__name"))
