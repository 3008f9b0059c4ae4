"""Values of dated parameters in Chinese."""

from __future__ import annotations

import re

import pytest

from borrowers.selectors.parameter import consent_parameters, repair_parameters
from matching.domain.parameters import shipped
from matching.views.parameter_words import words_of

LATIN_WORD = re.compile(r"[A-Za-z_]{2,}")


class TestWordsOf:
    @pytest.mark.django_db
    @pytest.mark.parametrize("parameters", [shipped, consent_parameters, repair_parameters])
    def test_leaves_no_code_in_what_is_in_force(self, parameters):
        told = {entry.code: words_of(entry.values[-1].value) for entry in parameters()}

        assert told
        assert [code for code, words in told.items() if LATIN_WORD.search(words)] == []

    def test_a_word_not_known_stays_as_it_is(self):
        assert words_of({"abacus": "beads"}) == "abacus：beads"

    def test_nested_values_stand_in_brackets(self):
        assert words_of({"LIGHT": {"min": 0, "published": False}}) == (
            "轻微：（最短公示（月）：0；公示：否）"
        )

    def test_an_empty_list_is_none(self):
        assert words_of(()) == "无"
