from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import Refused
from marketplace.domain.parameters import DatedValue
from matching.domain.declaration import Kind, declarations_on
from matching.domain.indicators import Missing
from matching.domain.scorecard import (
    ContributionKind,
    NotScored,
    model_on,
    score,
    shipped_models,
)
from tests.factories.records import ENTERPRISE, TODAY, given_value

MODEL = model_on(TODAY)
assert MODEL is not None
DECLARED = {entry.code: entry for entry in declarations_on(TODAY)}
USED = [line.indicator for line in MODEL.lines]


def any_value(code):
    by_kind = {
        Kind.FLAG: st.booleans(),
        Kind.TEXT: st.sampled_from(["A", "B", "M", "C", "D", "绿", "红", "失信企业", "?"]),
        Kind.COUNT: st.integers(0, 200),
        Kind.MONTHS: st.integers(0, 36),
        Kind.YUAN: st.decimals(0, 10**9, places=2),
    }
    known = by_kind[DECLARED[code].kind].map(lambda value: given_value(code, value))
    missing = st.sampled_from(Missing).map(lambda reason: given_value(code, None, reason))
    return known | missing


values = st.fixed_dictionaries({}, optional={code: any_value(code) for code in USED})


class TestScore:
    @given(values)
    def test_contributions_sum_exactly_to_the_score(self, given_values):
        result = score(given_values, ENTERPRISE, MODEL)

        assert sum(line.points for line in result.contributions) == result.points
        assert 0 <= result.points <= result.max_points

    @given(values)
    def test_dimensions_stay_within_their_bounds_and_sum_to_the_score_before_caps(
        self, given_values
    ):
        result = score(given_values, ENTERPRISE, MODEL)

        caps = [x.points for x in result.contributions if x.kind is ContributionKind.FLOOR]
        assert all(0 <= entry.points <= entry.max_points for entry in result.dimensions)
        assert sum(entry.points for entry in result.dimensions) + sum(caps) == result.points

    @given(values)
    def test_the_grade_follows_from_the_points(self, given_values):
        result = score(given_values, ENTERPRISE, MODEL)

        assert result.grade == MODEL.grade_of(result.points)

    @given(values)
    def test_missing_data_is_worth_nothing_and_says_so(self, given_values):
        result = score(given_values, ENTERPRISE, MODEL)

        for line in result.contributions:
            value = given_values.get(line.indicator)
            if line.kind is ContributionKind.INDICATOR and (value is None or value.missing):
                assert line.points == 0
                assert "按中性计 0 分" in line.sentence

    @given(values, st.sampled_from(["serious_breach", "dishonest_debtor"]))
    def test_a_hard_rule_gives_grade_d_whatever_else(self, given_values, rule):
        result = score({**given_values, rule: given_value(rule, True)}, ENTERPRISE, MODEL)

        assert result.grade == "D"
        assert result.floors

    def test_names_the_value_the_bin_and_the_latest_record(self):
        penalty = replace(given_value("penalties_12m", 1), latest_date=date(2026, 5, 1))

        lines = score({"penalties_12m": penalty}, ENTERPRISE, MODEL).contributions

        line = next(entry for entry in lines if entry.indicator == "penalties_12m")
        assert (line.value, line.bin, line.points) == ("1 次", "1 次", -40)
        assert line.sentence == "近 12 个月行政处罚：1 次，最近一条 2026-05-01，计 -40 分。"
        assert line.evidence_ids == penalty.evidence_ids

    def test_no_natural_person_is_scored(self):
        result = score({}, replace(ENTERPRISE, entity_type="INDIVIDUAL"), MODEL)

        assert (result.points, result.grade) == (None, "")
        assert result.not_scored is NotScored.INDIVIDUAL
        assert "个人信息" in result.sentence

    def test_without_a_model_in_force_there_is_no_score(self):
        result = score({}, ENTERPRISE, model_on(date(2014, 12, 31)))

        assert result.not_scored is NotScored.NO_MODEL


class TestModel:
    def test_looks_only_at_declared_indicators(self):
        assert set(USED) <= set(DECLARED)

    def test_every_bin_suits_the_kind_of_its_indicator(self):
        for line in MODEL.lines:
            numeric = DECLARED[line.indicator].kind in (Kind.COUNT, Kind.MONTHS, Kind.YUAN)
            for entry in line.bins:
                assert numeric is (not entry.codes)

    def test_uses_nothing_about_a_person(self):
        assert not {DECLARED[code].data_class for code in USED} & {"02"}

    @pytest.mark.parametrize(
        ("change", "what"),
        [
            ({"dimensions": ()}, "权重"),
            ({"grades": ({"grade": "A", "from_points": 700},)}, "等级"),
            ({"base_points": 701}, "基础分"),
            ({"max_points": "many"}, ""),
        ],
    )
    def test_a_model_that_contradicts_itself_is_refused_by_name(self, change, what):
        parameter = shipped_models()["scorecard.public_credit"]
        entry = DatedValue(date(2026, 1, 1), {**parameter.value_on(TODAY), **change}, "试验")
        parameters = shipped_models().with_entered({"scorecard.public_credit": [entry]})

        with pytest.raises(Refused) as refusal:
            model_on(TODAY, parameters)

        assert refusal.value.code == "SCORE_MODEL_INVALID"
        assert what in refusal.value.sentence

    def test_an_entered_model_holds_from_its_date(self):
        parameter = shipped_models()["scorecard.public_credit"]
        entry = DatedValue(
            date(2026, 5, 1), {**parameter.value_on(TODAY), "base_points": 600}, "试验"
        )
        parameters = shipped_models().with_entered({"scorecard.public_credit": [entry]})

        before = score({}, ENTERPRISE, model_on(date(2026, 4, 30), parameters))
        after = score({}, ENTERPRISE, model_on(date(2026, 5, 1), parameters))

        assert (before.points, after.points) == (700, 600)
        assert after.model_version == "public_credit@2026-05-01"

    def test_amounts_are_binned_to_the_fen(self):
        values = {"tax_arrears_yuan": given_value("tax_arrears_yuan", Decimal("49999.99"))}

        assert score(values, ENTERPRISE, MODEL).points == 670
