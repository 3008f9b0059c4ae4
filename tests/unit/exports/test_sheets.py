from __future__ import annotations

import csv
import re
import subprocess
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from xml.sax.saxutils import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from exports.sheets import EXPLANATION, write_correction, write_table, write_tables
from marketplace.domain.table import Column, ColumnKind, SheetTable
from marketplace.sheets.writing.cells import LONGEST_TEXT, clean_text, is_risky

AT = datetime(2026, 11, 23, 7, 4, tzinfo=UTC)
PAYLOADS = (
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "=cmd|'/c calc'!A0",
    '=HYPERLINK("http://example.test","x")',
    "＝1+1",
    "＠SUM(A1)",
    " =1+1",
    "{=1}",
    "http://example.test",
    "internal:Sheet1!A1",
)


def made(*columns: Column, rows, **more) -> BytesIO:
    stream = BytesIO()
    write_table(SheetTable("表", columns, rows, show_title=False, **more), stream)
    stream.seek(0)
    return stream


def sheet_of(stream: BytesIO):
    return load_workbook(stream).worksheets[0]


def xml_of(stream: BytesIO, name: str = "xl/worksheets/sheet1.xml") -> str:
    with zipfile.ZipFile(stream) as archive:
        return archive.read(name).decode()


def inline_texts(xml: str) -> list[str]:
    found = re.findall(r"<is><t[^>]*>(.*?)</t></is>", xml, re.DOTALL)
    return [
        re.sub(r"_x([0-9A-F]{4})_", lambda match: chr(int(match[1], 16)), unescape(entry))
        for entry in found
    ]


class TestFormulaInjection:
    @pytest.mark.parametrize("payload", PAYLOADS)
    @pytest.mark.parametrize("kind", [ColumnKind.TEXT, ColumnKind.CODE])
    def test_a_payload_stays_a_text_in_a_text_cell(self, payload, kind):
        stream = made(Column("名称", kind), rows=[[payload]])

        xml = xml_of(stream)
        assert "<f>" not in xml
        assert "<hyperlink" not in xml
        cell = sheet_of(stream)["A2"]
        assert cell.data_type != "f"
        assert cell.number_format == "@"

    @pytest.mark.parametrize("payload", [entry for entry in PAYLOADS if is_risky(entry)])
    def test_a_payload_carries_the_quote_prefix(self, payload):
        cell = sheet_of(made(Column("名称"), rows=[[payload]]))["A2"]

        assert cell.quotePrefix

    @given(sign=st.sampled_from("=+-@\t\r\n＝＋－＠"), rest=st.text(max_size=60))
    @example(sign="=", rest="_x0041_")
    def test_any_text_behind_a_dangerous_sign_is_kept_as_text(self, sign, rest):
        text = sign + rest

        xml = xml_of(made(Column("名称"), rows=[[text]]))

        assert "<f>" not in xml
        assert is_risky(clean_text(text))

    @given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=80))
    def test_an_ordinary_text_comes_back_unchanged(self, text):
        xml = xml_of(made(Column("名称"), rows=[[text]]))

        assert inline_texts(xml)[1:] == [clean_text(text)]

    @pytest.mark.parametrize("payload", PAYLOADS)
    def test_a_correction_sheet_keeps_it_as_text_too(self, payload):
        stream = BytesIO()
        write_correction([[payload]], [payload or "名称"], {2: {payload: payload}}, stream)
        stream.seek(0)

        assert "<f>" not in xml_of(stream)

    @pytest.mark.office
    def test_a_spreadsheet_program_evaluates_nothing(self, tmp_path):
        file = tmp_path / "payloads.xlsx"
        file.write_bytes(made(Column("名称"), rows=[[entry] for entry in PAYLOADS]).getvalue())

        home = f"-env:UserInstallation=file://{tmp_path}/profile"
        command = [
            "soffice",
            home,
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76",
        ]
        subprocess.run([*command, "--outdir", tmp_path, file], check=True, capture_output=True)

        read = (tmp_path / "payloads.csv").read_text(encoding="utf-8")
        found = [row[0] for row in csv.reader(StringIO(read))][1 : len(PAYLOADS) + 1]
        assert [entry.strip() for entry in found] == [entry.strip() for entry in PAYLOADS]


