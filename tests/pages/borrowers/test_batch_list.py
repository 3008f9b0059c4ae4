"""The operator finds a delivered file among many."""

from __future__ import annotations

import pytest
from django.urls import reverse

from borrowers.models import IngestBatch
from tests.factories.borrowers import USCC, deliver
from tests.factories.reference import enter_reference

pytestmark = pytest.mark.django_db
RATING = {"统一社会信用代码": USCC, "评价年度": "2025", "纳税信用等级": "A"}


@pytest.fixture
def listed(client, cast, now):
    """The items of the batches a query shows, latest first: ratings with a refused row, penalties without rows."""
    enter_reference(at=now)
    deliver("PENALTY", [], at=now)
    deliver("TAX_RATING", [RATING, RATING | {"纳税信用等级": "甲"}], at=now)
    client.force_login(cast.operator)

    def listed(**query):
        page = client.get(reverse("borrowers:batch-list"), query)
        told = client.get(reverse("api:batch-list"), query).json()["results"]
        by_page = [row.item.code for row in page.context["page"].rows]
        assert [row["item"] for row in told] == by_page
        return by_page

    return listed


class TestFilters:
    def test_none_shows_all(self, listed):
        assert listed() == ["TAX_RATING", "PENALTY"]

    @pytest.mark.parametrize("text", ["纳税信用", "TAX_RATING", "tax_rating"])
    def test_by_words_of_the_item(self, listed, text):
        assert listed(text=text) == ["TAX_RATING"]

    def test_by_unit_and_file(self, listed):
        batch = IngestBatch.objects.get(item__code="PENALTY")

        assert listed(text=batch.unit.name) == ["PENALTY"]
        assert listed(text="没有这样的") == []

    def test_by_refused_rows(self, listed):
        assert listed(rejected="on") == ["TAX_RATING"]

    def test_together(self, listed):
        assert listed(rejected="on", text="处罚") == []
        assert listed(kind="RECORDS", text="处罚") == ["PENALTY"]

    def test_that_nothing_meets_them_is_said_as_that(self, listed, client):
        page = client.get(reverse("borrowers:batch-list"), {"text": "没有这样的"}).content.decode()

        assert "没有符合条件的文件。" in page
        assert "还没有接收过文件" not in page
