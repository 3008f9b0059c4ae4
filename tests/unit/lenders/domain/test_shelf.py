from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenders.domain.product import ProductTerms
from lenders.domain.rule import Operator, RuleSpec
from lenders.domain.shelf import ShelfFilter, accepts, answers, costs_of
from marketplace.domain.errors import Refused

ON = date(2026, 11, 23)
TERMS = ProductTerms(
    amount_min_yuan=Decimal(100_000),
    amount_max_yuan=Decimal(3_000_000),
    term_min_months=3,
    term_max_months=36,
    annual_rate_min_bp=345,
    annual_rate_max_bp=480,
    all_in_rate_max_bp=500,
    guarantees=("CREDIT", "SURETY"),
    purposes=("WORKING_CAPITAL",),
    repayments=("EQUAL_INSTALLMENT", "BULLET"),
)
SMALL_ONLY = RuleSpec("SIZE", "size_class", Operator.IN, ("SMALL", "MICRO"), date(2026, 1, 1))
NO_FINANCE = RuleSpec("SECTION", "industry_section", Operator.NOT_IN, ("J",), date(2026, 1, 1))


class TestAnswers:
    @pytest.mark.parametrize(
        "wanted",
        [
            ShelfFilter(),
            ShelfFilter(amount_yuan=Decimal(100_000), term_months=36),
            ShelfFilter(all_in_rate_max_bp=500),
            ShelfFilter(guarantee="SURETY"),
            ShelfFilter(district_code="120103"),
            ShelfFilter(size_class="MICRO", industry_section="C"),
        ],
    )
    def test_keeps_what_nothing_speaks_against(self, wanted):
        assert answers(TERMS, [SMALL_ONLY, NO_FINANCE], wanted, ON)

    @pytest.mark.parametrize(
        "wanted",
        [
            ShelfFilter(amount_yuan=Decimal(99_999)),
            ShelfFilter(amount_yuan=Decimal(3_000_001)),
            ShelfFilter(term_months=2),
            ShelfFilter(term_months=37),
            ShelfFilter(all_in_rate_max_bp=499),
            ShelfFilter(guarantee="MORTGAGE"),
            ShelfFilter(size_class="LARGE"),
            ShelfFilter(industry_section="J"),
        ],
    )
    def test_hides_what_terms_or_rules_exclude(self, wanted):
        assert not answers(TERMS, [SMALL_ONLY, NO_FINANCE], wanted, ON)

    def test_hides_a_product_of_other_districts(self):
        terms = replace(TERMS, district_codes=("120101",))

        assert not answers(terms, [], ShelfFilter(district_code="120103"), ON)

    def test_passes_over_rules_not_in_force(self):
        later = replace(SMALL_ONLY, effective_from=date(2027, 1, 1))
        ended = replace(SMALL_ONLY, effective_until=ON)

        assert answers(TERMS, [later, ended], ShelfFilter(size_class="LARGE"), ON)

    def test_passes_over_rules_about_what_was_not_asked(self):
        taxed = RuleSpec("TAX", "tax_paid_12m_yuan", Operator.GE, Decimal(1), date(2026, 1, 1))

        assert answers(TERMS, [taxed], ShelfFilter(size_class="SMALL"), ON)

    @given(amount=st.decimals(0, 10_000_000, places=2))
    def test_agrees_with_the_stated_range_of_amounts(self, amount):
        inside = TERMS.amount_min_yuan <= amount <= TERMS.amount_max_yuan

        assert answers(TERMS, [], ShelfFilter(amount_yuan=amount), ON) is inside


class TestAccepts:
    @pytest.mark.parametrize(
        ("operator", "limit", "accepted"),
        [
            (Operator.GE, Decimal(12), [12, 13]),
            (Operator.LE, Decimal(12), [11, 12]),
            (Operator.BETWEEN, (Decimal(12), Decimal(13)), [12, 13]),
        ],
    )
    def test_includes_the_limits(self, operator, limit, accepted):
        rule = RuleSpec("T", "term_months", operator, limit, ON)

        assert [n for n in (11, 12, 13, 14) if accepts(rule, Decimal(n))] == [
            n for n in (11, 12, 13, 14) if n in accepted or (operator is Operator.GE and n > 13)
        ]


class TestCostsOf:
    def test_gives_a_line_for_each_repayment_offered(self):
        lines = costs_of(TERMS, amount_yuan=Decimal(500_000), term_months=12)

        assert [line.repayment for line in lines] == ["EQUAL_INSTALLMENT", "BULLET"]

    def test_costs_the_nominal_rate_when_there_are_no_fees(self):
        line = costs_of(TERMS, amount_yuan=Decimal(500_000), term_months=12)[0]

        assert (line.low.simple_bp, line.high.simple_bp) == (345, 480)

    def test_costs_more_with_fees(self):
        terms = replace(TERMS, fee_rate_bp=100)

        line = costs_of(terms, amount_yuan=Decimal(500_000), term_months=12)[0]

        assert line.high.simple_bp == 668

    def test_refuses_what_is_not_offered_at_the_fields(self):
        with pytest.raises(Refused) as refused:
            costs_of(TERMS, amount_yuan=Decimal(1), term_months=99)

        assert refused.value.code == "COST_OUT_OF_RANGE"
        assert refused.value.fields == {
            "amount_yuan": "该产品额度为 10 万元至 300 万元。",
            "term_months": "该产品期限为 3 至 36 个月。",
        }