class TestTypedColumns:
    @pytest.mark.parametrize(
        ("kind", "value", "written", "shown"),
        [
            (ColumnKind.MONEY_WAN, Decimal("505000.50"), 50.50005, "#,##0.00####"),
            (ColumnKind.MONEY_YUAN, Decimal("505000.50"), 505000.5, "#,##0.00"),
            (ColumnKind.RATE, 365, 0.0365, "0.00%"),
            (ColumnKind.SHARE, Decimal("0.954"), 0.954, "0.00%"),
            (ColumnKind.INTEGER, 280400, 280400, "#,##0"),
            (ColumnKind.NUMBER, Decimal("4.35"), 4.35, "#,##0.00"),
            (ColumnKind.NUMBER, Decimal(12), 12, "#,##0"),
            (ColumnKind.CODE, "0012", "0012", "@"),
            (ColumnKind.TEXT, True, "是", "@"),
            (ColumnKind.DATE, date(2026, 11, 3), datetime(2026, 11, 3), "yyyy-mm-dd"),
            (ColumnKind.DATE, date(1899, 12, 31), "1899-12-31", "yyyy-mm-dd"),
            (ColumnKind.MOMENT, AT, datetime(2026, 11, 23, 15, 4), "yyyy-mm-dd hh:mm"),
        ],
    )
    def test_write_the_value_with_its_format(self, kind, value, written, shown):
        cell = sheet_of(made(Column("列", kind), rows=[[value]]))["A2"]

        assert cell.value == written
        assert cell.number_format == shown

    def test_leave_the_unknown_empty(self):
        sheet = sheet_of(made(Column("列", ColumnKind.MONEY_WAN), rows=[[None]]))

        assert sheet["A2"].value is None

    def test_write_a_figure_that_a_spreadsheet_would_round_as_text(self):
        amount = Decimal("1234567890123456.78")

        assert sheet_of(made(Column("列", ColumnKind.MONEY_YUAN), rows=[[amount]]))[
            "A2"
        ].value == str(amount)

    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            (ColumnKind.CODE, 91120101),
            (ColumnKind.INTEGER, "12"),
            (ColumnKind.RATE, 0.0365),
            (ColumnKind.MONEY_WAN, True),
            (ColumnKind.DATE, AT),
            (ColumnKind.DATE, 20261103),
            (ColumnKind.TEXT, date(2026, 11, 3)),
        ],
    )
    def test_refuse_a_value_of_another_kind_and_name_the_column(self, kind, value):
        with pytest.raises(TypeError, match="金额"):
            made(Column("金额", kind), rows=[[value]])

    def test_refuse_a_moment_without_a_zone(self):
        with pytest.raises(ValueError, match="time zone"):
            made(Column("列", ColumnKind.MOMENT), rows=[[datetime(2026, 11, 3)]])

    def test_cut_a_text_that_no_cell_can_hold_and_say_so(self):
        value = sheet_of(made(Column("列"), rows=[["长" * 40_000]]))["A2"].value

        assert len(value) == LONGEST_TEXT
        assert value.endswith("已截断）")


