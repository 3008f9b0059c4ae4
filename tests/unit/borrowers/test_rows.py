"""Titles of sheets bound to expected fields."""

from __future__ import annotations

import pytest

from borrowers.domain.rows import Column, bind_columns
from marketplace.domain.errors import Refused

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
