"""The portrait as the facts that products' rules look at.

Every feature gets a fact: a value with its records, or why there is none. An unknown size class or an enterprise that
is not scored is no fact, never a value.

Source: design law 1 (three-valued, with reasons).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lenders.domain.feature import FEATURES
from marketplace.domain.vocabulary import DataClass, SizeClass
from matching.domain.fit import Fact
from matching.domain.freshness import unusable_since
from matching.domain.indicators import IndicatorValue, Missing
from matching.domain.portrait import Portrait
from matching.domain.subject import DeclaredFacts, EnterpriseFacts


def facts_for_fit(portrait: Portrait, declared: DeclaredFacts | None = None) -> dict[str, Fact]:
    """Return a fact for every feature that rules may name.

    Args:
        portrait: what is known.
        declared: a need instead of the one in the portrait, to try another amount or term on the same data.
    """
    stated = portrait.declared if declared is None else declared
    facts = {
        **_declared(stated),
        **_register(portrait.enterprise),
        "score_points": _known(portrait.score.points),
        "grade": _known(portrait.score.grade),
        **dict(_indicators(portrait)),
    }
    return {code: facts.get(code, Fact.no_record()) for code in FEATURES}


def _declared(declared: DeclaredFacts) -> dict[str, Fact]:
    return {
        "amount_yuan": _known(declared.amount_yuan),
        "term_months": _known(declared.term_months),
        "purpose": _known(declared.purpose),
        "guarantee": _known((declared.guarantee,) if declared.guarantee else None),
    }


def _register(enterprise: EnterpriseFacts) -> dict[str, Fact]:
    size = enterprise.size_class if enterprise.size_class != SizeClass.UNKNOWN else None
    return {
        "district_code": _known(enterprise.district_code),
        "industry_section": _known(enterprise.industry_section),
        "industry_division": _known(enterprise.industry_division),
        "size_class": _known(size),
        "entity_type": _known(enterprise.entity_type),
        "registration_status": _known(enterprise.status),
        "industry_chains": _known(enterprise.industry_chains),
        "thematic_lists": _known(enterprise.thematic_lists),
    }


def _known(value: Any) -> Fact:
    return Fact.no_record() if value is None or value == "" else Fact.of(value)


def _indicators(portrait: Portrait) -> Iterator[tuple[str, Fact]]:
    current = {item.item_code: item for entry in portrait.freshness for item in entry.items}
    for value in portrait.indicators:
        if value.code not in FEATURES:
            continue
        until = unusable_since(value.items, current, portrait.as_of_date)
        if until is not None and value.missing is not Missing.NOT_AUTHORIZED:
            yield value.code, Fact.stale(until, *value.evidence_ids)
        else:
            yield value.code, _fact(value)


def _fact(value: IndicatorValue) -> Fact:
    if value.missing is Missing.NOT_AUTHORIZED:
        return Fact.not_authorized(DataClass(value.data_class))
    if value.missing is not None or value.value is None:
        return Fact.no_record()
    return Fact.of(value.value, *value.evidence_ids)
