"""How many products fit now, and how many would after something changed: decided again only where it matters.

A standing keeps, for one enterprise and its need, which features of each product do not hold. Products demand much the
same, so each demand is decided once; and a changed fact touches the rules on its feature alone, so asking "what if" for
every product costs little.

Source: issue of matching ("closing this penalty makes 3 more products fit").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date

from lenders.domain.product import ProductTerms
from lenders.domain.rule import RuleSpec
from marketplace.domain.verdict import Outcome, overall
from matching.domain.fit import UNKNOWN, Fact, FeatureFacts, decide
from matching.domain.fit_changes import Demand, demand_of, rules_by_feature

ByFeature = Mapping[str, Outcome]


@dataclass(frozen=True)
class Difference:
    """What a change does to the products, by their places.

    Attributes:
        gained: fit now, did not before.
        lost: fitted before, do not now.
        told: could not be told before, can now, either way.
    """

    gained: tuple[int, ...]
    lost: tuple[int, ...]
    told: tuple[int, ...]


class Standing:
    """Where many products stand towards one enterprise and its need.

    Args:
        offers: terms and rules per product.
        facts: of the enterprise and the need.
        on: business date.
    """

    def __init__(
        self,
        offers: Iterable[tuple[ProductTerms, Sequence[RuleSpec]]],
        facts: FeatureFacts,
        on: date,
    ) -> None:
        self._asked = [rules_by_feature(terms, rules, on) for terms, rules in offers]
        self._distinct: dict[Demand, Sequence[RuleSpec]] = {}
        numbers: dict[Demand, int] = {}
        self._numbered = []
        for asked in self._asked:
            numbered = {}
            for code, rules in asked.items():
                demand = demand_of(code, rules)
                self._distinct.setdefault(demand, rules)
                numbered[code] = numbers.setdefault(demand, len(numbers))
            self._numbered.append(numbered)
        self._judge(facts)

    def towards(self, facts: FeatureFacts) -> Standing:
        """Return where the same products stand towards other facts, such as those without any authorisation."""
        other = copy(self)
        other._judge(facts)
        return other

    def _judge(self, facts: FeatureFacts) -> None:
        self._facts = facts
        outcomes = [
            _outcome(rules, facts.get(code, UNKNOWN)) for (code, _), rules in self._distinct.items()
        ]
        self._found = [
            {code: outcomes[number] for code, number in numbered.items()}
            for numbered in self._numbered
        ]
        self.outcomes = tuple(overall(found.values()) for found in self._found)

    def obstacles(self) -> frozenset[str]:
        """Return the features that keep any product from fitting."""
        return frozenset(
            code
            for found in self._found
            for code, outcome in found.items()
            if outcome is not Outcome.FITS
        )

    def after(self, changed: Mapping[str, Fact]) -> Difference:
        """Return what would be different if these facts were so.

        Args:
            changed: facts by feature; those that are as they were change nothing.
        """
        moved = {
            code: fact
            for code, fact in changed.items()
            if (fact.value, fact.missing) != self._known(code)
        }
        gained, lost, told = [], [], []
        for place, before in enumerate(self.outcomes):
            after = self._after(place, moved)
            if after is before:
                continue
            if after is Outcome.FITS:
                gained.append(place)
            elif before is Outcome.FITS:
                lost.append(place)
            if before is Outcome.CANNOT_TELL:
                told.append(place)
        return Difference(tuple(gained), tuple(lost), tuple(told))

    def _known(self, code: str) -> tuple[object, object]:
        fact = self._facts.get(code, UNKNOWN)
        return fact.value, fact.missing

    def _after(self, place: int, moved: Mapping[str, Fact]) -> Outcome:
        asked = self._asked[place]
        touched = [code for code in moved if code in asked]
        if not touched:
            return self.outcomes[place]
        found = self._found[place] | {code: _outcome(asked[code], moved[code]) for code in touched}
        return overall(found.values())


def _outcome(rules: Sequence[RuleSpec], fact: Fact) -> Outcome:
    if len(rules) == 1:
        return decide(rules[0], fact)
    return overall([decide(rule, fact) for rule in rules])
