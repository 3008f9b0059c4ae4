from datetime import date

import pytest

from lenders.domain.feature import FEATURES, FeatureKind
from marketplace.domain.errors import Refused
from marketplace.domain.parameters import ParameterSet, parse_parameters
from matching.domain.declaration import (
    Kind,
    Measure,
    Test,
    WindowKind,
    declarations_on,
    shipped_indicators,
)
from matching.domain.series import series_declarations_on
from tests.factories.records import ITEMS, TODAY

DECLARATIONS = declarations_on(TODAY)
SERIES = series_declarations_on(TODAY)
MULTI_CLASS = {"serious_breach"}
NOT_INDICATORS = {
    "amount_yuan",
    "term_months",
    "purpose",
    "guarantee",
    "district_code",
    "industry_section",
    "industry_chains",
    "thematic_lists",
    "industry_division",
    "size_class",
    "entity_type",
    "registration_status",
    "score_points",
    "grade",
}
each = pytest.mark.parametrize("entry", [*DECLARATIONS, *SERIES], ids=lambda entry: entry.code)
of_records = pytest.mark.parametrize(
    "entry",
    [entry for entry in (*DECLARATIONS, *SERIES) if entry.selection.items],
    ids=lambda entry: entry.code,
)


def selections(entry):
    return [entry.selection, entry.against] if entry.against else [entry.selection]


def conditions(selection):
    return [one for clause in (*selection.scope, *selection.where) for one in clause]


class TestDeclarations:
    @each
    def test_says_what_it_counts_and_by_which_document(self, entry):
        assert entry.label
        assert entry.definition.endswith("。")
        assert entry.source

    @of_records
    def test_items_are_in_the_catalogue_and_of_its_class(self, entry):
        found = {ITEMS[item].data_class.value for item in entry.selection.items}

        assert entry.data_class in found
        assert found == {entry.data_class} or entry.code in MULTI_CLASS

    @of_records
    def test_needs_consent_exactly_when_an_item_does(self, entry):
        items = [ITEMS[item] for selection in selections(entry) for item in selection.items]

        assert entry.consent is any(item.consent_required for item in items)

    @of_records
    def test_names_only_fields_that_every_item_has(self, entry):
        for selection in selections(entry):
            named = {one.field for one in conditions(selection)} | {entry.field, entry.group} - {""}
            for item in selection.items:
                assert named - {""} <= {spec.code for spec in ITEMS[item].fields}

    @of_records
    def test_compares_only_with_options_the_catalogue_knows(self, entry):
        for selection in selections(entry):
            for one in conditions(selection):
                specs = [ITEMS[item].field(one.field) for item in selection.items]
                choices = {choice for spec in specs for choice in spec.choices}
                if one.test in (Test.IN, Test.NOT_IN):
                    assert set(one.values) <= choices
                elif one.test in (Test.OPEN, Test.VALID):
                    assert {spec.type.value for spec in specs} <= {"DATE", "MONTH"}

    @of_records
    def test_uses_no_field_about_a_person(self, entry):
        for item in entry.selection.items:
            assert ITEMS[item].code not in ("KEY_PERSON", "SHAREHOLDER")
            if entry.field:
                assert ITEMS[item].field(entry.field).level.value != "L4"

    @each
    def test_ratios_and_trends_have_whole_months(self, entry):
        if entry.measure in (Measure.TREND_PCT, Measure.VOLATILITY, Measure.MARGIN):
            assert entry.window_months
            assert entry.window_kind is WindowKind.MONTHS


class TestFeatures:
    def test_every_feature_that_is_recorded_is_an_indicator(self):
        assert set(FEATURES) - NOT_INDICATORS <= {entry.code for entry in DECLARATIONS}

    def test_kinds_agree(self):
        by_kind = {
            FeatureKind.MONEY_YUAN: {Kind.YUAN},
            FeatureKind.MONTHS: {Kind.MONTHS},
            FeatureKind.NUMBER: {Kind.COUNT, Kind.MONTHS, Kind.PERCENT},
            FeatureKind.BOOLEAN: {Kind.FLAG},
            FeatureKind.CHOICE: {Kind.TEXT},
        }
        for entry in DECLARATIONS:
            if entry.code in FEATURES:
                assert entry.kind in by_kind[FEATURES[entry.code].kind]

    def test_consent_agrees(self):
        for entry in DECLARATIONS:
            if entry.code in FEATURES:
                feature = FEATURES[entry.code]
                assert entry.consent is (feature.data_class is not None)
                assert not entry.consent or feature.data_class.value == entry.data_class


class TestLoading:
    def test_nothing_is_in_force_before_the_first_date(self):
        assert declarations_on(date(2014, 12, 31)) == ()

    def test_a_later_value_replaces_the_declaration_from_its_date(self):
        text = """
            [x]
            label = "甲"
            unit = "次"
            [[x.values]]
            effective_from = 2020-01-01
            source = "一"
            value = {kind="COUNT", data_class="05", consent=false, measure="COUNT", items=["PENALTY"]}
            [[x.values]]
            effective_from = 2021-01-01
            source = "二"
            value = {kind="COUNT", data_class="05", consent=false, measure="COUNT", items=["COERCION"]}
        """
        parameters = ParameterSet(parse_parameters(text, "indicators"))

        before, after = (declarations_on(date(year, 6, 1), parameters)[0] for year in (2020, 2021))

        assert (before.version, before.selection.items) == ("2020-01-01", ("PENALTY",))
        assert (after.version, after.selection.items) == ("2021-01-01", ("COERCION",))

    @pytest.mark.parametrize(
        "value",
        [
            "{}",
            '{kind="YEN", data_class="05", consent=false, measure="COUNT"}',
            '{kind="COUNT", data_class="05", consent=false, measure="GUESS"}',
            '{kind="COUNT", data_class="05", consent=false, measure="COUNT", '
            'where=[{field="a", test="ABOVE", values=["much"]}]}',
        ],
    )
    def test_refuses_a_declaration_that_makes_no_sense_by_name(self, value):
        text = (
            f'[x]\nlabel="甲"\n[[x.values]]\neffective_from=2020-01-01\nsource="一"\nvalue={value}'
        )
        parameters = ParameterSet(parse_parameters(text, "indicators"))

        with pytest.raises(Refused) as refusal:
            declarations_on(TODAY, parameters)

        assert refusal.value.code == "INDICATOR_INVALID"
        assert "指标 x" in refusal.value.sentence

    def test_every_shipped_declaration_is_read(self):
        assert len(DECLARATIONS) == len(list(shipped_indicators())) >= 45
