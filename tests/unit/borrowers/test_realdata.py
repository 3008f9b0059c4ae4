"""Real registers and invoices through the ordinary readers and rules."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal

import pytest

from borrowers.domain.capital import parse_capital
from borrowers.domain.catalogue import load_catalogue
from borrowers.domain.district_map import DISTRICT_CODES, district_in_address, district_of
from borrowers.domain.industry import SECTION_LABELS, section_of
from borrowers.domain.record import CleanRow, compile_item
from borrowers.domain.register import RegisterRow, compile_register
from borrowers.ingest.readers import open_records, open_register
from marketplace.sheets import IMPORT_LIMITS
from tests.realdata import real_data

pytestmark = pytest.mark.realdata

REGISTER = "enterprises/tianjin_1978_2009.csv.gz"


@pytest.fixture(scope="module")
def register():
    path = real_data(REGISTER)
    sheet = open_register(path, path.name, limits=IMPORT_LIMITS)
    read_row = compile_register(sheet.titles)
    return [(row, read_row(row, number)) for number, row in sheet]


class TestRegister:
    def test_accounts_for_every_row(self, register):
        accepted = [found for _, found in register if isinstance(found, RegisterRow)]
        reasons = Counter(
            found[0].code for _, found in register if not isinstance(found, RegisterRow)
        )

        assert len(register) == 63_522
        assert len(accepted) == 63_518
        assert reasons == {"USCC_EMPTY": 3, "USCC_CHECK_DIGIT": 1}

    def test_gives_each_district_its_rows(self, register):
        found = Counter(r.district_code for _, r in register if isinstance(r, RegisterRow))
        stated = Counter(row["地区"] for row, _ in register)

        assert set(found) - {None} == DISTRICT_CODES
        assert found[None] == 266
        assert found["120116"] >= stated["滨海"] + stated["保税区"] + stated["自贸区"]

    def test_understands_almost_every_capital(self, register):
        codes = Counter(r.capital.code for _, r in register if isinstance(r, RegisterRow))

        assert codes["CAPITAL_UNREADABLE"] == codes["CAPITAL_NO_AMOUNT"] == 0
        assert codes["CAPITAL_CURRENCY_UNKNOWN"] + codes["CAPITAL_UNIT_UNKNOWN"] == 23

    def test_finds_the_stated_district_in_the_address(self, register):
        pairs = [
            (district_of(row["地区"], "").code, district_in_address(row["注册地址"]))
            for row, _ in register
        ]
        both = [stated == named for stated, named in pairs if stated and named]

        assert sum(both) / len(both) > 0.995

    def test_in_an_old_workbook_reads_as_well(self):
        path = real_data("spreadsheets/tianjin_1993.xls")
        sheet = open_register(path, path.name)
        read_row = compile_register(sheet.titles)
        found = [read_row(row, number) for number, row in sheet]

        assert len(found) == 1_282
        assert all(isinstance(row, RegisterRow) for row in found)
        assert all(parse_capital(row.capital.text) == row.capital for row in found)


class TestInvoices:
    @pytest.mark.parametrize(
        ("code", "path", "rows", "void"),
        [
            ("VAT_INPUT_INVOICE", "cumcm2020c/input_invoices_123.csv.gz", 210_947, 7_608),
            ("VAT_OUTPUT_INVOICE", "cumcm2020c/output_invoices_123.csv.gz", 162_484, 11_206),
        ],
    )
    def test_are_all_read(self, code, path, rows, void):
        item = load_catalogue().item(code)
        file = real_data(path)
        sheet = open_records(item, file, file.name, limits=IMPORT_LIMITS)
        read_row = compile_item(item, sheet.titles)
        seen = voided = mismatched = 0
        total = written = Decimal(0)
        for number, row in sheet:
            found = read_row(row, number)
            assert isinstance(found, CleanRow)
            seen += 1
            voided += found.voided
            mismatched += "SUM_MISMATCH" in found.warnings
            total += Decimal(str(found.payload["amount_yuan"]))
            written += Decimal(row["金额"])

        assert (seen, voided) == (rows, void)
        assert mismatched <= 2
        assert total == written


class TestReferences:
    def test_sections_agree_with_the_standard(self):
        with real_data("reference/gbt4754_2017.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))

        assert all(section_of(row["code"]) == row["section"] for row in rows)
        labels = {row["section"]: row["name"] for row in rows if row["level"] == "1"}
        assert labels == SECTION_LABELS

    def test_districts_agree_with_the_standard(self):
        with real_data("reference/gbt2260_areas.csv").open(
            encoding="utf-8-sig", newline=""
        ) as file:
            codes = {row["code"] for row in csv.DictReader(file) if row["provinceCode"] == "12"}

        assert codes == DISTRICT_CODES
