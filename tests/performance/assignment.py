"""Assignment of 20,000 needs to 54 institutions, beside the solver alone on the same arrays.

Twelve eligible institutions per need, seats for nine tenths of the needs. The limit is OR-tools' ``SimpleMinCostFlow``
handed the finished arrays; ours also builds them, seats every meeting at a table in a slot and gives every reason,
envy and blocking pairs. The optimum is proved in the same run by prices that the solver has no part in. Beside them
greedy by utility and the stable way (deferred acceptance).

CPU seconds are user and system time of this process, which starts no other. Run: ``python -m
tests.performance.assignment``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from math import log
from typing import Any

import numpy as np

from matching.domain.assignment import (
    Assignment,
    AssignmentProblem,
    Method,
    coverage_reward,
    stability_cost_bp,
)
from matching.scoring.assignment import Columns, assign, columns_of, network_of, solve
from tests.factories.assignments import event, is_proved_optimal
from tests.performance.prematch import cpu
from tests.performance.process import memory

FEW, MANY = 5_000, 20_000
ROUNDS = 7
LINE = "{:46}{:>9}{:>9}{:>10}{:>13}{:>10}\n"


def greedy(columns: Columns) -> tuple[int, int]:
    """Return coverage and utility of taking the pairs by utility while there is room."""
    free, has = columns.seats.tolist(), [0] * columns.needs
    need, place, utility = (
        column.tolist() for column in (columns.need, columns.place, columns.utility)
    )
    total = 0
    for row in np.argsort(-columns.utility, kind="stable").tolist():
        if has[need[row]] < columns.most and free[place[row]] > 0:
            has[need[row]] += 1
            free[place[row]] -= 1
            total += utility[row]
    return sum(count > 0 for count in has), total


def check(problem: AssignmentProblem, found: Assignment) -> None:
    """Fail unless the result is the solver's optimum and prices prove that."""
    columns = columns_of(problem)
    network = network_of(columns)
    flows, cost = solve(network)
    reward = coverage_reward(columns.places, int(columns.utility.max()))
    assert -cost == reward * found.covered + found.utility, (cost, found.covered, found.utility)
    assert is_proved_optimal(network, flows)


def measure(needs: int, meetings: int) -> dict[str, float]:
    """Measure and print one size; return CPU seconds by form."""
    problem = event(needs, meetings=meetings)
    columns = columns_of(problem)
    network = network_of(columns)
    spent = _side_by_side(
        {
            "solver": lambda: solve(network),
            "ours": lambda: assign(problem),
            "stable": lambda: assign(problem, Method.STABLE),
            "greedy": lambda: greedy(columns),
        }
    )
    found, stable = assign(problem), assign(problem, Method.STABLE)
    check(problem, found)
    out = sys.stdout.write
    out(f"{needs:,} needs x {columns.places} institutions, {len(columns.need):,} pairs, ")
    out(f"up to {meetings} meetings each; {int(columns.seats.sum()):,} seats\n")
    out(LINE.format("form", "cpu s", "ratio", "covered", "utility", "of best"))
    rows: list[tuple[str, float, tuple[int, int]]] = [
        ("SimpleMinCostFlow alone (the limit)", spent["solver"], (found.covered, found.utility)),
        (
            "ours: seats, tables, reasons, envy",
            spent["ours"],
            (found.covered, found.utility),
        ),
        (
            f"stable: {stable.blocking} blocking pairs (optimal: {found.blocking:,})",
            spent["stable"],
            (stable.covered, stable.utility),
        ),
        ("greedy by utility", spent["greedy"], greedy(columns)),
    ]
    for name, seconds, (covered, utility) in rows:
        ratio, share = seconds / spent["solver"], utility / found.utility
        out(LINE.format(name, f"{seconds:.3f}", f"{ratio:.2f}", covered, utility, f"{share:.1%}"))
    out(f"proved optimal by prices; envy {found.envy:,}, with the stable way {stable.envy:,}; ")
    out(f"stability costs {stability_cost_bp(found, stable) / 100:.1f} % of utility\n\n")
    return spent


def _side_by_side(forms: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Return the least CPU seconds of each form, run in turns so that none has the quieter time."""
    found = {name: float("inf") for name in forms}
    for _ in range(ROUNDS):
        for name, run in forms.items():
            found[name] = min(found[name], cpu(run, 1))
    return found


def main() -> int:
    """Measure and print the tables."""
    sys.stdout.write(f"cores {os.cpu_count()}; least of {ROUNDS} turns\n\n")
    few, many = measure(FEW, 1), measure(MANY, 1)
    measure(MANY, 2)
    for name in few:
        exponent = log(many[name] / few[name]) / log(MANY / FEW)
        sys.stdout.write(f"exponent {FEW:,} to {MANY:,}, {name:8}{exponent:6.2f}\n")
    peak = memory()
    sys.stdout.write(f"peak RSS: {peak:.0f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
