"""Who meets whom at an event: what is given, what comes out of it, and the words for every answer.

An event seats needs at the tables of institutions in time slots. Everyone gets at least one meeting where that is
possible at all; among all ways to do so the one with the greatest total fit is chosen. The other way offered is a
stable one, in which no enterprise and institution would both rather meet each other; what that costs is shown.

Values are columns, one place per option, because a city's event has hundreds of thousands of them. Numbers are
integers: the solver's optimum is exact.

Source: domain note 1.4 (5), 4.3; performance note F.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_UTILITY = 10_000
"""The greatest utility of one meeting."""

UNRANKED = 0
"""A rank that nobody gave."""


class Method(StrEnum):
    """By what an assignment is made."""

    OPTIMAL = "OPTIMAL"
    STABLE = "STABLE"


METHOD_LABELS = {Method.OPTIMAL: "匹配度最优", Method.STABLE: "稳定对接"}


class Why(StrEnum):
    """Why two meet, why a need meets nobody, or why two do not meet."""

    ONLY_PLACE = "ONLY_PLACE"
    FIRST_OF_ALL = "FIRST_OF_ALL"
    GAVE_WAY = "GAVE_WAY"
    FOR_TOTAL = "FOR_TOTAL"
    FURTHER = "FURTHER"
    NO_PLACE = "NO_PLACE"
    ALL_FULL = "ALL_FULL"
    OUTRANKED = "OUTRANKED"
    CANNOT_MEET = "CANNOT_MEET"
    PLACE_FULL = "PLACE_FULL"
    NEED_SERVED = "NEED_SERVED"
    LEFT_OPEN = "LEFT_OPEN"


WHY_SENTENCES = {
    Why.ONLY_PLACE: "该企业可对接的机构只有这一家。",
    Why.FIRST_OF_ALL: "在该企业可对接的机构中排在最前。",
    Why.GAVE_WAY: "排在前面的机构席位已满，安排到其后的机构。",
    Why.FOR_TOTAL: "另有企业更愿意去的机构；按全场匹配度之和最大安排在此。",
    Why.FURTHER: "首场面谈之外，利用空余席位增加的一场。",
    Why.NO_PLACE: "没有可以对接的到场机构。",
    Why.ALL_FULL: "可对接的机构席位均已排满，任何调换都不能让更多企业得到面谈。",
    Why.OUTRANKED: "可对接的机构席位均已排满，且机构更愿意接待已排的企业。",
    Why.CANNOT_MEET: "该机构没有适合这项需求的在架产品，或不能判断。",
    Why.PLACE_FULL: "该机构席位已满。",
    Why.NEED_SERVED: "该企业的面谈场数已达上限。",
    Why.LEFT_OPEN: "安排这一场不会提高全场匹配度之和。",
}


@dataclass(frozen=True)
class AssignmentProblem:
    """What there is to seat.

    Attributes:
        needs: how many; a need is known by its number from 0.
        tables: of each place (institution), how many it has in every slot.
        slots: how many time slots the event has.
        most_meetings: of one need, at least 1; more than ``slots`` counts as ``slots``.
        need, place: the pairs that can meet, each once; a pair that is not here cannot, or it is not known.
        utility: of each pair, 0 to ``MOST_UTILITY``.
        need_rank: the need's wish, 1 the dearest, ``UNRANKED`` without one; empty when nobody gave any. Ranks may tie.
        place_rank: the institution's wish in the same way.
    """

    needs: int
    tables: Sequence[int]
    slots: int
    most_meetings: int
    need: Sequence[int]
    place: Sequence[int]
    utility: Sequence[int]
    need_rank: Sequence[int] = ()
    place_rank: Sequence[int] = ()

    @property
    def meetings_each(self) -> int:
        """Return how many meetings a need may have: nobody sits in two places in one slot."""
        return min(self.most_meetings, self.slots)


@dataclass(frozen=True)
class Assignment:
    """Who meets whom, when, at which table, and why.

    Attributes:
        method: by what it was made.
        chosen: places of the pairs among the problem's options, ascending.
        slot, table: of each chosen pair, from 0.
        why: of each chosen pair.
        unmet: needs without a meeting, ascending, each with its reason in ``unmet_why``.
        covered: needs with a meeting.
        utility: of all meetings together.
        envy: needs that would rather have their first meeting where somebody else sits.
        blocking: pairs that do not meet though both would rather, by their wishes or else by utility.
    """

    method: Method
    chosen: tuple[int, ...]
    slot: tuple[int, ...]
    table: tuple[int, ...]
    why: tuple[Why, ...]
    unmet: tuple[int, ...]
    unmet_why: tuple[Why, ...]
    covered: int
    utility: int
    envy: int
    blocking: int


def coverage_reward(places: int, greatest_utility: int) -> int:
    """Return what a need's first meeting must be worth so that no utility outweighs it.

    Any better covered assignment is reached by exchanges that each give one more need its first meeting. An exchange
    passes every place at most once, so it breaks at most as many meetings as there are places: that much utility is
    the most it can cost. 54 places and utilities up to 1,000: 54,001.
    """
    return places * greatest_utility + 1


def stability_cost_bp(optimal: Assignment, stable: Assignment) -> int:
    """Return how much of the optimal utility a stable assignment gives up, in hundredths of a percent.

    Negative when the stable one has more utility because it covers fewer needs.
    """
    if optimal.utility == 0:
        return 0
    return round((optimal.utility - stable.utility) * 10_000 / optimal.utility)


def why_not(problem: AssignmentProblem, found: Assignment, need: int, place: int) -> Why | None:
    """Return why a need and a place do not meet; None when they do.

    Args:
        problem: what was given.
        found: its assignment.
        need, place: numbers.
    """
    pairs = [(problem.need[option], problem.place[option]) for option in found.chosen]
    if (need, place) in pairs:
        return None
    if (need, place) not in set(zip(problem.need, problem.place, strict=True)):
        return Why.CANNOT_MEET
    if sum(other == place for _, other in pairs) >= problem.tables[place] * problem.slots:
        return Why.PLACE_FULL
    if sum(other == need for other, _ in pairs) >= problem.meetings_each:
        return Why.NEED_SERVED
    return Why.LEFT_OPEN
