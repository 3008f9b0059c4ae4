"""One month's evaluation beside the one before."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.domain.drift import Tally, bin_key, lines_by_code, stability, tally_from

counts = st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 10_000), max_size=4)
LINES = {"penalties_12m": [0, 10], "tax_rating": 1}
FINED = {"penalties_12m": [1, -40, "2026-05-01"], "tax_rating": 1}


class TestStability:
    @given(counts)
    def test_of_a_distribution_with_itself_is_nothing(self, shares):
        assert stability(shares, shares) in (None, Decimal(0))

    @given(counts, counts)
    def test_is_the_same_both_ways_and_never_negative(self, old, new):
        found = stability(old, new)

        assert found == stability(new, old)
        assert found is None or found >= 0

    @given(counts, st.integers(2, 9))
    def test_does_not_depend_on_how_many_there_are(self, shares, times):
        grown = {key: count * times for key, count in shares.items()}

        assert stability(shares, grown) in (None, Decimal(0))

    def test_of_nothing_cannot_be_told(self):
        assert stability({}, {"A": 1}) is None

    def test_stays_finite_where_a_class_is_new(self):
        assert stability({"A": 100}, {"A": 90, "B": 10}) > Decimal("0.25")


class TestTally:
    def test_counts_grades_bins_and_reasons_for_none(self):
        tally = Tally()
        tally.add("A", LINES)
        tally.add("", {})
        tally.add("C", FINED)

        assert tally.grades == {"A": 1, "": 1, "C": 1}
        assert tally.bins == {"penalties_12m": {"10": 1, "-40": 1}, "tax_rating": {"?1": 2}}

    def test_names_the_indicator_that_moved_a_grade(self):
        tally = Tally()
        tally.compare(("A", LINES), ("C", FINED))
        tally.compare(("A", LINES), ("A", FINED))

        assert tally.moves == {"A>C": 1}
        assert tally.causes == {"penalties_12m": 1}

    def test_is_read_back_as_it_was_written(self):
        tally = Tally()
        tally.add("A", LINES)
        tally.compare(("A", LINES), ("C", FINED))

        assert tally_from(vars(tally)) == tally


class TestLines:
    def test_of_who_is_not_scored_are_none(self):
        assert lines_by_code(["a", "b"], []) == {}

    def test_of_another_length_are_refused(self):
        with pytest.raises(ValueError, match="zip"):
            lines_by_code(["a"], [[0, 1], 1])

    def test_same_points_are_the_same_bin(self):
        assert bin_key([3, -80]) == bin_key([4, -80, "2026-05-01", 1])
