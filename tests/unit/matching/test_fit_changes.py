from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lenders.domain.feature import FEATURES, FeatureKind
from lenders.domain.rule import Operator
from marketplace.domain.period import whole_months
from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import DataClass
from matching.domain.fit import Fact, decide, fit
from matching.domain.fit_changes import (
    Circumstances,
    apply_changes,
    changes_to_fit,
    rules_by_feature,
)
from matching.domain.fit_levers import FEASIBILITY_OF, LEVERS, Feasibility, Means
from matching.domain.fit_target import accepted_codes, nearest_value
from tests.factories.fits import (
    EXAMPLES,
    NEED,
    TERMS,
    TODAY,
    facts,
    own_values,
    rule,
    rule_specs,
    terms,
)

RULES = st.lists(rule_specs(), max_size=6)


def changes(rules=(), need=NEED, **more):
    return changes_to_fit(TERMS, rules, need, TODAY, **more)


def only(found):
    (change,) = found.changes
    return change


@st.composite
def withheld(draw):
    """What a lender sees, and what the enterprise knows itself: some classes are not authorised."""
    own = draw(facts())
    hidden = draw(st.sets(st.sampled_from(sorted(own)), max_size=4))
    classes = st.sampled_from([DataClass.TAX, DataClass.SOCIAL_INSURANCE])
    seen = own | {code: Fact.not_authorized(draw(classes)) for code in sorted(hidden)}
    return seen, own


class TestMinimalChangeSet:
    @settings(max_examples=EXAMPLES)
    @given(terms(), RULES, facts())
    def test_applying_the_set_makes_it_fit(self, offered, rules, found):
        need = changes_to_fit(offered, rules, found, TODAY)
        assume(not need.contradictory)

        after = fit(offered, rules, apply_changes(need.changes, found), TODAY)

        assert after.outcome is Outcome.FITS

    @settings(max_examples=EXAMPLES)
    @given(terms(), RULES, facts())
    def test_leaving_out_any_part_it_does_not_fit(self, offered, rules, found):
        need = changes_to_fit(offered, rules, found, TODAY)

        for left_out in need.changes:
            rest = [change for change in need.changes if change is not left_out]
            after = fit(offered, rules, apply_changes(rest, found), TODAY)
            assert after.outcome is not Outcome.FITS

    @settings(max_examples=EXAMPLES)
    @given(terms(), RULES, withheld())
    def test_holds_behind_an_authorisation_too(self, offered, rules, sides):
        seen, own = sides
        need = changes_to_fit(offered, rules, seen, TODAY, own=own)
        assume(not need.contradictory)

        assert fit(offered, rules, apply_changes(need.changes, seen, own), TODAY).outcome == "FITS"
        for left_out in need.changes:
            rest = [change for change in need.changes if change is not left_out]
            after = fit(offered, rules, apply_changes(rest, seen, own), TODAY)
            assert after.outcome is not Outcome.FITS

    @given(terms(), RULES, facts())
    def test_is_empty_exactly_when_it_fits(self, offered, rules, found):
        need = changes_to_fit(offered, rules, found, TODAY)
        fits = fit(offered, rules, found, TODAY).outcome is Outcome.FITS

        assert fits is (not need.changes and not need.contradictory)

    @given(terms(), RULES, facts())
    def test_contradictory_means_that_no_value_fits(self, offered, rules, found):
        need = changes_to_fit(offered, rules, found, TODAY)
        by_feature = rules_by_feature(offered, rules, TODAY)

        for code in need.contradictory:
            for value in candidates(by_feature[code]):
                outcomes = {decide(asked, Fact.of(value)) for asked in by_feature[code]}
                assert outcomes != {Outcome.FITS}

    @given(st.lists(st.tuples(terms(), RULES), max_size=4), withheld())
    def test_one_memory_for_many_products_changes_nothing(self, offers, sides):
        seen, own = sides
        memory = {}
        shared = [
            changes_to_fit(offered, rules, seen, TODAY, own=own, seen=memory)
            for offered, rules in (*offers, *offers)
        ]

        alone = [changes_to_fit(offered, rules, seen, TODAY, own=own) for offered, rules in offers]
        assert shared == [*alone, *alone]

    @given(terms(), RULES, facts())
    def test_names_each_rule_that_is_not_met_once(self, offered, rules, found):
        numbered = [replace(spec, code=f"R{place}") for place, spec in enumerate(rules)]
        need = changes_to_fit(offered, numbered, found, TODAY)
        result = fit(offered, numbered, found, TODAY)

        named = [code for change in need.beyond_consent for code in change.rule_codes]
        unmet = {v.rule_code for v in result.verdicts if not v.passed}
        ruled_out = {
            asked.code
            for code in need.contradictory
            for asked in rules_by_feature(offered, numbered, TODAY)[code]
        }
        assert unmet <= set(named) | ruled_out
        assert len(named) == len(set(named))


