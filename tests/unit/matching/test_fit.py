import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenders.domain.feature import FEATURES
from lenders.domain.product import ProductTerms
from lenders.domain.rule import Operator, RuleSpec, operators_for, validate_rule
from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import DataClass
from matching.domain.fit import (
    Fact,
    Missing,
    decide,
    evaluate_rule,
    fit,
    fit_from_json,
    fit_many,
    fit_to_json,
)

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


def rule(feature, operator, value=None, **more):
    return validate_rule(
        code="RULE",
        feature=feature,
        operator=operator,
        value=value,
        effective_from=more.pop("effective_from", "2025-01-01"),
        **more,
    )


def verdict(feature, operator, value, fact):
    return evaluate_rule(rule(feature, operator, value), {feature: fact}, TODAY)


def own_values(feature):
    if feature.is_numeric:
        return st.decimals(0, 1000, places=2)
    if feature.is_coded:
        codes = sorted(feature.choices) or ["13", "14"]
        return st.sampled_from(codes) | st.sets(st.sampled_from(codes), min_size=1)
    return st.booleans()


@st.composite
def rule_specs(draw):
    often = st.sampled_from(OFTEN)
    feature = FEATURES[draw(often | st.sampled_from(sorted(FEATURES)))]
    operator = draw(st.sampled_from(operators_for(feature.kind)))
    if feature.is_numeric:
        ends = sorted(draw(st.tuples(*[st.integers(0, 1000).map(Decimal)] * 2)))
        value = tuple(ends) if operator is Operator.BETWEEN else ends[0]
    elif feature.is_coded:
        codes = sorted(feature.choices) or ["13", "14"]
        value = tuple(draw(st.lists(st.sampled_from(codes), min_size=1, unique=True)))
    else:
        value = operator is Operator.IS_TRUE
    until = draw(st.sampled_from([None, TODAY, date(2030, 1, 1)]))
    return RuleSpec("RULE", feature.code, operator, value, date(2025, 1, 1), until)


def one_fact(feature):
    known = own_values(feature).map(lambda value: Fact.of(value, "record-1"))
    return known | st.sampled_from(MISSING_FACTS)


MISSING_FACTS = [
    Fact.no_record(),
    Fact.not_authorized(DataClass.TAX),
    Fact.stale(date(2024, 1, 1)),
]
ONE_FACT = {code: one_fact(feature) for code, feature in FEATURES.items()}
OFTEN = ["amount_yuan", "term_months", "purpose", "guarantee", "district_code", "age_months"]


@st.composite
def facts(draw):
    others = draw(st.sets(st.sampled_from(sorted(FEATURES)), max_size=4))
    return {code: draw(ONE_FACT[code]) for code in sorted({*OFTEN, *others})}


TERMS_STRATEGY = st.builds(
    lambda low, high, months: replace(
        TERMS, amount_min_yuan=Decimal(low), amount_max_yuan=Decimal(high), term_min_months=months
    ),
    st.integers(1, 500),
    st.integers(500, 1000),
    st.integers(1, 36),
)


class TestEvaluateRule:
    def test_gives_own_value_against_the_limit(self):
        found = verdict("age_months", "GE", 12, Fact.of(8, "r1", "r2"))

        assert found.outcome is Outcome.DOES_NOT_FIT
        assert found.sentence == "成立满 12 个月:实际 8 个月,不符合。"
        assert (found.own_value, found.limit, found.unit) == (8, Decimal(12), "个月")
        assert (found.evidence_ids, found.parameter_version) == (("r1", "r2"), "2025-01-01")

    @pytest.mark.parametrize(
        ("feature", "operator", "value", "own", "outcome"),
        [
            ("age_months", "GE", 12, 12, "FITS"),
            ("age_months", "LE", 12, Decimal("12.01"), "DOES_NOT_FIT"),
            ("electricity_trend_pct", "BETWEEN", [-10, 20], "-10", "FITS"),
            ("electricity_trend_pct", "BETWEEN", [-10, 20], 20.5, "DOES_NOT_FIT"),
            ("guarantee", "IN", ["CREDIT", "SURETY"], {"MORTGAGE", "SURETY"}, "FITS"),
            ("guarantee", "NOT_IN", ["CREDIT"], ["CREDIT", "SURETY"], "DOES_NOT_FIT"),
            ("guarantee", "IN", ["CREDIT"], (), "DOES_NOT_FIT"),
            ("industry_division", "NOT_IN", ["13"], "14", "FITS"),
            ("high_tech", "IS_TRUE", None, True, "FITS"),
            ("serious_breach", "IS_FALSE", None, 1, "DOES_NOT_FIT"),
            ("serious_breach", "IS_FALSE", None, 0, "FITS"),
        ],
    )
    def test_compares(self, feature, operator, value, own, outcome):
        assert verdict(feature, operator, value, Fact.of(own)).outcome == outcome

    @pytest.mark.parametrize(
        ("fact", "words"),
        [
            (Fact.no_record(), "缺少数据"),
            (Fact(), "缺少数据"),
            (Fact.not_authorized(DataClass.SOCIAL_INSURANCE), "未授权查询“社会保险费”信息"),
            (Fact.stale(date(2024, 3, 31)), "数据未更新(截至 2024-03-31)"),
            (Fact.of("many"), "数据无法识别"),
            (Fact(value=9, missing=Missing.STALE), "数据未更新"),
        ],
    )
    def test_cannot_tell_and_says_why(self, fact, words):
        found = verdict("social_insured_count", "GE", 5, fact)

        assert found.outcome is Outcome.CANNOT_TELL
        assert found.sentence == f"社保参保人数不低于 5 人:{words},无法判断。"

    @pytest.mark.parametrize(
        ("feature", "operator", "value", "own"),
        [
            ("size_class", "NOT_IN", ["LARGE"], "UNKNOWN"),
            ("tax_rating", "NOT_IN", ["D"], "未评"),
            ("guarantee", "NOT_IN", ["CREDIT"], ["FAITH"]),
            ("purpose", "IN", ["TRADE"], 5),
            ("high_tech", "IS_FALSE", None, "no"),
            ("age_months", "LE", 12, "NaN"),
            ("age_months", "LE", 12, True),
        ],
    )
    def test_unreadable_data_decides_nothing(self, feature, operator, value, own):
        assert verdict(feature, operator, value, Fact.of(own)).outcome is Outcome.CANNOT_TELL

    def test_a_rule_out_of_force_is_not_asked(self):
        with pytest.raises(ValueError, match="not in force"):
            evaluate_rule(rule("age_months", "GE", 12), {}, date(2024, 12, 31))

    @given(rule_specs(), facts())
    def test_decides_as_it_spells(self, spec, found):
        if spec.in_force(TODAY):
            fact = found.get(spec.feature, Fact.no_record())

            assert evaluate_rule(spec, found, TODAY).outcome is decide(spec, fact)

    @given(rule_specs(), facts())
    def test_without_the_fact_a_rule_never_fits(self, spec, found):
        found.pop(spec.feature, None)

        if spec.in_force(TODAY):
            assert evaluate_rule(spec, found, TODAY).outcome is Outcome.CANNOT_TELL


