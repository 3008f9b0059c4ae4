"""The comprehensive public credit evaluation: points per indicator that add up exactly to the score.

A score is the base of each dimension, plus the points of each indicator's bin, plus the corrections that keep a
dimension within its bounds and the caps of hard rules: every step is a contribution with a sentence, and their sum is
the score. Missing data is worth 0 points and says so. Nothing about a person is used.

Source: domain note 2.11 (five dimensions, base, weights, floors, grades); PIPL art. 24 (explanation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

from marketplace.domain.errors import Refused
from marketplace.domain.parameters import DatedParameter, DatedValue, ParameterSet, load_parameters
from matching.domain.indicators import IndicatorValue, Value
from matching.domain.scorecard_model import Bin, Dimension, ScoreLine, ScoreModel, model_from
from matching.domain.subject import ACTIVE, INDIVIDUAL, EnterpriseFacts

SCORECARD_FILE = Path(__file__).resolve().parent.parent / "parameters" / "scorecard.toml"
DEFAULT_MODEL = "scorecard.public_credit"


class ContributionKind(StrEnum):
    """What a line of the score is."""

    BASE = "BASE"
    INDICATOR = "INDICATOR"
    LIMIT = "LIMIT"
    FLOOR = "FLOOR"


class NotScored(StrEnum):
    """Why an enterprise has no score."""

    INDIVIDUAL = "INDIVIDUAL"
    NOT_ACTIVE = "NOT_ACTIVE"
    NO_MODEL = "NO_MODEL"


NOT_SCORED_SENTENCES = {
    NotScored.INDIVIDUAL: "个体工商户的信息属于个人信息，不作公共信用综合评价。",
    NotScored.NOT_ACTIVE: "登记状态不是存续的主体，不作公共信用综合评价。",
    NotScored.NO_MODEL: "该日期没有生效的评价模型。",
}


@dataclass(frozen=True)
class Contribution:
    """One line of a score.

    Attributes:
        kind: base, indicator, correction to a dimension's bounds, or cap by a hard rule.
        indicator: code of the indicator; empty for BASE and LIMIT.
        dimension: code of the dimension; empty for FLOOR.
        label: Chinese name of the line.
        value: the value as shown, or why it is missing.
        bin: the bin it fell into, Chinese; empty when there is none.
        points: added or taken.
        sentence: one Chinese sentence.
        evidence_ids: ids of the newest records behind it.
    """

    kind: ContributionKind
    indicator: str
    dimension: str
    label: str
    value: str
    bin: str
    points: int
    sentence: str
    evidence_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class DimensionScore:
    """The points of one dimension: base, indicators and correction together, before caps by hard rules."""

    code: str
    label: str
    points: int
    max_points: int


@dataclass(frozen=True)
class ScoreResult:
    """A score, or why there is none.

    Attributes:
        points: sum of all contributions; None when not scored.
        grade: A, B, C or D; empty when not scored.
        max_points: of the model.
        contributions: bases, indicators, corrections, caps.
        dimensions: points by dimension.
        floors: sentences of the hard rules that apply.
        indicators_known: how many of the model's indicators had data.
        indicators_total: how many the model has.
        model_version: name and date of the model.
        not_scored: reason code.
        sentence: the result, or the reason, in one Chinese sentence.
    """

    points: int | None
    grade: str
    max_points: int
    contributions: tuple[Contribution, ...]
    dimensions: tuple[DimensionScore, ...]
    floors: tuple[str, ...]
    indicators_known: int
    indicators_total: int
    model_version: str
    not_scored: NotScored | None
    sentence: str


@cache
def shipped_models() -> ParameterSet:
    """Return the score models shipped with the marketplace, read once."""
    return load_parameters(SCORECARD_FILE)


def model_on(day: date, parameters: ParameterSet | None = None) -> ScoreModel | None:
    """Return the model in force on a day, None before the first.

    Raises:
        Refused: ``SCORE_MODEL_INVALID`` for a model that contradicts itself.
    """
    chosen = parameters or shipped_models()
    parameter = chosen[DEFAULT_MODEL]
    if not parameter.in_force(day):
        return None
    entry = parameter.entry_on(day)
    if chosen is shipped_models():
        return _shipped_since(entry.effective_from)
    return _model_from(parameter, entry)


@cache
def _shipped_since(since: date) -> ScoreModel:
    parameter = shipped_models()[DEFAULT_MODEL]
    return _model_from(parameter, parameter.entry_on(since))


def _model_from(parameter: DatedParameter, entry: DatedValue) -> ScoreModel:
    version = f"{DEFAULT_MODEL.split('.')[1]}@{entry.effective_from.isoformat()}"
    try:
        return model_from(version, parameter.label, entry.value)
    except (KeyError, ValueError, TypeError) as error:
        raise Refused("SCORE_MODEL_INVALID", f"评价模型 {version} 有误：{error}。") from error


def score(
    values: Mapping[str, IndicatorValue], facts: EnterpriseFacts, model: ScoreModel | None
) -> ScoreResult:
    """Return the score of one enterprise with every step of it.

    With 1000 points, base 700 and a weight of 35 the dimension 遵纪守法 starts at 245 and stays within 0 to 350.

    Args:
        values: indicators by code.
        facts: entity type and registration status decide whether there is a score at all.
        model: the model in force, None when there is none.
    """
    reason = _not_scored(facts, model)
    if reason is not None or model is None:
        return _unscored(reason or NotScored.NO_MODEL, model)
    lines: list[Contribution] = []
    dimensions: list[DimensionScore] = []
    for dimension in model.dimensions:
        own = _dimension_lines(dimension, model, values)
        lines += own
        points = sum(line.points for line in own)
        dimensions.append(
            DimensionScore(dimension.code, dimension.label, points, model.max_of(dimension))
        )
    lines += _floor_lines(sum(line.points for line in lines), values, model)
    return _scored(lines, dimensions, values, model)


def _scored(
    lines: Sequence[Contribution],
    dimensions: Sequence[DimensionScore],
    values: Mapping[str, IndicatorValue],
    model: ScoreModel,
) -> ScoreResult:
    total = sum(line.points for line in lines)
    known = sum(1 for line in model.lines if _is_known(values.get(line.indicator)))
    grade = model.grade_of(total)
    return ScoreResult(
        points=total,
        grade=grade,
        max_points=model.max_points,
        contributions=tuple(lines),
        dimensions=tuple(dimensions),
        floors=tuple(x.sentence for x in lines if x.kind is ContributionKind.FLOOR),
        indicators_known=known,
        indicators_total=len(model.lines),
        model_version=model.version,
        not_scored=None,
        sentence=f"得分 {total} 分（满分 {model.max_points} 分），等级 {grade}；"
        f"{len(model.lines)} 项指标中 {known} 项有数据，其余按中性计 0 分。",
    )


def _not_scored(facts: EnterpriseFacts, model: ScoreModel | None) -> NotScored | None:
    if facts.entity_type == INDIVIDUAL:
        return NotScored.INDIVIDUAL
    if facts.status != ACTIVE:
        return NotScored.NOT_ACTIVE
    return NotScored.NO_MODEL if model is None else None


def _unscored(reason: NotScored, model: ScoreModel | None) -> ScoreResult:
    return ScoreResult(
        points=None,
        grade="",
        max_points=model.max_points if model else 0,
        contributions=(),
        dimensions=(),
        floors=(),
        indicators_known=0,
        indicators_total=len(model.lines) if model else 0,
        model_version=model.version if model else "",
        not_scored=reason,
        sentence=NOT_SCORED_SENTENCES[reason],
    )


def _dimension_lines(
    dimension: Dimension, model: ScoreModel, values: Mapping[str, IndicatorValue]
) -> list[Contribution]:
    base, most = model.base_of(dimension), model.max_of(dimension)
    lines = [
        Contribution(
            ContributionKind.BASE,
            "",
            dimension.code,
            f"{dimension.label}基础分",
            "",
            "",
            base,
            f"{dimension.label}基础分 {base} 分（满分 {most} 分）。",
        )
    ]
    lines += [
        _indicator_line(line, values.get(line.indicator))
        for line in model.lines
        if line.dimension == dimension.code
    ]
    total = sum(line.points for line in lines)
    bounded = min(max(total, 0), most)
    if bounded != total:
        lines.append(_limit_line(dimension, bounded - total, most))
    return lines


def _indicator_line(line: ScoreLine, value: IndicatorValue | None) -> Contribution:
    label = value.label if value else line.indicator
    shown = value.display if value else "无可用记录"
    found = _bin_of(line.bins, value.value) if value and _is_known(value) else None
    points = found.points if found else 0
    return Contribution(
        kind=ContributionKind.INDICATOR,
        indicator=line.indicator,
        dimension=line.dimension,
        label=label,
        value=shown,
        bin=found.label if found else "",
        points=points,
        sentence=_sentence(label, shown, value, found),
        evidence_ids=value.evidence_ids if value else (),
    )


def _limit_line(dimension: Dimension, points: int, most: int) -> Contribution:
    bound = "最低 0 分" if points > 0 else f"最高 {most} 分"
    return Contribution(
        ContributionKind.LIMIT,
        "",
        dimension.code,
        f"{dimension.label}{bound}",
        "",
        "",
        points,
        f"{dimension.label}{bound}，调整 {points:+d} 分。",
    )


def _floor_lines(
    total: int, values: Mapping[str, IndicatorValue], model: ScoreModel
) -> list[Contribution]:
    lines: list[Contribution] = []
    for floor in model.floors:
        value = values.get(floor.indicator)
        if value is None or value.value is not True:
            continue
        points = min(floor.cap_points - total, 0)
        total += points
        effect = f"得分不超过 {floor.cap_points} 分，调整 {points:+d} 分"
        lines.append(
            Contribution(
                ContributionKind.FLOOR,
                floor.indicator,
                "",
                value.label,
                value.display,
                "",
                points,
                f"{floor.label}；{effect}。",
                value.evidence_ids,
            )
        )
    return lines


def _is_known(value: IndicatorValue | None) -> bool:
    return value is not None and value.missing is None and value.value is not None


def _bin_of(bins: Sequence[Bin], value: Value | None) -> Bin | None:
    return next((entry for entry in bins if value is not None and entry.holds(value)), None)


def _sentence(label: str, shown: str, value: IndicatorValue | None, found: Bin | None) -> str:
    if value is None or not _is_known(value):
        return f"{label}：{shown}，按中性计 0 分。"
    if found is None:
        return f"{label}：{shown}，不在评分档内，按中性计 0 分。"
    effect = f"计 {found.points} 分" if found.points == 0 else f"计 {found.points:+d} 分"
    latest = value.latest_date
    dated = f"，最近一条 {latest.isoformat()}" if latest and found.points < 0 else ""
    disputed = "（有记录在异议处理中）" if value.disputed else ""
    return f"{label}：{shown}{dated}{disputed}，{effect}。"
