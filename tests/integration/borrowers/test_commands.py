from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from borrowers.models import CatalogueItem, CreditRecord, Enterprise
from tests.factories.borrowers import USCC

pytestmark = pytest.mark.django_db
REGISTER = f"企业名称,统一社会信用代码,地区\n天津示例甲有限公司,{USCC},河西区\n乙,,河西区\n"
SHORT = "企业名称,统一社会信用代码,地区\n乙,\n"
RATINGS = f"统一社会信用代码,评价年度,纳税信用等级\n{USCC},2025,A\n{USCC},2025,A\n,2025,B\n"


@pytest.fixture
def file(tmp_path):
    def file(text):
        path = tmp_path / "表.csv"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return file


class TestImportRegister:
    def test_runs_on_an_empty_installation_and_reports(self, file, tmp_path, capsys):
        report = tmp_path / "report.json"

        call_command("import_register", file(REGISTER), report=str(report))

        assert Enterprise.objects.get().district_id == "120103"
        assert json.loads(report.read_text()) == {
            "read": 2,
            "accepted": 1,
            "rejected": 1,
            "duplicates": 0,
            "reasons": {"USCC_EMPTY": 1},
        }
        said = capsys.readouterr()
        assert "读取 2 行：接收 1" in said.out
        assert "已读取" in said.err

    def test_reads_a_column_that_the_first_row_ends_before(self, file):
        call_command("import_register", file(f"{SHORT}天津示例甲有限公司,{USCC},河西区\n"))

        assert Enterprise.objects.get().district_id == "120103"

    def test_names_the_columns_it_did_not_read(self, file, capsys):
        call_command("import_register", file(REGISTER.replace("地区", "地区,备注", 1)))

        assert "未读取 1 列：备注。" in capsys.readouterr().out

    @pytest.mark.parametrize("text", ["", "甲,乙\n1,2\n"])
    def test_fails_when_the_file_cannot_be_read(self, file, text):
        with pytest.raises(CommandError, match="SHEET_"):
            call_command("import_register", file(text))

    def test_fails_when_there_is_no_file(self, tmp_path):
        with pytest.raises(CommandError, match="FILE_NOT_FOUND"):
            call_command("import_register", str(tmp_path / "none.csv"))


class TestImportRecords:
    def test_keeps_records_and_reports(self, cast, file, tmp_path, capsys):
        report = tmp_path / "report.json"

        call_command("import_records", "TAX_RATING", file(RATINGS), unit="TAX", report=str(report))

        assert CreditRecord.objects.get().enterprise == cast.enterprise
        assert CatalogueItem.objects.count() > 17
        counted = json.loads(report.read_text())
        assert counted["read"] == counted["accepted"] + counted["rejected"] + counted["duplicates"]
        assert (counted["accepted"], counted["duplicates"], counted["waiting"]) == (1, 1, 0)

    @pytest.mark.parametrize(
        ("item", "unit", "code"),
        [
            ("NO_SUCH_ITEM", "TAX", "CATALOGUE_ITEM_UNKNOWN"),
            ("TAX_RATING", "NOBODY", "UNIT_UNKNOWN"),
            ("TAX_RATING", "COURT", "UNIT_NOT_OF_ITEM"),
        ],
    )
    def test_fails_on_unknown_item_or_unit(self, file, item, unit, code):
        with pytest.raises(CommandError, match=code):
            call_command("import_records", item, file(RATINGS), unit=unit)
