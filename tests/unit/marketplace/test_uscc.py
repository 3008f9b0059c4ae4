"""The credit code: the check against an independent implementation, the codes of refusals, codes of other holders."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as oracle

from marketplace.domain import uscc
from marketplace.domain.uscc import SubjectType

VALID = "91120101MA0501012L"
OF_DISTRICTS = [
    "91120101MA0501012L",
    "91120102MA0501020X",
    "91120103MA05010399",
    "91120104MA0501047J",
    "91120105MA0501055U",
    "91120106MA05010635",
    "91120110MA05011004",
    "91120111MA0501119F",
    "91120112MA0501127Q",
    "91120113MA05011352",
    "91120114MA0501143B",
    "91120115MA0501151L",
    "91120116MA050116XT",
    "91120117MA05011789",
    "91120118MA0501186J",
    "91120119MA0501194U",
]


def codes_of_any_check_digit() -> st.SearchStrategy[str]:
    head = st.text("0123456789", min_size=8, max_size=8)
    tail = st.text(uscc.ALPHABET, min_size=10, max_size=10)
    return st.builds(lambda first, last: first + last, head, tail)


class TestCheck:
    @pytest.mark.parametrize("code", OF_DISTRICTS)
    def test_accepts_a_code_of_every_district(self, code):
        assert uscc.check(code) == uscc.UsccFinding(code)

    @given(codes_of_any_check_digit())
    def test_agrees_with_stdnum_on_any_digits(self, code):
        assert uscc.is_valid(code) == oracle.is_valid(code)

    @given(st.text(uscc.ALPHABET + "IOSVZ -a", max_size=20))
    def test_agrees_with_stdnum_on_any_text_of_ordinary_authorities(self, text):
        if not uscc.normalize(text).startswith(("A", "N", "Y")):
            assert uscc.is_valid(text) == oracle.is_valid(text)

    @given(codes_of_any_check_digit())
    def test_computes_the_check_digit_of_stdnum(self, code):
        assert uscc.check_digit(code[:17]) == oracle.calc_check_digit(code[:17])

    @pytest.mark.parametrize("place", range(18))
    def test_catches_every_single_wrong_character(self, place):
        for character in uscc.ALPHABET.replace(VALID[place], ""):
            wrong = VALID[:place] + character + VALID[place + 1 :]

            assert not uscc.is_valid(wrong)

    @pytest.mark.parametrize("place", range(17))
    def test_catches_swapped_neighbors(self, place):
        first, second = VALID[place : place + 2]
        swapped = VALID[:place] + second + first + VALID[place + 2 :]

        assert uscc.is_valid(swapped) == (first == second)

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "USCC_EMPTY"),
            ("  ", "USCC_EMPTY"),
            ("无", "USCC_EMPTY"),
            ("N/A", "USCC_EMPTY"),
            ("120000400012345", "USCC_REGISTRATION_NO"),
            ("9112010", "USCC_LENGTH"),
            (VALID + "0", "USCC_LENGTH"),
            ("91120101MA05O1012L", "USCC_ALPHABET"),
            ("911201O1MA0501012L", "USCC_ALPHABET"),
            ("91120101MA0501012M", "USCC_CHECK_DIGIT"),
        ],
    )
    def test_names_what_is_wrong(self, text, code):
        finding = uscc.check(text)

        assert finding.code == code
        assert finding.sentence

    def test_names_the_place_of_a_foreign_character(self):
        assert "第13位“O”" in uscc.check("91120101MA05O1012L").sentence

    @pytest.mark.parametrize(
        "text",
        [" 91120101 MA0501012l ", "９１１２０１０１ＭＡ０５０１０１２Ｌ", "91120101-MA0501012-L"],
    )
    def test_reads_codes_however_they_are_written(self, text):
        assert uscc.check(text).uscc == VALID

    @pytest.mark.parametrize("authority_type", ["N1", "N2", "N3", "A1", "Y1"])
    def test_accepts_holders_that_stdnum_does_not_know(self, authority_type):
        code = uscc.make(authority_type, "120114", "MA050114")

        assert uscc.is_valid(code)
        assert not oracle.is_valid(code)

    def test_only_warns_of_a_wrong_inner_check(self):
        first17 = "91120101MA0501013"
        code = first17 + uscc.check_digit(first17)

        assert uscc.check(code).is_valid
        assert uscc.check(code).warnings == ("USCC_ORGANISATION_CHECK",)

    def test_knows_the_remainder_that_other_programs_get_wrong(self):
        ending_in_zero = next(
            code
            for n in range(1000)
            if (code := uscc.make("91", "120101", f"MA06{n:04}"))[-1] == "0"
        )

        assert oracle.is_valid(ending_in_zero)


class TestMake:
    @given(
        st.sampled_from(["91", "92", "93"]), st.text("0123456789ABCDEFGH", min_size=8, max_size=8)
    )
    def test_makes_valid_codes_without_warnings(self, authority_type, org8):
        finding = uscc.check(uscc.make(authority_type, "120101", org8))

        assert finding.is_valid
        assert not finding.warnings

    def test_refuses_parts_of_a_wrong_form(self):
        with pytest.raises(ValueError, match="form of a code"):
            uscc.make("91", "12010A", "MA050101")


class TestSubjectType:
    @pytest.mark.parametrize(
        ("head", "kind"),
        [
            ("91", SubjectType.ENTERPRISE),
            ("92", SubjectType.INDIVIDUAL),
            ("93", SubjectType.COOPERATIVE),
            ("51", SubjectType.OTHER),
            ("N2", SubjectType.OTHER),
        ],
    )
    def test_follows_the_first_two_characters(self, head, kind):
        assert uscc.subject_type(uscc.make(head, "120101", "MA050101")) is kind


class TestPersonalNumbers:
    @pytest.mark.parametrize(
        "text",
        ["120103199001011234", "12010319900101123x", " 1201 0319 9001 0112 34", "120000400012345"],
    )
    def test_never_stand_in_a_reason(self, text):
        finding = uscc.check(text)

        assert not finding.is_valid
        assert uscc.normalize(text)[:-4] not in finding.sentence
        assert uscc.normalize(text)[-4:] in finding.sentence

    def test_a_mistyped_code_stands_there_whole(self):
        assert "91120101MA0501012M" in uscc.check("91120101MA0501012M").sentence
