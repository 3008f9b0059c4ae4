"""For whom statistics are made, and what each of them sees.

The public sees the city's totals and breakdowns without small cells and without arrears; the city sees everything per
institution; a district its own enterprises, the number of arrears but no amounts; a lender its own cases.

Source: domain note 4.2 (visibility matrix).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from exports.domain.definitions import Statistic
from exports.domain.disclosure import NOTE as SMALL_CELLS_NOTE
from exports.domain.disclosure import Family
from exports.domain.tally import Dimension

S = Statistic


class Audience(StrEnum):
    """Who reads."""

    PUBLIC = "PUBLIC"
    CITY = "CITY"
    DISTRICT = "DISTRICT"
    INSTITUTION = "INSTITUTION"


@dataclass(frozen=True)
class Scope:
    """What statistics cover and for whom.

    Attributes:
        code: code of the district or the institution; empty for the city.
        label: in words, e.g. 全市, 河西区, the institution's name.
    """

    audience: Audience
    label: str
    code: str = ""

    @property
    def key(self) -> str:
        """Return what tells the scope from all others."""
        return f"{self.audience.value}.{self.code}".rstrip(".")

    @property
    def dimension(self) -> Dimension | None:
        """Return the dimension that the scope is one value of, None for the city."""
        return _BOUND.get(self.audience)

    @property
    def screened(self) -> tuple[Family, ...]:
        """Return the families of figures whose small cells are held back from the reader."""
        return _SCREENED.get(self.audience, ())

    @property
    def headlines(self) -> tuple[Statistic, ...]:
        """Return the headline figures, in order."""
        return _HEADLINES[self.audience]

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """Return the breakdowns, in order."""
        return _DIMENSIONS[self.audience]


PUBLIC = Scope(Audience.PUBLIC, "全市")
CITY = Scope(Audience.CITY, "全市")

_SCREENED = {
    Audience.PUBLIC: tuple(Family),
    Audience.DISTRICT: (Family.APPROVED, Family.YEAR, Family.FUNDED),
}
"""A district knows its enterprises and their needs one by one, but of what a lender granted only the sums."""

_BOUND = {Audience.DISTRICT: Dimension.DISTRICT, Audience.INSTITUTION: Dimension.INSTITUTION}
_NEEDS = (S.NEEDS, S.NEEDS_AMOUNT, S.ACCEPTANCE_RATE, S.CONTACT_RATE, S.OBTAINED_RATE)
_APPROVED = (S.APPROVED_ENTERPRISES, S.APPROVALS, S.APPROVED_AMOUNT)
_YEAR = (S.FUNDED_ENTERPRISES_YEAR, S.LOANS_YEAR, S.FUNDED_AMOUNT_YEAR)
_FUNDED = (S.FUNDED_ENTERPRISES, S.LOANS, S.FUNDED_AMOUNT)
_QUALITY = (S.CREDIT_LOAN_SHARE, S.FIRST_TIME_BORROWERS, S.AVERAGE_RATE, S.AVERAGE_DAYS)
_LOANS = (*_APPROVED, *_YEAR, S.FUNDED_AMOUNT_GROWTH, *_FUNDED, *_QUALITY)
_ARREARS = (S.OVERDUE_LOANS, S.OVERDUE_AMOUNT, S.OVERDUE_RATE)
_FUNNEL = (S.APPLICATIONS, S.ACCEPTANCES, S.CONTACTS, S.CONTACT_RATE, S.SIGNINGS)

_HEADLINES: dict[Audience, tuple[Statistic, ...]] = {
    Audience.PUBLIC: (S.ENTERPRISES, S.INSTITUTIONS, S.PRODUCTS, *_NEEDS, *_LOANS),
    Audience.CITY: (S.ENTERPRISES, S.INSTITUTIONS, S.PRODUCTS, *_NEEDS, *_LOANS, *_ARREARS),
    Audience.DISTRICT: (S.ENTERPRISES, *_NEEDS, *_LOANS, S.OVERDUE_LOANS),
    Audience.INSTITUTION: (*_FUNNEL, *_LOANS, *_ARREARS),
}
_DIMENSIONS: dict[Audience, tuple[Dimension, ...]] = {
    Audience.PUBLIC: (Dimension.DISTRICT, Dimension.INDUSTRY, Dimension.SIZE, Dimension.GUARANTEE),
    Audience.CITY: tuple(Dimension),
    Audience.DISTRICT: (Dimension.INDUSTRY, Dimension.SIZE, Dimension.GUARANTEE),
    Audience.INSTITUTION: (
        Dimension.DISTRICT,
        Dimension.INDUSTRY,
        Dimension.SIZE,
        Dimension.GUARANTEE,
    ),
}

HOME_FIGURES = (
    S.ENTERPRISES,
    S.INSTITUTIONS,
    S.PRODUCTS,
    S.ACCEPTANCE_RATE,
    S.FUNDED_ENTERPRISES,
    S.FUNDED_AMOUNT,
)
"""Headlines on the public home."""

_BY_ENTERPRISE = (S.NEEDS, S.NEEDS_AMOUNT, *_APPROVED, *_YEAR, *_FUNDED)
_BY_GUARANTEE = (*_APPROVED, *_YEAR, *_FUNDED, S.AVERAGE_RATE)
_BY_INSTITUTION = (
    *_FUNNEL[:4],
    *_APPROVED,
    *_YEAR,
    *_FUNDED,
    S.AVERAGE_RATE,
    S.AVERAGE_DAYS,
    S.OVERDUE_LOANS,
    S.OVERDUE_RATE,
)

TITLES = {
    Dimension.DISTRICT: ("按区", "区"),
    Dimension.INSTITUTION: ("按机构", "机构"),
    Dimension.INDUSTRY: ("按行业", "行业门类"),
    Dimension.SIZE: ("按企业规模", "企业规模"),
    Dimension.GUARANTEE: ("按担保方式", "担保方式"),
}
"""Title of each breakdown, and heading of its first column."""

TWICE_NOTE = "一家企业可在多行出现，各行户数之和可以大于合计户数；合计按统一社会信用代码去重。"


def codes_for(scope: Scope, dimension: Dimension) -> tuple[Statistic, ...]:
    """Return the columns of a breakdown for a reader."""
    if dimension is Dimension.INSTITUTION:
        return _BY_INSTITUTION
    if dimension is Dimension.GUARANTEE:
        return _BY_GUARANTEE
    if scope.audience is Audience.INSTITUTION:
        return (S.APPLICATIONS, *_APPROVED, *_YEAR, *_FUNDED)
    return (S.ENTERPRISES, *_BY_ENTERPRISE)


def notes_of(scope: Scope, dimension: Dimension) -> tuple[str, ...]:
    """Return what has to be said under a breakdown beyond the definitions."""
    is_twice = dimension in (Dimension.INSTITUTION, Dimension.GUARANTEE)
    notes = ((is_twice, TWICE_NOTE), (bool(scope.screened), SMALL_CELLS_NOTE))
    return tuple(note for applies, note in notes if applies)
