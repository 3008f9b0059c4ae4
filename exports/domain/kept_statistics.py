"""Figures of a scope as JSON and back: whole numbers as they are, decimals as text, to the last digit.

Headings and notes are not kept: they are those of the program that reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from exports.domain.definitions import Statistic
from exports.domain.statistics_book import Breakdown, Figure
from exports.domain.statistics_scope import TITLES, Scope, codes_for, notes_of
from exports.domain.tally import Dimension, Figures

JsonFigure = int | str | None


class Counted(NamedTuple):
    """Figures as published: of the day, of the same day a year before, and by dimension."""

    values: Figures
    year_before: Figures
    breakdowns: Mapping[Dimension, Breakdown]


def to_json(counted: Counted) -> dict[str, Any]:
    """Return figures as values of JSON.

    >>> to_json(Counted({Statistic.LOANS: 2, Statistic.FUNDED_AMOUNT: Decimal("1.50")}, {}, {}))["values"]
    {'LOANS': 2, 'FUNDED_AMOUNT': '1.50'}
    """
    return {
        "values": {code.value: _plain(value) for code, value in counted.values.items()},
        "year_before": {code.value: _plain(value) for code, value in counted.year_before.items()},
        "breakdowns": {
            dimension.value: {
                "codes": [code.value for code in part.codes],
                "rows": [[label, *map(_plain, row)] for label, row in part.rows],
            }
            for dimension, part in counted.breakdowns.items()
        },
    }


def from_json(content: Mapping[str, Any], scope: Scope) -> Counted | None:
    """Return what `to_json` wrote for a scope; None when the program counts other figures for it by now."""
    parts = content["breakdowns"]
    wanted = {
        part.value: [code.value for code in codes_for(scope, part)] for part in scope.dimensions
    }
    if {name: part["codes"] for name, part in parts.items()} != wanted:
        return None
    if not {code.value for code in scope.headlines} <= content["values"].keys():
        return None
    return Counted(
        _figures(content["values"]),
        _figures(content["year_before"]),
        {part: _breakdown(parts[part.value]["rows"], part, scope) for part in scope.dimensions},
    )


def _breakdown(rows: list[list[Any]], dimension: Dimension, scope: Scope) -> Breakdown:
    title, heading = TITLES[dimension]
    found = tuple((label, tuple(map(_figure, row))) for label, *row in rows)
    return Breakdown(title, heading, codes_for(scope, dimension), found, notes_of(scope, dimension))


def _figures(content: Mapping[str, JsonFigure]) -> dict[Statistic, Figure]:
    return {Statistic(code): _figure(value) for code, value in content.items()}


def _plain(value: Figure) -> JsonFigure:
    return str(value) if isinstance(value, Decimal) else value


def _figure(value: JsonFigure) -> Figure:
    return Decimal(value) if isinstance(value, str) else value
