"""The shape of a score model as read from dated parameters, checked for contradictions when it is read.

Source: domain note 2.11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

YES, NO = "YES", "NO"


@dataclass(frozen=True)
class Bin:
    """Values that earn the same points: those below a number, those in a list, or all that are left.

    Attributes:
        points: added or taken.
        label: Chinese.
        below: exclusive upper bound of a number; None when there is none.
        codes: texts, ``YES`` and ``NO`` for truth values; empty when there are none.
    """

    points: int
    label: str
    below: Decimal | None = None
    codes: tuple[str, ...] = ()

    @property
    def is_rest(self) -> bool:
        """Return whether it takes every value that is left."""
        return self.below is None and not self.codes

    def holds(self, value: Decimal | int | bool | str) -> bool:
        """Return whether a value falls into the bin.

        >>> Bin(0, "", below=Decimal(2)).holds(1), Bin(0, "", codes=("YES",)).holds(True)
        (True, True)
        """
        if isinstance(value, bool):
            value = YES if value else NO
        if self.is_rest:
            return True
        if isinstance(value, str):
            return value in self.codes
        return self.below is not None and value < self.below


@dataclass(frozen=True)
class ScoreLine:
    """The bins of one indicator, the first that holds counts."""

    indicator: str
    dimension: str
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Dimension:
    """One of the five sides of the evaluation, with its weight in percent."""

    code: str
    label: str
    weight_pct: int


@dataclass(frozen=True)
class Floor:
    """A hard rule: whoever the indicator says yes of has at most so many points."""

    indicator: str
    cap_points: int
    label: str


@dataclass(frozen=True)
class ScoreModel:
    """A dated score model.

    Attributes:
        version: name and effective date.
        label: Chinese name.
        base_points, max_points: split over the dimensions by weight.
        dimensions: weights add up to 100.
        grades: grade and the points it begins at, best first, the last at 0.
        floors: hard rules.
        lines: one per indicator.

    Raises:
        ValueError: the parts contradict each other.
    """

    version: str
    label: str
    base_points: int
    max_points: int
    dimensions: tuple[Dimension, ...]
    grades: tuple[tuple[str, int], ...]
    floors: tuple[Floor, ...]
    lines: tuple[ScoreLine, ...]

    def __post_init__(self) -> None:
        if sum(entry.weight_pct for entry in self.dimensions) != 100:
            raise ValueError("权重之和不是 100")
        if any(self.max_points * entry.weight_pct % 100 for entry in self.dimensions):
            raise ValueError("满分不能按权重整分")
        if any(self.base_points * entry.weight_pct % 100 for entry in self.dimensions):
            raise ValueError("基础分不能按权重整分")
        starts = [points for _, points in self.grades]
        if starts != sorted(set(starts), reverse=True) or starts[-1:] != [0]:
            raise ValueError("等级分界应从高到低，最低一级自 0 分起")
        _check_lines(self)

    def base_of(self, dimension: Dimension) -> int:
        """Return the points a dimension starts with."""
        return self.base_points * dimension.weight_pct // 100

    def max_of(self, dimension: Dimension) -> int:
        """Return the most points a dimension can have."""
        return self.max_points * dimension.weight_pct // 100

    def grade_of(self, points: int) -> str:
        """Return the grade of a score."""
        return next(grade for grade, begins in self.grades if points >= begins)


def _check_lines(model: ScoreModel) -> None:
    indicators = [line.indicator for line in model.lines]
    if len(indicators) != len(set(indicators)):
        raise ValueError("同一指标出现两次")
    known = {entry.code for entry in model.dimensions}
    for line in model.lines:
        if line.dimension not in known:
            raise ValueError(f"{line.indicator} 的维度 {line.dimension} 不存在")
        limits = [entry.below for entry in line.bins if entry.below is not None]
        if any(later <= earlier for earlier, later in pairwise(limits)):
            raise ValueError(f"{line.indicator} 的分档没有递增")
        if limits and not line.bins[-1].is_rest:
            raise ValueError(f"{line.indicator} 缺少最后一档")
        if any(entry.is_rest for entry in line.bins[:-1]):
            raise ValueError(f"{line.indicator} 的末档不在最后")


def model_from(version: str, label: str, raw: Mapping[str, Any]) -> ScoreModel:
    """Return the model written in one dated value of the file.

    Raises:
        KeyError, TypeError, ValueError: it is incomplete or contradicts itself; the caller names the model.
    """
    return ScoreModel(
        version=version,
        label=label,
        base_points=int(raw["base_points"]),
        max_points=int(raw["max_points"]),
        dimensions=tuple(
            Dimension(entry["code"], entry["label"], int(entry["weight_pct"]))
            for entry in raw["dimensions"]
        ),
        grades=tuple((entry["grade"], int(entry["from_points"])) for entry in raw["grades"]),
        floors=tuple(
            Floor(entry["indicator"], int(entry["cap_points"]), entry["label"])
            for entry in raw["floors"]
        ),
        lines=tuple(
            ScoreLine(
                entry["indicator"], entry["dimension"], tuple(_bin(part) for part in entry["bins"])
            )
            for entry in raw["lines"]
        ),
    )


def _bin(raw: Mapping[str, Any]) -> Bin:
    below = raw.get("below")
    return Bin(
        points=int(raw["points"]),
        label=raw["label"],
        below=None if below is None else Decimal(str(below)),
        codes=tuple(raw.get("is", ())),
    )
