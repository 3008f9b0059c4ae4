"""The glossary's file."""

from __future__ import annotations

import pytest

from marketplace.web.glossary import chapters, meaning_of


class TestGlossary:
    def test_defines_each_word_once(self):
        words = [term.word for chapter in chapters() for term in chapter.terms]

        assert len(words) == len(set(words))

    @pytest.mark.parametrize("word", ["接单率", "授信", "放款", "户", "笔", "同比", "万元"])
    def test_defines_what_figures_count(self, word):
        assert meaning_of(word)

    def test_knows_no_other_word(self):
        assert meaning_of("没有这个词") == ""
