from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.pdf.fonts import find_fonts, fonts
from exports.pdf.text import NOT_AT_END, NOT_AT_START, Typesetter, atoms
from exports.pdf.theme import BODY, TITLE

anything = st.text(
    st.one_of(
        st.sampled_from("信易贷授信金额,。(《)》“”50.5% -/𬭎䶮\u202e\u200b\ufe0f\t"),
        st.characters(),
    ),
    max_size=80,
)


@pytest.fixture
def setter() -> Typesetter:
    return Typesetter(fonts())


def words(lines) -> list[str]:
    return ["".join(run.text for run in line.runs) for line in lines]


class TestClean:
    def test_spells_out_what_no_font_has_and_reports_it(self):
        from exports.pdf.fonts import SHIPPED

        setter = Typesetter(find_fonts((SHIPPED / "XinyiKai-Regular.ttf",), ()))

        assert setter.clean("示例😀公司") == "示例〔U+1F600〕公司"
        assert setter.missing == {"😀"}

    def test_spells_out_what_would_reorder_or_hide_its_neighbors(self, setter):
        assert setter.clean("A\u202eB\u200bC\x00") == "A〔U+202E〕B〔U+200B〕C〔U+0000〕"

    def test_drops_variation_selectors(self, setter):
        assert setter.clean("葛\U000e0100饰") == "葛饰"
        assert setter.missing == set()

    @given(text=anything)
    def test_leaves_only_characters_that_a_font_draws(self, text):
        setter = Typesetter(fonts())

        for char in setter.clean(text).replace("\n", ""):
            assert setter.fonts.regular.face_for(char) is not None


class TestRuns:
    def test_change_the_font_for_the_character_only(self, setter):
        (line,) = setter.lines("天津𬭎业", TITLE, 500)

        assert [run.text for run in line.runs] == ["天津", "𬭎", "业"]
        assert line.runs[0].face is line.runs[2].face is not line.runs[1].face


class TestLines:
    def test_keep_a_credit_code_whole(self, setter):
        lines = words(setter.lines("代码 91120101MA0501012L 有效", BODY, 100))

        assert "91120101MA0501012L" in lines

    def test_cut_a_hash_where_the_line_is_full(self, setter):
        lines = setter.lines("9f" * 32, BODY, 120)

        assert len(lines) > 1
        assert "".join(words(lines)) == "9f" * 32

    @given(text=anything, width=st.integers(40, 400))
    def test_are_no_wider_than_asked(self, text, width):
        setter = Typesetter(fonts())

        assert all(line.width <= width + 0.1 for line in setter.lines(text, BODY, width))

    @given(text=anything, width=st.integers(40, 400))
    def test_lose_nothing_but_spaces(self, text, width):
        setter = Typesetter(fonts())

        kept = "".join(words(setter.lines(text, BODY, width)))

        assert "".join(kept.split()) == "".join(setter.clean(text).split())

    @given(text=st.text("信贷,。(《)》“”", min_size=1, max_size=60))
    def test_do_not_begin_or_end_with_the_wrong_sign(self, text):
        for before, after in zip(atoms(text), atoms(text)[1:], strict=False):
            assert before[-1] not in NOT_AT_END
            assert after[0] not in NOT_AT_START


class TestShortened:
    def test_cuts_with_an_ellipsis_only_when_it_must(self, setter):
        assert setter.shortened("示例公司", BODY, 200) == "示例公司"
        assert setter.shortened("示例" * 40, BODY, 60).endswith("…")

    @given(text=anything, width=st.integers(20, 300))
    def test_fits(self, text, width):
        setter = Typesetter(fonts())

        assert setter.width(setter.shortened(text, BODY, width), BODY) <= width
