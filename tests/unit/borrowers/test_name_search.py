from hypothesis import given
from hypothesis import strategies as st

from borrowers.domain.name_search import name_beginnings


class TestNameBeginnings:
    def test_the_text_itself_comes_first(self):
        assert name_beginnings("天津 示例（集团）")[0] == "天津示例(集团)"

    def test_places_are_put_before_what_people_say(self):
        found = name_beginnings("示例瑞信")

        assert {"天津示例瑞信", "天津市示例瑞信", "河西区示例瑞信", "天津滨海示例瑞信"} <= set(
            found
        )

    def test_a_place_that_was_typed_makes_no_difference(self):
        assert "天津示例瑞信" in name_beginnings("天津市河西区示例瑞信")

    def test_a_district_may_be_part_of_the_name(self):
        assert "示例" not in name_beginnings("和平示例")

    def test_a_place_alone_or_a_single_character_stands_for_itself(self):
        assert name_beginnings("天") == ["天"]
        assert "" not in name_beginnings("天津市河西区")

    @given(st.text(max_size=20))
    def test_the_number_of_beginnings_is_bounded(self, text):
        assert 1 <= len(name_beginnings(text)) <= 52
