"""How one month's evaluation differs from the one before: grades that moved, indicators that moved them, stability.

Counts are taken while enterprises are evaluated, so that nothing is read again to compare two months.

Source: domain note 2.11 (monthly evaluation); population stability index as banks watch scorecards with it: below 0.10
stable, from 0.25 to be looked into (assumption, platform default).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import log
from typing import Any

from matching.domain.evaluation_lines import KeptLine

WATCH, ALARM = Decimal("0.10"), Decimal("0.25")
SMALLEST_SHARE = 0.0001
"""An empty class counts as this share, so that the index stays finite."""

ARROW = ">"

Counts = dict[str, int]


@dataclass
class Tally:
    """Counts of one run.

    Attributes:
        grades: enterprises by grade; empty for not scored.
        bins: by indicator, enterprises by points of their bin, or by the reason there is none.
        moves: enterprises by grade before and now, where they differ.
        causes: by indicator, how many enterprises of another grade than before are in another bin.
    """

    grades: Counts = field(default_factory=dict)
    bins: dict[str, Counts] = field(default_factory=dict)
    moves: Counts = field(default_factory=dict)
    causes: Counts = field(default_factory=dict)

    def add(self, grade: str, lines: Mapping[str, KeptLine]) -> None:
        """Count one enterprise."""
        _count(self.grades, grade)
        for code, line in lines.items():
            _count(self.bins.setdefault(code, {}), bin_key(line))

    def compare(
        self,
        before: tuple[str, Mapping[str, KeptLine]],
        now: tuple[str, Mapping[str, KeptLine]],
    ) -> None:
        """Count one enterprise that was evaluated in both months."""
        if before[0] == now[0]:
            return
        _count(self.moves, f"{before[0]}{ARROW}{now[0]}")
        for code in before[1].keys() & now[1].keys():
            if bin_key(before[1][code]) != bin_key(now[1][code]):
                _count(self.causes, code)


def bin_key(line: KeptLine) -> str:
    """Return the class of one indicator's line: its points, or why it has none.

    >>> bin_key([2, -80, "2026-05-01"]), bin_key(1)
    ('-80', '?1')
    """
    return f"?{line}" if isinstance(line, int) else str(line[1])


def lines_by_code(codes: Sequence[str], lines: Sequence[KeptLine]) -> dict[str, KeptLine]:
    """Return kept lines by indicator; empty for who was not scored."""
    return dict(zip(codes, lines, strict=True)) if lines else {}


def tally_from(raw: Mapping[str, Any]) -> Tally:
    """Return the counts that ``vars`` of a tally wrote."""
    return Tally(
        grades=dict(raw.get("grades", {})),
        bins={code: dict(counts) for code, counts in raw.get("bins", {}).items()},
        moves=dict(raw.get("moves", {})),
        causes=dict(raw.get("causes", {})),
    )


def stability(before: Mapping[str, int], now: Mapping[str, int]) -> Decimal | None:
    """Return the population stability index of two distributions, four places; None when one of them is empty.

    The sum over classes of (share now - share before) * ln(share now / share before).

    >>> stability({"A": 50, "B": 50}, {"A": 50, "B": 50}), stability({"A": 50, "B": 50}, {"A": 80, "B": 20})
    (Decimal('0.0000'), Decimal('0.4159'))
    """
    whole_before, whole_now = sum(before.values()), sum(now.values())
    if not whole_before or not whole_now:
        return None
    total = 0.0
    for key in sorted(before.keys() | now.keys()):
        old = max(before.get(key, 0) / whole_before, SMALLEST_SHARE)
        new = max(now.get(key, 0) / whole_now, SMALLEST_SHARE)
        total += (new - old) * log(new / old)
    return Decimal(f"{total:.4f}")


def _count(counts: Counts, key: str) -> None:
    counts[key] = counts.get(key, 0) + 1
