"""How well a need and an institution suit each other at an event, and the wishes of both sides.

Source: domain note 1.4 (5); parameters ``events.fit_weights``, ``events.most_wishes``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from marketplace.domain.errors import Refused
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.workdays import local_date
from matching.domain.assignment import MOST_UTILITY


@dataclass(frozen=True)
class MeetingFit:
    """How well a need and an institution suit each other at an event.

    Attributes:
        points: utility of their meeting, an integer.
        sentence: what it is made of, Chinese.
    """

    points: int
    sentence: str


@dataclass(frozen=True)
class FitRules:
    """The dated parameters of one day.

    Attributes:
        weights: points for ``suitable``, ``branch``, ``need_wish``, ``place_wish``.
        most_wishes: of one side.
    """

    weights: Mapping[str, int]
    most_wishes: int


def fit_rules(parameters: ParameterSet, on: datetime) -> FitRules:
    """Return what fit is made of at a moment.

    Raises:
        Refused: ``PARAMETER_NOT_IN_FORCE``; ``EVENT_WEIGHTS_INVALID``, entered weights do not make a utility.
    """
    day = local_date(on)
    weights: Mapping[str, int] = parameters.value_on("events.fit_weights", day)
    if min(weights.values()) < 0 or sum(weights.values()) > MOST_UTILITY:
        raise Refused("EVENT_WEIGHTS_INVALID", "对接会匹配度的构成参数有误，请联系平台运营。")
    return FitRules(weights, int(parameters.value_on("events.most_wishes", day)))


def meeting_fit(
    shares: Sequence[Decimal],
    *,
    serves: bool,
    need_rank: int,
    place_rank: int,
    rules: FitRules,
) -> MeetingFit:
    """Return the fit of a need and an institution that has a product for it.

    600 points for the share of the best product's conditions that are met for certain, 100 for a branch of the
    district, 200 for the enterprise's first wish and a third less for each further one, 100 in the same way for the
    institution's. Half the conditions, a branch and a second wish of three: 300 + 100 + 133 = 533.

    Args:
        shares: of each of the institution's products that suit the need, how many of its conditions are met for
            certain, 0 to 1, the greatest first; at least one.
        serves: a branch of its own serves the district.
        need_rank, place_rank: wishes of both sides, 0 without one.
        rules: `fit_rules`.
    """
    parts = [
        (
            int(rules.weights["suitable"] * shares[0]),
            f"{len(shares)} 个产品适合，条件已知符合 {shares[0]:.0%}",
        ),
        (rules.weights["branch"] if serves else 0, "有网点服务本区"),
        (_wish(rules, "need_wish", need_rank), f"企业第 {need_rank} 志愿"),
        (_wish(rules, "place_wish", place_rank), f"机构第 {place_rank} 志愿"),
    ]
    told = [
        f"{words}（{points} 分）"
        for place, (points, words) in enumerate(parts)
        if points or not place
    ]
    return MeetingFit(sum(points for points, _ in parts), "；".join(told) + "。")


def _wish(rules: FitRules, name: str, rank: int) -> int:
    if not 1 <= rank <= rules.most_wishes:
        return 0
    return rules.weights[name] * (rules.most_wishes + 1 - rank) // rules.most_wishes


def wishes_checked(wishes: Sequence[str], offered: Sequence[str], most: int) -> tuple[str, ...]:
    """Return wishes in their order, each once, those without a name left out.

    Args:
        wishes: ids, the dearest first; empty ones are left out.
        offered: ids that can be wished for.
        most: how many are allowed.

    Raises:
        Refused: ``EVENT_WISH_UNKNOWN``, ``EVENT_WISHES_TOO_MANY``.
    """
    found = tuple(dict.fromkeys(wish for wish in wishes if wish))
    if unknown := set(found) - set(offered):
        sentence = f"志愿中有 {len(unknown)} 项不在可选范围内。"
        raise Refused("EVENT_WISH_UNKNOWN", sentence, {"wishes": sentence})
    if len(found) > most:
        sentence = f"志愿最多 {most} 个。"
        raise Refused("EVENT_WISHES_TOO_MANY", sentence, {"wishes": sentence})
    return found
