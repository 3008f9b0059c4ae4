"""Titles of sheets bound to expected fields."""

from __future__ import annotations

import pytest

from borrowers.domain.rows import (
    LONGEST_UNREAD,
    MOST_UNREAD,
    Column,
    bind_columns,
    unread_columns,
)
from marketplace.domain.errors import Refused
from marketplace.domain.text import NESTED, OVERFLOW

NAME = Column("name", "企业名称", ("名称",), required=True)
AMOUNT = Column("amount", "金额", ("合计金额",))


class TestBindColumns:
    @pytest.mark.parametrize("title", ["企业名称", "名称", "name", "*企业 名称", "企业名称(全称)"])
    def test_finds_a_field_by_any_of_its_titles(self, title):
        assert bind_columns([NAME], [title]).headers == {"name": title}

    def test_prefers_the_label_to_a_synonym(self):
        binding = bind_columns([NAME], ["名称", "企业名称"])

        assert binding.headers == {"name": "企业名称"}
        assert binding.unused == ("名称",)

    @pytest.mark.parametrize(
        ("title", "scale"), [("金额(万元)", 10_000), ("金额（元）", 1), ("金额(亿元)", 10**8)]
    )
    def test_takes_the_unit_of_the_title(self, title, scale):
        assert bind_columns([AMOUNT], [title]).money_scale == {"amount": scale}

    def test_knows_no_unit_where_the_title_has_none(self):
        assert bind_columns([AMOUNT], ["金额", "金额(备注)"]).money_scale == {}

    def test_refuses_a_sheet_without_a_required_column(self):
        with pytest.raises(Refused) as refusal:
            bind_columns([NAME, AMOUNT], ["金额"]).refuse_missing()

        assert refusal.value.code == "SHEET_COLUMN_MISSING"
        assert refusal.value.fields == {"企业名称": "表中没有这一列。"}


class TestUnreadColumns:
    def test_are_those_that_mean_no_field(self):
        assert unread_columns([NAME, AMOUNT], ["名称", "备注", "金额(万元)", "经办人"]) == (
            ["备注", "经办人"],
            2,
        )

    def test_are_none_where_every_title_is_known_or_empty(self):
        titles = ["名称", "第2列", "第3列#2", OVERFLOW, NESTED]

        assert unread_columns([NAME], titles) == ([], 0)

    def test_are_named_up_to_a_number_and_a_length(self):
        titles = ["名称", *(f"栏目{number}" + "长" * 100 for number in range(30))]

        found = unread_columns([NAME], titles)

        assert (len(found.titles), found.total) == (MOST_UNREAD, 30)
        assert {len(title) for title in found.titles} == {LONGEST_UNREAD}

    @pytest.mark.parametrize("value", ["91120101MA0501012L", "13800000000", "１２３４５６"])
    def test_that_look_like_a_value_are_named_by_their_place(self, value):
        assert unread_columns([NAME], ["名称", value]).titles == ["第2列"]
