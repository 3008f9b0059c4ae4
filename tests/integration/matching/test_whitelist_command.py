import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from openpyxl import load_workbook

from matching.models import Whitelist
from tests.factories.whitelist import deliver_lists, row_of, sheet_of


@pytest.fixture
def sheet(cast, tmp_path):
    deliver_lists(timezone.now())
    path = tmp_path / "名单.csv"
    rows = [row_of(cast.enterprise), row_of(cast.rival_enterprise), ["合计", *[""] * 8]]
    path.write_bytes(sheet_of(*rows, encoding="gb18030"))
    return path


def run(*arguments):
    said = StringIO()
    call_command("whitelist_check", *map(str, arguments), stdout=said, stderr=StringIO())
    return said.getvalue()


class TestWhitelistCheckCommand:
    def test_says_what_would_come_of_the_sheet(self, cast, sheet, tmp_path):
        report, correction = tmp_path / "r.json", tmp_path / "c.xlsx"

        said = run(sheet, "--district", "120103", "--report", report, "--correction", correction)

        assert "读取 3 行" in said
        assert "WL_DISTRICT" in said
        told = json.loads(report.read_text())
        assert told["read"] == told["accepted"] + told["rejected"] + told["duplicates"] == 3
        assert (told["reasons"]["WL_TOTAL_ROW"], told["reasons"]["WL_DISTRICT"]) == (1, 1)
        assert load_workbook(correction).worksheets[0].max_row == 4
        assert not Whitelist.objects.exists()

    @pytest.mark.parametrize(
        ("district", "content", "code"),
        [
            ("110101", None, "DISTRICT_UNKNOWN"),
            ("120103", b"%PDF-1.7", "SHEET_KIND_UNKNOWN"),
            ("120103", b"\x00", "SHEET_NOT_TEXT"),
        ],
    )
    def test_fails_and_leaves_nothing(self, sheet, tmp_path, district, content, code):
        if content:
            sheet.write_bytes(content)
        correction = tmp_path / "c.xlsx"

        with pytest.raises(CommandError, match=code):
            run(sheet, "--district", district, "--correction", correction)

        assert sorted(path.name for path in tmp_path.iterdir()) == [sheet.name]

    def test_fails_for_a_missing_file(self, db, tmp_path):
        with pytest.raises(CommandError, match="FILE_NOT_FOUND"):
            run(tmp_path / "none.csv", "--district", "120103")
