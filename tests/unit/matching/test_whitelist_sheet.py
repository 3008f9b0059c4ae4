from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.domain.rows import bind_columns
from marketplace.domain.text import NumberCell
from matching.domain.whitelist_sheet import (
    COLUMNS,
    LABELS,
    WhitelistRow,
    day_to_send_back,
    parse_row,
    parse_rows,
)

USCC = "91120101MA0501012L"
OTHER = "91120102MA0501020X"
ROW = {"uscc": USCC, "name": "天津甲乙科技有限公司"}


def read(**cells):
    return parse_row(ROW | cells, 5)


def code_of(**cells):
    (error,) = read(**cells)
    assert error.row == 5
    assert error.field in LABELS.values()
    return error.code


class TestHeaders:
    def test_titles_people_write_are_understood(self):
        titles = [
            "序号", "*统一社会信用代码（18位）", "单位名称", "区县", "所属街镇", "联系人", "手机号",
            "贷款金额(元)", "期限", "用途", "行业", "融资意愿", "走访日期", "备注",
        ]  # fmt: skip

        binding = bind_columns(COLUMNS, titles)

        assert binding.missing == ()
        assert binding.headers["name"] == "单位名称"
        assert binding.money_scale == {"amount_yuan": 1}
        assert set(binding.headers) == {column.code for column in COLUMNS}

    def test_a_sheet_without_codes_is_refused(self):
        assert bind_columns(COLUMNS, ["企业名称"]).missing == ("统一社会信用代码",)


