from __future__ import annotations

from datetime import timedelta

import pytest

from borrowers.models import CreditRecord
from borrowers.selectors import (
    classes_available,
    items_fed,
    record_get,
    records_as_at,
    records_as_at_many,
)
from borrowers.services import objection_answer, objection_submit
from marketplace.domain.errors import NotFound
from tests.factories.borrowers import PENALTY_ROW, USCC, deliver, make_penalty

pytestmark = pytest.mark.django_db
RATING = {"统一社会信用代码": USCC, "评价年度": "2025", "纳税信用等级": "A"}
DAY = timedelta(days=1)


class TestRecordsAsAt:
    def test_gives_what_was_known_at_the_moment(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        deliver("TAX_RATING", [RATING | {"纳税信用等级": "B"}], at=now + 2 * DAY)

        def grade(at):
            return [row.payload["grade"] for row in records_as_at(cast.enterprise, at)]

        assert grade(now - DAY) == []
        assert grade(now) == ["A"]
        assert grade(now + DAY) == ["A"]
        assert grade(now + 2 * DAY) == ["B"]

    def test_carries_the_lineage(self, cast, now):
        batch = deliver("TAX_RATING", [RATING], at=now)

        row = records_as_at(cast.enterprise, now)[0]

        assert (row.item_code, row.item_name, row.data_class) == (
            "TAX_RATING",
            "纳税信用等级",
            "09",
        )
        assert (row.unit_code, row.batch_id, row.row_number) == ("TAX", str(batch.public_id), 2)
        assert row.consent_required
        assert not row.public

    def test_costs_two_queries_however_many_records(self, cast, now, django_assert_num_queries):
        years = [RATING | {"评价年度": str(year)} for year in range(2015, 2026)]
        deliver("TAX_RATING", years, at=now)
        make_penalty(at=now)
        records_as_at(cast.enterprise, now)  # reads the declarations, once in a process

        with django_assert_num_queries(2):
            assert len(records_as_at(cast.enterprise, now)) == 12

    def test_costs_one_more_where_there_was_an_objection(
        self, cast, now, django_assert_num_queries
    ):
        penalty = make_penalty(at=now)
        objection_submit(
            record_id=penalty.public_id, reason="金额有误,请核对", actor=cast.owner, at=now
        )

        with django_assert_num_queries(3):
            assert records_as_at(cast.enterprise, now)[0].disputed

    def test_only_the_classes_asked_for(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        make_penalty(at=now)

        rows = records_as_at(cast.enterprise, now, ["05"])

        assert [row.data_class for row in rows] == ["05"]

    def test_marks_a_dispute_only_while_it_was_open(self, cast, now):
        penalty = make_penalty(at=now)
        objection = objection_submit(
            record_id=penalty.public_id, reason="金额有误,请核对", actor=cast.owner, at=now + DAY
        )
        objection_answer(
            objection_id=objection.public_id,
            outcome="UPHOLD",
            answer="经核实无误",
            actor=cast.operator,
            at=now + 3 * DAY,
        )

        marks = [records_as_at(cast.enterprise, now + n * DAY)[0].disputed for n in range(4)]
        assert marks == [False, True, True, False]

    def test_corrected_version_stays_disputed(self, cast, now):
        penalty = make_penalty(at=now)
        objection_submit(
            record_id=penalty.public_id, reason="金额有误,请核对", actor=cast.owner, at=now
        )
        deliver("PENALTY", [PENALTY_ROW | {"罚款金额(万元)": "2"}], at=now + DAY)

        rows = records_as_at(cast.enterprise, now + DAY)

        assert [row.disputed for row in rows] == [True]

    def test_says_repaired_from_the_moment_of_repair(self, cast, now):
        make_penalty(at=now)
        CreditRecord.objects.update(repaired_at=now + DAY)

        marks = [records_as_at(cast.enterprise, now + n * DAY)[0].repaired for n in range(3)]
        assert marks == [False, True, True]

    def test_void_invoices_stay_on_file(self, cast, now):
        invoice = {
            "统一社会信用代码": USCC,
            "发票号码": "00000001",
            "开票日期": "2026-01-07",
            "购方单位代号": "C1",
            "金额": "100",
            "税额": "13",
            "价税合计": "113",
            "发票状态": "作废",
        }
        deliver("VAT_OUTPUT_INVOICE", [invoice], at=now)

        assert [row.voided for row in records_as_at(cast.enterprise, now)] == [True]


class TestRecordsAsAtMany:
    def test_gives_each_enterprise_its_own(self, cast, now, django_assert_num_queries):
        rival = RATING | {"统一社会信用代码": cast.rival_enterprise.uscc, "纳税信用等级": "M"}
        deliver("TAX_RATING", [RATING, rival], at=now)
        records_as_at_many([cast.enterprise], now)  # the declaration is met for the first time

        with django_assert_num_queries(2):
            found = records_as_at_many([cast.enterprise, cast.rival_enterprise], now)

        grades = {pk: [row.payload["grade"] for row in rows] for pk, rows in found.items()}
        assert grades == {cast.enterprise.pk: ["A"], cast.rival_enterprise.pk: ["M"]}

    def test_can_leave_out_what_needs_consent(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        make_penalty(at=now)

        found = records_as_at_many([cast.enterprise], now, only_public=True)

        assert [row.item_code for row in found[cast.enterprise.pk]] == ["PENALTY"]


class TestItemsFed:
    def test_gives_the_latest_delivery_by_anybody(self, cast, now, django_assert_num_queries):
        deliver("TAX_RATING", [RATING], at=now)
        deliver("TAX_RATING", [RATING | {"评价年度": "2024"}], at=now + DAY)

        with django_assert_num_queries(1):
            assert items_fed(now) == {"TAX_RATING": now}
        assert items_fed(now + DAY) == {"TAX_RATING": now + DAY}


class TestClassesAvailable:
    def test_counts_records_in_use(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        make_penalty(at=now)
        CreditRecord.objects.filter(item__code="PENALTY").update(repaired_at=now)

        counts = classes_available(cast.enterprise, now)

        assert [(row.data_class, row.count, row.consent_required) for row in counts] == [
            ("09", 1, True)
        ]


class TestRecordGet:
    def test_is_for_the_enterprise(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        record = CreditRecord.objects.get()

        assert record_get(cast.agent, record.public_id) == record
        for stranger in (cast.rival_owner, cast.officer, cast.district_clerk, cast.operator):
            with pytest.raises(NotFound):
                record_get(stranger, record.public_id)

    def test_city_reads_public_records(self, cast, now):
        penalty = make_penalty(at=now)

        assert record_get(cast.auditor, penalty.public_id) == penalty
