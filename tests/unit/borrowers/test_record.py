"""Rows of catalogue items: values as stored, keys, rules between fields, every reason of a rejection."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.domain.catalogue import FieldSpec, FieldType, item_from_mapping, load_catalogue
from borrowers.domain.record import (
    NATURAL_KEY_LENGTH,
    CleanRow,
    canonical_payload,
    compile_item,
    content_digest,
    validate_row,
)
from marketplace.domain.errors import Refused
from marketplace.domain.text import OVERFLOW, NumberCell

USCC = "91120101MA0501012L"
INVOICE = load_catalogue().item("VAT_INPUT_INVOICE")
INVOICE_ROW = {
    "企业代号": "E1", "发票号码": "3390939", "开票日期": "2017/7/18", "销方单位代号": "A00297", "金额": "943.4",
    "税额": "56.6", "价税合计": "1000.0", "发票状态": "有效发票",
}  # fmt: skip
PENALTY = load_catalogue().item("PENALTY")
PENALTY_ROW = {
    "CF_XDR_MC": "甲公司", "CF_XDR_LB": "法人及非法人组织", "CF_XDR_SHXYM": USCC, "CF_WSH": "津示罚〔2026〕1号",
    "CF_WFXW": "示例", "CF_SY": "示例", "CF_YJ": "示例", "CF_CFLB": "罚款", "CF_NR": "罚款两万元", "CF_NR_FK": "2",
    "CF_JDRQ": "2026/5/12", "CF_CFJG": "示例局", "CF_CFJGDM": USCC, "CF_SJLY": "示例局", "CF_SJLYDM": USCC,
    "CF_FR_ZJHM": "12010119900101123X",
}  # fmt: skip


def item_with(**field):
    spec = {"code": "value", "label": "数值", **field}
    declared = {
        "code": "X",
        "name": "示例",
        "data_class": "17",
        "source_unit": "REFORM",
        "natural_key": [],
    }
    return item_from_mapping(declared | {"fields": [spec]})


def read(text, **field):
    return validate_row(item_with(**field), {"统一社会信用代码": USCC, "数值": text}, 9)


def value_of(text, **field):
    row = read(text, **field)
    assert isinstance(row, CleanRow), row
    return row.payload.get("value")


def code_of(text, **field):
    (error,) = read(text, **field)
    assert (error.row, error.field) == (9, "数值")
    assert error.sentence
    return error.code


class TestInvoice:
    def test_becomes_a_clean_row(self):
        row = validate_row(INVOICE, INVOICE_ROW, 2)

        assert (row.subject_code, row.subject_kind) == ("E1", "LOCAL")
        assert row.natural_key == "3390939|2017-07-18|A00297"
        assert row.event_date == date(2017, 7, 18)
        assert row.payload == {
            "invoice_no": "3390939", "issued_date": "2017-07-18", "counterparty": "A00297", "amount_yuan": "943.40",
            "tax_yuan": "56.60", "total_yuan": "1000.00", "status": "有效发票",
        }  # fmt: skip
        assert not row.voided

    @pytest.mark.parametrize("status", ["作废发票", " 作废发票", "作废"])
    def test_that_is_void_stays_and_is_marked(self, status):
        row = validate_row(INVOICE, INVOICE_ROW | {"发票状态": status}, 2)

        assert row.voided
        assert row.payload["status"] == "作废发票"

    def test_that_reverses_is_negative(self):
        row = validate_row(
            INVOICE, INVOICE_ROW | {"金额": "-943.4", "税额": "-56.6", "价税合计": "-1000"}, 2
        )

        assert row.payload["total_yuan"] == "-1000.00"

    def test_may_name_the_enterprise_by_its_credit_code(self):
        renamed = {
            ("统一社会信用代码" if k == "企业代号" else k): v for k, v in INVOICE_ROW.items()
        }
        row = validate_row(INVOICE, renamed | {"统一社会信用代码": USCC}, 2)

        assert (row.subject_code, row.subject_kind) == (USCC, "USCC")

    def test_with_a_wrong_credit_code_is_rejected(self):
        (error,) = validate_row(INVOICE, INVOICE_ROW | {"企业代号": USCC[:-1] + "M"}, 2)

        assert (error.field, error.code) == ("企业代号", "USCC_CHECK_DIGIT")

    def test_whose_parts_do_not_add_up_is_kept_with_a_warning(self):
        assert validate_row(INVOICE, INVOICE_ROW | {"税额": "-56.6"}, 2).warnings == (
            "SUM_MISMATCH",
        )

    def test_dated_after_the_delivery_is_rejected(self):
        (error,) = validate_row(INVOICE, INVOICE_ROW, 2, received_on=date(2017, 7, 17))

        assert (error.field, error.code) == ("开票日期", "EVENT_IN_FUTURE")

    def test_says_every_reason_at_once(self):
        errors = validate_row(
            INVOICE, INVOICE_ROW | {"发票号码": "", "金额": "多", "发票状态": "?"}, 5
        )

        assert [(e.row, e.code) for e in errors] == [
            (5, "MONEY_UNREADABLE"),
            (5, "CHOICE_UNKNOWN"),
            (5, "FIELD_REQUIRED"),
        ]

    def test_wider_than_the_header_is_rejected(self):
        (error,) = validate_row(INVOICE, INVOICE_ROW | {OVERFLOW: "x"}, 5)

        assert error.code == "ROW_TOO_WIDE"

    def test_needs_the_columns_that_are_required(self):
        with pytest.raises(Refused) as refusal:
            compile_item(INVOICE, ["企业代号", "发票号码"])

        assert refusal.value.code == "SHEET_COLUMN_MISSING"
        assert "开票日期" in refusal.value.fields


class TestPenalty:
    def test_takes_fines_of_ten_thousands_into_yuan(self):
        assert validate_row(PENALTY, PENALTY_ROW, 2).payload["CF_NR_FK"] == "20000.00"

    def test_follows_the_unit_of_the_title(self):
        changed = {("罚款金额(元)" if k == "CF_NR_FK" else k): v for k, v in PENALTY_ROW.items()}

        assert validate_row(PENALTY, changed, 2).payload["CF_NR_FK"] == "2.00"

    def test_never_keeps_an_identity_number(self):
        row = validate_row(PENALTY, PENALTY_ROW, 2)

        assert "12010119900101123X" not in json.dumps(row.payload)

    @pytest.mark.parametrize(
        "number", ["津示罚[2026]1号", "津示罚（2026）1号", "津示罚 〔2026〕 1号"]
    )
    def test_has_one_key_however_its_number_is_written(self, number):
        key = validate_row(PENALTY, PENALTY_ROW, 2).natural_key

        assert validate_row(PENALTY, PENALTY_ROW | {"CF_WSH": number}, 2).natural_key == key

    @pytest.mark.parametrize(
        ("end", "kept"), [("9999-09-09", None), ("长期", "2099-12-31"), ("2027/5/12", "2027-05-12")]
    )
    def test_reads_open_and_endless_dates(self, end, kept):
        assert (
            validate_row(PENALTY, PENALTY_ROW | {"CF_GSJZQ": end}, 2).payload.get("CF_GSJZQ")
            == kept
        )

    def test_whose_publicity_ends_before_it_is_decided_is_rejected(self):
        (error,) = validate_row(PENALTY, PENALTY_ROW | {"CF_GSJZQ": "2026-05-11"}, 2)

        assert (error.field, error.code) == ("公示截止期", "DATE_ORDER")


class TestCells:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("1000", "1000.00"),
            ("1000.5", "1000.50"),
            ("0.05", "0.05"),
            ("007.10", "7.10"),
            ("1,234,567.89", "1234567.89"),
            ("¥1,000元", "1000.00"),
            ("1.005", "1.01"),
            ("１２．５", "12.50"),
            ("1e3", "1000.00"),
            ("0", "0.00"),
            (NumberCell("9401.71"), "9401.71"),
            (" 12 ", "12.00"),
            (".5", "0.50"),
        ],
    )
    def test_of_money_in_yuan(self, text, kept):
        assert value_of(text, type="MONEY_YUAN") == kept

    @pytest.mark.parametrize(
        ("text", "kept"), [("-5", "-5.00"), ("(1,000.00)", "-1000.00"), ("-0.00", "0.00")]
    )
    def test_of_money_below_zero(self, text, kept):
        assert value_of(text, type="MONEY_YUAN", negative=True) == kept

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("-5", "MONEY_NEGATIVE"),
            ("五千", "MONEY_UNREADABLE"),
            ("1,00", "MONEY_UNREADABLE"),
            ("1e30", "MONEY_TOO_LARGE"),
            ("NaN5", "MONEY_UNREADABLE"),
            ("12.5.3", "MONEY_UNREADABLE"),
        ],
    )
    def test_of_money_that_cannot_be_read(self, text, code):
        assert code_of(text, type="MONEY_YUAN") == code

    @given(st.decimals(min_value="-999999999", max_value="999999999", places=2), st.booleans())
    def test_of_money_keep_every_fen(self, amount, grouped):
        text = f"{amount:,}" if grouped else f"{amount}"

        assert Decimal(value_of(text, type="MONEY_YUAN", negative=True)) == amount

    @given(st.decimals(min_value=0, max_value="99999999", places=6))
    def test_of_ten_thousands_keep_every_fen(self, amount):
        assert Decimal(value_of(f"{amount}", type="MONEY_WAN")) == amount * 10_000

    @pytest.mark.parametrize(
        ("text", "kept"), [("12", 12), ("12.0", 12), ("1,200", 1200), ("１２", 12)]
    )
    def test_of_whole_numbers(self, text, kept):
        assert value_of(text, type="INTEGER") == kept

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("1.5", "INTEGER_UNREADABLE"),
            ("-1", "NUMBER_OUT_OF_RANGE"),
            ("若干", "INTEGER_UNREADABLE"),
        ],
    )
    def test_of_whole_numbers_that_are_none(self, text, code):
        assert code_of(text, type="INTEGER") == code

    @pytest.mark.parametrize(
        ("text", "kept"), [("0.50", "0.5"), ("12.5%", "12.5"), ("100", "100"), ("1E2", "100")]
    )
    def test_of_decimals(self, text, kept):
        assert value_of(text, type="DECIMAL") == kept

    @pytest.mark.parametrize(
        ("text", "kept"),
        [("是", True), ("否", False), ("1", True), ("公示", True), ("不公示", False)],
    )
    def test_of_booleans(self, text, kept):
        assert value_of(text, type="BOOLEAN") is kept

    @pytest.mark.parametrize("text", ["“小巨人”", "小巨人", " 小 巨人 ", "专精特新小巨人"])
    def test_of_choices_take_other_spellings(self, text):
        assert (
            value_of(text, type="CHOICE", options=["专精特新小巨人|小巨人", "其他"])
            == "专精特新小巨人"
        )

    def test_of_choices_name_what_may_be_chosen(self):
        (error,) = read("甲", type="CHOICE", options=["A|优", "B"])

        assert "可选：A、B" in error.sentence

    def test_of_months_are_kept_as_their_first_day(self):
        assert value_of("202603", type="MONTH") == "2026-03-01"

    def test_of_text_that_is_too_long(self):
        assert code_of("长" * 11, type="TEXT", max_length=10) == "TEXT_TOO_LONG"

    def test_of_long_codes_typed_as_numbers(self):
        assert code_of(NumberCell("911201010501012352"), type="TEXT") == "NUMERIC_CODE_CELL"
        assert value_of(NumberCell("3390939"), type="TEXT") == "3390939"

    @pytest.mark.parametrize("text", [NumberCell("911201010501012352"), "9.11201E+17"])
    def test_of_credit_codes_typed_as_numbers(self, text):
        row = {"统一社会信用代码": text, "数值": "1"}
        (error,) = validate_row(item_with(type="TEXT"), row, 9)

        assert (error.field, error.code) == ("统一社会信用代码", "NUMERIC_CODE_CELL")

    @pytest.mark.parametrize("text", ["", "  ", "N/A", "无", "—", "           "])
    def test_without_a_value_are_absent(self, text):
        assert value_of(text, type="TEXT") is None
        assert code_of(text, type="TEXT", required=True) == "FIELD_REQUIRED"

    def test_date_of_a_numeric_cell_does_not_pass_for_text(self):
        assert value_of(NumberCell("42742"), type="DATE") == "2017-01-07"
        assert code_of("42742", type="DATE") == "DATE_UNREADABLE"

    @pytest.mark.parametrize("kind", [kind for kind in FieldType if kind is not FieldType.CHOICE])
    @given(text=st.text(max_size=30))
    def test_of_any_text_give_a_value_or_a_reason(self, kind, text):
        found = read(text, type=kind.value)

        assert isinstance(found, CleanRow) or all(error.sentence for error in found)


class TestNaturalKey:
    def test_is_one_dash_where_an_enterprise_has_one_record(self):
        assert read("x", type="TEXT").natural_key == "-"

    def test_fits_its_column_and_still_tells_long_ones_apart(self):
        item = replace(item_with(type="TEXT"), natural_key=("value",))
        keys = {
            validate_row(item, {"统一社会信用代码": USCC, "数值": "长" * 300 + end}, 1).natural_key
            for end in "甲乙"
        }

        assert len(keys) == 2
        assert all(len(key) == NATURAL_KEY_LENGTH for key in keys)

    @given(st.lists(st.sampled_from(["a|b", "a", "b", "\\", "|"]), min_size=2, max_size=2))
    def test_never_confuses_two_pairs_of_values(self, pair):
        second = FieldSpec("more", "其他", FieldType.TEXT)
        item = item_with(type="TEXT")
        item = replace(item, fields=(*item.fields, second), natural_key=("value", "more"))

        def key(values):
            row = {"统一社会信用代码": USCC, "数值": values[0], "其他": values[1]}
            return validate_row(item, row, 1).natural_key

        others = [["a|b", "a"], ["a", "b|a"], ["a", "b"], ["\\", "|"], ["|", "\\"]]
        assert all((key(pair) == key(other)) == (pair == other) for other in others)


class TestDigest:
    def test_does_not_depend_on_the_order_of_fields(self):
        assert content_digest({"a": 1, "b": "元"}) == content_digest({"b": "元", "a": 1})

    def test_changes_with_the_content(self):
        row = validate_row(INVOICE, INVOICE_ROW, 2)
        other = validate_row(INVOICE, INVOICE_ROW | {"税额": "56.61"}, 2)

        assert content_digest(row.payload) != content_digest(other.payload)
        assert len(content_digest(row.payload)) == 32

    def test_is_the_same_for_another_spelling_of_the_same_content(self):
        spelled = INVOICE_ROW | {"金额": "943.40", "开票日期": "2017-07-18", "发票状态": "有效"}

        assert canonical_payload(validate_row(INVOICE, spelled, 9).payload) == canonical_payload(
            validate_row(INVOICE, INVOICE_ROW, 2).payload
        )
