from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenders.domain.rate import all_in_rate
from marketplace.domain.vocabulary import Repayment
from matching.domain.fit import Fact
from matching.domain.ranking import (
    LoanCost,
    TrackRecord,
    fit_margin,
    loan_cost,
    rank,
    ranking_rules,
    shipped_ranking,
)
from tests.factories.fits import NEED, TERMS, TODAY, facts, rule, rule_specs, terms

RULES = ranking_rules(TODAY)
COST = LoanCost(Decimal(500_000), 12, 480, Decimal(24_000), is_as_asked=True)
POOLED = TrackRecord(200, 100, Decimal(6))
AMOUNT = Decimal(500_000)


def points(cost=COST, record=None, margin=Decimal("0.5")):
    return rank(cost, record, POOLED, margin, RULES).points


class TestLoanCost:
    @given(
        st.integers(0, 2400),
        st.integers(1, 36),
        st.sampled_from(Repayment),
        st.integers(0, 300),
    )
    def test_is_the_all_in_rate_of_the_loan(self, rate_bp, months, repayment, fee_bp):
        offered = replace(
            TERMS,
            annual_rate_max_bp=rate_bp,
            term_min_months=1,
            repayments=(repayment.value,),
            fee_rate_bp=fee_bp,
        )
        expected = all_in_rate(
            principal_yuan=AMOUNT,
            annual_rate_bp=rate_bp,
            term_months=months,
            repayment=repayment,
            fee_rate_bp=fee_bp,
        )

        found = loan_cost(offered, AMOUNT, months)

        assert (found.rate_bp, found.cost_yuan) == (expected.simple_bp, expected.cost_yuan)

    def test_takes_the_dearest_repayment_offered(self):
        offered = replace(TERMS, repayments=("EQUAL_INSTALLMENT", "INTEREST_THEN_PRINCIPAL"))

        assert loan_cost(offered, AMOUNT, 12).cost_yuan == Decimal("24000.00")

    @given(
        st.integers(0, 2400),
        st.integers(1, 36),
        st.sets(st.sampled_from(Repayment)),
        st.integers(0, 300),
    )
    def test_is_at_most_what_it_says_in_each_repayment_offered(
        self, rate_bp, months, kinds, fee_bp
    ):
        offered = replace(
            TERMS,
            annual_rate_max_bp=rate_bp,
            term_min_months=1,
            repayments=tuple(sorted(kinds | {Repayment.EQUAL_INSTALLMENT})),
            fee_rate_bp=fee_bp,
        )
        alone = [
            loan_cost(replace(offered, repayments=(kind,)), AMOUNT, months)
            for kind in offered.repayments
        ]

        found = loan_cost(offered, AMOUNT, months)

        assert found.rate_bp == max(cost.rate_bp for cost in alone)
        assert found.cost_yuan == max(cost.cost_yuan for cost in alone)

    def test_takes_rate_and_yuan_from_different_repayments_where_fees_are_asked(self):
        offered = replace(
            TERMS,
            repayments=("EQUAL_INSTALLMENT", "INTEREST_THEN_PRINCIPAL"),
            annual_rate_max_bp=450,
            fee_rate_bp=90,
        )
        first, last = (
            loan_cost(replace(offered, repayments=(kind,)), AMOUNT, 12)
            for kind in offered.repayments
        )

        assert first.rate_bp > last.rate_bp
        assert first.cost_yuan < last.cost_yuan
        found = loan_cost(offered, AMOUNT, 12)
        assert (found.rate_bp, found.cost_yuan) == (first.rate_bp, last.cost_yuan)

    def test_keeps_to_what_the_product_gives(self):
        found = loan_cost(TERMS, Decimal(8_000_000), 48)

        assert (found.amount_yuan, found.term_months) == (Decimal(5_000_000), 36)
        assert not found.is_as_asked


