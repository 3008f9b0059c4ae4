from __future__ import annotations

from datetime import date

import pytest

from marketplace.domain.errors import Refused
from matching.domain.parameter_value import (
    check_value,
    plain_value,
    text_from_value,
    value_from_text,
)
from matching.domain.parameters import shipped

TODAY = date(2026, 11, 23)
TOMORROW = date(2026, 11, 24)


def refusal(code, value, on=TOMORROW):
    with pytest.raises(Refused) as refused:
        check_value(shipped()[code], value, on, TODAY)
    return refused.value


def accepts(code, value):
    check_value(shipped()[code], value, TOMORROW, TODAY)


class TestCheckValue:
    @pytest.mark.parametrize("parameter", list(shipped()), ids=lambda parameter: parameter.code)
    def test_takes_back_what_is_in_force(self, parameter):
        accepts(parameter.code, value_from_text(text_from_value(parameter.values[-1].value)))

    @pytest.mark.parametrize("value", ["90", -1, True, None, 10**13, [90], {"*": 90}])
    def test_a_number_stays_a_whole_number(self, value):
        assert refusal("demand.validity_days", value).code == "PARAMETER_VALUE"

    def test_a_keyed_value_may_name_districts(self):
        accepts("whitelist.min_age_months", {"*": 12, "120103": 6})

    @pytest.mark.parametrize("value", [{"120103": 6}, {"*": 12, "310000": 6}, {"*": "12"}, 12])
    def test_a_keyed_value_keeps_the_other_districts(self, value):
        assert refusal("whitelist.min_age_months", value).code == "PARAMETER_VALUE"

    def test_words_come_from_their_list(self):
        accepts("whitelist.size_classes", ["SMALL", "MICRO"])
        accepts("whitelist.soft_gates", {"*": [], "120103": ["ABNORMAL"]})

    @pytest.mark.parametrize("value", [["SMAL"], ["SMALL", "SMALL"], [1], [["SMALL"]], "SMALL"])
    def test_other_words_are_refused(self, value):
        assert refusal("whitelist.size_classes", value).code == "PARAMETER_VALUE"

    def test_a_clock_changes_its_days_and_nothing_else(self):
        value = plain_value(shipped()["clocks.ACCEPT"].values[-1].value)
        accepts("clocks.ACCEPT", value | {"days": 2})

        found = refusal("clocks.ACCEPT", value | {"basis": "LUNAR"})

        assert found.fields["value"].startswith("basis")

    @pytest.mark.parametrize("part", ["states", "steps", "days"])
    def test_a_clock_misses_nothing(self, part):
        value = plain_value(shipped()["clocks.ACCEPT"].values[-1].value)
        del value[part]

        assert part in refusal("clocks.ACCEPT", value).sentence

    @pytest.mark.parametrize("day", [TODAY, date(2020, 1, 1)])
    def test_nothing_that_was_decided_changes(self, day):
        assert refusal("demand.validity_days", 60, day).code == "PARAMETER_PAST"


class TestValueFromText:
    @pytest.mark.parametrize("text", ["", "abc", "1.5", "NaN", "1e3", "[" * 100_000, "{'a': 1}"])
    def test_refuses_what_is_not_exact_json(self, text):
        with pytest.raises(Refused) as refused:
            value_from_text(text)

        assert refused.value.code == "PARAMETER_VALUE"
