from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import RFC_4122

import pytest

from borrowers.models import CatalogueItem, CreditRecord, Enterprise, SourceUnit
from borrowers.services import item_and_unit, records_ingest, subject_alias_confirm
from marketplace.domain.errors import Conflict, NotPermitted, Refused
from tests.factories.borrowers import PENALTY_ROW, USCC, deliver, make_penalty

pytestmark = pytest.mark.django_db
RATING = {"统一社会信用代码": USCC, "评价年度": "2025", "纳税信用等级": "A"}
INVOICE = {
    "企业代号": "E1",
    "发票号码": "00000001",
    "开票日期": "2026/1/7",
    "购方单位代号": "C1",
    "金额": "100",
    "税额": "13",
    "价税合计": "113",
    "发票状态": "有效发票",
}


def counts(batch):
    return (batch.rows_read, batch.accepted, batch.superseding, batch.rejected, batch.duplicates)


class TestRecordsIngest:
    def test_keeps_a_row_with_its_way_back(self, cast, now):
        batch = deliver("TAX_RATING", [RATING], at=now)

        record = CreditRecord.objects.get()
        assert record.enterprise == cast.enterprise
        assert record.payload == {"rating_year": 2025, "grade": "A"}
        assert (record.batch, record.row_number, record.received_at) == (batch, 2, now)

    def test_public_ids_follow_each_other_and_never_repeat(self, cast, now):
        rows = [RATING | {"评价年度": str(year)} for year in range(2018, 2026)]
        first = deliver("TAX_RATING", rows, at=now)
        deliver("TAX_RATING", [row | {"纳税信用等级": "B"} for row in rows], at=now)

        records = CreditRecord.objects.order_by("pk")
        ids = list(records.values_list("public_id", flat=True))
        of_first = list(records.filter(batch=first).values_list("public_id", flat=True))
        assert {public_id.int >> 80 for public_id in ids} == {int(now.timestamp() * 1000)}
        assert {(public_id.version, public_id.variant) for public_id in ids} == {(7, RFC_4122)}
        assert of_first == sorted(of_first)
        assert len(set(ids)) == len(ids) == 2 * len(of_first) == 16

    def test_same_file_twice_changes_nothing(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        before = list(CreditRecord.objects.values())

        batch = deliver("TAX_RATING", [RATING], at=now + timedelta(days=1))

        assert counts(batch) == (1, 0, 0, 0, 1)
        assert list(CreditRecord.objects.values()) == before

    def test_corrected_row_supersedes_and_the_old_one_stays(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        later = now + timedelta(days=1)

        batch = deliver("TAX_RATING", [RATING | {"纳税信用等级": "B"}], at=later)

        old, new = CreditRecord.objects.order_by("pk")
        assert counts(batch) == (1, 1, 1, 0, 0)
        assert (old.payload["grade"], old.superseded_at, old.superseded_by) == ("A", later, new)
        assert (new.payload["grade"], new.superseded_at) == ("B", None)

    def test_first_file_again_does_not_undo_its_correction(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        deliver("TAX_RATING", [RATING | {"纳税信用等级": "B"}], at=now)

        batch = deliver("TAX_RATING", [RATING], at=now)

        assert counts(batch) == (1, 0, 0, 0, 1)
        assert CreditRecord.objects.get(superseded_at=None).payload["grade"] == "B"

    def test_correction_keeps_mark_and_repair(self, cast, now):
        penalty = make_penalty(at=now)
        CreditRecord.objects.update(disputed_at=now, repaired_at=now)

        deliver("PENALTY", [PENALTY_ROW | {"处罚内容": "罚款二万元"}], at=now + timedelta(days=1))

        live = CreditRecord.objects.get(superseded_at=None)
        assert live.pk != penalty.pk
        assert (live.disputed_at, live.repaired_at) == (now, now)

    def test_unknown_enterprise_is_rejected_with_its_reason(self, cast, now):
        batch = deliver("TAX_RATING", [RATING | {"统一社会信用代码": "91120103MA06010137"}], at=now)

        assert counts(batch) == (1, 0, 0, 1, 0)
        reject = batch.rejects.get()
        assert (reject.row_number, reject.code) == (2, "SUBJECT_UNKNOWN")
        assert "91120103MA06010137" in reject.sentence

    def test_conflict_within_a_file_keeps_the_first_row(self, cast, now):
        batch = deliver("TAX_RATING", [RATING, RATING, RATING | {"纳税信用等级": "C"}], at=now)

        assert counts(batch) == (3, 1, 0, 1, 1)
        assert batch.reasons == {"KEY_CONFLICT_IN_FILE": 1}

    def test_row_with_two_faults_counts_once_and_says_both(self, cast, now):
        batch = deliver("TAX_RATING", [RATING | {"评价年度": "x", "纳税信用等级": "Z"}], at=now)

        assert batch.rejected == 1
        assert batch.rejects.count() == 2

    def test_chunks_do_not_lose_track(self, cast, now, monkeypatch):
        monkeypatch.setattr("borrowers.services.intake.CHUNK_ROWS", 2)
        years = [RATING | {"评价年度": str(year)} for year in (2020, 2021, 2022, 2020)]

        batch = deliver("TAX_RATING", [*years, years[1] | {"纳税信用等级": "C"}], at=now)

        assert counts(batch) == (5, 3, 0, 1, 1)

    def test_refuses_a_unit_that_does_not_deliver_the_item(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)

        with pytest.raises(Refused, match="UNIT_NOT_OF_ITEM"):
            item_and_unit("TAX_RATING", "COURT")

    def test_refuses_an_unreadable_file_and_writes_nothing(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)

        with pytest.raises(Refused, match="SHEET_"):
            records_ingest(
                item_code="TAX_RATING",
                unit_code="TAX",
                source="评价年度\n2025\n".encode(),
                file_name="x.csv",
                actor=cast.operator,
                at=now,
            )

        assert CreditRecord.objects.count() == 1


class TestSubjectAlias:
    def test_local_codes_wait_for_confirmation(self, cast, now):
        first = deliver("VAT_OUTPUT_INVOICE", [INVOICE], at=now)
        tax = SourceUnit.objects.get(code="TAX")
        subject_alias_confirm(
            unit=tax, local_code="E1", enterprise=cast.enterprise, actor=cast.operator, at=now
        )

        second = deliver("VAT_OUTPUT_INVOICE", [INVOICE], at=now)

        assert first.reasons == {"SUBJECT_ALIAS_UNKNOWN": 1}
        assert counts(second) == (1, 1, 0, 0, 0)

    def test_code_cannot_mean_two_enterprises(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        tax = SourceUnit.objects.get(code="TAX")
        confirm = {"unit": tax, "local_code": "E1", "actor": cast.operator, "at": now}
        subject_alias_confirm(enterprise=cast.enterprise, **confirm)

        with pytest.raises(Conflict, match="ALIAS_TAKEN"):
            subject_alias_confirm(enterprise=cast.rival_enterprise, **confirm)

    def test_is_for_operators(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)

        with pytest.raises(NotPermitted):
            subject_alias_confirm(
                unit=SourceUnit.objects.get(code="TAX"),
                local_code="E1",
                enterprise=cast.enterprise,
                actor=cast.owner,
                at=now,
            )


class TestFigures:
    REPORT = {
        "统一社会信用代码": USCC,
        "年报年度": "2025",
        "营业总收入": "350",
        "资产总额": "800",
        "从业人数": "25",
    }

    def test_annual_report_gives_the_size_class(self, cast, now):
        deliver("ANNUAL_REPORT", [self.REPORT], at=now)

        enterprise = Enterprise.objects.get(uscc=USCC)
        assert (enterprise.employees, enterprise.revenue_yuan) == (25, Decimal("3500000.00"))
        assert enterprise.size_class == "SMALL"

    def test_older_report_does_not_overwrite_a_later_one(self, cast, now):
        deliver("ANNUAL_REPORT", [self.REPORT], at=now)

        deliver("ANNUAL_REPORT", [self.REPORT | {"年报年度": "2024", "从业人数": "5"}], at=now)

        assert Enterprise.objects.get(uscc=USCC).employees == 25


class TestCatalogueSeed:
    def test_is_idempotent(self, cast, now, django_assert_max_num_queries):
        deliver("TAX_RATING", [RATING], at=now)
        before = dict(CatalogueItem.objects.values_list("code", "version"))

        from borrowers.services import catalogue_seed

        assert catalogue_seed(actor=cast.operator, at=now) == (0, 0)
        assert dict(CatalogueItem.objects.values_list("code", "version")) == before

    def test_has_all_17_classes(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)

        classes = set(CatalogueItem.objects.values_list("data_class", flat=True))
        assert classes == {f"{number:02d}" for number in range(1, 18)}
