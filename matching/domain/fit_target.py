"""The nearest value of one feature that several rules on it accept together, in closed form.

Rules of a product are a conjunction, and each looks at one feature only. So the rules on one feature intersect to a
range, a list of codes or a truth value, whatever the other features are.

Source: design law 1; anchors (counterfactuals of threshold rules need no search).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import combinations
from typing import Any

from lenders.domain.feature import FEATURES, Feature, FeatureKind
from lenders.domain.rule import Operator, RuleSpec

ONE = Decimal(1)
DIVISIONS = tuple(f"{number:02d}" for number in range(100))
"""Codes of a coded feature without a fixed list: two digits."""


def nearest_value(rules: Sequence[RuleSpec], own: Any = None) -> Any | None:
    """Return the value nearest to the own one that all the rules accept, None when they contradict each other.

    A minimum of 12 and a range of 6 to 36 months, own value 3: 12.

    Args:
        rules: at least one, all on the same feature.
        own: present value, None or unreadable when not known; then the end that asks least is returned.

    Returns:
        Decimal for numbers (whole where the feature is), a code, a tuple of codes for sets, bool.
    """
    feature = FEATURES[rules[0].feature]
    if feature.kind is FeatureKind.BOOLEAN:
        wanted = {rule.value for rule in rules}
        return None if len(wanted) > 1 else wanted.pop()
    if feature.is_coded:
        return _codes(feature, rules)
    return _number(feature, rules, own)


def accepted_codes(rules: Sequence[RuleSpec]) -> tuple[str, ...]:
    """Return every single code that all the rules on a coded feature accept, in the order of the list."""
    feature = FEATURES[rules[0].feature]
    allowed = _all_codes(feature)
    for rule in rules:
        named = rule.value if isinstance(rule.value, tuple) else ()
        inside = rule.operator is Operator.IN
        allowed = tuple(code for code in allowed if (code in named) is inside)
    return allowed


def limits(rules: Sequence[RuleSpec]) -> tuple[Decimal | None, Decimal | None]:
    """Return the highest lower and the lowest upper limit of rules on a numeric feature, None without one."""
    lows, highs = [], []
    for rule in rules:
        if isinstance(rule.value, tuple):
            low, high = (Decimal(end) for end in rule.value)
            lows.append(low)
            highs.append(high)
        elif rule.operator is Operator.GE:
            lows.append(Decimal(rule.value))
        else:
            highs.append(Decimal(rule.value))
    return max(lows, default=None), min(highs, default=None)


def _number(feature: Feature, rules: Sequence[RuleSpec], own: Any) -> Decimal | None:
    low, high = limits(rules)
    if not feature.may_be_negative:
        low = max(low or Decimal(0), Decimal(0))
    if feature.whole:
        low = None if low is None else low.quantize(ONE, ROUND_CEILING)
        high = None if high is None else high.quantize(ONE, ROUND_FLOOR)
    if low is not None and high is not None and low > high:
        return None
    wish = own if isinstance(own, Decimal) else low if low is not None else high
    if wish is None:
        return None
    if low is not None and wish < low:
        return low
    return high if high is not None and wish > high else wish


def _codes(feature: Feature, rules: Sequence[RuleSpec]) -> Any | None:
    single = accepted_codes(rules)
    if feature.kind is not FeatureKind.SET:
        return single[0] if single else None
    if single:
        return (single[0],)
    barred = {code for rule in rules if rule.operator is Operator.NOT_IN for code in _of(rule)}
    free = [code for code in _all_codes(feature) if code not in barred]
    asked = [set(_of(rule)) for rule in rules if rule.operator is Operator.IN]
    for size in range(2, len(free) + 1):
        for chosen in combinations(free, size):
            if all(codes.intersection(chosen) for codes in asked):
                return chosen
    return None


def _of(rule: RuleSpec) -> tuple[str, ...]:
    return tuple(str(code) for code in rule.value) if isinstance(rule.value, tuple) else ()


def _all_codes(feature: Feature) -> tuple[str, ...]:
    return tuple(feature.choices) or DIVISIONS
