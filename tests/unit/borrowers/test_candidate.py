"""What a row without a valid credit code says of its subject, and when a person is asked."""

from __future__ import annotations

import pytest

from borrowers.domain.candidate import (
    CANDIDATE,
    PLACEHOLDER,
    TO_REVIEW,
    UNMATCHED,
    Basis,
    ClueReader,
    is_about_subject,
    review_reason,
)
from borrowers.domain.catalogue import item_from_mapping, item_to_mapping, load_catalogue
from borrowers.domain.rows import RowError
from marketplace.domain import uscc
from marketplace.domain.errors import NotPermitted, Refused, TransitionRefused
from marketplace.domain.roles import SYSTEM

TAX = load_catalogue().item("TAX_PAYMENT")
WATER = load_catalogue().item("WATER_BILL")
PENALTY = load_catalogue().item("PENALTY")
NUMBER = "120103000012345"
LABEL = "统一社会信用代码"


def clues(code="", name="", **more):
    row = {LABEL: code, "企业名称": name, **more}
    return ClueReader(TAX, row).clues(row)


def error(code, field=LABEL):
    return RowError(2, field, code, "…")


class TestClues:
    @pytest.mark.parametrize(
        "code", [NUMBER, f" {NUMBER[:6]} {NUMBER[6:]}", "１２０１０３０００012345"]
    )
    def test_an_old_number_however_it_is_spelled(self, code):
        assert clues(code).numbers == {NUMBER}

    @pytest.mark.parametrize(
        "code", ["", "12010300001234", NUMBER + "1", "12010300001234X", PLACEHOLDER]
    )
    def test_nothing_else_is_one(self, code):
        assert not clues(code).numbers

    def test_names_agree_however_they_are_spelled(self):
        found = clues(name="天津 示例（集团）有限公司")

        assert found.bases("", "天津示例(集团)有限公司") == (Basis.NAME,)
        assert found.bases("", "天津示例(集团)有限责任公司") == ()

    def test_a_short_name_speaks_for_nobody(self):
        assert not clues(name="张三")

    def test_an_empty_number_agrees_with_none(self):
        assert clues(name="天津示例有限公司").bases("", "") == ()

    def test_items_of_permits_and_penalties_name_their_columns(self):
        row = {"CF_XDR_MC": "天津示例有限公司", "CF_XDR_GSZC": NUMBER, "CF_XDR_SHXYM": ""}
        found = ClueReader(PENALTY, row).clues(row)

        assert (found.numbers, found.name) == ({NUMBER}, "天津示例有限公司")

    @pytest.mark.parametrize(
        ("code", "shown"),
        [
            (NUMBER, "***********2345"),
            ("120103199001011234", "**************1234"),
            ("12010319900101123x", "**************123X"),
            ("9112MA05", "9112MA05"),
        ],
    )
    def test_numbers_of_persons_are_not_shown(self, code, shown):
        assert clues(code).shown_code == shown

    def test_the_placeholder_is_a_code_and_a_made_up_one(self):
        assert uscc.is_valid(PLACEHOLDER)
        assert uscc.make("91", "120101", "MA050101") == PLACEHOLDER


class TestIsAboutSubject:
    def test_only_the_code_keeps_the_row_out(self):
        assert is_about_subject(TAX, [error("USCC_CHECK_DIGIT")], clues(name="天津示例有限公司"))
        assert not is_about_subject(
            TAX, [error("USCC_EMPTY"), error("FIELD_REQUIRED", "征收项目")], clues(NUMBER)
        )
        assert not is_about_subject(TAX, [error("USCC_EMPTY")], clues())

    def test_a_valid_code_is_nobody_elses(self):
        assert not is_about_subject(TAX, [error("SUBJECT_UNKNOWN")], clues(name="天津示例有限公司"))

    def test_own_codes_are_confirmed_elsewhere_unless_they_are_old_numbers(self):
        unknown = [error("SUBJECT_ALIAS_UNKNOWN", "用户号")]
        for code, expected in ((NUMBER, True), ("W1", False)):
            found = ClueReader(WATER, ["用户号"]).clues({"用户号": code})
            assert is_about_subject(WATER, unknown, found) is expected


class TestReason:
    def test_says_that_it_waits_and_not_for_whom(self):
        found = review_reason(TAX, 7, clues(NUMBER), [Basis.REGISTRATION_NO, Basis.REGISTRATION_NO])

        assert (found.row, found.field, found.code) == (7, LABEL, TO_REVIEW)
        assert found.sentence == (
            "登记库中有15位注册号一致的市场主体，已留待人工核对；核对之前不计入信用记录。"
        )

    def test_says_what_was_tried(self):
        found = review_reason(TAX, 7, clues(NUMBER, "天津示例有限公司"), [])

        assert found.code == UNMATCHED
        assert found.sentence == "按15位注册号、名称在登记库中也没有找到市场主体。"


class TestMachine:
    def test_only_an_operator_decides_and_only_once(self):
        assert CANDIDATE.advance("WAITING", "ACCEPT", ["OPERATOR"], {}).target == "ACCEPTED"
        assert CANDIDATE.advance("WAITING", "LAPSE", [SYSTEM], {}).target == "LAPSED"
        with pytest.raises(NotPermitted):
            CANDIDATE.advance("WAITING", "ACCEPT", [SYSTEM, "AUDITOR"], {})
        for state in CANDIDATE.terminal_states:
            with pytest.raises(TransitionRefused):
                CANDIDATE.advance(state, "ACCEPT", ["OPERATOR"], {})


class TestDeclaration:
    def test_a_stored_item_of_before_has_the_standard_name(self):
        stored = item_to_mapping(TAX)
        del stored["name_field"], stored["registration_field"]

        assert item_from_mapping(stored) == TAX
        assert TAX.name_field == "enterprise_name"

    @pytest.mark.parametrize(
        "declared",
        [
            {"name_field": "nothing"},
            {"name_field": "CF_JDRQ"},
            {"registration_field": "CF_FR_ZJHM"},
        ],
    )
    def test_fields_have_to_be_kept_texts_of_the_item(self, declared):
        with pytest.raises(Refused) as refusal:
            item_from_mapping(item_to_mapping(PENALTY) | declared)

        assert refusal.value.code == "CATALOGUE_INVALID"
