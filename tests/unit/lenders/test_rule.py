import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.domain.district_map import DISTRICT_NAMES
from borrowers.domain.industry import SECTION_LABELS
from lenders.domain.feature import FEATURES, INDUSTRY_SECTION_LABELS, FeatureKind
from lenders.domain.rule import (
    Operator,
    RuleSpec,
    display_value,
    operators_for,
    rule_from_json,
    rule_to_json,
    rules_in_force,
    sentence_of,
    validate_rule,
)
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.errors import Refused


def rule(feature="age_months", operator="GE", value="12", **more):
    return validate_rule(
        code=more.pop("code", "RULE"),
        feature=feature,
        operator=operator,
        value=value,
        effective_from=more.pop("effective_from", "2025-01-01"),
        **more,
    )


def refusal(**given_fields):
    with pytest.raises(Refused) as refused:
        rule(**given_fields)
    assert refused.value.code == "RULE_INVALID"
    return refused.value.fields


@st.composite
def rules(draw):
    feature = FEATURES[draw(st.sampled_from(sorted(FEATURES)))]
    operator = draw(st.sampled_from(operators_for(feature.kind)))
    if feature.is_numeric:
        low = 0 if not feature.may_be_negative else -100
        number = st.integers(low, 10**9)
        value = draw(number)
        if operator is Operator.BETWEEN:
            value = sorted([value, draw(number)])
    elif feature.is_coded:
        codes = st.sampled_from(sorted(feature.choices)) if feature.choices else st.just("13")
        value = draw(st.lists(codes, min_size=1, unique=True))
    else:
        value = None
    return rule(feature.code, operator.value, value)


class TestFeatures:
    @pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda feature: feature.code)
    def test_is_declared_completely(self, feature):
        assert feature.label
        assert bool(feature.unit) == feature.is_numeric
        assert (bool(feature.choices) or bool(feature.pattern)) == feature.is_coded
        assert bool(feature.when_true and feature.when_false) == (
            feature.kind is FeatureKind.BOOLEAN
        )

    def test_names_districts_and_sections_as_the_register_does(self):
        assert DISTRICT_LABELS == DISTRICT_NAMES
        assert INDUSTRY_SECTION_LABELS == SECTION_LABELS

    def test_an_unknown_size_is_no_choice(self):
        assert "UNKNOWN" not in FEATURES["size_class"].choices


class TestValidateRule:
    def test_types_a_number(self):
        assert rule(value=" 1,2 ").value == Decimal(12)

    def test_types_a_range(self):
        found = rule("electricity_trend_pct", "BETWEEN", ["-10", 50.5])

        assert found.value == (Decimal(-10), Decimal("50.5"))

    def test_puts_codes_in_the_order_of_the_list_and_drops_repeats(self):
        assert rule("tax_rating", "IN", "M、A,A").value == ("A", "M")

    def test_ignores_the_value_of_a_boolean(self):
        assert rule("dishonest_debtor", "IS_FALSE", "").value is False

    def test_takes_dates_and_moments(self):
        found = rule(effective_from=datetime(2025, 1, 1, 8), effective_until=date(2025, 2, 1))

        assert (found.effective_from, found.effective_until) == (date(2025, 1, 1), date(2025, 2, 1))

    @pytest.mark.parametrize(
        ("given_fields", "field"),
        [
            ({"code": "age 1"}, "code"),
            ({"code": ""}, "code"),
            ({"feature": "shoe_size"}, "feature"),
            ({"operator": "IN"}, "operator"),
            ({"operator": "ABOUT"}, "operator"),
            ({"value": ""}, "value"),
            ({"value": None}, "value"),
            ({"value": True}, "value"),
            ({"value": "十二"}, "value"),
            ({"value": "NaN"}, "value"),
            ({"value": "1e30"}, "value"),
            ({"value": "-1"}, "value"),
            ({"value": "1.5"}, "value"),
            ({"operator": "BETWEEN", "value": ["5", "1"]}, "value"),
            ({"operator": "BETWEEN", "value": "5"}, "value"),
            ({"feature": "purpose", "operator": "IN", "value": []}, "value"),
            ({"feature": "purpose", "operator": "IN", "value": ["GAMBLING"]}, "value"),
            ({"feature": "purpose", "operator": "IN", "value": {"a": 1}}, "value"),
            ({"feature": "industry_division", "operator": "IN", "value": ["1"]}, "value"),
            ({"effective_from": ""}, "effective_from"),
            ({"effective_from": "2025-13-01"}, "effective_from"),
            ({"effective_until": "soon"}, "effective_until"),
            ({"effective_until": "2025-01-01"}, "effective_until"),
        ],
    )
    def test_refuses_at_the_field(self, given_fields, field):
        assert list(refusal(**given_fields)) == [field]

    def test_names_every_wrong_field_at_once(self):
        assert set(refusal(code="x", value="x", effective_from="x")) == {
            "code",
            "value",
            "effective_from",
        }


class TestJson:
    @given(rules())
    def test_survives_the_way_through_json(self, found):
        assert rule_from_json(json.loads(json.dumps(rule_to_json(found)))) == found

    def test_refuses_what_is_no_rule(self):
        with pytest.raises(Refused):
            rule_from_json({"feature": "age_months"})

    def test_stores_a_boolean_as_a_value(self):
        assert rule_to_json(rule("high_tech", "IS_TRUE", None))["value"] is True


class TestSentenceOf:
    @pytest.mark.parametrize(
        ("feature", "operator", "value", "sentence"),
        [
            ("age_months", "GE", 12, "成立满 12 个月"),
            ("amount_yuan", "LE", "3000000", "融资金额不超过 300 万元"),
            ("term_months", "BETWEEN", [3, 12], "融资期限在 3 个月至 12 个月之间"),
            ("penalties_24m", "LE", 0, "近 24 个月无行政处罚"),
            ("penalties_24m", "LE", 2, "近 24 个月行政处罚不超过 2 次"),
            ("electricity_trend_pct", "GE", "-10.50", "用电量同比变化不低于 -10.5%"),
            ("tax_rating", "IN", "B,A", "纳税信用等级属于A级、B级"),
            ("industry_section", "NOT_IN", "K", "行业门类不属于房地产业"),
            ("abnormal_listed", "IS_FALSE", None, "未列入经营异常名录"),
            ("high_tech", "IS_TRUE", None, "为高新技术企业"),
        ],
    )
    def test_speaks_the_words_of_the_field(self, feature, operator, value, sentence):
        assert sentence_of(rule(feature, operator, value)) == sentence

    @given(rules())
    def test_every_rule_has_a_sentence(self, found):
        assert sentence_of(found)
        assert "{}" not in sentence_of(found)


class TestDisplayValue:
    def test_shows_nothing_as_none(self):
        assert display_value(FEATURES["guarantee"], ()) == "无"

    def test_shows_codes_in_one_order(self):
        assert display_value(FEATURES["guarantee"], {"SURETY", "CREDIT"}) == "信用、保证"


class TestInForce:
    def test_begins_on_its_day_and_ends_before_the_other(self):
        spec = rule(effective_until="2025-02-01")

        assert [
            spec.in_force(day)
            for day in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 1, 31), date(2025, 2, 1))
        ] == [False, True, True, False]

    def test_keeps_the_order_of_the_rest(self):
        early = RuleSpec("A", "age_months", Operator.GE, Decimal(1), date(2020, 1, 1))
        late = RuleSpec("B", "age_months", Operator.GE, Decimal(1), date(2030, 1, 1))

        assert rules_in_force([late, early], date(2025, 1, 1)) == (early,)
