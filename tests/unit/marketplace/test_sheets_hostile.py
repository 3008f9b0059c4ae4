"""Files that are not what they say, or mean harm: refused with a sentence, quickly, in little memory."""

from __future__ import annotations

import gzip
import io
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.domain.errors import Refused
from marketplace.sheets import UPLOAD_LIMITS, open_sheet
from tests.workbooks import workbook

GOOD = workbook([["企业名称", "代码"], ["甲", "A1"]])


def rewritten(content: bytes, changes: dict[str, bytes], *, twice: str = "") -> bytes:
    held = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, changes.get(name, old.read(name)))
        for name in changes.keys() - set(old.namelist()):
            new.writestr(name, changes[name])
        if twice:
            new.writestr(twice, old.read(twice))
    return held.getvalue()


def with_cells(xml: str) -> bytes:
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{xml}</sheetData></worksheet>'
    return rewritten(GOOD, {"xl/worksheets/sheet1.xml": sheet.encode()})


def code_of(content: bytes) -> str:
    with pytest.raises(Refused) as refusal:
        list(open_sheet(content, "上传的文件"))
    assert refusal.value.sentence
    return refusal.value.code


def read_or_refused(content: bytes) -> str:
    try:
        return f"{len(list(open_sheet(content, '任意')))}行"
    except Refused as refusal:
        return refusal.sentence


class TestShape:
    def test_a_cell_in_the_last_column_is_refused_before_it_is_laid_out(self):
        far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

        assert code_of(with_cells(far)) == "SHEET_TOO_MANY_COLUMNS"

    def test_a_cell_in_the_last_row_is_refused_before_it_is_laid_out(self):
        assert (
            code_of(with_cells('<row r="1048576"><c r="A1048576"><v>1</v></c></row>'))
            == "SHEET_TOO_MANY_ROWS"
        )

    def test_a_row_without_places_is_counted(self):
        cells = "<c><v>1</v></c>" * 101

        assert code_of(with_cells(f"<row>{cells}</row>")) == "SHEET_TOO_MANY_COLUMNS"

    def test_a_worksheet_under_another_name_is_looked_at_as_well(self):
        far = with_cells('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
        with zipfile.ZipFile(io.BytesIO(far)) as archive:
            sheet = archive.read("xl/worksheets/sheet1.xml")
            links = archive.read("xl/_rels/workbook.xml.rels")
        hidden = {
            "xl/other.bin": sheet,
            "xl/_rels/workbook.xml.rels": links.replace(b"worksheets/sheet1.xml", b"other.bin"),
        }

        assert code_of(rewritten(GOOD, hidden)) == "SHEET_TOO_MANY_COLUMNS"

    def test_formatted_cells_without_content_do_not_count(self):
        cells = '<c r="A1" t="str"><v>企业名称</v></c><c r="B1" t="str"><v>代码</v></c><c r="XFD1" s="1"/>'
        sheet = open_sheet(with_cells(f'<row r="1">{cells}</row>'), "表.xlsx")

        assert sheet.titles == ("企业名称", "代码")


class TestPackage:
    def test_that_unpacks_to_far_more_is_refused(self):
        assert (
            code_of(rewritten(GOOD, {"xl/media/big.bin": b"0" * 10_000_000}))
            == "SHEET_UNPACKED_TOO_LARGE"
        )

    def test_whose_headers_lie_about_sizes_is_refused(self):
        bomb = bytearray(rewritten(GOOD, {"xl/media/big.bin": b"0" * 10_000_000}))
        size = (10_000_000).to_bytes(4, "little")
        place = bomb.rfind(size)
        bomb[place : place + 4] = (10).to_bytes(4, "little")

        assert code_of(bytes(bomb)) in {"SHEET_UNPACKED_TOO_LARGE", "SHEET_BROKEN_ARCHIVE"}

    @pytest.mark.parametrize(
        "name",
        [
            "xl/vbaProject.bin",
            "xl/externalLinks/externalLink1.xml",
            "xl/embeddings/a.bin",
            "../evil.xml",
        ],
    )
    def test_with_more_than_cells_is_refused(self, name):
        assert code_of(rewritten(GOOD, {name: b"x"})) == "SHEET_UNSAFE_PART"

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    def test_with_a_part_twice_is_refused(self):
        assert code_of(rewritten(GOOD, {}, twice="xl/workbook.xml")) == "SHEET_UNSAFE_PART"

    def test_with_entities_is_refused(self):
        laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]><worksheet/>'

        assert code_of(rewritten(GOOD, {"xl/worksheets/sheet1.xml": laughs})) == "SHEET_UNSAFE_PART"

    def test_of_a_document_is_refused(self):
        types = b"<Types>wordprocessingml.document.main+xml</Types>"

        assert code_of(rewritten(GOOD, {"[Content_Types].xml": types})) == "SHEET_KIND_UNKNOWN"

    @pytest.mark.parametrize("end", [30, 300, -30])
    def test_that_is_cut_off_is_refused(self, end):
        assert code_of(GOOD[:end]) == "SHEET_BROKEN_ARCHIVE"


class TestContent:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "SHEET_EMPTY"),
            (b"\n\n  \n", "SHEET_EMPTY"),
            (b"%PDF-1.7 ...", "SHEET_KIND_UNKNOWN"),
            (b"\x89PNG\r\n", "SHEET_KIND_UNKNOWN"),
            (b"<html><table><tr><td>1</td></tr></table></html>", "SHEET_KIND_UNKNOWN"),
            (b'<?xml version="1.0"?><Workbook/>', "SHEET_KIND_UNKNOWN"),
            (b"a,b\n\x00\x01,c\n", "SHEET_NOT_TEXT"),
            (b"a,b\n\xff\xff\xff,c\n", "SHEET_ENCODING"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "SHEET_UNREADABLE"),
            (gzip.compress(b"a,b\n" * 1000, mtime=0)[:-20], "SHEET_BROKEN_ARCHIVE"),
            (gzip.compress(b"a" * 50_000_000, mtime=0), "SHEET_UNPACKED_TOO_LARGE"),
            (b'a,b\n"never closed,1\n' + b"x,y\n" * 40_000, "SHEET_CSV_MALFORMED"),
        ],
    )
    def test_that_is_no_sheet_is_refused(self, content, code):
        assert code_of(content) == code

    def test_larger_than_allowed_is_refused(self):
        assert code_of(b"a" * (UPLOAD_LIMITS.file_bytes + 1)) == "SHEET_FILE_TOO_LARGE"

    def test_that_is_not_there_is_refused(self, tmp_path):
        with pytest.raises(Refused) as refusal:
            open_sheet(tmp_path / "没有.csv", "没有.csv")

        assert refusal.value.code == "FILE_NOT_FOUND"


class TestAnything:
    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(st.binary(max_size=300))
    def test_is_read_or_refused_never_more(self, content):
        assert read_or_refused(content)

    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(place=st.integers(0, len(GOOD) - 1), value=st.integers(0, 255))
    def test_workbook_with_one_wrong_byte_is_read_or_refused(self, place, value):
        content = GOOD[:place] + bytes([value]) + GOOD[place + 1 :]
        assert read_or_refused(content)