class TestFitMargin:
    @given(terms(), st.lists(rule_specs(), max_size=6), facts())
    def test_lies_between_nothing_and_everything(self, offered, rules, found):
        assert 0 <= fit_margin(offered, rules, found, TODAY) <= 1

    @given(st.lists(st.tuples(terms(), st.lists(rule_specs(), max_size=6)), max_size=4), facts())
    def test_one_memory_for_many_products_changes_nothing(self, offers, found):
        memory = {}
        shared = [
            fit_margin(offered, rules, found, TODAY, memory)
            for offered, rules in (*offers, *offers)
        ]

        alone = [fit_margin(offered, rules, found, TODAY) for offered, rules in offers]
        assert shared == [*alone, *alone]

    def test_grows_with_the_distance_from_the_limit(self):
        older = [
            fit_margin(
                TERMS,
                [rule("age_months", "GE", 12)],
                NEED | {"age_months": Fact.of(months)},
                TODAY,
            )
            for months in (6, 12, 24, 240)
        ]

        assert older == sorted(older)
        assert older[0] == older[1]
        assert older[1] < older[2] < older[3]

    def test_a_clean_record_is_as_good_as_can_be(self):
        clean = NEED | {"penalties_24m": Fact.of(0)}
        one = NEED | {"penalties_24m": Fact.of(1)}
        asked = [rule("penalties_24m", "LE", 1)]

        assert fit_margin(TERMS, asked, clean, TODAY) > fit_margin(TERMS, asked, one, TODAY)


class TestRank:
    def test_a_cheaper_loan_gets_more(self):
        assert points(replace(COST, rate_bp=400)) > points()

    def test_a_faster_answer_gets_more(self):
        slow = TrackRecord(20, 10, Decimal(20))

        assert points(record=replace(slow, answer_days=Decimal(3))) > points(record=slow)

    def test_more_approvals_get_more(self):
        few = TrackRecord(20, 5, Decimal(6))

        assert points(record=replace(few, approved=15)) > points(record=few)

    def test_few_cases_are_neither_shown_nor_counted(self):
        few = TrackRecord(9, 9, Decimal(1))

        found = rank(COST, few, POOLED, Decimal(1), RULES)

        assert found.points == points(margin=Decimal(1))
        assert "9 笔" not in found.sentence
        assert "按全市平均" in found.sentence

    def test_a_city_without_cases_counts_in_the_middle(self):
        found = rank(COST, None, TrackRecord(0, 0, None), Decimal(0), RULES)

        assert [part.points for part in found.parts if part.most == 15] == [Decimal("7.5")] * 2

    def test_parts_add_up_and_stand_in_the_sentence(self):
        found = rank(COST, TrackRecord(23, 14, Decimal("2.6")), POOLED, Decimal("0.4"), RULES)

        assert found.points == sum(part.points for part in found.parts)
        assert found.sentence == (
            "合计 67.6 分："
            "综合成本 40.8/60（50 万元、12 个月，综合年化最高 4.80%，利息和费用最多 24,000.00 元）；"
            "批准情况 9.1/15（近 12 个月同类申请 23 笔，批准 14 笔）；"
            "答复时间 13.7/15（平均 2.6 天作出决定）；"
            "条件余量 4.0/10（条件余量 40%）。"
        )

    @given(
        st.integers(0, 5000),
        st.integers(0, 50),
        st.integers(0, 50),
        st.integers(0, 90),
        st.decimals(0, 1, places=4),
    )
    def test_stays_within_a_hundred(self, rate_bp, cases, approved, days, margin):
        record = TrackRecord(cases, min(approved, cases), Decimal(days))

        assert 0 <= points(replace(COST, rate_bp=rate_bp), record, margin) <= Decimal("100.2")


class TestParameters:
    def test_weights_make_a_hundred(self):
        assert sum(RULES.weights.values()) == 100

    def test_are_dated_and_give_their_source(self):
        for parameter in shipped_ranking():
            assert parameter.in_force(date(2020, 1, 1))
            assert parameter.values[0].source

    @pytest.mark.parametrize("word", ["gender", "person", "paid", "sponsor"])
    def test_nothing_else_has_a_weight(self, word):
        assert not any(word in name for name in RULES.weights)
