"""Rows of the register: what is kept, what is unknown, what is rejected."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from borrowers.domain.register import RegisterStatus, compile_register, parse_row
from marketplace.domain.errors import Refused
from marketplace.domain.text import OVERFLOW, NumberCell
from marketplace.domain.uscc import SubjectType

GOOD = {
    "企业名称": "天津（示例）甲商贸有限公司",
    "统一社会信用代码": "91120101MA0501012L",
    "注册日期": "2019-03-01",
    "企业类型": "有限责任公司",
    "注册资金": "100(万元人民币)",
    "经营范围": "日用百货批发",
    "所在省份": "天津",
    "地区": "和平",
    "注册地址": "天津市和平区示例道1号",
}


def codes_of(**changes):
    found = parse_row(GOOD | changes, 7)
    assert isinstance(found, list)
    assert all(error.row == 7 and error.sentence for error in found)
    return [(error.field, error.code) for error in found]


class TestParseRow:
    def test_keeps_a_good_row(self):
        row = parse_row(GOOD, 2)

        assert row.uscc == "91120101MA0501012L"
        assert row.name == "天津（示例）甲商贸有限公司"
        assert row.name_key == "天津(示例)甲商贸有限公司"
        assert row.established_date == date(2019, 3, 1)
        assert row.capital.amount_yuan == Decimal("1000000.00")
        assert row.district_code == "120101"
        assert row.subject_type is SubjectType.ENTERPRISE
        assert row.status is RegisterStatus.ACTIVE
        assert row.warnings == ()

    def test_understands_other_titles(self):
        titles = {
            "名称": "甲公司", "社会信用代码": "91120101MA0501012L", "成立日期": "20190301", "住所": "天津市蓟县城关镇",
            "行业代码": "C3921", "从业人数": "12人", "法定代表人": "王小明", "登记状态": "吊销,未注销",
        }  # fmt: skip
        row = parse_row(titles, 2)

        assert (row.industry_section, row.employees, row.legal_representative) == (
            "C",
            12,
            "王小明",
        )
        assert row.status is RegisterStatus.REVOKED
        assert row.district_code == "120119"

    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"统一社会信用代码": "无"}, "统一社会信用代码", "USCC_EMPTY"),
            ({"统一社会信用代码": "120000400012345"}, "统一社会信用代码", "USCC_REGISTRATION_NO"),
            ({"统一社会信用代码": "91120101MA0501012M"}, "统一社会信用代码", "USCC_CHECK_DIGIT"),
            (
                {"统一社会信用代码": NumberCell("911201010501012352")},
                "统一社会信用代码",
                "NUMERIC_CODE_CELL",
            ),
            ({"企业名称": " "}, "企业名称", "NAME_EMPTY"),
            ({"注册日期": "2019-02-30"}, "注册日期", "DATE_IMPOSSIBLE"),
            ({"注册日期": "前年"}, "注册日期", "DATE_UNREADABLE"),
            ({"所在省份": "河北省"}, "所在省份", "OUTSIDE_CITY"),
            ({OVERFLOW: "多出来"}, "", "ROW_TOO_WIDE"),
        ],
    )
    def test_rejects_what_cannot_be_kept(self, changes, field, code):
        assert codes_of(**changes) == [(field, code)]

    def test_names_every_reason_at_once(self):
        assert [code for _, code in codes_of(企业名称="", 统一社会信用代码="")] == [
            "USCC_EMPTY",
            "NAME_EMPTY",
        ]

    @pytest.mark.parametrize(
        ("changes", "warning"),
        [
            ({"注册资金": "N/A"}, "CAPITAL_EMPTY"),
            ({"注册资金": "6"}, "CAPITAL_UNIT_UNKNOWN"),
            ({"地区": "N/A", "注册地址": "永兴村"}, "DISTRICT_UNKNOWN"),
            ({"行业代码": "制造业"}, "INDUSTRY_UNKNOWN"),
            ({"从业人数": "若干"}, "EMPLOYEES_UNREADABLE"),
            ({"登记状态": "不明"}, "STATUS_UNKNOWN"),
        ],
    )
    def test_keeps_the_unknown_as_unknown(self, changes, warning):
        assert parse_row(GOOD | changes, 2).warnings == (warning,)

    def test_takes_an_unknown_capital_for_no_amount(self):
        assert parse_row(GOOD | {"注册资金": "N/A"}, 2).capital.amount is None

    def test_completes_a_capital_from_the_currency_column(self):
        row = parse_row(GOOD | {"注册资金": "45(万)", "币种": "美元"}, 2)

        assert (row.capital.amount, row.capital.currency) == (Decimal("450000.00"), "USD")

    def test_keeps_an_open_date_as_none(self):
        assert parse_row(GOOD | {"注册日期": "1900-01-01"}, 2).established_date is None

    def test_refuses_a_registration_after_the_delivery(self):
        (error,) = parse_row(GOOD, 2, received_on=date(2019, 2, 28))

        assert error.code == "DATE_IN_FUTURE"


class TestCompileRegister:
    def test_refuses_a_sheet_without_codes(self):
        with pytest.raises(Refused) as refusal:
            compile_register(["企业名称", "注册地址"])

        assert refusal.value.code == "SHEET_COLUMN_MISSING"
        assert "统一社会信用代码" in refusal.value.sentence
