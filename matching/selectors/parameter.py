"""The dated parameters of the whole marketplace, as operators see and change them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from borrowers.domain.thematic import shipped_thematic
from borrowers.selectors.parameter import (
    consent_parameters,
    repair_parameters,
    token_parameters,
)
from lenders.selectors.interface import interface_parameters
from marketplace.domain.errors import NotFound
from marketplace.domain.parameters import DatedParameter, ParameterSet
from marketplace.models import ParameterValue, User
from marketplace.selectors import parameters_in_force
from matching.domain.contradictions import shipped_tolerances
from matching.domain.declaration import shipped_indicators
from matching.domain.freshness import shipped_freshness
from matching.domain.listing import shipped_lists
from matching.domain.parameters import shipped
from matching.domain.ranking import shipped_ranking
from matching.domain.scorecard import shipped_models
from matching.domain.series import shipped_series
from matching.policies.portrait import check_sees_parameters

SHIPPED_ONLY = {
    "scorecard": ("评价模型", shipped_models),
    "indicators": ("画像指标口径", shipped_indicators),
    "series": ("月度序列口径", shipped_series),
    "lists": ("公开记录列示", shipped_lists),
    "contradictions": ("申报与记录差异的容许范围", shipped_tolerances),
    "freshness": ("数据过旧的界限", shipped_freshness),
    "ranking": ("产品排序的权重", shipped_ranking),
    "thematic": ("专题库的入库规则", shipped_thematic),
}
"""Parameters that come with a release: what frozen portraits are built anew with, and the order of products, which
nobody who runs the marketplace can change for one day or one institution."""


@dataclass(frozen=True)
class ShippedGroup:
    """A file of parameters that change with a release only."""

    name: str
    label: str
    count: int
    latest: date


def parameter_list(user: User) -> list[DatedParameter]:
    """Return every parameter an operator may enter values of, shipped and entered values together.

    Raises:
        NotPermitted: the reader is neither operator nor auditor.

    Queries: three, one for each part of the marketplace.
    """
    check_sees_parameters(user)
    return [parameter for known in _sets() for parameter in known]


def parameter_get(user: User, code: str) -> DatedParameter:
    """Return one parameter that operators may change.

    Raises:
        NotFound: there is none of that code.
        NotPermitted: the reader is neither operator nor auditor.
    """
    for parameter in parameter_list(user):
        if parameter.code == code:
            return parameter
    raise NotFound


def entered_values(user: User, code: str) -> dict[date, ParameterValue]:
    """Return the values of a parameter that were entered by operators, by date. Queries: one."""
    check_sees_parameters(user)
    rows = ParameterValue.objects.filter(code=code).select_related("entered_by")
    return {row.effective_from: row for row in rows}


def shipped_groups() -> list[ShippedGroup]:
    """Return what changes with a release only. Queries: none."""
    found = []
    for name, (label, read) in SHIPPED_ONLY.items():
        parameters = list(read())
        latest = max(entry.values[-1].effective_from for entry in parameters)
        found.append(ShippedGroup(name, label, len(parameters), latest))
    return found


def _sets() -> Iterator[ParameterSet]:
    yield parameters_in_force(shipped())
    yield consent_parameters()
    yield repair_parameters()
    yield token_parameters()
    yield interface_parameters()