class TestWriteTables:
    def test_freezes_and_filters_under_title_and_headings(self):
        stream = BytesIO()
        table = SheetTable(
            "名单", [Column("企业名称"), Column("金额", ColumnKind.MONEY_WAN)], [["示例", None]]
        )

        assert write_table(table, stream) == 1

        sheet = sheet_of(stream)
        assert sheet["A1"].value == "名单"
        assert [cell.value for cell in sheet[3]] == ["企业名称", "金额(万元)"]
        assert sheet.freeze_panes == "A4"
        assert sheet.auto_filter.ref == "A3:B4"
        assert sheet.print_title_rows == "$3:$3"

    def test_puts_the_definitions_at_the_foot(self):
        sheet = sheet_of(
            made(Column("甲"), Column("乙"), rows=[["一", "二"]], notes=["接单率:定义。"])
        )

        assert [row[0].value for row in sheet.iter_rows(min_row=4)] == [
            "口径与说明",
            "1. 接单率:定义。",
        ]

    def test_names_the_sheets_of_a_workbook(self):
        stream = BytesIO()
        tables = [
            SheetTable("入选/未入选", [Column("甲")], []),
            SheetTable("入选/未入选", [Column("甲")], []),
        ]

        assert write_tables(tables, stream) == [0, 0]
        assert load_workbook(stream).sheetnames == ["入选 未入选", "入选 未入选 2"]

    def test_is_the_same_bytes_for_the_same_input(self):
        first, second = (made(Column("甲"), rows=[["一"]], generated_at=AT) for _ in range(2))

        assert first.getvalue() == second.getvalue()

    def test_reads_its_rows_once_and_keeps_none(self):
        stream = BytesIO()
        table = SheetTable("大表", [Column("序号", ColumnKind.INTEGER)], ([n] for n in range(3000)))

        assert write_table(table, stream) == 3000

    def test_refuses_a_workbook_without_a_table(self):
        with pytest.raises(ValueError, match="needs a table"):
            write_tables([], BytesIO())


class TestWriteCorrection:
    HEADER = ("统一社会信用代码", "企业名称", "需求金额(万元)", "意愿日期")
    ROWS = (
        ("91120101MA0501012L", "天津示例", 300.0, date(2026, 11, 3)),
        ("9112010", "=1+1", None, "abc"),
        ("91120102MA0501020X", "示例", 123456789012345678, None),
    )
    ERRORS = {
        3: {"统一社会信用代码": "应为 18 位。", "": "与第 2 行重复。"},
        4: {"需求金额(万元)": "数字过长。"},
    }

    @pytest.fixture
    def sheet(self):
        stream = BytesIO()
        assert write_correction(self.ROWS, self.HEADER, self.ERRORS, stream) == 2
        return sheet_of(stream)

    def test_keeps_the_headings_and_the_values(self, sheet):
        assert [cell.value for cell in sheet[1]] == [*self.HEADER, EXPLANATION]
        assert [cell.value for cell in sheet[2]][:4] == [
            "91120101MA0501012L",
            "天津示例",
            300,
            datetime(2026, 11, 3),
        ]
        assert sheet["B3"].value == "=1+1"
        assert sheet["C4"].value == "123456789012345678"

    def test_fills_the_wrong_cell_and_comments_it(self, sheet):
        assert sheet["A3"].fill.fgColor.rgb == "FFFBE3E0"
        assert "应为 18 位。" in sheet["A3"].comment.text
        assert sheet["B3"].comment is None
        assert sheet["A2"].fill.fill_type is None

    def test_says_every_error_of_a_row_in_the_last_column(self, sheet):
        assert sheet["E2"].value in (None, "")
        assert sheet["E3"].value == "统一社会信用代码：应为 18 位；与第 2 行重复。"

    def test_replaces_the_explanations_of_a_sheet_that_was_sent_back_before(self):
        stream = BytesIO()
        header = ("企业名称", EXPLANATION)

        write_correction([("示例", "旧说明")], header, {2: {"企业名称": "新说明"}}, stream)

        assert [[cell.value for cell in row] for row in sheet_of(stream).rows] == [
            list(header),
            ["示例", "企业名称：新说明。"],
        ]

    def test_bears_rows_that_are_shorter_than_the_headings(self):
        stream = BytesIO()

        assert (
            write_correction([(), ("x",)], self.HEADER, {3: {"意愿日期": "缺少日期。"}}, stream)
            == 1
        )
        assert sheet_of(stream)["D3"].comment.text == "缺少日期。"
