from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from exports.domain.definitions import (
    DEFINITIONS,
    GENERAL_NOTES,
    Statistic,
    Unit,
    definition,
    notes_for,
)
from exports.domain.statistics_book import (
    KINDS,
    Breakdown,
    Headline,
    StatisticsBook,
    statistics_tables,
)
from exports.domain.whitelist_book import WhitelistBook, WhitelistLine, whitelist_tables
from exports.sheets import write_tables
from marketplace.domain.table import tab_names

AT = datetime(2026, 11, 23, 7, 4, tzinfo=UTC)


def workbook(tables):
    stream = BytesIO()
    write_tables(tables, stream)
    return load_workbook(stream)


def values(sheet, row):
    return [cell.value for cell in sheet[row]]


class TestDefinitions:
    def test_every_figure_has_one(self):
        assert DEFINITIONS.keys() == set(Statistic)
        assert {entry.unit for entry in DEFINITIONS.values()} <= KINDS.keys()

    def test_every_one_is_said_in_full_sentences(self):
        for entry in DEFINITIONS.values():
            assert entry.formula.endswith("。")
            assert not entry.note or entry.note.endswith("。")

    def test_names_are_not_used_twice(self):
        assert len({entry.name for entry in DEFINITIONS.values()}) == len(DEFINITIONS)

    def test_an_unknown_figure_is_refused(self):
        with pytest.raises(ValueError, match="NOTHING"):
            definition("NOTHING")

    def test_notes_come_once_each_in_the_order_of_the_list(self):
        notes = notes_for([Statistic.LOANS, Statistic.NEEDS, "LOANS"])

        assert [note.split("：")[0] for note in notes[:2]] == ["发布需求笔数", "累计放款笔数"]
        assert notes[2:] == GENERAL_NOTES


class TestStatisticsBook:
    @pytest.fixture
    def book(self):
        book = StatisticsBook(
            title="信易贷运行统计",
            scope="全市",
            as_of=date(2026, 11, 22),
            counted_at=AT,
            generated_at=AT,
            headlines=(
                Headline(
                    Statistic.FUNDED_AMOUNT_YEAR, Decimal("24725000000"), Decimal("13179000000")
                ),
                Headline(Statistic.ACCEPTANCE_RATE, Decimal("0.954"), Decimal("0.9")),
                Headline(Statistic.AVERAGE_RATE, 365),
                Headline(Statistic.OVERDUE_RATE, None),
            ),
            breakdowns=(
                Breakdown(
                    "分区统计",
                    "区",
                    (Statistic.LOANS, Statistic.FUNDED_AMOUNT, Statistic.AVERAGE_RATE),
                    (("和平区", (12, Decimal("1234567.80"), 365)), ("合计", (12, None, None))),
                ),
            ),
        )
        return workbook(statistics_tables(book))

    def test_shows_each_headline_with_unit_year_before_and_growth(self, book):
        sheet = book["信易贷运行统计"]

        assert values(sheet, 4)[:5] == ["当年放款金额", 2472500, "万元", 1317900, 0.8761]
        assert values(sheet, 5)[:5] == ["接单率", 95.4, "%", 90, None]
        assert values(sheet, 6)[:4] == ["平均利率", 3.65, "%", None]
        assert values(sheet, 7)[:2] == ["逾期率", None]

    def test_states_the_definition_beside_each_headline(self, book):
        assert values(book.worksheets[0], 5)[5].startswith("至少有一家机构接单的需求笔数")

    def test_breaks_down_in_the_units_of_the_definitions(self, book):
        sheet = book["分区统计"]

        assert values(sheet, 3) == ["区", "累计放款笔数", "累计放款金额(万元)", "平均利率"]
        assert values(sheet, 4) == ["和平区", 12, 123.45678, 0.0365]

    def test_ends_each_breakdown_with_the_definitions_of_its_columns(self, book):
        foot = [row[0].value for row in book["分区统计"].iter_rows(min_row=7)]

        assert foot[0] == "口径与说明"
        assert [line.split("：")[0] for line in foot[1:4]] == [
            "1. 累计放款笔数",
            "2. 累计放款金额",
            "3. 平均利率",
        ]


class TestWhitelistBook:
    ADMITTED = WhitelistLine(
        "91120101MA0501012L",
        "天津示例精密机械制造有限公司",
        "和平区",
        need_amount_yuan=Decimal("3000000"),
        term_months=12,
        willing_on=date(2026, 11, 3),
        marks=("近一年有欠税",),
    )
    KEPT_OUT = WhitelistLine(
        "91120103MA05010399",
        "天津示例商贸有限公司",
        "和平区",
        reason_codes=("NOT_IN_DISTRICT", "AGE_TOO_SHORT"),
        reasons=("登记住所不在本区", "成立不足 6 个月"),
    )

    def test_lists_the_admitted_and_those_kept_out_with_every_reason(self):
        book = workbook(whitelist_tables(self.whitelist([self.KEPT_OUT])))

        admitted, kept_out = book.worksheets
        assert values(admitted, 4)[:3] == [1, "91120101MA0501012L", "天津示例精密机械制造有限公司"]
        assert 300 in values(admitted, 4)
        assert values(kept_out, 4)[-2:] == [
            "NOT_IN_DISTRICT、AGE_TOO_SHORT",
            "登记住所不在本区；成立不足 6 个月",
        ]

    def test_shows_institutions_nobody_who_was_kept_out(self):
        assert len(workbook(whitelist_tables(self.whitelist(None))).worksheets) == 1

    def test_says_that_it_is_no_authorization(self):
        (table,) = whitelist_tables(self.whitelist(None))

        assert "也不是对企业数据的授权" in table.notes[0]

    def whitelist(self, kept_out):
        return WhitelistBook(
            "融资需求白名单", "和平区", "2026 年第 11 期", [self.ADMITTED], AT, kept_out
        )


class TestTabNames:
    @pytest.mark.parametrize("title", ["[]:*?/\\", "'", "History", "长" * 50, "\x00"])
    def test_are_such_as_a_workbook_allows(self, title):
        first, second = tab_names([title, title])

        assert first.casefold() != second.casefold()
        for name in (first, second):
            assert 0 < len(name) <= 31
            assert not set(name) & set("[]:*?/\\")
            assert name.casefold() != "history"


class TestUnits:
    def test_money_is_kept_in_yuan(self):
        assert definition(Statistic.FUNDED_AMOUNT).unit is Unit.YUAN
