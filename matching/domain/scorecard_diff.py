"""A drafted score model: whether it can be read at all, and how it differs from the one in force.

Source: domain note 2.11; law 8 (weights and limits are dated parameters).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace.domain.errors import Refused
from matching.domain.scorecard import DEFAULT_MODEL
from matching.domain.scorecard_model import Bin, ScoreLine, ScoreModel, model_from

DRAFT_VERSION = "草稿"
POINTS_LIMIT = 1000


@dataclass(frozen=True)
class Difference:
    """One part of a model that is not the same: what it is, how it was, how it is; empty where there is none."""

    part: str
    before: str
    after: str


def version_of(effective_from: date) -> str:
    """Return the name of the version that holds from a day on.

    >>> version_of(date(2027, 1, 1))
    'public_credit@2027-01-01'
    """
    return f"{DEFAULT_MODEL.split('.')[1]}@{effective_from.isoformat()}"


def drafted_model(value: Any, label: str, known: Collection[str]) -> ScoreModel:
    """Return a drafted model.

    Args:
        value: JSON values, as `matching.domain.scorecard_model.model_from` reads them.
        label: Chinese name.
        known: codes of the declared indicators.

    Raises:
        Refused: ``SCORE_MODEL_INVALID`` naming what is wrong.
    """
    try:
        model = model_from(DRAFT_VERSION, label, value)
        _check_draft(model, known)
    except (KeyError, ValueError, TypeError, ArithmeticError) as error:
        what = f"缺少 {error}" if isinstance(error, KeyError) else str(error)
        sentence = f"评价模型有误：{what}。"
        raise Refused("SCORE_MODEL_INVALID", sentence, {"value": sentence}) from error
    return model


def _check_draft(model: ScoreModel, known: Collection[str]) -> None:
    named = [line.indicator for line in model.lines]
    unknown = [
        code for code in [*named, *(entry.indicator for entry in model.floors)] if code not in known
    ]
    if unknown:
        raise ValueError(f"没有名为 {unknown[0]} 的指标")
    if not 0 < model.base_points <= model.max_points <= POINTS_LIMIT:
        raise ValueError(f"基础分应大于 0、不超过满分，满分不超过 {POINTS_LIMIT}")
    for line in model.lines:
        if not line.bins:
            raise ValueError(f"{line.indicator} 没有分档")
        if any(abs(entry.points) > model.max_points for entry in line.bins):
            raise ValueError(f"{line.indicator} 的分值超过满分")
    if any(not 0 <= entry.cap_points <= model.max_points for entry in model.floors):
        raise ValueError("硬规则的分值应在 0 与满分之间")


def differences(
    before: ScoreModel, after: ScoreModel, labels: Mapping[str, str]
) -> list[Difference]:
    """Return every part that differs: points, weights, grades, hard rules, then indicators in their order.

    Args:
        before: in force.
        after: drafted.
        labels: Chinese names of indicators by code.
    """
    old, new = _parts(before, labels), _parts(after, labels)
    return [
        Difference(part, old.get(part, ""), new.get(part, ""))
        for part in dict.fromkeys([*old, *new])
        if old.get(part) != new.get(part)
    ]


def _parts(model: ScoreModel, labels: Mapping[str, str]) -> dict[str, str]:
    found = {"满分": f"{model.max_points} 分", "基础分": f"{model.base_points} 分"}
    found |= {f"维度权重：{side.label}": f"{side.weight_pct}%" for side in model.dimensions}
    found |= {f"等级 {grade}": f"{points} 分以上" for grade, points in model.grades}
    for floor in model.floors:
        name = labels.get(floor.indicator, floor.indicator)
        found[f"硬规则：{name}"] = f"不超过 {floor.cap_points} 分（{floor.label}）"
    sides = {side.code: side.label for side in model.dimensions}
    for line in model.lines:
        name = labels.get(line.indicator, line.indicator)
        found[f"指标：{name}"] = f"{sides[line.dimension]}；{bins_in_words(line)}"
    return found


def bins_in_words(line: ScoreLine) -> str:
    """Return the bins of a line in one sentence."""
    return "，".join(f"{entry.label}{_condition(entry)} {entry.points:+d}" for entry in line.bins)


def _condition(entry: Bin) -> str:
    if entry.below is not None:
        return f"（小于 {_shown(entry.below)}）"
    return f"（{'、'.join(entry.codes)}）" if entry.codes else ""


def _shown(number: Decimal) -> str:
    return f"{number.normalize():f}"


def text_of_model(value: Any) -> str:
    """Return a model as an operator reads and types it: JSON, one weight, grade, rule or indicator a line.

    >>> print(text_of_model({"base_points": 7, "grades": [{"grade": "A", "from_points": 0}]}))
    {
      "base_points": 7,
      "grades": [
        {"grade": "A", "from_points": 0}
      ]
    }
    """
    parts = [f'  "{key}": {_written(entry)}' for key, entry in value.items()]
    return "{\n" + ",\n".join(parts) + "\n}"


def _written(entry: Any) -> str:
    if not isinstance(entry, list) or not entry:
        return json.dumps(entry, ensure_ascii=False)
    lines = ",\n".join(f"    {json.dumps(one, ensure_ascii=False)}" for one in entry)
    return f"[\n{lines}\n  ]"
