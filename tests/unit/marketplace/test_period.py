"""Half-open periods and whole months."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.period import Period, add_months, whole_months

days = st.dates(min_value=date(1950, 1, 1), max_value=date(2090, 12, 31))


class TestMonths:
    @given(days, st.integers(-240, 240))
    def test_going_there_and_back_never_gains_a_day(self, day, months):
        assert add_months(add_months(day, months), -months) <= day

    @given(days, st.integers(0, 240))
    def test_counting_undoes_adding(self, day, months):
        assert whole_months(day, add_months(day, months)) == months

    @given(days, days)
    def test_counting_backwards_is_the_negative(self, one, other):
        assert whole_months(one, other) == -whole_months(other, one)


class TestPeriod:
    def test_does_not_contain_its_end(self):
        period = Period(date(2026, 1, 1), date(2026, 2, 1))

        assert date(2026, 1, 31) in period
        assert date(2026, 2, 1) not in period

    def test_refuses_to_end_before_it_begins(self):
        with pytest.raises(ValueError, match="before it begins"):
            Period(date(2026, 1, 1), date(2026, 1, 1))

    @given(days, st.integers(1, 60))
    def test_trailing_months_add_up_and_touch(self, day, months):
        parts = list(Period.trailing(months, day).months())

        assert len(parts) == months
        assert all(left.end == right.start for left, right in pairwise(parts))
        assert day not in parts[-1]

    def test_intersects_only_where_both_have_days(self):
        year, spring = Period.year(2026), Period(date(2025, 11, 1), date(2026, 3, 1))

        assert year.intersection(spring) == Period(date(2026, 1, 1), date(2026, 3, 1))
        assert year.intersection(Period.year(2027)) is None
