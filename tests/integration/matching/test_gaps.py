"""Which gap leaves how many enterprises undecided."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from borrowers.models import CreditRecord, Enterprise
from matching.domain.gaps import GapKind
from matching.models import UsableCount
from matching.selectors.gaps import gap_report
from matching.services.gap import usable_counts_keep
from tests.cast import NOW
from tests.factories.borrowers import USCC, deliver, make_enterprise, make_penalty
from tests.factories.matching import make_offer

pytestmark = pytest.mark.django_db
RULE = {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "1000"}
PAYMENT = {
    "统一社会信用代码": USCC,
    "征收项目": "增值税",
    "税款所属期起": "2026-04-01",
    "税款所属期止": "2026-04-30",
    "入库日期": "2026-05-10",
    "实缴金额": "100.00",
}


@pytest.fixture
def paid(cast):
    """One enterprise of the cast paid taxes; a product asks for it."""
    make_offer(cast, rules=[RULE])
    make_enterprise(uscc="91120103MA06010137", name="天津新办示例有限公司", at=NOW)
    deliver("TAX_PAYMENT", [PAYMENT], at=NOW)
    return cast


def line(item, at=NOW):
    return next(line for line in gap_report(at).lines if line.gap.item == item)


class TestGapReport:
    def test_counts_active_enterprises_without_a_usable_record(self, paid):
        active = Enterprise.objects.filter(status="ACTIVE").count()

        found = line("TAX_PAYMENT")

        assert found.gap.kind is GapKind.INCOMPLETE
        assert found.gap.lacking == active - 1
        assert (found.unit_code, len(found.product_names)) == ("TAX", 1)
        assert found.gap.pairs == active - 1

    def test_an_enterprise_that_is_not_active_counts_for_nothing(self, paid):
        before = line("TAX_PAYMENT").gap.lacking

        Enterprise.objects.exclude(uscc=USCC).update(status="CANCELLED")

        assert before > 0
        assert line("TAX_PAYMENT").gap.lacking == 0

    def test_a_repaired_or_superseded_record_is_not_usable(self, paid):
        before = line("TAX_PAYMENT").gap.lacking

        CreditRecord.objects.update(superseded_at=NOW)

        assert line("TAX_PAYMENT").gap.lacking == before + 1

    def test_a_record_too_old_to_judge_by_is_not_usable(self, paid):
        before = line("TAX_PAYMENT").gap.lacking

        assert line("TAX_PAYMENT", NOW + timedelta(days=400)).gap.lacking == before + 1

    def test_no_record_on_a_delivered_list_is_no_gap(self, paid):
        assert line("PENALTY").gap.kind is GapKind.NOT_DELIVERED

        make_penalty(at=NOW)

        assert line("PENALTY").gap.kind is GapKind.NONE

    def test_asks_as_many_queries_for_many_enterprises(self, paid, django_assert_max_num_queries):
        for number in range(20):
            make_enterprise(uscc=f"9112010{number:03d}TESTSHOW"[:18], name=f"示例{number}", at=NOW)

        usable_counts_keep(at=NOW)

        with django_assert_max_num_queries(8):
            gap_report(NOW)


class TestUsableCountsKeep:
    def test_page_reads_what_the_night_counted(self, paid):
        before = line("TAX_PAYMENT").gap.lacking
        usable_counts_keep(at=NOW)
        CreditRecord.objects.update(superseded_at=NOW)

        assert line("TAX_PAYMENT", NOW + timedelta(hours=1)).gap.lacking == before
        assert gap_report(NOW + timedelta(hours=1)).counted_at == NOW

    def test_counts_anew_what_no_night_counted_for_long(self, paid):
        usable_counts_keep(at=NOW)
        CreditRecord.objects.update(superseded_at=NOW)
        later = NOW + timedelta(days=2)

        report = gap_report(later)

        assert report.counted_at == later
        assert line("TAX_PAYMENT", later).gap.lacking == report.active

    def test_counting_twice_keeps_one_count_of_each(self, paid):
        first = usable_counts_keep(at=NOW)
        later = NOW + timedelta(hours=3)

        assert usable_counts_keep(at=later) == first == UsableCount.objects.count()
        assert set(UsableCount.objects.values_list("counted_at", flat=True)) == {later}


class TestGapPage:
    def test_names_item_unit_and_indicators_without_any_enterprise(self, paid, client):
        client.force_login(paid.operator)

        page = client.get(reverse("matching:gap-list")).content.decode()

        assert "税款缴纳" in page
        assert "市税务部门" in page
        assert "津禾" not in page

    def test_api_says_the_same(self, paid, client):
        client.force_login(paid.operator)

        answer = client.get(reverse("api:gap-list")).json()

        found = next(entry for entry in answer["items"] if entry["item"] == "TAX_PAYMENT")
        assert found["unit"] == "TAX"
        assert set(found) == {
            "item",
            "name",
            "unit",
            "kind",
            "lacking",
            "indicators",
            "products",
            "pairs",
            "latest_at",
        }