def candidates(asked):
    """Every value that could matter: codes, truth values, or the neighbourhood of each limit."""
    feature = FEATURES[asked[0].feature]
    if feature.kind is FeatureKind.BOOLEAN:
        return [True, False]
    if feature.is_coded:
        return list(feature.choices) or [f"{number:02d}" for number in range(100)]
    step = Decimal(1) if feature.whole else Decimal("0.01")
    ends = [end for r in asked for end in (r.value if isinstance(r.value, tuple) else (r.value,))]
    return [end + delta for end in ends for delta in (-step, Decimal(0), step)]


class TestNearestValue:
    @given(st.data())
    def test_no_accepted_number_is_nearer(self, data):
        feature = FEATURES["capital_yuan"]
        asked = data.draw(st.lists(rule_specs(feature.code), min_size=1, max_size=3))
        own = data.draw(own_values(feature))
        found = nearest_value(asked, own)

        other = data.draw(st.decimals(0, 1000, places=2))
        if found is not None and all(decide(r, Fact.of(other)) is Outcome.FITS for r in asked):
            assert abs(found - own) <= abs(other - own)

    def test_takes_two_codes_where_one_cannot_serve(self):
        asked = [rule("guarantee", "IN", ["CREDIT"]), rule("guarantee", "IN", ["SURETY"])]

        assert nearest_value(asked) == ("CREDIT", "SURETY")
        assert accepted_codes(asked) == ()

    def test_keeps_to_whole_numbers(self):
        asked = [replace(rule("age_months", "GE", 12), value=Decimal("11.5"))]

        assert nearest_value(asked, Decimal(3)) == 12


