"""What would make a product fit: the minimal set of changes, in closed form.

A product's rules are a conjunction and each looks at one feature. So a feature whose rules do not all hold must change
and every other one need not: the set is minimal, and the only one of its size. Authorising a data class is a change of
its own, before any value behind it counts.

Source: design law 1; issue of matching ("what would make it fit"); anchors note (exact counterfactuals).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from lenders.domain.product import ProductTerms, rules_of_terms
from lenders.domain.rule import Operator, RuleSpec, RuleValue
from marketplace.domain.period import add_months, month_start
from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import DataClass
from matching.domain.fit import UNKNOWN, Fact, FeatureFacts, Missing, decide, number_of
from matching.domain.fit_change_words import authorize_sentence, change_sentence
from matching.domain.fit_levers import FEASIBILITY_OF, LEVERS, Feasibility, Lever, Means
from matching.domain.fit_target import nearest_value

UTILITY_WINDOW_MONTHS = 13
"""Bills of the twelve whole months before and of the month itself count: the last one is gone in the thirteenth."""


@dataclass(frozen=True)
class Circumstances:
    """What dates of changes are reckoned from.

    Attributes:
        established_date: of the enterprise, None when not known.
        repair_from: feature to the days from which each of its counted records may be repaired, in any order.
    """

    established_date: date | None = None
    repair_from: Mapping[str, tuple[date, ...]] = field(default_factory=dict)


NO_CIRCUMSTANCES = Circumstances()


@dataclass(frozen=True)
class Change:
    """One thing that has to change.

    Attributes:
        means: how.
        feasibility: in whose hands it is.
        sentence: what to do, Chinese, without full stop.
        feature: whose value changes; empty for an authorisation.
        target: the nearest value that fits.
        rule_codes: rules that it answers.
        data_class: what is authorised.
        on_date: for waiting, the first day on which the rules hold (or, for windows, the latest such day); for a
            repair, the first day on which it may be applied for. None when not known.
    """

    means: Means
    feasibility: Feasibility
    sentence: str
    feature: str = ""
    target: Any = None
    rule_codes: tuple[str, ...] = ()
    data_class: DataClass | None = None
    on_date: date | None = None


@dataclass(frozen=True)
class ChangeSet:
    """Everything that has to change, and nothing more; empty when the product fits.

    Attributes:
        changes: authorisations first, then features in the order of the product's rules.
        contradictory: features on which the product's own rules leave no value at all.
    """

    changes: tuple[Change, ...]
    contradictory: tuple[str, ...] = ()

    @property
    def feasibility(self) -> Feasibility:
        """Return the worst of the changes; what the product itself rules out is not at all."""
        if self.contradictory:
            return Feasibility.NOT_AT_ALL
        order = list(Feasibility)
        found = (change.feasibility for change in self.changes)
        return max(found, key=order.index, default=Feasibility.BY_ENTERPRISE)

    @property
    def is_reachable(self) -> bool:
        """Return whether the enterprise and time alone can make it fit."""
        return self.feasibility in (Feasibility.BY_ENTERPRISE, Feasibility.BY_WAITING)

    @property
    def on_date(self) -> date | None:
        """Return the latest date among the changes, None without any."""
        return max((change.on_date for change in self.changes if change.on_date), default=None)

    @property
    def authorizes(self) -> tuple[DataClass, ...]:
        """Return the data classes that have to be authorised."""
        return tuple(change.data_class for change in self.changes if change.data_class)

    @property
    def beyond_consent(self) -> tuple[Change, ...]:
        """Return the changes other than authorisations."""
        return tuple(change for change in self.changes if change.means is not Means.AUTHORIZE)


Demand = tuple[str, tuple[tuple[Operator, RuleValue], ...]]
"""What rules on one feature demand together, whatever their codes and dates."""

SeenChanges = dict[Demand, Change | None]
"""What was found already, None for what fits; a change without target is one that no value makes fit.

