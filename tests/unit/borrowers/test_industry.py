"""Sections of GB/T 4754-2017."""

from __future__ import annotations

import pytest

from borrowers.domain.industry import SECTION_LABELS, section_label, section_of


class TestSectionOf:
    @pytest.mark.parametrize(
        ("code", "section"),
        [
            ("0111", "A"), ("05", "A"), ("0610", "B"), ("1311", "C"), ("43", "C"), ("4411", "D"), ("4710", "E"),
            ("5111", "F"), ("5310", "G"), ("60", "G"), ("6110", "H"), ("6510", "I"), ("6610", "J"), ("7010", "K"),
            ("7211", "L"), ("7310", "M"), ("7610", "N"), ("8210", "O"), ("8310", "P"), ("8412", "Q"), ("8511", "Q"),
            ("8610", "R"), ("9610", "S"), ("9700", "T"), ("C3921", "C"), ("F", "F"),
        ],
    )  # fmt: skip
    def test_follows_from_the_division(self, code, section):
        assert section_of(code) == section

    @pytest.mark.parametrize("code", ["", "0", "00", "98", "9999", "A39", "Z39", "39215", "三九"])
    def test_is_none_for_what_is_no_code(self, code):
        assert section_of(code) is None

    def test_has_twenty_labels(self):
        assert len(SECTION_LABELS) == 20
        assert section_label("3921") == "制造业"
