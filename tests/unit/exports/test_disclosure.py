from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from exports.domain.definitions import Statistic
from exports.domain.disclosure import LEAST, Backing, Family, held_back, published, published_total

FUNDED = (Family.FUNDED,)


def cells(*counts):
    return [Backing({Family.FUNDED: count}) for count in counts]


class TestHeldBack:
    def test_a_small_cell_takes_the_next_with_it(self):
        assert held_back(cells(2, 40, 7, 0), Family.FUNDED) == {0, 2}

    def test_two_small_cells_with_enough_between_them_stand_alone(self):
        assert held_back(cells(2, 3, 40), Family.FUNDED) == {0, 1}

    def test_two_tiny_cells_take_a_third(self):
        assert held_back(cells(1, 1, 40, 9), Family.FUNDED) == {0, 1, 3}

    def test_nothing_is_held_back_without_reason(self):
        assert held_back(cells(5, 0, 40), Family.FUNDED) == frozenset()

    def test_this_year_is_held_back_where_the_years_before_are_a_small_cell(self):
        rows = [Backing({Family.YEAR: 9}, earlier=2), *(Backing({Family.YEAR: 20}),) * 3]

        assert 0 in held_back(rows, Family.YEAR)

    @given(st.lists(st.integers(0, 30), min_size=1, max_size=20))
    def test_no_small_cell_is_shown_or_left_alone(self, counts):
        hidden = held_back(cells(*counts), Family.FUNDED)

        shown = [count for place, count in enumerate(counts) if place not in hidden]
        assert all(count == 0 or count >= LEAST for count in shown)
        assert all(counts[place] for place in hidden)
        if hidden and any(shown):
            assert len(hidden) >= 2
            assert sum(counts[place] for place in hidden) >= LEAST


class TestPublished:
    ROW = {Statistic.LOANS: 3, Statistic.FUNDED_AMOUNT: 7, Statistic.NEEDS: 4}

    def test_takes_out_everything_counted_of_the_same_enterprises(self):
        found = published([(self.ROW, *cells(2)), (self.ROW, *cells(9))], FUNDED)

        assert found[0] == {
            Statistic.LOANS: None,
            Statistic.FUNDED_AMOUNT: None,
            Statistic.NEEDS: 4,
        }
        assert found[1][Statistic.LOANS] is None

    def test_a_total_that_is_a_cell_elsewhere_is_treated_as_one(self):
        assert published_total(self.ROW, *cells(4), FUNDED)[Statistic.LOANS] is None
        assert published_total(self.ROW, *cells(5), FUNDED)[Statistic.LOANS] == 3
