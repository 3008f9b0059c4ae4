"""Small cells: what may be published of a table of figures without telling what a single enterprise got.

A cell with one to four enterprises behind it is not published, with everything counted of the same enterprises. When
its value followed from the total and the cells beside it, the smallest of those is held back too, until at least two
cells with at least five enterprises between them are. A cell of this year is also held back when the years before it,
which follow by subtraction, have one to four enterprises.

Source: trust note 4.3 (cells below five, complementary suppression).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from exports.domain.definitions import Statistic
from exports.domain.statistics_book import Figure
from exports.domain.tally import Facts, Figures, enterprises

S = Statistic
LEAST = 5
NOTE = "不足 5 户的单元不公布（以“—”或空白表示）；为防止由合计倒推，必要时另有单元一并不公布。"


class Family(StrEnum):
    """Figures that are counted of the same enterprises and are held back together."""

    REGISTERED = "REGISTERED"
    NEEDS = "NEEDS"
    HANDLED = "HANDLED"
    APPROVED = "APPROVED"
    YEAR = "YEAR"
    FUNDED = "FUNDED"


FAMILIES: Mapping[Family, frozenset[Statistic]] = {
    Family.REGISTERED: frozenset({S.ENTERPRISES}),
    Family.NEEDS: frozenset({S.NEEDS, S.NEEDS_AMOUNT, S.ACCEPTANCE_RATE}),
    Family.HANDLED: frozenset(
        {S.APPLICATIONS, S.ACCEPTANCES, S.CONTACTS, S.CONTACT_RATE, S.OBTAINED_RATE}
    ),
    Family.APPROVED: frozenset(
        {S.APPROVED_ENTERPRISES, S.APPROVALS, S.APPROVED_AMOUNT, S.OBTAINED_RATE, S.SIGNINGS}
    ),
    Family.YEAR: frozenset(
        {
            S.FUNDED_ENTERPRISES_YEAR,
            S.LOANS_YEAR,
            S.FUNDED_AMOUNT_YEAR,
            S.FUNDED_AMOUNT_GROWTH,
        }
    ),
    Family.FUNDED: frozenset(
        {
            S.FUNDED_ENTERPRISES,
            S.LOANS,
            S.FUNDED_AMOUNT,
            S.CREDIT_LOAN_SHARE,
            S.FIRST_TIME_BORROWERS,
            S.AVERAGE_RATE,
            S.AVERAGE_DAYS,
            S.OVERDUE_AMOUNT,
        }
    ),
}


@dataclass(frozen=True)
class Backing:
    """How many enterprises stand behind the figures of a cell.

    Attributes:
        counts: by family.
        earlier: enterprises with loans paid out before this year; this year's figures tell theirs by subtraction.
    """

    counts: Mapping[Family, int]
    earlier: int = 0

    def is_small(self, family: Family) -> bool:
        """Return whether the cell may not be published for itself."""
        count = self.counts.get(family, 0)
        hints = (self.earlier,) if family is Family.YEAR and count else ()
        return any(0 < number < LEAST for number in (count, *hints))


def backing_of(facts: Facts) -> Backing:
    """Return how many enterprises stand behind the figures of some facts."""
    return Backing(
        {
            Family.REGISTERED: sum(row.accounts for row in facts.accounts),
            Family.NEEDS: enterprises(facts.needs),
            Family.HANDLED: enterprises(row for row in facts.applications if row.is_routed),
            Family.APPROVED: enterprises(row for row in facts.applications if row.is_approved),
            Family.YEAR: enterprises(row for row in facts.loans if row.drawn_year_fen),
            Family.FUNDED: enterprises(facts.loans),
        },
        enterprises(row for row in facts.loans if row.drawn_fen > row.drawn_year_fen),
    )


def held_back(cells: Sequence[Backing], family: Family) -> frozenset[int]:
    """Return the places of the cells of one column that are not published.

    Of 2, 7 and 40 enterprises the 2 is held back, and with it the 7: else total minus the others gives it away.
    """
    counts = [cell.counts.get(family, 0) for cell in cells]
    hidden = [place for place, cell in enumerate(cells) if cell.is_small(family)]
    if not hidden:
        return frozenset()
    others = sorted(
        (place for place, count in enumerate(counts) if count and place not in hidden),
        key=lambda place: (counts[place], place),
    )
    while others and (len(hidden) < 2 or sum(counts[place] for place in hidden) < LEAST):
        hidden.append(others.pop(0))
    return frozenset(hidden)


def published(
    rows: Sequence[tuple[Figures, Backing]], families: Collection[Family]
) -> list[dict[Statistic, Figure]]:
    """Return the figures of the rows of one table with what is not published taken out (None).

    Args:
        families: those in which the reader may not see small cells.
    """
    found = [dict(values) for values, _ in rows]
    cells = [backing for _, backing in rows]
    for family in families:
        for place in held_back(cells, family):
            _take_out(found[place], FAMILIES[family])
    return found


def published_total(
    values: Figures, backing: Backing, families: Collection[Family]
) -> dict[Statistic, Figure]:
    """Return the figures of a total that is itself a cell elsewhere, e.g. of one district among the city's."""
    found = dict(values)
    for family in families:
        if backing.is_small(family):
            _take_out(found, FAMILIES[family])
    return found


def _take_out(values: dict[Statistic, Figure], codes: Iterable[Statistic]) -> None:
    for code in codes:
        if code in values:
            values[code] = None