class TestInWhoseHands:
    def test_the_need_is_the_enterprises_own(self):
        need = NEED | {"amount_yuan": Fact.of(Decimal(8_000_000)), "term_months": Fact.of(48)}

        found = changes(need=need)

        assert [change.sentence for change in found.changes] == [
            "融资金额由 800 万元降至 500 万元",
            "融资期限由 48 个月缩短至 36 个月",
        ]
        assert found.feasibility is Feasibility.BY_ENTERPRISE
        assert found.is_reachable

    def test_names_every_purpose_and_guarantee_that_would_do(self):
        need = NEED | {"purpose": Fact.of("PROJECT"), "guarantee": Fact.of(("MORTGAGE",))}

        found = changes(need=need)

        assert [change.sentence for change in found.changes] == [
            "贷款用途改为流动资金（须与实际用途一致）",
            "担保方式改为信用、保证之一",
        ]

    @pytest.mark.parametrize("begun", [date(2024, 1, 31), date(2023, 8, 30), date(2024, 2, 29)])
    def test_age_comes_on_a_day_and_not_before(self, begun):
        need = NEED | {"age_months": Fact.of(whole_months(begun, TODAY))}
        spec = rule("age_months", "GE", 36)

        found = only(changes([spec], need, circumstances=Circumstances(begun)))

        assert found.feasibility is Feasibility.BY_WAITING
        assert whole_months(begun, found.on_date) == 36
        assert whole_months(begun, found.on_date - timedelta(days=1)) == 35
        assert found.on_date.isoformat() in found.sentence

    def test_too_old_is_nobodys_to_change(self):
        need = NEED | {"age_months": Fact.of(100)}

        found = changes([rule("age_months", "LE", 60)], need)

        assert only(found).means is Means.FIXED
        assert found.feasibility is Feasibility.NOT_AT_ALL

    def test_district_cannot_be_changed(self):
        found = changes(need=NEED | {"district_code": Fact.of("120102")})

        assert only(found).means is Means.FIXED
        assert not found.is_reachable

    def test_repairs_are_counted_and_dated_by_the_last_one_needed(self):
        need = NEED | {"penalties_24m": Fact.of(3)}
        days = (date(2025, 9, 1), date(2025, 5, 1), date(2025, 7, 1))
        around = Circumstances(repair_from={"penalties_24m": days})

        found = only(changes([rule("penalties_24m", "LE", 1)], need, circumstances=around))

        assert found.means is Means.REPAIR
        assert found.on_date == date(2025, 7, 1)
        assert found.sentence == "完成 2 项行政处罚的信用修复，最早 2025-07-01 可申请"

    def test_a_repair_that_is_open_now_says_so(self):
        need = NEED | {"penalties_24m": Fact.of(1)}
        around = Circumstances(repair_from={"penalties_24m": (date(2025, 5, 1),)})

        found = only(changes([rule("penalties_24m", "LE", 0)], need, circumstances=around))

        assert found.sentence.endswith("现在即可申请")

    @pytest.mark.parametrize(
        ("feature", "operator", "value", "own", "sentence"),
        [
            ("tax_arrears_yuan", "LE", 0, Decimal(9), "缴清欠税"),
            ("tax_arrears_yuan", "LE", 10_000, Decimal(20_000), "欠税余额降至 1 万元"),
            ("enforcement_open_count", "LE", 1, 3, "了结 2 件未结被执行案件"),
            ("abnormal_listed", "IS_FALSE", None, True, "申请移出经营异常名录"),
            ("serious_breach", "IS_FALSE", None, True, "移出严重失信主体名单"),
        ],
    )
    def test_what_can_be_settled(self, feature, operator, value, own, sentence):
        need = NEED | {feature: Fact.of(own)}

        found = changes([rule(feature, operator, value)], need)

        assert only(found).sentence.endswith(sentence)
        assert found.feasibility is Feasibility.BY_ENTERPRISE

    def test_old_arrears_pass_with_the_window(self):
        need = NEED | {"utility_arrears_count": Fact.of(2)}

        found = only(changes([rule("utility_arrears_count", "LE", 0)], need))

        assert (found.feasibility, found.on_date) == (Feasibility.BY_WAITING, date(2026, 7, 1))

    def test_sales_cannot_be_promised(self):
        need = NEED | {"invoiced_sales_12m_yuan": Fact.of(Decimal(10))}

        found = changes([rule("invoiced_sales_12m_yuan", "GE", 1000)], need)

        assert found.feasibility is Feasibility.NOT_AT_ALL

    def test_missing_data_is_uncertain_and_a_gap_in_the_register_can_be_corrected(self):
        rules = [rule("size_class", "IN", ["MICRO"]), rule("patents_count", "GE", 1)]

        found = changes(rules)

        assert [change.means for change in found.changes] == [Means.CORRECT, Means.SUPPLY]
        assert found.feasibility is Feasibility.UNCERTAIN

    def test_a_product_that_rules_itself_out_is_out_of_reach(self):
        rules = [rule("age_months", "GE", 24), rule("age_months", "LE", 12)]

        found = changes(rules, NEED | {"age_months": Fact.of(18)})

        assert (found.contradictory, found.changes) == (("age_months",), ())
        assert found.feasibility is Feasibility.NOT_AT_ALL

    def test_every_feature_has_a_lever_and_every_means_a_feasibility(self):
        assert set(LEVERS) == set(FEATURES)
        assert set(FEASIBILITY_OF) == set(Means)


class TestAuthorisation:
    def test_one_class_is_authorised_once_for_all_its_rules(self):
        own = NEED | {"tax_paid_12m_yuan": Fact.of(Decimal(9)), "tax_rating": Fact.of("A")}
        hidden = {
            code: Fact.not_authorized(DataClass.TAX) for code in ("tax_paid_12m_yuan", "tax_rating")
        }
        rules = [rule("tax_paid_12m_yuan", "GE", 5), rule("tax_rating", "IN", ["A"])]

        found = changes(rules, own | hidden, own=own)

        assert only(found).sentence == "授权机构查询“纳税”信息"
        assert found.authorizes == (DataClass.TAX,)
        assert found.beyond_consent == ()

    def test_without_own_data_what_is_behind_it_stays_uncertain(self):
        need = NEED | {"tax_rating": Fact.not_authorized(DataClass.TAX)}

        found = changes([rule("tax_rating", "IN", ["A"])], need)

        assert [change.means for change in found.changes] == [Means.AUTHORIZE, Means.SUPPLY]


class TestOneRule:
    @given(st.sampled_from(sorted(FEATURES)), st.data())
    def test_the_target_meets_it_unless_it_bars_every_code(self, code, data):
        spec = data.draw(rule_specs(code))
        target = nearest_value([spec])

        if target is not None:
            assert decide(spec, Fact.of(target)) is Outcome.FITS
        else:
            assert spec.operator is Operator.NOT_IN
            assert set(spec.value) == set(FEATURES[code].choices)
