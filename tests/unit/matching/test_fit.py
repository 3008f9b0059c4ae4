import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import DataClass
from matching.domain.fit import (
    Audience,
    Fact,
    Missing,
    decide,
    evaluate_rule,
    fit,
    fit_from_json,
    fit_many,
    fit_to_json,
)
from tests.factories.fits import NEED, TERMS, TODAY, facts, rule, rule_specs, terms


def verdict(feature, operator, value, fact):
    return evaluate_rule(rule(feature, operator, value), {feature: fact}, TODAY)


class TestEvaluateRule:
    def test_gives_own_value_against_the_limit(self):
        found = verdict("age_months", "GE", 12, Fact.of(8, "r1", "r2"))

        assert found.outcome is Outcome.DOES_NOT_FIT
        assert found.sentence == "成立满 12 个月：实际 8 个月，不符合。"
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
            (Fact.stale(date(2024, 3, 31)), "数据未更新（截至 2024-03-31）"),
            (Fact.of("many"), "数据无法识别"),
            (Fact(value=9, missing=Missing.STALE), "数据未更新"),
        ],
    )
    def test_cannot_tell_and_says_why(self, fact, words):
        found = verdict("social_insured_count", "GE", 5, fact)

        assert found.outcome is Outcome.CANNOT_TELL
        assert found.sentence == f"社保参保人数不低于 5 人：{words}，无法判断。"

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

    @pytest.mark.parametrize(
        ("feature", "operator", "value", "fact", "sentence"),
        [
            ("age_months", "GE", 12, Fact.of(8), "要求成立满 12 个月，贵企业为 8 个月，不符合。"),
            (
                "amount_yuan",
                "LE",
                10_000,
                Fact.of(20_000),
                "要求融资金额不超过 1 万元，本次需求为 2 万元，不符合。",
            ),
            (
                "abnormal_listed",
                "IS_FALSE",
                None,
                Fact.of(True),
                "要求未列入经营异常名录，贵企业列入经营异常名录，不符合。",
            ),
            (
                "high_tech",
                "IS_TRUE",
                None,
                Fact.no_record(),
                "要求为高新技术企业，贵企业这项缺少数据，无法判断。",
            ),
            (
                "tax_rating",
                "IN",
                ["A"],
                Fact.not_authorized(DataClass.TAX),
                "要求纳税信用等级属于A级，贵企业尚未授权机构查询“纳税”信息，无法判断。",
            ),
        ],
    )
    def test_speaks_to_the_enterprise_in_words_of_its_own(
        self, feature, operator, value, fact, sentence
    ):
        asked = rule(feature, operator, value)

        found = evaluate_rule(asked, {feature: fact}, TODAY, Audience.BORROWER)

        assert found.sentence == sentence

    @given(rule_specs(), facts())
    def test_decides_the_same_for_either_reader(self, spec, found):
        if spec.in_force(TODAY):
            to_officer = evaluate_rule(spec, found, TODAY)
            to_borrower = evaluate_rule(spec, found, TODAY, Audience.BORROWER)

            assert to_officer.outcome is to_borrower.outcome
            assert to_officer.sentence != to_borrower.sentence

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

    @given(terms(), st.lists(rule_specs(), max_size=6), rule_specs(), facts())
    def test_one_more_rule_never_makes_it_fit(self, offered, rules, extra, found):
        before = fit(offered, rules, found, TODAY).outcome
        after = fit(offered, [*rules, extra], found, TODAY).outcome

        if before is Outcome.DOES_NOT_FIT:
            assert after is Outcome.DOES_NOT_FIT
        if before is Outcome.CANNOT_TELL:
            assert after is not Outcome.FITS

    @given(terms(), st.lists(rule_specs(), max_size=6), facts())
    def test_taking_facts_away_never_makes_it_fit(self, offered, rules, found):
        needed = {"amount_yuan", "term_months", "purpose", "guarantee", "district_code"}

        for feature in needed:
            rest = {code: fact for code, fact in found.items() if code != feature}
            assert fit(offered, rules, rest, TODAY).outcome is not Outcome.FITS

    @given(st.lists(st.tuples(terms(), st.lists(rule_specs(), max_size=4)), max_size=5), facts())
    def test_many_products_are_as_one_by_one(self, offers, found):
        one_by_one = tuple(fit(offered, rules, found, TODAY) for offered, rules in offers)

        assert fit_many(offers, found, TODAY) == one_by_one

    @given(terms(), st.lists(rule_specs(), max_size=6), facts())
    def test_counts_add_up(self, offered, rules, found):
        result = fit(offered, rules, found, TODAY)

        assert result.fits + result.does_not_fit + result.cannot_tell == len(result.verdicts)


class TestJson:
    @given(terms(), st.lists(rule_specs(), max_size=6), facts())
    def test_reasons_survive_freezing(self, offered, rules, found):
        result = fit(offered, rules, found, TODAY)

        thawed = fit_from_json(json.loads(json.dumps(fit_to_json(result))))

        assert fit_to_json(thawed) == fit_to_json(result)
        assert [v.sentence for v in thawed.verdicts] == [v.sentence for v in result.verdicts]
