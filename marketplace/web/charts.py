"""Charts from numbers: the drawing and its data table are made from the same values, so they cannot differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from marketplace.domain.district import DISTRICT_LABELS
from marketplace.web.components import Chart, Column, DistrictMap, Kind, Table, Tile
from marketplace.web.language import said

Number = int | float | Decimal | None
MOST_LEVELS = 4


def series_chart(
    chart_id: str,
    title: str,
    *,
    labels: Sequence[str],
    series: Mapping[str, Sequence[Number]],
    label_name: str,
    form: str = "bar",
    unit: str = "",
    stacked: bool = False,
    definition: str = "",
) -> Chart:
    """Return a bar or line chart of one or more series over the same labels.

    Args:
        chart_id: unique on the page.
        title: what is shown.
        labels: the axis, in order.
        series: name to values, one for each label; None where nothing is known (never drawn as zero).
        label_name: heading of the labels, e.g. ``月份``.
        form: ``bar`` or ``line``.
        unit: unit of every value.
        stacked: bars stand on each other.
        definition: 口径 of the numbers.

    Raises:
        ValueError: a series has another length than the labels.
    """
    for name, values in series.items():
        if len(values) != len(labels):
            raise ValueError(f"series {name} has {len(values)} values for {len(labels)} labels")
    drawn = [_drawn(name, values, form, stacked) for name, values in series.items()]
    option = {
        "xAxis": {"type": "category", "data": list(labels)},
        "yAxis": {"type": "value", "name": unit},
        "series": drawn,
    }
    return Chart(
        chart_id,
        title,
        option,
        _table(title, labels, series, label_name, unit),
        _sentence(title, labels, series, unit),
        definition,
    )


def waterfall_chart(
    chart_id: str,
    title: str,
    *,
    parts: Sequence[tuple[str, Decimal | int]],
    label_name: str,
    total_label: str = "合计",
    unit: str = "分",
    definition: str = "",
) -> Chart:
    """Return how parts, up and down, add up to a total; used for points by indicator.

    Args:
        chart_id: unique on the page.
        title: what is shown.
        parts: name and signed amount in the order of adding.
        label_name: heading of the names.
        total_label: name of the last bar.
        unit: unit of every amount.
        definition: 口径 of the numbers.
    """
    reached = Decimal(0)
    base: list[float] = []
    for _, amount in parts:
        base.append(float(min(reached, reached + amount)))
        reached += amount
    ups = [float(amount) if amount > 0 else None for _, amount in parts]
    downs = [float(-amount) if amount < 0 else None for _, amount in parts]
    labels = [name for name, _ in parts] + [total_label]
    option = {
        "xAxis": {"type": "category", "data": labels, "axisLabel": {"rotate": 30}},
        "yAxis": {"type": "value", "name": unit},
        "legend": {"data": ["加分", "减分", total_label]},
        "series": [
            {**_bar("", [*base, None]), "silent": True, "hidden": True},
            {**_bar("加分", [*ups, None]), "tone": "brand"},
            {**_bar("减分", [*downs, None]), "tone": "bad"},
            {**_bar(total_label, [*(None for _ in parts), float(reached)]), "tone": "info"},
        ],
    }
    amounts: dict[str, Sequence[Number]] = {unit: [*(amount for _, amount in parts), reached]}
    sentence = gettext("%(title)s：%(count)s 项，合计 %(reached)s %(unit)s。") % {
        "title": said(title),
        "count": len(parts),
        "reached": reached,
        "unit": said(unit),
    }
    table = _table(title, labels, amounts, label_name, "")
    return Chart(chart_id, title, option, table, sentence, definition)


def district_map(
    title: str, *, values: Mapping[str, Number], unit: str = "", definition: str = ""
) -> DistrictMap:
    """Return the districts with a value each, shaded by their share of the largest.

    Args:
        title: what is shown.
        values: district name to value; None where nothing is known or published, which is never shown as zero.
        unit: unit of every value.
        definition: 口径 of the values.
    """
    largest = max((value for value in values.values() if value is not None), default=0)
    tiles = [
        Tile(code, label, _tile_words(values.get(label), unit), _level(values.get(label), largest))
        for code, label in DISTRICT_LABELS.items()
    ]
    return DistrictMap(title, tiles, definition)


def _tile_words(value: Number, unit: str) -> str:
    return "—" if value is None else f"{value:,} {said(unit)}".rstrip()


def _level(value: Number, largest: int | float | Decimal) -> int:
    """Return how dark a tile is: 0 for nothing, 1 up to a quarter of the largest, 4 above three quarters."""
    if not value or largest <= 0:
        return 0
    return min(MOST_LEVELS, int(Decimal(value) * MOST_LEVELS / Decimal(largest)) + 1)


def _bar(name: str, values: Sequence[float | None]) -> dict[str, Any]:
    return {"type": "bar", "stack": "all", "name": name, "data": list(values)}


def _drawn(name: str, values: Sequence[Number], form: str, stacked: bool) -> dict[str, Any]:
    drawn: dict[str, Any] = {
        "type": form,
        "name": name,
        "data": [None if value is None else float(value) for value in values],
    }
    if stacked:
        drawn["stack"] = "all"
    if form == "line":
        drawn["connectNulls"] = False
    return drawn


def _table(
    title: str,
    labels: Sequence[str],
    series: Mapping[str, Sequence[Number]],
    label_name: str,
    unit: str,
) -> Table:
    heads = [
        gettext("%(name)s（%(unit)s）") % {"name": said(name), "unit": said(unit)} if unit else name
        for name in series
    ]
    columns = [Column(label_name), *(Column(head, Kind.NUMBER) for head in heads)]
    rows = [[label, *(values[at] for values in series.values())] for at, label in enumerate(labels)]
    return Table(columns, rows, caption=title)


def _sentence(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[Number]], unit: str
) -> str:
    """Return the first, last, lowest and highest value of each series in words."""
    told = []
    for name, values in series.items():
        known = [
            (value, label) for value, label in zip(values, labels, strict=True) if value is not None
        ]
        if not known:
            told.append(gettext("%(name)s没有数据") % {"name": said(name)})
            continue
        low, high = min(known, key=lambda one: one[0]), max(known, key=lambda one: one[0])
        told.append(
            gettext(
                "%(name)s最低 %(low_0)s%(unit)s（%(low_1)s），最高 %(high_0)s%(unit)s（%(high_1)s）"
            )
            % {
                "name": said(name),
                "low_0": low[0],
                "unit": said(unit),
                "low_1": said(low[1]),
                "high_0": high[0],
                "high_1": said(high[1]),
            }
        )
    sentences = {"title": said(title), "told": gettext("；").join(told)}
    return gettext("%(title)s。%(told)s。") % sentences
