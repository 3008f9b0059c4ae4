from datetime import date
from decimal import Decimal

import pytest

from marketplace.domain.errors import Refused
from marketplace.domain.parameters import (
    DatedValue,
    ParameterSet,
    load_parameters,
    parse_parameters,
)
from matching.domain.parameters import shipped

TEXT = """
[age]
label = "最低成立时间"
unit = "个月"

[[age.values]]
effective_from = 2024-01-01
value = 6
source = "甲"

[[age.values]]
effective_from = 2025-01-01
value = { "*" = 12, "120116" = 6 }
source = "乙"

[rate]
label = "利率"

[[rate.values]]
effective_from = 2024-01-01
value = 3.10
source = "丙"
"""


@pytest.fixture
def parameters():
    return ParameterSet(parse_parameters(TEXT, "test"))


def entry(text):
    return f'[p]\nlabel = "甲"\n{text}'


class TestValueOn:
    def test_gives_the_value_in_force(self, parameters):
        assert parameters.value_on("test.age", date(2024, 12, 31)) == 6
        assert parameters["test.age"].version_on(date(2024, 12, 31)) == "2024-01-01"

    def test_changes_on_the_effective_day_itself(self, parameters):
        assert parameters["test.age"].value_for(date(2025, 1, 1), "120116") == 6

    def test_refuses_a_date_before_the_first_value(self, parameters):
        with pytest.raises(Refused) as refused:
            parameters.value_on("test.age", date(2023, 12, 31))

        assert refused.value.code == "PARAMETER_NOT_IN_FORCE"

    def test_gives_the_default_of_a_keyed_value(self, parameters):
        assert parameters["test.age"].value_for(date(2025, 6, 1), "120101") == 12

    def test_gives_a_plain_value_for_every_key(self, parameters):
        assert parameters["test.age"].value_for(date(2024, 6, 1), "120101") == 6

    def test_refuses_an_unknown_key_without_default(self):
        text = entry('[[p.values]]\neffective_from = 2024-01-01\nvalue = { A = 1 }\nsource = "甲"')

        with pytest.raises(Refused) as refused:
            parse_parameters(text, "t")["t.p"].value_for(date(2024, 1, 1), "B")

        assert refused.value.code == "PARAMETER_KEY_UNKNOWN"

    def test_keeps_decimals_exact(self, parameters):
        assert parameters.value_on("test.rate", date(2024, 1, 1)) == Decimal("3.10")

    def test_refuses_an_unknown_code(self, parameters):
        with pytest.raises(Refused) as refused:
            parameters.value_on("test.none", date(2024, 1, 1))

        assert refused.value.code == "PARAMETER_UNKNOWN"


class TestParseParameters:
    @pytest.mark.parametrize(
        "text",
        [
            "[p",
            "[p]\nunit = 1",
            entry(""),
            entry("values = []"),
            entry('[[p.values]]\nvalue = 1\nsource = "甲"'),
            entry("[[p.values]]\neffective_from = 2024-01-01\nvalue = 1"),
            entry('[[p.values]]\neffective_from = 2024-01-01\nsource = "甲"'),
            entry('[[p.values]]\neffective_from = 2024-01-01T00:00:00\nvalue = 1\nsource = "甲"'),
            entry(
                '[[p.values]]\neffective_from = 2024-01-02\nvalue = 1\nsource = "甲"\n'
                '[[p.values]]\neffective_from = 2024-01-02\nvalue = 2\nsource = "甲"'
            ),
        ],
    )
    def test_refuses_an_incomplete_definition(self, text):
        with pytest.raises(Refused) as refused:
            parse_parameters(text, "t")

        assert refused.value.code == "PARAMETER_INVALID"

    def test_values_cannot_be_changed(self, parameters):
        with pytest.raises(TypeError):
            parameters["test.age"].value_on(date(2025, 1, 1))["*"] = 1

    def test_prefixes_codes_with_the_file(self, tmp_path):
        file = tmp_path / "gates.toml"
        file.write_text(TEXT, encoding="utf-8")

        assert "gates.age" in load_parameters(file)


class TestWithEntered:
    def test_adds_a_later_value(self, parameters):
        changed = parameters.with_entered({"test.age": [DatedValue(date(2026, 1, 1), 3, "丁")]})

        assert changed.value_on("test.age", date(2026, 1, 1)) == 3
        assert changed["test.age"].value_for(date(2025, 12, 31), "120101") == 12

    def test_replaces_the_value_of_the_same_day(self, parameters):
        changed = parameters.with_entered({"test.age": [DatedValue(date(2024, 1, 1), 3, "丁")]})

        assert changed.value_on("test.age", date(2024, 6, 1)) == 3

    def test_leaves_the_shipped_set_alone(self, parameters):
        parameters.with_entered({"test.age": [DatedValue(date(2024, 1, 1), 3, "丁")]})

        assert parameters.value_on("test.age", date(2024, 6, 1)) == 6


class TestShipped:
    def test_every_parameter_names_label_and_source(self):
        for parameter in shipped():
            assert parameter.label
            assert all(value.source for value in parameter.values)