class TestParseRow:
    def test_types_a_full_row(self):
        row = read(
            uscc=" ９１120101ma0501012l ",
            district="和平",
            street="小白楼街",
            contact_name="张三",
            contact_phone="022-１２３４５６７８",
            amount_yuan="50",
            term_months="12个月",
            purpose="流动资金",
            sector="制造业",
            willing="是",
            willing_date="2025年6月1日",
            remark="首贷",
        )

        assert row == WhitelistRow(
            row_number=5,
            uscc=USCC,
            name="天津甲乙科技有限公司",
            district_code="120101",
            street="小白楼街",
            contact_name="张三",
            contact_phone="022-12345678",
            amount_yuan=Decimal("500000.00"),
            term_months=12,
            purpose="WORKING_CAPITAL",
            sector="C",
            willing=True,
            willing_date=date(2025, 6, 1),
            remark="首贷",
        )

    def test_leaves_open_what_the_sheet_does_not_say(self):
        row = read(amount_yuan="", willing=None, sector="-", purpose="N/A")

        assert (row.amount_yuan, row.willing, row.sector, row.purpose) == (None, None, "", "")

    @pytest.mark.parametrize(
        ("cell", "yuan"),
        [
            ("50", 500_000),
            ("1,200.5", 12_005_000),
            ("50万", 500_000),
            ("约300万元", 3_000_000),
            ("500000元", 500_000),
            ("0.5亿", 50_000_000),
            ("１００", 1_000_000),
        ],
    )
    def test_reads_amounts(self, cell, yuan):
        assert read(amount_yuan=cell).amount_yuan == yuan

    def test_the_titles_unit_overrides_wan(self):
        row = parse_row(ROW | {"amount_yuan": "500000"}, 5, money_scale={"amount_yuan": 1})

        assert row.amount_yuan == 500_000

    @pytest.mark.parametrize(
        ("cell", "months"), [("12", 12), ("1年", 12), ("1.5年", 18), ("36期", 36)]
    )
    def test_reads_terms(self, cell, months):
        assert read(term_months=cell).term_months == months

    @pytest.mark.parametrize(
        ("cell", "purpose"),
        [("TRADE", "TRADE"), ("设备更新", "EQUIPMENT"), ("买原料", "OTHER"), ("其他", "OTHER")],
    )
    def test_reads_purposes_and_keeps_free_words_as_other(self, cell, purpose):
        assert read(purpose=cell).purpose == purpose

    @pytest.mark.parametrize(
        ("cell", "sector"), [("C3921", "C"), ("6510", "I"), ("建筑", "E"), ("房地产业", "K")]
    )
    def test_reads_sectors(self, cell, sector):
        assert read(sector=cell).sector == sector

    @pytest.mark.parametrize(
        ("cell", "willing"), [("无", False), ("√", True), ("Y", True), ("否", False)]
    )
    def test_reads_willingness(self, cell, willing):
        assert read(willing=cell).willing is willing

    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ({"uscc": ""}, "USCC_EMPTY"),
            ({"uscc": "120000400012345"}, "USCC_REGISTRATION_NO"),
            ({"uscc": "91120101MA0501012X"}, "USCC_CHECK_DIGIT"),
            ({"uscc": NumberCell("9.1120101E+17")}, "USCC_NUMBER_CELL"),
            ({"uscc": "9.1120101E+17"}, "USCC_NUMBER_CELL"),
            ({"uscc": "911201030000012000"}, "USCC_NUMBER_CELL"),
            ({"uscc": "911201030000012032"}, "USCC_NUMBER_CELL"),
            ({"uscc": "911201030000012346"}, "USCC_CHECK_DIGIT"),
            ({"name": " "}, "WL_NAME_EMPTY"),
            ({"name": "长" * 201}, "WL_TEXT_TOO_LONG"),
            ({"remark": "长" * 301}, "WL_TEXT_TOO_LONG"),
            ({"district": "海淀区"}, "WL_DISTRICT_UNREADABLE"),
            ({"contact_phone": "问前台"}, "WL_PHONE_UNREADABLE"),
            ({"amount_yuan": "很多"}, "WL_AMOUNT_UNREADABLE"),
            ({"amount_yuan": "-5"}, "WL_AMOUNT_RANGE"),
            ({"amount_yuan": "0"}, "WL_AMOUNT_RANGE"),
            ({"amount_yuan": "9" * 40}, "WL_AMOUNT_RANGE"),
            ({"term_months": "长期"}, "WL_TERM_UNREADABLE"),
            ({"term_months": "0"}, "WL_TERM_RANGE"),
            ({"term_months": "50年"}, "WL_TERM_RANGE"),
            ({"sector": "什么都做"}, "WL_SECTOR_UNREADABLE"),
            ({"willing": "再说"}, "WL_WILLING_UNREADABLE"),
            ({"willing_date": "昨天"}, "DATE_UNREADABLE"),
            ({"willing_date": "2025-02-30"}, "DATE_IMPOSSIBLE"),
        ],
    )
    def test_refuses_with_field_and_code(self, cells, code):
        assert code_of(**cells) == code

    def test_names_every_wrong_cell(self):
        assert [error.code for error in read(uscc="", amount_yuan="x", term_months="x")] == [
            "USCC_EMPTY",
            "WL_AMOUNT_UNREADABLE",
            "WL_TERM_UNREADABLE",
        ]

    @pytest.mark.parametrize(
        ("amount", "words"),
        [("9" * 40, "是否误以元填写"), ("200000000000", "超过 1 万亿元"), ("-5", "应大于零")],
    )
    def test_an_amount_out_of_range_is_told_what_fits(self, amount, words):
        (error,) = read(amount_yuan=amount)

        assert words in error.sentence

    @pytest.mark.parametrize("cell", [NumberCell("46346"), "46346", "４６３４６", "2026-11-20"])
    def test_a_counted_day_is_the_same_day_as_number_and_as_text(self, cell):
        assert read(willing_date=cell).willing_date == date(2026, 11, 20)

    @pytest.mark.parametrize(
        ("cell", "sent"),
        [(NumberCell("46346"), "2026-11-20"), ("99999", "99999"), ("去年", "去年"), ("", "")],
    )
    def test_a_counted_day_goes_back_as_a_date(self, cell, sent):
        assert day_to_send_back(cell) == sent

    @given(st.dictionaries(st.sampled_from(sorted(LABELS)), st.text(max_size=30)))
    def test_any_text_is_read_or_refused(self, cells):
        found = parse_row(cells, 1)

        assert isinstance(found, WhitelistRow) or found


class TestParseRows:
    def test_every_row_is_accounted_for(self):
        sheet = [(3, ROW), (4, ROW | {"uscc": OTHER}), (5, ROW), (6, ROW | {"uscc": "x"})]

        found = parse_rows(sheet)

        assert (found.read, len(found.rows), found.rejected, found.duplicates) == (4, 2, 1, 1)
        assert found.reasons == {"WL_DUPLICATE": 1, "USCC_LENGTH": 1}

    def test_a_repeat_names_the_first_row(self):
        (error,) = parse_rows([(3, ROW), (7, ROW)]).errors

        assert (error.row, error.code) == (7, "WL_DUPLICATE")
        assert USCC in error.sentence
        assert "上传文件第 3 行的“天津甲乙科技有限公司”" in error.sentence

    def test_a_repeat_of_a_rejected_row_is_kept(self):
        found = parse_rows([(3, ROW | {"amount_yuan": "x"}), (4, ROW)])

        assert [row.row_number for row in found.rows] == [4]

    @given(st.lists(st.sampled_from([USCC, OTHER, "bad", ""]), max_size=12))
    def test_read_is_kept_plus_rejected_plus_duplicates(self, found_codes):
        found = parse_rows((n, ROW | {"uscc": code}) for n, code in enumerate(found_codes, start=2))

        assert found.read == len(found.rows) + found.rejected + found.duplicates
        assert len({row.uscc for row in found.rows}) == len(found.rows)
