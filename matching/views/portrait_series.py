"""The monthly series of a portrait laid out: the newest month of each, a chart for each, and those without data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from marketplace.domain.money import WAN
from marketplace.web.charts import series_chart
from marketplace.web.components import Chart, Pair
from matching.domain.declaration import Kind as ValueKind
from matching.domain.indicators import MISSING_LABELS, Missing
from matching.domain.series import Series
from matching.views.portrait_indicators import measured


@dataclass(frozen=True)
class SeriesPanel:
    """The monthly series.

    Attributes:
        latest: the newest known month of each that has points.
        charts: those that have points.
        silent: those that have none, and why.
    """

    latest: tuple[Pair, ...]
    charts: tuple[Chart, ...]
    silent: tuple[Pair, ...]


def series_panel(found: Sequence[Series]) -> SeriesPanel:
    """Return the monthly series laid out."""
    drawn = [entry for entry in found if entry.points]
    return SeriesPanel(
        latest=tuple(pair for entry in drawn for pair in _latest_point(entry)),
        charts=tuple(_series_chart(entry) for entry in drawn),
        silent=tuple(
            Pair(entry.label, MISSING_LABELS[entry.missing or Missing.NO_RECORD])
            for entry in found
            if not entry.points
        ),
    )


def _latest_point(series: Series) -> Iterator[Pair]:
    for point in reversed(series.points):
        if point.value is not None:
            shown = measured(series.kind, point.value, series.unit)
            yield Pair(series.label, shown, note=f"{point.month:%Y-%m}")
            return


def _series_chart(series: Series) -> Chart:
    is_money = series.kind is ValueKind.YUAN
    values = [_drawn(point.value, is_money=is_money) for point in series.points]
    return series_chart(
        f"portrait-{series.code.replace('_', '-')}",
        series.label,
        labels=[f"{point.month:%Y-%m}" for point in series.points],
        series={series.label: values},
        label_name="月份",
        form="line",
        unit="万元" if is_money else series.unit,
        definition=series.definition,
    )


def _drawn(value: object, *, is_money: bool) -> Decimal | int | None:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return None
    return Decimal(value) / WAN if is_money else value
