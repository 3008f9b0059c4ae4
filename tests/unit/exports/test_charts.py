from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from exports.pdf.charts import bounds, marked_months
from exports.pdf.flowables import dark_stretches

amounts = st.decimals(-(10**9), 10**9, places=2)


class TestBounds:
    @given(values=st.lists(st.none() | amounts, max_size=40))
    def test_hold_zero_and_every_value(self, values):
        lowest, highest = bounds(tuple(values))

        assert lowest <= 0 <= highest
        assert lowest < highest
        assert all(lowest <= float(value) <= highest for value in values if value is not None)

    def test_begin_at_zero_for_positive_values(self):
        assert bounds((Decimal(90), Decimal(100))) == (0.0, 100.0)


class TestMarkedMonths:
    @given(first=st.dates(date(1990, 1, 1), date(2090, 1, 1)), count=st.integers(1, 60))
    def test_are_the_ends_and_each_january(self, first, count):
        places = dict(marked_months(first, count))

        assert {0, count - 1} <= places.keys()
        assert all(month.month == 1 for place, month in places.items() if 0 < place < count - 1)


class TestDarkStretches:
    @given(row=st.lists(st.booleans(), max_size=60))
    def test_cover_the_dark_modules_and_nothing_else(self, row):
        covered = {start + step for start, length in dark_stretches(row) for step in range(length)}

        assert covered == {place for place, dark in enumerate(row) if dark}
