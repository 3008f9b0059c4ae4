"""What an enterprise can do about a feature that stands in the way of a product: the table behind "怎样才能符合".

Every feature that rules may look at has a lever: the means by which it changes, and whether that is in the
enterprise's hands, a matter of time, or neither. Nothing here promises that a lender approves.

Source: issue of matching (doable by the enterprise, by waiting, not at all); domain note 2.8 (repair).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from lenders.domain.feature import FEATURES


class Means(StrEnum):
    """How something changes."""

    NEED = "NEED"
    AUTHORIZE = "AUTHORIZE"
    REPAIR = "REPAIR"
    SETTLE = "SETTLE"
    CORRECT = "CORRECT"
    SUPPLY = "SUPPLY"
    WAIT = "WAIT"
    BUSINESS = "BUSINESS"
    FIXED = "FIXED"


MEANS_LABELS = {
    Means.NEED: "调整需求",
    Means.AUTHORIZE: "授权数据",
    Means.REPAIR: "信用修复",
    Means.SETTLE: "了结事项",
    Means.CORRECT: "更正登记",
    Means.SUPPLY: "补充数据",
    Means.WAIT: "等待",
    Means.BUSINESS: "随经营变化",
    Means.FIXED: "不能改变",
}


class Feasibility(StrEnum):
    """In whose hands a change is."""

    BY_ENTERPRISE = "BY_ENTERPRISE"
    BY_WAITING = "BY_WAITING"
    UNCERTAIN = "UNCERTAIN"
    NOT_AT_ALL = "NOT_AT_ALL"


FEASIBILITY_LABELS = {
    Feasibility.BY_ENTERPRISE: "企业可办",
    Feasibility.BY_WAITING: "等待即可",
    Feasibility.UNCERTAIN: "取决于补充的数据",
    Feasibility.NOT_AT_ALL: "目前不能改变",
}
"""From best to worst; a set of changes is as feasible as its worst."""


@dataclass(frozen=True)
class Lever:
    """What can be done about one feature.

    Attributes:
        raising, lowering: means by which the value rises (or becomes true) and falls; a code changes by ``raising``.
        when_unknown: means when there is no value to judge by.
    """

    raising: Means
    lowering: Means
    when_unknown: Means = Means.SUPPLY


_NEED = Lever(Means.NEED, Means.NEED, Means.NEED)
_FIXED = Lever(Means.FIXED, Means.FIXED, Means.CORRECT)
_BUSINESS = Lever(Means.BUSINESS, Means.BUSINESS)
_REPAIR = Lever(Means.BUSINESS, Means.REPAIR)
_SETTLE = Lever(Means.BUSINESS, Means.SETTLE)

_NAMED: Mapping[str, Lever] = {
    "amount_yuan": _NEED,
    "term_months": _NEED,
    "purpose": _NEED,
    "guarantee": _NEED,
    "district_code": _FIXED,
    "industry_section": _FIXED,
    "industry_division": _FIXED,
    "size_class": _FIXED,
    "entity_type": _FIXED,
    "registration_status": _FIXED,
    "capital_yuan": _FIXED,
    "industry_chains": _FIXED,
    "thematic_lists": _FIXED,
    "age_months": Lever(Means.WAIT, Means.FIXED, Means.CORRECT),
    "penalties_24m": _REPAIR,
    "serious_penalties_36m": _REPAIR,
    "serious_breach": _REPAIR,
    "tax_arrears_yuan": _SETTLE,
    "enforcement_open_count": _SETTLE,
    "dishonest_debtor": _SETTLE,
    "abnormal_listed": _SETTLE,
    "utility_arrears_count": Lever(Means.BUSINESS, Means.WAIT),
}

LEVERS: Mapping[str, Lever] = MappingProxyType(
    {code: _NAMED.get(code, _BUSINESS) for code in FEATURES}
)
"""Every feature's lever; what is not named changes with the business only."""

FEASIBILITY_OF: Mapping[Means, Feasibility] = MappingProxyType(
    {
        Means.NEED: Feasibility.BY_ENTERPRISE,
        Means.AUTHORIZE: Feasibility.BY_ENTERPRISE,
        Means.REPAIR: Feasibility.BY_ENTERPRISE,
        Means.SETTLE: Feasibility.BY_ENTERPRISE,
        Means.CORRECT: Feasibility.BY_ENTERPRISE,
        Means.SUPPLY: Feasibility.UNCERTAIN,
        Means.WAIT: Feasibility.BY_WAITING,
        Means.BUSINESS: Feasibility.NOT_AT_ALL,
        Means.FIXED: Feasibility.NOT_AT_ALL,
    }
)