class TestFit:
    def test_terms_give_verdicts_of_their_own(self):
        found = fit(TERMS, [], NEED, TODAY, version="v3")

        assert (found.outcome, found.fits) == (Outcome.FITS, 5)
        assert [v.rule_code for v in found.verdicts] == [
            "PRODUCT_AMOUNT",
            "PRODUCT_TERM",
            "PRODUCT_PURPOSE",
            "PRODUCT_GUARANTEE",
            "PRODUCT_DISTRICT",
        ]
        assert {v.parameter_version for v in found.verdicts} == {"v3"}

    def test_names_the_classes_that_would_help(self):
        need = NEED | {"tax_rating": Fact.not_authorized(DataClass.TAX)}

        found = fit(TERMS, [rule("tax_rating", "IN", ["A"])], need, TODAY)

        assert (found.outcome, found.missing_classes) == (Outcome.CANNOT_TELL, (DataClass.TAX,))

    def test_a_clear_no_outweighs_what_cannot_be_told(self):
        need = NEED | {"age_months": Fact.of(1)}
        rules = [rule("age_months", "GE", 12), rule("tax_rating", "IN", ["A"])]

        found = fit(TERMS, rules, need, TODAY)

        assert (found.outcome, found.does_not_fit, found.cannot_tell) == (
            Outcome.DOES_NOT_FIT,
            1,
            1,
        )
        assert [v.rule_code for v in found.of(Outcome.DOES_NOT_FIT)] == ["RULE"]

    def test_rules_out_of_force_are_left_out(self):
        later = rule("age_months", "GE", 12, effective_from="2025-07-01")

        assert len(fit(TERMS, [later], NEED, TODAY).verdicts) == 5

    @given(TERMS_STRATEGY, st.lists(rule_specs(), max_size=6), rule_specs(), facts())
    def test_one_more_rule_never_makes_it_fit(self, terms, rules, extra, found):
        before = fit(terms, rules, found, TODAY).outcome
        after = fit(terms, [*rules, extra], found, TODAY).outcome

        if before is Outcome.DOES_NOT_FIT:
            assert after is Outcome.DOES_NOT_FIT
        if before is Outcome.CANNOT_TELL:
            assert after is not Outcome.FITS

    @given(TERMS_STRATEGY, st.lists(rule_specs(), max_size=6), facts())
    def test_taking_facts_away_never_makes_it_fit(self, terms, rules, found):
        needed = {"amount_yuan", "term_months", "purpose", "guarantee", "district_code"}

        for feature in needed:
            rest = {code: fact for code, fact in found.items() if code != feature}
            assert fit(terms, rules, rest, TODAY).outcome is not Outcome.FITS

    @given(
        st.lists(st.tuples(TERMS_STRATEGY, st.lists(rule_specs(), max_size=4)), max_size=5), facts()
    )
    def test_many_products_are_as_one_by_one(self, offers, found):
        one_by_one = tuple(fit(terms, rules, found, TODAY) for terms, rules in offers)

        assert fit_many(offers, found, TODAY) == one_by_one

    @given(TERMS_STRATEGY, st.lists(rule_specs(), max_size=6), facts())
    def test_counts_add_up(self, terms, rules, found):
        result = fit(terms, rules, found, TODAY)

        assert result.fits + result.does_not_fit + result.cannot_tell == len(result.verdicts)


class TestJson:
    @given(TERMS_STRATEGY, st.lists(rule_specs(), max_size=6), facts())
    def test_reasons_survive_freezing(self, terms, rules, found):
        result = fit(terms, rules, found, TODAY)

        thawed = fit_from_json(json.loads(json.dumps(fit_to_json(result))))

        assert fit_to_json(thawed) == fit_to_json(result)
        assert [v.sentence for v in thawed.verdicts] == [v.sentence for v in result.verdicts]
