"""The assignment of needs to institutions: OR-tools' min-cost flow, or deferred acceptance; judged and explained.

One flow holds both aims. From the source an arc of capacity one with the coverage reward leads to each need, and an arc
without reward for its further meetings; from need to place one arc per option, worth its utility; from place to sink as
many units as it has seats. Flow that pays nothing goes past them all. Everything is an integer, so is the optimum.

Source: performance note F; coverage reward in `matching.domain.assignment.coverage_reward`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappush, heappushpop
from typing import Any

import numpy as np
from ortools.graph.python import min_cost_flow

from marketplace.domain.errors import Refused
from matching.domain.assignment import (
    MOST_UTILITY,
    Assignment,
    AssignmentProblem,
    Method,
    Why,
    coverage_reward,
)
from matching.scoring.seating import Array, seat

RANKED = np.int64(1) << 40
"""Above every utility: whoever is wished for comes before whoever is only suitable."""


@dataclass(frozen=True)
class Columns:
    """A problem as arrays, with what both sides would rather have: a greater number is dearer."""

    need: Array
    place: Array
    utility: Array
    need_likes: Array
    place_likes: Array
    seats: Array
    needs: int
    most: int

    @property
    def places(self) -> int:
        """Return how many places there are."""
        return len(self.seats)


@dataclass(frozen=True)
class Network:
    """The arcs of the flow, ready for the solver."""

    tail: Array
    head: Array
    capacity: Array
    cost: Array
    supply: int
    sink: int
    options: int


def assign(problem: AssignmentProblem, method: Method = Method.OPTIMAL) -> Assignment:
    """Return who meets whom, when and why.

    Args:
        problem: what there is to seat.
        method: optimal, or stable.

    Raises:
        Refused: ``ASSIGNMENT_INVALID``, the problem contradicts itself.
    """
    columns = columns_of(problem)
    chosen = _optimal(columns) if method is Method.OPTIMAL else _stable(columns)
    need, place = columns.need[chosen], columns.place[chosen]
    tables = np.asarray(problem.tables, np.int64)
    slot, table = seat(need, place, tables, problem.slots)
    return _explained(columns, chosen, slot, table, method)


def columns_of(problem: AssignmentProblem) -> Columns:
    """Return a problem as arrays.

    Raises:
        Refused: ``ASSIGNMENT_INVALID``.
    """
    need, place, utility = (
        np.asarray(column, np.int64) for column in (problem.need, problem.place, problem.utility)
    )
    tables = np.asarray(problem.tables, np.int64)
    _check(problem, need, place, utility, tables)
    return Columns(
        need=need,
        place=place,
        utility=utility,
        need_likes=_likes(problem.need_rank, utility),
        place_likes=_likes(problem.place_rank, utility),
        seats=tables * problem.slots,
        needs=problem.needs,
        most=problem.meetings_each,
    )


def network_of(columns: Columns) -> Network:
    """Return the flow whose optimum is the best assignment."""
    needs, places, options = columns.needs, columns.places, len(columns.need)
    source, sink = needs + places, needs + places + 1
    reward = coverage_reward(places, int(columns.utility.max(initial=0)))
    supply = min(needs * columns.most, int(columns.seats.sum()))
    everyone, rooms = np.arange(needs), needs + np.arange(places)
    arcs: list[tuple[Array, Array, Array, Array]] = [
        (columns.need, needs + columns.place, np.ones(options), -columns.utility),
        (np.full(needs, source), everyone, np.ones(needs), np.full(needs, -reward)),
        (rooms, np.full(places, sink), columns.seats, np.zeros(places)),
        (np.array([source]), np.array([sink]), np.array([supply]), np.zeros(1)),
    ]
    if columns.most > 1:
        further = np.full(needs, columns.most - 1)
        arcs.append((np.full(needs, source), everyone, further, np.zeros(needs)))
    tail, head, capacity, cost = (
        np.concatenate(part).astype(np.int64) for part in zip(*arcs, strict=True)
    )
    return Network(tail, head, capacity, cost, supply, sink, options)


def solve(network: Network) -> tuple[Array, int]:
    """Return the flow of every arc and the solver's cost.

    Raises:
        RuntimeError: the solver did not end with an optimum, which no valid problem brings about.
    """
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(
        network.tail, network.head, network.capacity, network.cost
    )
    source = network.sink - 1
    flow.set_nodes_supplies([source, network.sink], [network.supply, -network.supply])
    status = flow.solve()
    if status != flow.OPTIMAL:
        raise RuntimeError(f"min-cost flow ended with {status}")
    return np.asarray(flow.flows(arcs)), int(flow.optimal_cost())


def _optimal(columns: Columns) -> Array:
    if not len(columns.need):
        return np.empty(0, np.int64)
    network = network_of(columns)
    flows, _ = solve(network)
    return np.flatnonzero(flows[: network.options])


def _stable(columns: Columns) -> Array:
    """Return the options of deferred acceptance, needs proposing; ties go to utility, then to the lower number.

    Nobody is ever offered a place it was refused, so it ends; a need keeps proposing while it may have more meetings.
    """
    order = np.lexsort((columns.place, -columns.utility, -columns.need_likes, columns.need))
    ends = np.searchsorted(columns.need[order], np.arange(columns.needs), "right").tolist()
    here = [0, *ends[:-1]]
    standing = np.empty(len(order), np.int64)
    standing[np.lexsort((-columns.need, columns.utility, columns.place_likes))] = np.arange(
        len(order)
    )
    options, ranks = order.tolist(), standing.tolist()
    by_rank: dict[int, int] = {}
    need, place, seats = columns.need.tolist(), columns.place.tolist(), columns.seats.tolist()
    held: list[list[int]] = [[] for _ in seats]
    has = [0] * columns.needs
    waiting = list(range(columns.needs - 1, -1, -1))
    while waiting:
        who = waiting.pop()
        while has[who] < columns.most and here[who] < ends[who]:
            option = options[here[who]]
            here[who] += 1
            room = held[place[option]]
            by_rank[ranks[option]] = option
            has[who] += 1
            if len(room) < seats[place[option]]:
                heappush(room, ranks[option])
            else:
                out = need[by_rank[heappushpop(room, ranks[option])]]
                has[out] -= 1
                if out != who:
                    waiting.append(out)
    return np.sort(np.array([by_rank[rank] for room in held for rank in room], np.int64))


def _explained(
    columns: Columns, chosen: Array, slot: Array, table: Array, method: Method
) -> Assignment:
    need, place = columns.need[chosen], columns.place[chosen]
    count = np.bincount(need, minlength=columns.needs)
    free = columns.seats - np.bincount(place, minlength=columns.places)
    is_met = np.zeros(len(columns.need), np.bool_)
    is_met[chosen] = True
    best = np.full(columns.needs, -1, np.int64)
    np.maximum.at(best, need, columns.need_likes[chosen])
    worst = np.full(columns.needs, 2 * RANKED, np.int64)
    np.minimum.at(worst, need, columns.need_likes[chosen])
    rather = ~is_met & (columns.need_likes > best[columns.need])
    unmet = np.flatnonzero(count == 0)
    return Assignment(
        method=method,
        chosen=tuple(chosen.tolist()),
        slot=tuple(slot.tolist()),
        table=tuple(table.tolist()),
        why=_why(columns, chosen, rather, free),
        unmet=tuple(unmet.tolist()),
        unmet_why=_unmet_why(columns, unmet, method),
        covered=int((count > 0).sum()),
        utility=int(columns.utility[chosen].sum()),
        envy=_envy(columns, rather, free),
        blocking=_blocking(columns, is_met, worst, count, free),
    )


def _why(columns: Columns, chosen: Array, rather: Array, free: Array) -> tuple[Why, ...]:
    """Return the reason of each chosen pair: the need's first meeting by its place, others as further ones."""
    need, likes = columns.need[chosen], columns.need_likes[chosen]
    order = np.lexsort((columns.place[chosen], -columns.utility[chosen], -likes, need))
    is_first = np.zeros(len(chosen), np.bool_)
    is_first[order[np.unique(need[order], return_index=True)[1]]] = True
    options = np.bincount(columns.need, minlength=columns.needs)
    misses = np.zeros(columns.needs, np.bool_)
    misses[columns.need[rather]] = True
    has_room = np.zeros(columns.needs, np.bool_)
    has_room[columns.need[rather & (free[columns.place] > 0)]] = True
    code = np.select(
        [~is_first, options[need] == 1, ~misses[need], ~has_room[need]],
        [0, 1, 2, 3],
        4,
    )
    words = (Why.FURTHER, Why.ONLY_PLACE, Why.FIRST_OF_ALL, Why.GAVE_WAY, Why.FOR_TOTAL)
    return tuple(words[number] for number in code.tolist())


