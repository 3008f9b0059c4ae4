"""Size classes by the table of 2017: worked checks, boundaries, missing figures."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.domain.size_class import size_class
from marketplace.domain.vocabulary import SizeClass

ON = date(2026, 6, 1)
LARGE, MEDIUM, SMALL, MICRO = SizeClass.LARGE, SizeClass.MEDIUM, SizeClass.SMALL, SizeClass.MICRO
UNKNOWN = SizeClass.UNKNOWN
figures = st.one_of(st.none(), st.integers(0, 300_000))
industries = st.sampled_from(
    [
        "0111", "3921", "4710", "5111", "5211", "5410", "5310", "5910", "5920", "6010", "6110", "6210",
        "6310", "6510", "7010", "7020", "7030", "7040", "7110", "7310", "8310", "8410", "8510",
    ]
)  # fmt: skip


def cls(industry, employees=None, revenue=None, assets=None, entity="ENTERPRISE", on=ON):
    return size_class(industry, employees, revenue, assets, entity, on).cls


class TestSizeClass:
    @pytest.mark.parametrize(
        ("industry", "employees", "revenue", "assets", "expected"),
        [
            ("3921", 299, 5000, None, SMALL),
            ("3921", 1200, 39999, None, MEDIUM),
            ("5111", 4, 90000, None, MICRO),
            ("4710", None, 7000, 4000, SMALL),
            ("7110", 50, None, 9000, SMALL),
        ],
    )
    def test_reproduces_the_worked_checks(self, industry, employees, revenue, assets, expected):
        assert cls(industry, employees, revenue, assets) is expected

    @pytest.mark.parametrize(
        ("industry", "limits"),
        [
            ("0111", {"revenue": (20000, 500, 50)}),
            ("0610", {"employees": (1000, 300, 20), "revenue": (40000, 2000, 300)}),
            ("4620", {"employees": (1000, 300, 20), "revenue": (40000, 2000, 300)}),
            ("5010", {"revenue": (80000, 6000, 300), "assets": (80000, 5000, 300)}),
            ("5170", {"employees": (200, 20, 5), "revenue": (40000, 5000, 1000)}),
            ("5221", {"employees": (300, 50, 10), "revenue": (20000, 500, 100)}),
            ("5430", {"employees": (1000, 300, 20), "revenue": (30000, 3000, 200)}),
            ("5910", {"employees": (1000, 300, 20), "revenue": (30000, 3000, 200)}),
            ("5930", {"employees": (200, 100, 20), "revenue": (30000, 1000, 100)}),
            ("6010", {"employees": (1000, 300, 20), "revenue": (30000, 2000, 100)}),
            ("6110", {"employees": (300, 100, 10), "revenue": (10000, 2000, 100)}),
            ("6210", {"employees": (300, 100, 10), "revenue": (10000, 2000, 100)}),
            ("6410", {"employees": (2000, 100, 10), "revenue": (100000, 1000, 100)}),
            ("6510", {"employees": (300, 100, 10), "revenue": (10000, 1000, 50)}),
            ("7010", {"revenue": (200000, 1000, 100), "assets": (10000, 5000, 2000)}),
            ("7020", {"employees": (1000, 300, 100), "revenue": (5000, 1000, 500)}),
            ("7210", {"employees": (300, 100, 10), "assets": (120000, 8000, 100)}),
            ("7310", {"employees": (300, 100, 10)}),
            ("8510", {"employees": (300, 100, 10)}),
            ("7090", {"employees": (300, 100, 10)}),
        ],
    )
    def test_holds_each_limit_to_the_unit(self, industry, limits):
        for place, (here, below) in enumerate([(LARGE, MEDIUM), (MEDIUM, SMALL), (SMALL, MICRO)]):
            exact = {name: values[place] for name, values in limits.items()}
            assert cls(industry, **exact) is here
            for name in exact:
                assert cls(industry, **(exact | {name: exact[name] - 1})) is below

    @pytest.mark.parametrize(
        "industry", ["5310", "6610", "7040", "8310", "8410", "9110", "9700", "", "C", "59"]
    )
    def test_leaves_open_what_the_table_does_not_cover(self, industry):
        assert cls(industry, 5, 5, 5) is UNKNOWN

    def test_is_a_class_of_its_own_for_the_self_employed(self):
        assert cls("3921", 5000, 500000, entity="INDIVIDUAL") is SizeClass.INDIVIDUAL

    def test_never_takes_a_missing_figure_for_small(self):
        finding = size_class("3921", None, 5000, None, "ENTERPRISE", ON)

        assert finding.cls is UNKNOWN
        assert finding.missing == ("employees",)
        assert "从业人员" in finding.reason

    def test_is_micro_when_one_known_figure_settles_it(self):
        assert cls("3921", employees=19) is MICRO

    @given(industries, figures, figures, figures, st.integers(0, 300_000))
    def test_stays_when_a_missing_figure_becomes_known(
        self, industry, employees, revenue, assets, found
    ):
        before = cls(industry, employees, revenue, assets)
        filled = [found if value is None else value for value in (employees, revenue, assets)]

        if before is not UNKNOWN:
            assert cls(industry, *filled) is before

    @given(industries, figures, figures, figures, st.integers(1, 50_000))
    def test_never_falls_when_a_figure_grows(self, industry, employees, revenue, assets, more):
        order = [MICRO, SMALL, MEDIUM, LARGE]
        before = cls(industry, employees, revenue, assets)
        grown = [None if value is None else value + more for value in (employees, revenue, assets)]
        after = cls(industry, *grown)

        if UNKNOWN not in (before, after):
            assert order.index(after) >= order.index(before)

    def test_is_unknown_before_the_table_was_in_force(self):
        assert cls("3921", 299, 5000, on=date(2017, 12, 27)) is UNKNOWN

    def test_is_unknown_for_impossible_figures(self):
        assert cls("3921", -1, 5000) is UNKNOWN

    def test_says_which_figures_met_which_limits(self):
        reason = size_class("3921", 299, 5000, None, "ENTERPRISE", ON).reason

        assert "从业人员299人" in reason
        assert "小型20人起" in reason
