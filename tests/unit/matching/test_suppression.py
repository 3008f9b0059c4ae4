from hypothesis import given
from hypothesis import strategies as st

from matching.domain.suppression import LEAST_SHOWN, suppressed


class TestSuppressed:
    @given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 200), min_size=3))
    def test_no_small_count_is_shown_or_can_be_worked_out(self, counts):
        found = suppressed(counts)

        gaps = [key for key, count in found.items() if count is None]
        assert all(count is None or count == 0 or count >= LEAST_SHOWN for count in found.values())
        assert len(gaps) != 1 or sum(counts.values()) == counts[gaps[0]]

    @given(st.dictionaries(st.sampled_from("abc"), st.integers(LEAST_SHOWN, 200), min_size=3))
    def test_large_counts_stay(self, counts):
        assert suppressed(counts) == counts
