"""Assignment problems: small ones drawn for properties, an event of any size to measure, and an independent judge."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from hypothesis import strategies as st

from matching.domain.assignment import Assignment, AssignmentProblem
from matching.scoring.assignment import Network


@st.composite
def problems(
    draw: st.DrawFn, most_needs: int = 4, most_places: int = 3, ranked: bool = True
) -> AssignmentProblem:
    """A small event: any pair may be impossible, wishes may tie or be missing, utilities may tie."""
    needs = draw(st.integers(1, most_needs))
    places = draw(st.integers(1, most_places))
    pairs = [(n, p) for n in range(needs) for p in range(places) if draw(st.booleans())]
    ranks = st.lists(st.integers(0, 3), min_size=len(pairs), max_size=len(pairs))
    return AssignmentProblem(
        needs=needs,
        tables=draw(st.lists(st.integers(0, 2), min_size=places, max_size=places)),
        slots=draw(st.integers(1, 3)),
        most_meetings=draw(st.integers(1, 3)),
        need=[n for n, _ in pairs],
        place=[p for _, p in pairs],
        utility=[draw(st.integers(0, 5)) for _ in pairs],
        need_rank=draw(ranks) if ranked and draw(st.booleans()) else (),
        place_rank=draw(ranks) if ranked and draw(st.booleans()) else (),
    )


def event(
    needs: int,
    places: int = 54,
    each: int = 12,
    *,
    meetings: int = 1,
    slots: int = 16,
    seed: int = 1,
) -> AssignmentProblem:
    """Return an event of a city's size: seats for nine tenths of the needs, wishes drawn on both sides."""
    rng = np.random.default_rng(seed)
    options = needs * each
    columns: dict[str, Any] = {
        "need": np.repeat(np.arange(needs), each),
        "place": np.argsort(rng.random((needs, places)), axis=1)[:, :each].ravel(),
        "utility": rng.integers(1, 1001, options),
        "need_rank": rng.integers(0, 4, options),
        "place_rank": rng.integers(0, 4, options),
    }
    tables = np.full(places, max(1, needs * 9 // 10 // places // slots))
    return AssignmentProblem(needs, tables.tolist(), slots, meetings, **columns)


def best_by_trying(problem: AssignmentProblem) -> tuple[int, int]:
    """Return coverage and utility of the best of all subsets of the pairs that keep to the limits."""
    best = (0, 0)
    for taken in product((False, True), repeat=len(problem.need)):
        rows = [row for row, is_taken in enumerate(taken) if is_taken]
        needs = [problem.need[row] for row in rows]
        places = [problem.place[row] for row in rows]
        if any(needs.count(need) > problem.meetings_each for need in needs):
            continue
        if any(places.count(p) > problem.tables[p] * problem.slots for p in places):
            continue
        best = max(best, (len(set(needs)), sum(problem.utility[row] for row in rows)))
    return best


def blocking_by_looking(problem: AssignmentProblem, found: Assignment) -> int:
    """Return the pairs that would both rather meet, one by one."""
    likes = [_likes(problem, row) for row in range(len(problem.need))]
    count = 0
    for row in range(len(problem.need)):
        if row in found.chosen:
            continue
        at_need = [r for r in found.chosen if problem.need[r] == problem.need[row]]
        at_place = [r for r in found.chosen if problem.place[r] == problem.place[row]]
        seats = problem.tables[problem.place[row]] * problem.slots
        wants = len(at_need) < problem.meetings_each or any(
            likes[row][0] > likes[r][0] for r in at_need
        )
        welcome = len(at_place) < seats or any(likes[row][1] > likes[r][1] for r in at_place)
        count += bool(seats and wants and welcome)
    return count


def _likes(problem: AssignmentProblem, row: int) -> tuple[tuple[bool, int], tuple[bool, int]]:
    sides = []
    for ranks in (problem.need_rank, problem.place_rank):
        rank = ranks[row] if len(ranks) else 0
        sides.append((rank > 0, -rank if rank else problem.utility[row]))
    return sides[0], sides[1]


def is_proved_optimal(network: Network, flows: np.ndarray) -> bool:
    """Return whether prices exist that prove a flow cheapest: no way of changing it leads round for less than nothing.

    Bellman and Ford's rounds over the arcs that can take more flow or give some back; they end without a price moving
    exactly when there is no such way. This knows nothing of how the solver works.
    """
    more, less = flows < network.capacity, flows > 0
    tail = np.concatenate([network.tail[more], network.head[less]])
    head = np.concatenate([network.head[more], network.tail[less]])
    cost = np.concatenate([network.cost[more], -network.cost[less]])
    price = np.zeros(network.sink + 1, np.int64)
    for _ in range(network.sink + 2):
        before = price.copy()
        np.minimum.at(price, head, price[tail] + cost)
        if (price == before).all():
            return True
    return False