One memory serves the same facts, date and circumstances only.
"""


def demand_of(feature: str, asked: Sequence[RuleSpec]) -> Demand:
    """Return what rules on a feature demand; rules that demand the same are answered the same."""
    return feature, tuple((rule.operator, rule.value) for rule in asked)


def changes_to_fit(
    terms: ProductTerms,
    rules: Sequence[RuleSpec],
    facts: FeatureFacts,
    on: date,
    *,
    own: FeatureFacts | None = None,
    circumstances: Circumstances = NO_CIRCUMSTANCES,
    seen: SeenChanges | None = None,
) -> ChangeSet:
    """Return the minimal set of changes after which the product fits.

    500 万元 over 48 months, where a product gives up to 300 万元 and 36 months: two changes, both the need's.

    Args:
        terms: of the product version.
        rules: those not in force on the date are left out.
        facts: what the judging side may look at.
        on: business date.
        own: what an authorisation would reveal; without it, what is behind one is taken as unknown.
        circumstances: for dates.
        seen: filled and read when given; one for all else but terms and rules the same, for many products.
    """
    revealed = facts if own is None else own
    memory: SeenChanges = {} if seen is None else seen
    changes: list[Change] = []
    contradictory: list[str] = []
    classes: dict[DataClass | None, list[str]] = {}
    for feature, asked in rules_by_feature(terms, rules, on).items():
        fact = facts.get(feature, UNKNOWN)
        if fact.missing is Missing.NOT_AUTHORIZED:
            classes.setdefault(fact.data_class, []).extend(rule.code for rule in asked)
            fact = revealed.get(feature, UNKNOWN)
        demand = demand_of(feature, asked)
        if demand not in memory:
            memory[demand] = _needed(asked, fact, on, circumstances)
        change = memory[demand]
        if change is None:
            continue
        if change.target is None:
            contradictory.append(feature)
        else:
            changes.append(replace(change, rule_codes=tuple(rule.code for rule in asked)))
    return ChangeSet((*_authorizations(classes), *changes), tuple(contradictory))


def apply_changes(
    changes: Sequence[Change], facts: FeatureFacts, own: FeatureFacts | None = None
) -> dict[str, Fact]:
    """Return the facts as they would be after some changes, to judge by.

    Args:
        changes: all of a set, or part of it.
        facts: what the judging side may look at now.
        own: what an authorisation reveals, as in `changes_to_fit`.
    """
    opened = {change.data_class for change in changes if change.means is Means.AUTHORIZE}
    values = {change.feature: change.target for change in changes if change.feature}
    revealed = facts if own is None else own
    found = dict(facts)
    for feature, fact in facts.items():
        withheld = fact.missing is Missing.NOT_AUTHORIZED
        if withheld and fact.data_class in opened:
            found[feature] = revealed.get(feature, UNKNOWN)
    for feature, value in values.items():
        fact = facts.get(feature, UNKNOWN)
        if fact.missing is not Missing.NOT_AUTHORIZED or fact.data_class in opened:
            found[feature] = Fact.of(value)
    return found


def rules_by_feature(
    terms: ProductTerms, rules: Sequence[RuleSpec], on: date
) -> dict[str, list[RuleSpec]]:
    """Return a product's terms and its rules in force on a date, by the feature they look at, in their order."""
    found: dict[str, list[RuleSpec]] = {}
    for rule in (*rules_of_terms(terms), *(rule for rule in rules if rule.in_force(on))):
        found.setdefault(rule.feature, []).append(rule)
    return found


def _authorizations(classes: Mapping[DataClass | None, list[str]]) -> list[Change]:
    order = [*DataClass, None]
    return [
        Change(
            Means.AUTHORIZE,
            FEASIBILITY_OF[Means.AUTHORIZE],
            authorize_sentence(data_class),
            rule_codes=tuple(classes[data_class]),
            data_class=data_class,
        )
        for data_class in sorted(classes, key=order.index)
    ]


def _needed(
    asked: Sequence[RuleSpec], fact: Fact, on: date, circumstances: Circumstances
) -> Change | None:
    """Return what has to change about one feature, None when nothing has to; its rules are the caller's to name."""
    if all(decide(rule, fact) is Outcome.FITS for rule in asked):
        return None
    feature = asked[0].feature
    target = nearest_value(asked, number_of(fact.value) if fact.is_known else None)
    if target is None:
        return Change(Means.FIXED, Feasibility.NOT_AT_ALL, "", feature=feature)
    means = _means(LEVERS[feature], fact, asked, target)
    count = _count(fact, target)
    on_date = _on_date(feature, means, target, count, on, circumstances)
    return Change(
        means,
        FEASIBILITY_OF[means],
        change_sentence(asked, fact, target, means, on_date, on),
        feature=feature,
        target=target,
        on_date=on_date,
    )


def _means(lever: Lever, fact: Fact, asked: Sequence[RuleSpec], target: Any) -> Means:
    if any(decide(rule, fact) is Outcome.CANNOT_TELL for rule in asked):
        return lever.when_unknown
    if isinstance(target, bool):
        return lever.raising if target else lever.lowering
    own = number_of(fact.value)
    if isinstance(target, Decimal) and own is not None and target < own:
        return lever.lowering
    return lever.raising


def _count(fact: Fact, target: Any) -> int:
    own = number_of(fact.value)
    if isinstance(target, bool) or not isinstance(target, Decimal) or own is None:
        return 1
    return int(abs(own - target))


def _on_date(
    feature: str, means: Means, target: Any, count: int, on: date, circumstances: Circumstances
) -> date | None:
    if means is Means.REPAIR:
        days = sorted(circumstances.repair_from.get(feature, ()))
        return days[count - 1] if 0 < count <= len(days) else None
    if means is not Means.WAIT:
        return None
    if feature == "age_months":
        begun = circumstances.established_date
        return add_months(begun, int(target)) if begun else None
    return month_start(add_months(month_start(on), UTILITY_WINDOW_MONTHS))
