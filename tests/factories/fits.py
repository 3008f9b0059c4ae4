"""Needs, products and facts for rules of fit: fixed ones, and strategies that draw them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from lenders.domain.feature import FEATURES, Feature
from lenders.domain.product import ProductTerms
from lenders.domain.rule import Operator, RuleSpec, operators_for, validate_rule
from marketplace.domain.vocabulary import DataClass
from matching.domain.fit import Fact

EXAMPLES = max(200, settings().max_examples)
"""Examples of the properties that hold fit together: more in the suite than usual, 10,000 under ``make torture``."""

TODAY = date(2025, 6, 10)
TERMS = ProductTerms(
    amount_min_yuan=Decimal(100_000),
    amount_max_yuan=Decimal(5_000_000),
    term_min_months=3,
    term_max_months=36,
    annual_rate_min_bp=365,
    annual_rate_max_bp=480,
    all_in_rate_max_bp=480,
    guarantees=("CREDIT", "SURETY"),
    purposes=("WORKING_CAPITAL",),
    repayments=("EQUAL_INSTALLMENT",),
    district_codes=("120101",),
)
NEED = {
    "amount_yuan": Fact.of(Decimal(500_000)),
    "term_months": Fact.of(12),
    "purpose": Fact.of("WORKING_CAPITAL"),
    "guarantee": Fact.of("CREDIT"),
    "district_code": Fact.of("120101"),
}
OFTEN = ["amount_yuan", "term_months", "purpose", "guarantee", "district_code", "age_months"]
MISSING_FACTS = [
    Fact.no_record(),
    Fact.not_authorized(DataClass.TAX),
    Fact.stale(date(2024, 1, 1)),
]


def rule(feature: str, operator: str, value: Any = None, **more: Any) -> RuleSpec:
    """A rule in force since the beginning of the year."""
    return validate_rule(
        code="RULE",
        feature=feature,
        operator=operator,
        value=value,
        effective_from=more.pop("effective_from", "2025-01-01"),
        **more,
    )


def own_values(feature: Feature) -> st.SearchStrategy[Any]:
    """Draw a value that an enterprise may have."""
    if feature.is_numeric:
        return st.decimals(0, 1000, places=2)
    if feature.is_coded:
        codes = sorted(feature.choices) or ["13", "14"]
        return st.sampled_from(codes) | st.sets(st.sampled_from(codes), min_size=1)
    return st.booleans()


@st.composite
def rule_specs(draw: st.DrawFn, code: str = "") -> RuleSpec:
    """Draw a rule, on one feature if it is named."""
    feature = FEATURES[code or draw(st.sampled_from(OFTEN) | st.sampled_from(sorted(FEATURES)))]
    operator = draw(st.sampled_from(operators_for(feature.kind)))
    value: Any = operator is Operator.IS_TRUE
    if feature.is_numeric:
        ends = sorted(draw(st.tuples(*[st.integers(0, 1000).map(Decimal)] * 2)))
        value = tuple(ends) if operator is Operator.BETWEEN else ends[0]
    elif feature.is_coded:
        codes = sorted(feature.choices) or ["13", "14"]
        value = tuple(draw(st.lists(st.sampled_from(codes), min_size=1, unique=True)))
    until = draw(st.sampled_from([None, TODAY, date(2030, 1, 1)]))
    return RuleSpec("RULE", feature.code, operator, value, date(2025, 1, 1), until)


def one_fact(feature: Feature) -> st.SearchStrategy[Fact]:
    """Draw a known fact, or one of the reasons why there is none."""
    known = own_values(feature).map(lambda value: Fact.of(value, "record-1"))
    return known | st.sampled_from(MISSING_FACTS)


ONE_FACT = {code: one_fact(feature) for code, feature in FEATURES.items()}


@st.composite
def facts(draw: st.DrawFn) -> dict[str, Fact]:
    """Draw the facts of one enterprise; some features are left out."""
    others = draw(st.sets(st.sampled_from(sorted(FEATURES)), max_size=4))
    return {code: draw(ONE_FACT[code]) for code in sorted({*OFTEN, *others})}


def terms() -> st.SearchStrategy[ProductTerms]:
    """Draw a product's terms."""
    return st.builds(
        lambda low, high, months: replace(
            TERMS,
            amount_min_yuan=Decimal(low),
            amount_max_yuan=Decimal(high),
            term_min_months=months,
        ),
        st.integers(1, 500),
        st.integers(500, 1000),
        st.integers(1, 36),
    )
