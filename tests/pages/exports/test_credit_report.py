"""The enterprise's credit report as page, file and JSON."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from exports.models import IssuedDocument
from tests.cast import NOW
from tests.factories.deliveries import deliver_penalty, seed

pytestmark = pytest.mark.django_db
PAGE = reverse("exports:credit-report")
FILE = reverse("exports:credit-report-pdf")


@pytest.fixture(autouse=True)
def moment(cast):
    seed(NOW - timedelta(days=400))
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def owner(client, cast):
    client.force_login(cast.owner)
    return client


class TestPage:
    @pytest.mark.parametrize("page", ["matching:portrait-own", "exports:document-list"])
    def test_is_reached_from_where_it_is_looked_for(self, owner, page):
        assert PAGE in owner.get(reverse(page)).text

    def test_is_not_offered_to_others(self, client, cast):
        client.force_login(cast.officer)

        assert PAGE not in client.get(reverse("exports:document-list")).text

    def test_shows_what_the_file_would_say(self, owner, cast):
        deliver_penalty(cast.enterprise, NOW - timedelta(days=2))

        page = owner.get(PAGE).text

        for words in (
            "查询到 1 条",
            "津示罚〔2026〕1号",
            "市公共信用中心 2026-11-21",
            "尚未报送，不能判断",
        ):
            assert words in page
        assert f"{FILE}?years=3" in page

    def test_keeps_the_span_for_the_file(self, owner):
        page = owner.get(PAGE, {"years": "1"}).text

        assert f"{FILE}?years=1" in page
        assert "2025-11-23 至 2026-11-23" in page

    @pytest.mark.parametrize("years", ["", "0", "4", "三", "1.5"])
    def test_knows_no_other_span(self, owner, years):
        assert owner.get(PAGE, {"years": years}).status_code == 404

    def test_asks_fifteen_statements_at_most(self, owner, cast, django_assert_max_num_queries):
        deliver_penalty(cast.enterprise, NOW - timedelta(days=2))
        owner.get(PAGE)

        with django_assert_max_num_queries(15):
            owner.get(PAGE)


class TestFile:
    def test_is_handed_out_and_registered(self, owner, cast):
        answer = owner.get(FILE, {"years": "2"})

        document = IssuedDocument.objects.get()
        assert answer.headers["Content-Type"] == "application/pdf"
        assert document.number in answer.headers["Content-Disposition"]
        assert document.number in owner.get(reverse("exports:document-list")).text


class TestApi:
    def test_says_the_same(self, owner, cast):
        deliver_penalty(cast.enterprise, NOW - timedelta(days=2))

        body = owner.get("/api/v1/portrait/report/", {"years": "3"}).json()

        penalty = body["parts"][0]["items"][0]
        assert (penalty["code"], penalty["result"]) == ("PENALTY", "FOUND")
        assert penalty["findings"][0]["number"] == "津示罚〔2026〕1号"
        assert body["first"] == "2023-11-23"
        assert body["conclusion"] in owner.get(PAGE).text

    def test_hands_out_the_file(self, owner):
        answer = owner.get("/api/v1/portrait/report.pdf")

        assert answer.content.startswith(b"%PDF-")
        assert answer.headers["X-Document-Number"] == IssuedDocument.objects.get().number

    def test_refuses_another_span(self, owner):
        assert owner.get("/api/v1/portrait/report/", {"years": "4"}).status_code == 400
