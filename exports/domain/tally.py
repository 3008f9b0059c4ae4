"""From events to figures: rows of what happened, grouped, added up, never estimated.

Everything is counted in whole numbers (fen, days, enterprises by credit code), so that parts add up to the total to the
fen. A ratio is formed at the very end, and is None when its denominator is zero.

Source: domain note 0.9, 1.5; the wording of every figure is in `exports.domain.definitions`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from exports.domain.definitions import Statistic
from exports.domain.statistics_book import Figure

S = Statistic
Figures = Mapping[Statistic, Figure]
SHARE = Decimal("0.000001")
RATE = Decimal("0.01")
DAYS = Decimal("0.1")


class Dimension(StrEnum):
    """By what figures are broken down; the value is the name of the rows' field."""

    DISTRICT = "district"
    INSTITUTION = "institution"
    INDUSTRY = "industry"
    SIZE = "size"
    GUARANTEE = "guarantee"


class AccountRow(NamedTuple):
    """Verified enterprises of one kind."""

    district: str
    industry: str
    size: str
    accounts: int


class NeedRow(NamedTuple):
    """One published need; ``is_accepted`` when at least one institution accepted an application with it, or took it."""

    uscc: str
    district: str
    industry: str
    size: str
    guarantee: str
    amount_fen: int
    is_accepted: bool


class ApplicationRow(NamedTuple):
    """One application with the steps it has taken; ``guarantee`` and amount are those of the approval."""

    uscc: str
    district: str
    industry: str
    size: str
    institution: str
    guarantee: str
    is_routed: bool
    is_accepted: bool
    is_contacted: bool
    is_approved: bool
    is_signed: bool
    approved_fen: int


class LoanRow(NamedTuple):
    """One loan of which money was paid out; amounts are sums of its outcome events up to the day.

    ``drawn_year_fen`` was paid out in the year of the day; ``days_to_draw`` counts from submission to the first
    payment; ``is_first_time`` as `FIRST_TIME_BORROWERS` defines it.
    """

    uscc: str
    district: str
    industry: str
    size: str
    institution: str
    guarantee: str
    annual_rate_bp: int
    drawn_fen: int
    drawn_year_fen: int
    repaid_fen: int
    days_to_draw: int
    is_first_time: bool
    is_overdue: bool
    is_open: bool


Row = TypeVar("Row", AccountRow, NeedRow, ApplicationRow, LoanRow)


@dataclass(frozen=True)
class Facts:
    """Everything counted up to a day.

    Attributes:
        institutions, products: how many there are on the day; None where only the present is known.
    """

    accounts: tuple[AccountRow, ...] = ()
    needs: tuple[NeedRow, ...] = ()
    applications: tuple[ApplicationRow, ...] = ()
    loans: tuple[LoanRow, ...] = ()
    institutions: int | None = None
    products: int | None = None

    def where(self, dimension: Dimension, value: str) -> Facts:
        """Return the facts of one value of a dimension; rows that do not know the dimension are left out."""
        return self.by(dimension).get(value, Facts())

    def by(self, dimension: Dimension) -> dict[str, Facts]:
        """Return the facts of each value of a dimension; together they are all rows that know it."""
        accounts = _grouped(self.accounts, dimension)
        needs = _grouped(self.needs, dimension)
        applications = _grouped(self.applications, dimension)
        loans = _grouped(self.loans, dimension)
        values = {**accounts, **needs, **applications, **loans}
        return {
            value: Facts(
                tuple(accounts.get(value, ())),
                tuple(needs.get(value, ())),
                tuple(applications.get(value, ())),
                tuple(loans.get(value, ())),
            )
            for value in values
        }


def figures(facts: Facts) -> dict[Statistic, Figure]:
    """Return every figure of the facts but growth, which needs two days."""
    return {
        S.ENTERPRISES: sum(row.accounts for row in facts.accounts),
        S.INSTITUTIONS: facts.institutions,
        S.PRODUCTS: facts.products,
        **_of_needs(facts.needs),
        **_of_applications(facts.applications),
        **_of_loans(facts.loans),
    }


