"""Texts as sheets write them, made comparable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.text import (
    clean,
    header_key,
    is_blank,
    name_key,
    normalize_name,
)


class TestNormalizeName:
    @pytest.mark.parametrize(
        "spelling",
        [
            "天津(滨海)甲有限公司",
            "天津（滨海）甲有限公司",
            "天津〔滨海〕甲有限公司",
            " 天津 （滨海） 甲有限公司\u200b",
            "天津【滨海】甲有限公司\ufeff",
        ],
    )
    def test_gives_one_form_to_every_bracket_and_space(self, spelling):
        assert normalize_name(spelling) == "天津(滨海)甲有限公司"

    def test_keeps_spaces_between_latin_words(self):
        assert normalize_name("ABC  Trading（天津） Co") == "ABC Trading(天津)Co"

    @given(st.text())
    def test_changes_nothing_the_second_time(self, text):
        assert normalize_name(normalize_name(text)) == normalize_name(text)

    def test_key_ignores_case_and_spaces(self):
        assert name_key("abc Trading") == name_key("ABCTRADING")


class TestBlank:
    @pytest.mark.parametrize(
        "text", ["", "  ", "N/A", "n/a", "NULL", "-", "——", "无", "Ｎ／Ａ", "\u200b"]
    )
    def test_knows_the_ways_of_saying_nothing(self, text):
        assert is_blank(text)

    @pytest.mark.parametrize("text", ["0", "无锡", "A", "无 船承运"])
    def test_takes_values_for_values(self, text):
        assert not is_blank(text)


class TestHeaderKey:
    @pytest.mark.parametrize(
        "title", ["统一社会信用代码*", "* 统一社会\n信用代码", "统一社会信用代码:"]
    )
    def test_ignores_marks_and_breaks(self, title):
        assert header_key(title) == header_key("统一社会信用代码")


class TestClean:
    @given(st.text())
    def test_leaves_no_control_character_and_no_outer_space(self, text):
        cleaned = clean(text)

        assert cleaned == cleaned.strip()
        assert not any(ord(character) < 32 and character not in "\t\n\r" for character in cleaned)
