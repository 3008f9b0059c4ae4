"""Thematic lists as declared, and who is on one by its rule."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from borrowers.domain.catalogue import load_catalogue
from borrowers.domain.industry import section_of
from borrowers.domain.list_member import MemberRow, compile_members
from borrowers.domain.thematic import (
    IndustryCondition,
    ListFacts,
    RecordCondition,
    declaration_on,
    declarations_on,
    membership,
)
from marketplace.domain.thematic import CHAIN_LABELS, LIST_LABELS, ListKind
from marketplace.domain.verdict import Outcome

DAY = date(2026, 11, 23)
CODE = "91120103MA05010399"


def is_on(code: str, **facts: Any) -> bool:
    found = membership(declaration_on(code, DAY), ListFacts(**facts), DAY)
    return found.outcome is Outcome.FITS


class TestDeclarations:
    def test_are_those_that_have_a_name(self):
        assert {one.code: one.name for one in declarations_on(DAY)} == LIST_LABELS

    def test_have_twelve_chains(self):
        chains = [one.code for one in declarations_on(DAY) if one.kind is ListKind.CHAIN]

        assert chains == list(CHAIN_LABELS)
        assert len(chains) == 12

    def test_block_by_law_only(self):
        blocking = [one for one in declarations_on(DAY) if one.may_block]

        assert blocking
        assert all(one.kind is ListKind.BLACKLIST and one.legal_basis for one in blocking)

    def test_name_known_industries(self):
        for one in declarations_on(DAY):
            for condition in one.conditions:
                if isinstance(condition, IndustryCondition):
                    assert all(section_of(prefix[:2]) for prefix in condition.prefixes), one.code

    def test_name_public_items_with_their_fields_and_options(self):
        for one in declarations_on(DAY):
            for condition in one.conditions:
                if isinstance(condition, RecordCondition):
                    item = load_catalogue().item(condition.item)
                    fields = {field.code: field for field in item.fields}
                    kept = {option.split("|")[0] for option in fields[condition.field].options}
                    assert not item.consent_required
                    assert condition.end_field in fields
                    assert set(condition.options) <= kept


class TestMembership:
    @pytest.mark.parametrize("code", ["3973", "C3973", "c3973"])
    def test_takes_the_industry_with_or_without_letter(self, code):
        assert is_on("INTEGRATED_CIRCUIT", industry_code=code)

    @pytest.mark.parametrize("code", ["", "397", "3911", "F5173"])
    def test_takes_no_other_industry(self, code):
        assert not is_on("INTEGRATED_CIRCUIT", industry_code=code)

    def test_takes_no_individual_and_no_ended_entity(self):
        assert not is_on("INTEGRATED_CIRCUIT", industry_code="3973", entity_type="INDIVIDUAL")
        assert not is_on("INTEGRATED_CIRCUIT", industry_code="3973", status="REVOKED")

    @pytest.mark.parametrize(("days", "counts"), [(-1, False), (0, True), (1, True)])
    def test_counts_a_qualification_through_its_last_day(self, days, counts):
        until = (DAY + timedelta(days=days)).isoformat()
        content = {"kind": "专精特新中小企业", "expires_date": until}

        on = is_on("SPECIALISED_SME", records=[("INNOVATION_QUALIFICATION", content)])

        assert on is counts

    @pytest.mark.parametrize(("days", "counts"), [(0, False), (1, True)])
    def test_counts_a_listing_until_its_removal(self, days, counts):
        removed = (DAY + timedelta(days=days)).isoformat()
        content = {"list_kind": "拖欠农民工工资失信联合惩戒名单", "removed_date": removed}

        assert is_on("WAGE_ARREARS", records=[("SERIOUS_BREACH_LIST", content)]) is counts

    def test_says_why(self):
        facts = ListFacts(industry_code="3973")

        found = membership(declaration_on("INTEGRATED_CIRCUIT", DAY), facts, DAY)

        assert "行业" in found.sentence
        assert found.parameter_version == "2024-01-01"


class TestMemberRows:
    read = staticmethod(compile_members(("统一社会信用代码", "纳入日期", "移出日期", "备注"), DAY))

    def test_take_the_day_of_delivery_when_none_is_stated(self):
        assert self.read({"统一社会信用代码": CODE}, 2) == MemberRow(2, CODE, DAY, None, "")

    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ({"统一社会信用代码": ""}, "USCC_EMPTY"),
            ({"统一社会信用代码": CODE[:-1] + "0"}, "USCC_CHECK_DIGIT"),
            ({"统一社会信用代码": CODE, "纳入日期": "去年"}, "DATE_UNREADABLE"),
            ({"统一社会信用代码": CODE, "纳入日期": "2026-11-24"}, "DATE_IN_FUTURE"),
            (
                {"统一社会信用代码": CODE, "纳入日期": "2026-11-01", "移出日期": "2026-10-01"},
                "DATE_ORDER",
            ),
        ],
    )
    def test_say_what_is_wrong(self, cells, code):
        errors = self.read(cells, 7)

        assert [(error.row, error.code) for error in errors] == [(7, code)]