def growth(now: Figure, before: Figure) -> Decimal | None:
    """Return by which share a figure grew, None when there was nothing before.

    >>> growth(Decimal(150), Decimal(100))
    Decimal('0.500000')
    """
    if now is None or not before:
        return None
    return ((Decimal(now) - before) / before).quantize(SHARE, ROUND_HALF_UP)


def ratio(part: int, whole: int, places: Decimal = SHARE) -> Decimal | None:
    """Return part by whole, rounded half up, None when the whole is zero."""
    return (Decimal(part) / whole).quantize(places, ROUND_HALF_UP) if whole else None


def yuan(fen: int) -> Decimal:
    """Return fen as yuan."""
    return Decimal(fen).scaleb(-2)


def enterprises(rows: Iterable[Any]) -> int:
    """Return how many enterprises stand behind the rows, each credit code once."""
    return len({row.uscc for row in rows})


def _of_needs(needs: Iterable[NeedRow]) -> dict[Statistic, Figure]:
    published = list(needs)
    accepted = sum(row.is_accepted for row in published)
    return {
        S.NEEDS: len(published),
        S.NEEDS_AMOUNT: yuan(sum(row.amount_fen for row in published)),
        S.ACCEPTANCE_RATE: ratio(accepted, len(published)),
    }


def _of_applications(applications: Iterable[ApplicationRow]) -> dict[Statistic, Figure]:
    found = list(applications)
    routed = [row for row in found if row.is_routed]
    accepted = [row for row in found if row.is_accepted]
    approved = [row for row in found if row.is_approved]
    contacted = sum(row.is_contacted for row in routed)
    return {
        S.APPLICATIONS: len(routed),
        S.ACCEPTANCES: len(accepted),
        S.CONTACTS: contacted,
        S.SIGNINGS: sum(row.is_signed for row in found),
        S.CONTACT_RATE: ratio(contacted, len(routed)),
        S.OBTAINED_RATE: ratio(enterprises(approved), enterprises(accepted)),
        S.APPROVED_ENTERPRISES: enterprises(approved),
        S.APPROVALS: len(approved),
        S.APPROVED_AMOUNT: yuan(sum(row.approved_fen for row in approved)),
    }


def _of_loans(loans: Iterable[LoanRow]) -> dict[Statistic, Figure]:
    drawn = list(loans)
    year = [row for row in drawn if row.drawn_year_fen]
    overdue = [row for row in drawn if row.is_overdue]
    total = sum(row.drawn_fen for row in drawn)
    on_credit = sum(row.drawn_fen for row in drawn if row.guarantee == "CREDIT")
    weighted = sum(row.drawn_fen * row.annual_rate_bp for row in drawn)
    return {
        S.FUNDED_ENTERPRISES_YEAR: enterprises(year),
        S.LOANS_YEAR: len(year),
        S.FUNDED_AMOUNT_YEAR: yuan(sum(row.drawn_year_fen for row in year)),
        S.FUNDED_ENTERPRISES: enterprises(drawn),
        S.LOANS: len(drawn),
        S.FUNDED_AMOUNT: yuan(total),
        S.CREDIT_LOAN_SHARE: ratio(on_credit, total),
        S.FIRST_TIME_BORROWERS: enterprises(row for row in drawn if row.is_first_time),
        S.AVERAGE_RATE: ratio(weighted, total, RATE),
        S.AVERAGE_DAYS: ratio(sum(row.days_to_draw for row in drawn), len(drawn), DAYS),
        S.OVERDUE_LOANS: len(overdue),
        S.OVERDUE_AMOUNT: yuan(sum(row.drawn_fen - row.repaid_fen for row in overdue)),
        S.OVERDUE_RATE: ratio(len(overdue), sum(row.is_open for row in drawn)),
    }


def _grouped(rows: Iterable[Row], dimension: Dimension) -> dict[str, list[Row]]:
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        value = getattr(row, dimension.value, None)
        if value is not None:
            groups[value].append(row)
    return dict(groups)
