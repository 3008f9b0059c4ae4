from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from borrowers.models import Enterprise, IngestBatch
from borrowers.services import register_import, register_import_rows
from marketplace.domain.errors import NotPermitted, Refused
from tests.factories.reference import enter_reference

pytestmark = pytest.mark.django_db
FIRST, SECOND = "91120103MA06010137", "91120103MA06010212"
HEADER = "企业名称,统一社会信用代码,注册日期,注册资金,地区,注册地址\n"
ROW = f"天津示例甲有限公司,{FIRST},2015-01-02,100万人民币,河西区,天津市河西区示例路2号\n"


@pytest.fixture(autouse=True)
def _districts(db, now):
    enter_reference(at=now)


def handed_in(text, at, **options):
    content = (HEADER + text).encode(options.pop("encoding", "utf-8"))
    return register_import(source=content, file_name="登记.csv", actor=None, at=at, **options)


class TestRegisterImport:
    def test_keeps_what_the_row_says(self, now):
        handed_in(ROW, now)

        kept = Enterprise.objects.get(uscc=FIRST)
        assert (kept.name, kept.district_id) == ("天津示例甲有限公司", "120103")
        assert kept.established_date == date(2015, 1, 2)
        assert (kept.capital_amount, kept.capital_currency) == (Decimal("1000000.00"), "CNY")
        assert kept.size_class == "UNKNOWN"
        assert (kept.register_row, kept.register_batch.file_name) == (2, "登记.csv")

    def test_reads_gb18030(self, now):
        batch = handed_in(ROW, now, encoding="gb18030")

        assert batch.accepted == 1

    def test_accounts_for_every_row(self, now):
        batch = handed_in(ROW + ROW + ",,,,,河西区\n" + f"甲,{FIRST[:-1]}8,,,,\n", now)

        counts = (batch.rows_read, batch.accepted, batch.rejected, batch.duplicates)
        assert counts == (4, 1, 2, 1)
        assert set(batch.rejects.values_list("row_number", flat=True)) == {4, 5}
        assert all(reject.code and reject.sentence for reject in batch.rejects.all())

    def test_same_file_twice_changes_nothing(self, now):
        handed_in(ROW, now)
        before = Enterprise.objects.values().get()

        batch = handed_in(ROW, now + timedelta(days=1))

        assert (batch.accepted, batch.duplicates) == (0, 1)
        assert Enterprise.objects.values().get() == before

    def test_brings_a_known_entity_up_to_date(self, now):
        handed_in(ROW, now)

        batch = handed_in(ROW.replace("河西区", "南开区"), now + timedelta(days=1))

        assert (batch.accepted, batch.superseding) == (1, 1)
        assert Enterprise.objects.get().district_id == "120104"

    def test_a_sheet_without_a_column_does_not_wipe_it_out(self, now):
        handed_in(ROW, now)
        Enterprise.objects.update(employees=12, industry_code="1431")

        handed_in(ROW.replace("示例路2号", "示例路3号"), now)

        kept = Enterprise.objects.get()
        assert (kept.employees, kept.industry_code) == (12, "1431")

    def test_rejects_a_code_that_comes_twice_with_other_content(self, now):
        batch = handed_in(ROW + ROW.replace("甲", "乙"), now)

        assert batch.reasons == {"KEY_CONFLICT_IN_FILE": 1}

    def test_refuses_a_file_without_codes_and_writes_nothing(self, now):
        with pytest.raises(Refused, match="SHEET_"):
            register_import(
                source="企业名称,地区\n甲,河西区\n".encode(), file_name="x.csv", actor=None, at=now
            )

        assert not IngestBatch.objects.exists()

    def test_refuses_forbidden_columns(self, now):
        content = f"企业名称,统一社会信用代码,血型\n甲,{FIRST},A\n".encode()

        with pytest.raises(Refused, match="FORBIDDEN_FIELD"):
            register_import(source=content, file_name="x.csv", actor=None, at=now)

    def test_is_for_operators(self, cast, now):
        with pytest.raises(NotPermitted):
            register_import(
                source=(HEADER + ROW).encode(), file_name="x.csv", actor=cast.officer, at=now
            )

    def test_tells_progress(self, now):
        told = []
        rows = ((n, {"企业名称": "甲", "统一社会信用代码": FIRST}) for n in range(2, 2503))

        register_import_rows(
            rows=rows, file_name="x", file_sha256="0", actor=None, at=now, progress=told.append
        )

        assert told == [1000, 2000, 2501]
