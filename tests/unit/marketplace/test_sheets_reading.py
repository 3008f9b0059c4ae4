"""Sheets read from csv and workbooks: headers wherever they stand, texts of every cell, numbers people see."""

from __future__ import annotations

import gzip
from datetime import datetime
from typing import Any

import pytest

from marketplace.domain.errors import Refused
from marketplace.domain.text import OVERFLOW, NumberCell
from marketplace.sheets import UPLOAD_KINDS, UPLOAD_LIMITS, open_sheet, read_rows
from tests.workbooks import workbook

KNOWN = ("企业名称", "统一社会信用代码", "需求金额", "期限", "用途")
PLAIN = "企业名称,统一社会信用代码\n甲公司,A1\n乙公司,B2\n"
ROWS = [
    (2, {"企业名称": "甲公司", "统一社会信用代码": "A1"}),
    (3, {"企业名称": "乙公司", "统一社会信用代码": "B2"}),
]


def refusal_of(content: bytes, **options: Any) -> str:
    with pytest.raises(Refused) as refusal:
        list(open_sheet(content, "名单.csv", **options))
    return refusal.value.code


class TestCsv:
    @pytest.mark.parametrize(
        ("encoding", "found"),
        [
            ("utf-8", "utf-8-sig"),
            ("utf-8-sig", "utf-8-sig"),
            ("gb18030", "gb18030"),
            ("utf-16", "utf-16"),
        ],
    )
    def test_settles_the_encoding(self, encoding, found):
        sheet = open_sheet(PLAIN.encode(encoding), "名单.csv")

        assert sheet.encoding == found
        assert list(sheet) == ROWS

    def test_settles_it_over_the_whole_file(self):
        long = "企业名称,备注\n" + "abc,def\n" * 50_000 + "甲公司,x\n"

        assert open_sheet(long.encode("gb18030"), "名单.csv").encoding == "gb18030"

    def test_reads_gzip(self):
        assert list(read_rows(gzip.compress(PLAIN.encode()), "名单.csv.gz")) == ROWS

    @pytest.mark.parametrize("delimiter", [",", "\t", ";"])
    def test_finds_the_delimiter(self, delimiter):
        assert list(read_rows(PLAIN.replace(",", delimiter).encode(), "名单.csv")) == ROWS

    def test_reads_a_path(self, tmp_path):
        path = tmp_path / "名单.csv"
        path.write_text(PLAIN, encoding="utf-8")

        assert list(read_rows(path, path.name)) == ROWS

    def test_counts_quoted_line_breaks_as_one_row(self):
        rows = list(read_rows(b'a,b\n"x\ny",1\nz,2\n', "名单.csv"))

        assert rows == [(2, {"a": "x\ny", "b": "1"}), (3, {"a": "z", "b": "2"})]

    def test_passes_over_blank_rows_but_counts_them(self):
        rows = list(read_rows(b"a,b\n\n,\nx,1\n", "名单.csv"))

        assert rows == [(4, {"a": "x", "b": "1"})]

    def test_shows_what_stands_right_of_the_header(self):
        rows = list(read_rows("a,b\nx,1,南开区,\n".encode(), "名单.csv"))

        assert rows[0][1][OVERFLOW] == "南开区"

    def test_leaves_out_what_a_short_row_lacks(self):
        assert list(read_rows(b"a,b\nx\n", "名单.csv")) == [(2, {"a": "x"})]


