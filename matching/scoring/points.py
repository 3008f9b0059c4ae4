"""Bins, points, bounds of dimensions, hard rules, score and grade of all enterprises, from a table of indicators.

Source: domain note 2.11; `matching.domain.scorecard.score` is the scalar reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_CEILING
from functools import reduce
from operator import add

import narwhals as nw

from matching.domain.declaration import IndicatorDeclaration, Kind
from matching.domain.records import CENTS
from matching.domain.scorecard_model import NO, YES, Bin, Dimension, ScoreLine, ScoreModel
from matching.scoring.batch import PRESENT, Moment, Settle, as_it_is, indicator_table
from matching.scoring.family import Frame, Frames

SCALED = frozenset({Kind.YUAN, Kind.PERCENT, Kind.QUANTITY})


def scored_plan(
    enterprises: Frame,
    frames: Frames,
    declarations: Sequence[IndicatorDeclaration],
    moment: Moment,
    model: ScoreModel,
    settle: Settle = as_it_is,
) -> Frame:
    """Return the plan of indicators, points and grades on whatever engine the frames belong to.

    Args, Raises: as `matching.scoring.batch.indicator_table`.
    """
    table = indicator_table(enterprises, frames, declarations, moment, settle)
    return score_table(table, {entry.code: entry for entry in declarations}, model)


def score_table(
    indicators: Frame, declarations: Mapping[str, IndicatorDeclaration], model: ScoreModel
) -> Frame:
    """Return the table with points and grade.

    Args:
        indicators: from `matching.scoring.batch.indicator_table`.
        declarations: by code; lines of the model without one are worth nothing, as everywhere.
        model: the model in force.

    Returns:
        The table with ``p_`` points by indicator of the model, ``q_`` points by dimension (base and bounds in them),
        ``known`` indicators with data, ``points`` and ``grade``; null and empty for who is not scored.
    """
    lines = [line for line in model.lines if line.indicator in declarations]
    points = [
        _line_points(line, declarations[line.indicator]).alias(f"p_{line.indicator}")
        for line in lines
    ]
    table = indicators.with_columns(*points) if points else indicators
    sides = [_dimension(side, model, lines).alias(f"q_{side.code}") for side in model.dimensions]
    known = [
        nw.when(nw.col(f"m_{line.indicator}") == PRESENT).then(1).otherwise(0) for line in lines
    ]
    table = table.with_columns(*sides, reduce(add, known, nw.lit(0)).alias("known"))
    total = reduce(add, [nw.col(f"q_{side.code}") for side in model.dimensions])
    table = table.with_columns(_capped(total, model, declarations).alias("points"))
    scored = nw.col("is_scored") == 1
    return table.with_columns(
        nw.when(scored).then(_grade(model)).otherwise(nw.lit("")).alias("grade"),
        nw.when(scored).then(nw.col("points")).alias("points"),
        nw.when(scored).then(nw.col("known")).otherwise(0).alias("known"),
    )


def _line_points(line: ScoreLine, declaration: IndicatorDeclaration) -> nw.Expr:
    """Return the points of the first bin that holds, 0 for a value that is missing or in none."""
    value, found = nw.col(f"v_{line.indicator}"), nw.lit(0)
    for entry in reversed(line.bins):
        points = nw.lit(entry.points)
        holds = _holds(entry, value, declaration.kind)
        found = points if holds is None else nw.when(holds).then(points).otherwise(found)
    return nw.when(nw.col(f"m_{line.indicator}") == PRESENT).then(found).otherwise(0)


def _holds(entry: Bin, value: nw.Expr, kind: Kind) -> nw.Expr | None:
    """Return when a bin holds, None when always."""
    if entry.is_rest:
        return None
    if kind is Kind.FLAG:
        wanted = [number for number, name in ((0, NO), (1, YES)) if name in entry.codes]
        return value.is_in(wanted) if wanted else nw.lit(value=False)
    if kind is Kind.TEXT:
        return value.is_in(list(entry.codes)) if entry.codes else nw.lit(value=False)
    if entry.below is None:
        return nw.lit(value=False)
    limit = entry.below * (CENTS if kind in SCALED else 1)
    return value < int(limit.to_integral_value(ROUND_CEILING))


def _dimension(side: Dimension, model: ScoreModel, lines: list[ScoreLine]) -> nw.Expr:
    own = [nw.col(f"p_{line.indicator}") for line in lines if line.dimension == side.code]
    most = model.max_of(side)
    total = reduce(add, own, nw.lit(model.base_of(side)))
    return nw.when(total < 0).then(0).when(total > most).then(most).otherwise(total)


def _capped(
    total: nw.Expr, model: ScoreModel, declarations: Mapping[str, IndicatorDeclaration]
) -> nw.Expr:
    for floor in model.floors:
        declared = declarations.get(floor.indicator)
        if declared is None or declared.kind is not Kind.FLAG:
            continue
        is_yes = (nw.col(f"v_{floor.indicator}") == 1).fill_null(value=False)
        total = nw.when(is_yes & (total > floor.cap_points)).then(floor.cap_points).otherwise(total)
    return total


def _grade(model: ScoreModel) -> nw.Expr:
    found = nw.lit("")
    for grade, begins in reversed(model.grades):
        found = nw.when(nw.col("points") >= begins).then(nw.lit(grade)).otherwise(found)
    return found
