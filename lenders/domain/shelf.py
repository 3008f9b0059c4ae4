"""The product supermarket: which products answer what a visitor asks for, and what one of them would really cost.

A filter hides a product only when its terms or a rule in force say no to what was asked; what a rule cannot tell from
the filter alone stays on the shelf, and the fit of a need decides it later.

Source: domain note 1.4 (product supermarket with filter and compare), 3.6 (all-in annual rate first).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lenders.domain.product import ProductTerms, rules_of_terms
from lenders.domain.rate import AllInRate, all_in_rate
from lenders.domain.rule import Operator, RuleSpec
from marketplace.domain.errors import Refused
from marketplace.domain.money import display_wan
from marketplace.domain.vocabulary import Repayment

MOST_COMPARED = 4
"""How many products stand side by side at most."""


def compared(public_ids: Iterable[uuid.UUID]) -> tuple[uuid.UUID, ...]:
    """Return the products to put side by side, each once, in the order asked for.

    Raises:
        Refused: ``COMPARE_TOO_MANY``.
    """
    wanted = tuple(dict.fromkeys(public_ids))
    if len(wanted) > MOST_COMPARED:
        raise Refused("COMPARE_TOO_MANY", f"最多同时比较 {MOST_COMPARED} 个产品，请减少后再试。")
    return wanted


@dataclass(frozen=True)
class ShelfFilter:
    """What a visitor asks of a product; None or empty asks nothing.

    Attributes:
        amount_yuan, term_months: of the loan looked for.
        all_in_rate_max_bp: the product's stated highest all-in annual rate may not be above it.
        guarantee, district_code, industry_section, size_class: codes of the shared vocabularies.
        institution: code of an institution, or a part of its name; looked up, not judged by `answers`.
    """

    amount_yuan: Decimal | None = None
    term_months: int | None = None
    all_in_rate_max_bp: int | None = None
    guarantee: str = ""
    district_code: str = ""
    industry_section: str = ""
    size_class: str = ""
    institution: str = ""

    @property
    def facts(self) -> dict[str, Decimal | str]:
        """Return what was asked, by feature code."""
        term = None if self.term_months is None else Decimal(self.term_months)
        asked = {
            "amount_yuan": self.amount_yuan,
            "term_months": term,
            "guarantee": self.guarantee,
            "district_code": self.district_code,
            "industry_section": self.industry_section,
            "size_class": self.size_class,
        }
        return {feature: value for feature, value in asked.items() if value not in (None, "")}


def answers(terms: ProductTerms, rules: Iterable[RuleSpec], wanted: ShelfFilter, on: date) -> bool:
    """Return whether nothing in the terms and rules in force says no to what is wanted."""
    limit = wanted.all_in_rate_max_bp
    if limit is not None and (terms.all_in_rate_max_bp or 0) > limit:
        return False
    facts = wanted.facts
    asked = (rule for rule in (*rules_of_terms(terms), *rules) if rule.feature in facts)
    return all(accepts(rule, facts[rule.feature]) for rule in asked if rule.in_force(on))


def accepts(rule: RuleSpec, value: Decimal | str) -> bool:
    """Return whether a rule is satisfied by one known value of its feature.

    >>> accepts(RuleSpec("S", "size_class", Operator.IN, ("SMALL",), date(2026, 1, 1)), "MICRO")
    False
    """
    limit = rule.value
    if isinstance(limit, bool):
        return False
    if isinstance(value, Decimal):
        low, high = _ends(rule)
        return (low is None or value >= low) and (high is None or value <= high)
    inside = isinstance(limit, tuple) and value in limit
    return not inside if rule.operator is Operator.NOT_IN else inside


@dataclass(frozen=True)
class CostLine:
    """What one kind of repayment costs at the product's lowest and highest rate."""

    repayment: Repayment
    low: AllInRate
    high: AllInRate


def costs_of(
    terms: ProductTerms, *, amount_yuan: Decimal, term_months: int
) -> tuple[CostLine, ...]:
    """Return the all-in cost of a loan of this size and length, for each kind of repayment offered.

    Fees are the product's stated ones; the contract decides in the end.

    Raises:
        Refused: ``COST_OUT_OF_RANGE`` with ``amount_yuan`` or ``term_months``, when the product is not offered so.

    Source: PBoC notice 2021 no. 3; domain note 3.6.
    """
    fields = _out_of_range(terms, amount_yuan, term_months)
    if fields:
        raise Refused("COST_OUT_OF_RANGE", "该产品不提供这样的额度或期限。", fields)
    return tuple(
        CostLine(
            Repayment(repayment),
            _rate(terms, terms.annual_rate_min_bp, amount_yuan, term_months, repayment),
            _rate(terms, terms.annual_rate_max_bp, amount_yuan, term_months, repayment),
        )
        for repayment in terms.repayments
    )


def _rate(
    terms: ProductTerms, annual_rate_bp: int, amount_yuan: Decimal, months: int, repayment: str
) -> AllInRate:
    return all_in_rate(
        principal_yuan=amount_yuan,
        annual_rate_bp=annual_rate_bp,
        term_months=months,
        repayment=Repayment(repayment),
        fee_rate_bp=terms.fee_rate_bp,
    )


def _out_of_range(terms: ProductTerms, amount_yuan: Decimal, months: int) -> dict[str, str]:
    fields: dict[str, str] = {}
    low, high = terms.amount_min_yuan, terms.amount_max_yuan
    if not low <= amount_yuan <= high:
        fields["amount_yuan"] = f"该产品额度为 {display_wan(low)}至 {display_wan(high)}。"
    shortest, longest = terms.term_min_months, terms.term_max_months
    if not shortest <= months <= longest:
        fields["term_months"] = f"该产品期限为 {shortest} 至 {longest} 个月。"
    return fields


def _ends(rule: RuleSpec) -> tuple[Decimal | None, Decimal | None]:
    limit = rule.value
    if rule.operator is Operator.GE and isinstance(limit, Decimal):
        return limit, None
    if rule.operator is Operator.LE and isinstance(limit, Decimal):
        return None, limit
    if rule.operator is Operator.BETWEEN and isinstance(limit, tuple):
        low, high = limit
        return Decimal(low), Decimal(high)
    return None, None