class TestHeader:
    def test_is_found_below_merged_titles(self):
        text = "天津市某区融资需求白名单,,\n填报单位:某局,,2026年3月\n" + PLAIN

        sheet = open_sheet(text.encode(), "名单.csv", known=KNOWN)

        assert sheet.header_row == 3
        assert [number for number, _ in sheet] == [4, 5]

    def test_is_found_without_knowing_the_titles(self):
        text = "某区名单,,,\n序号,名称,代码,区\n1,甲,A1,南开\n2,乙,B2,和平\n"

        assert open_sheet(text.encode(), "名单.csv").titles == ("序号", "名称", "代码", "区")

    def test_in_two_lines_is_read_as_one(self):
        text = "企业名称,统一社会信用代码,融资需求,,\n,,需求金额(万元),期限,用途\n甲公司,A1,50,12,进货\n"

        sheet = open_sheet(text.encode(), "名单.csv", known=KNOWN)

        assert sheet.titles == ("企业名称", "统一社会信用代码", "需求金额(万元)", "期限", "用途")
        assert [number for number, _ in sheet] == [3]

    def test_in_two_lines_is_found_without_knowing_the_titles(self):
        text = "贷款年利率,客户流失率,,\n,评级A,评级B,评级C\n0.04,0,0,0\n"

        assert open_sheet(text.encode(), "表.csv").titles == (
            "贷款年利率",
            "评级A",
            "评级B",
            "评级C",
        )

    def test_does_not_swallow_the_first_row_of_data(self):
        assert list(read_rows(PLAIN.encode(), "名单.csv", known=KNOWN)) == ROWS

    def test_tells_same_titles_of_two_groups_apart(self):
        text = "年度,认缴,,实缴,\n,金额,日期,金额,日期\n2025,1,2025-01-01,1,2025-01-02\n"

        sheet = open_sheet(text.encode(), "表.csv")

        assert sheet.titles == ("年度", "认缴金额", "认缴日期", "实缴金额", "实缴日期")

    def test_numbers_a_title_that_comes_twice(self):
        assert open_sheet(b"a,b,a\n1,2,3\n", "表.csv").titles == ("a", "b", "a#2")

    def test_that_is_not_there_is_refused(self):
        assert refusal_of(b"1,2\n3,4\n", known=KNOWN) == "SHEET_NO_HEADER"
        assert refusal_of(b"1,2\n3,4\n") == "SHEET_NO_HEADER"


class TestWorkbook:
    def test_gives_texts_of_every_kind_of_cell(self):
        rows = [
            ["名称", "数", "小数", "日期", "时刻", "真"],
            ["甲", 12, 0.5, datetime(2026, 3, 1), datetime(2026, 3, 1, 8, 30), True],
        ]

        ((number, row),) = read_rows(workbook(rows), "表.xlsx")

        assert number == 2
        assert list(row.values()) == ["甲", "12", "0.5", "2026-03-01", "2026-03-01 08:30:00", "是"]

    def test_marks_cells_that_were_numbers(self):
        rows = [["名称", "统一社会信用代码"], ["甲", 911201010501012345]]

        ((_, row),) = read_rows(workbook(rows), "表.xlsx")

        assert type(row["统一社会信用代码"]) is NumberCell
        assert type(row["名称"]) is str

    def test_counts_rows_from_the_top_of_the_sheet(self):
        rows = [["某区名单"], [], list(KNOWN[:2]), [], ["甲公司", "A1"]]

        assert list(read_rows(workbook(rows), "表.xlsx", known=KNOWN)) == [(5, ROWS[0][1])]

    def test_takes_the_worksheet_that_has_the_header(self):
        cover = [["填表说明"], ["请勿改动表头"]]
        data = [list(KNOWN[:2]), ["甲公司", "A1"]]

        sheet = open_sheet(workbook(cover, data), "表.xlsx", known=KNOWN)

        assert (sheet.worksheet, list(sheet)) == ("Sheet2", ROWS[:1])

    def test_does_not_look_into_hidden_worksheets(self):
        data = [list(KNOWN[:2]), ["甲公司", "A1"]]

        assert refusal_of(workbook([["说明"]], data, hidden=1), known=KNOWN) == "SHEET_NO_HEADER"

    def test_is_known_by_content_whatever_its_name(self):
        content = workbook([["a", "b"], ["x", "y"]])

        assert open_sheet(content, "其实是表.csv", kinds=UPLOAD_KINDS).kind == "xlsx"

    def test_without_content_is_refused(self):
        assert refusal_of(workbook([])) == "SHEET_EMPTY"


class TestLimits:
    def test_of_rows(self):
        limits = UPLOAD_LIMITS.__class__(file_bytes=1000, unpacked_bytes=1000, rows=2)

        assert refusal_of(b"a,b\n1x,2\n3x,4\n5x,6\n", limits=limits) == "SHEET_TOO_MANY_ROWS"

    def test_of_columns(self):
        header = ",".join(f"c{n}x" for n in range(101))

        assert refusal_of(header.encode()) == "SHEET_TOO_MANY_COLUMNS"

    def test_of_kinds(self):
        assert (
            refusal_of(gzip.compress(PLAIN.encode()), kinds=UPLOAD_KINDS)
            == "SHEET_KIND_NOT_ACCEPTED"
        )

    def test_ends_the_sheet_after_a_thousand_blank_rows(self):
        text = PLAIN + "\n" * 1_000 + "丙公司,C3\n"

        assert list(read_rows(text.encode(), "名单.csv")) == ROWS