def _unmet_why(columns: Columns, unmet: Array, method: Method) -> tuple[Why, ...]:
    options = np.bincount(columns.need, minlength=columns.needs)
    full = Why.ALL_FULL if method is Method.OPTIMAL else Why.OUTRANKED
    return tuple(full if count else Why.NO_PLACE for count in options[unmet].tolist())


def _envy(columns: Columns, rather: Array, free: Array) -> int:
    is_used = free < columns.seats
    return len(np.unique(columns.need[rather & is_used[columns.place]]))


def _blocking(columns: Columns, is_met: Array, worst: Array, count: Array, free: Array) -> int:
    least = np.full(columns.places, 2 * RANKED, np.int64)
    np.minimum.at(least, columns.place[is_met], columns.place_likes[is_met])
    wants = (count[columns.need] < columns.most) | (columns.need_likes > worst[columns.need])
    welcome = (free[columns.place] > 0) | (columns.place_likes > least[columns.place])
    welcome &= columns.seats[columns.place] > 0
    return int((~is_met & wants & welcome).sum())


def _likes(rank: Sequence[int], utility: Array) -> Array:
    if not len(rank):
        return utility
    ranks = np.asarray(rank, np.int64)
    return np.where(ranks > 0, RANKED - ranks, utility)


def _check(problem: AssignmentProblem, *columns: Any) -> None:
    need, place, utility, tables = columns
    places = len(tables)
    asked = (
        (len(need) == len(place) == len(utility), "列长不一致"),
        (all(len(rank) in (0, len(need)) for rank in _ranks(problem)), "志愿列长不一致"),
        (problem.slots > 0 and problem.most_meetings > 0, "时段与场数须为正数"),
        (not places or tables.min() >= 0, "席位不能为负数"),
        (_within(need, problem.needs) and _within(place, places), "编号超出范围"),
        (_within(utility, MOST_UTILITY + 1), "匹配度超出范围"),
    )
    for holds, words in asked:
        if not holds:
            raise Refused("ASSIGNMENT_INVALID", f"排座数据有误：{words}。")
    keys = np.sort(need * max(places, 1) + place)
    if (keys[1:] == keys[:-1]).any():
        raise Refused("ASSIGNMENT_INVALID", "排座数据有误：同一企业与机构出现两次。")


def _ranks(problem: AssignmentProblem) -> tuple[Sequence[int], Sequence[int]]:
    return problem.need_rank, problem.place_rank


def _within(column: Array, end: int) -> bool:
    return not len(column) or bool(column.min() >= 0 and column.max() < end)
