"""The auditor's searches."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from marketplace.audit import access_record, audit_record, enterprise_stream
from marketplace.domain import uscc
from marketplace.models import AuditEvent, Membership

EVENTS = "/auditor/"
ACCESSES = "/auditor/access/"


@pytest.fixture
def browser(cast):
    browser = Client()
    browser.force_login(cast.auditor)
    return browser


@pytest.fixture
def traces(cast, now):
    for number, (enterprise, actor) in enumerate(
        [
            (cast.enterprise, cast.owner),
            (cast.enterprise, cast.officer),
            (cast.rival_enterprise, None),
        ]
    ):
        audit_record(
            action=f"matching.application.step{number}",
            subject_kind="LoanApplication",
            subject_id=number,
            actor=actor,
            at=now + timedelta(days=number),
            stream=enterprise_stream(enterprise.uscc),
        )
    bank = Membership.objects.get(user=cast.officer).organisation
    for number, purpose in enumerate(["APPLICATION_REVIEW", "POST_LOAN_WATCH"]):
        access_record(
            user=cast.officer,
            organisation=bank,
            subject_uscc=cast.enterprise.uscc,
            purpose=purpose,
            content="信用画像",
            at=now + timedelta(days=number),
            data_classes=["09"],
        )
    return cast


def told(browser, path, **query):
    answer = browser.get(path, query)
    page = BeautifulSoup(answer.content, "html.parser")
    return answer.status_code, [row.get_text(" ") for row in page.select("tbody tr")], page


class TestAuditSearch:
    def test_shows_the_latest_first(self, browser, traces):
        _, rows, _ = told(browser, EVENTS)

        assert ["step2" in row for row in rows] == [True, False, False]

    def test_finds_by_enterprise_and_verifies_its_chain(self, browser, traces):
        _, rows, page = told(browser, EVENTS, uscc=traces.enterprise.uscc.lower())

        assert len(rows) == 2
        assert "校验通过" in page.get_text()
        assert f"企业 {traces.enterprise.uscc}：1 条链、2 个事件，校验于 20" in page.get_text()

    def test_counts_every_chain_it_verified(self, browser, traces):
        _, _, page = told(browser, EVENTS, verify="1")

        found = AuditEvent.objects.all()
        chains = len(set(found.values_list("stream", flat=True)))
        assert f"全部链：{chains} 条链、{found.count()} 个事件" in page.get_text()

    def test_a_code_without_events_has_no_chain_to_pass(self, browser, traces):
        status, _, page = told(browser, EVENTS, uscc=uscc.make("91", "120103", "79999999"))

        assert status == 200
        assert "没有这条链" in page.get_text()
        assert "校验通过" not in page.get_text()

    @pytest.mark.parametrize("path", [EVENTS, ACCESSES])
    def test_a_period_that_ends_before_it_begins_is_told_at_its_end(self, browser, traces, path):
        status, rows, page = told(browser, path, since="2026-11-24", until="2026-11-23")

        assert (status, rows) == (422, [])
        assert "请先更正查询条件" in page.get_text()
        assert page.select_one("[name=until][aria-invalid=true]")

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"person": "officer"}, 1),
            ({"person": "nobody"}, 0),
            ({"action": "matching.application"}, 3),
            ({"action": "matching.application.step1"}, 1),
            ({"action": "贷款申请"}, 3),
            ({"action": "白名单"}, 0),
            ({"since": "2026-11-24"}, 2),
            ({"until": "2026-11-23"}, 1),
            ({"since": "2026-11-24", "until": "2026-11-24"}, 1),
        ],
    )
    def test_finds_by_person_action_and_time(self, browser, traces, query, count):
        assert len(told(browser, EVENTS, **query)[1]) == count

    def test_names_the_event_that_breaks_a_chain(self, browser, traces, now):
        AuditEvent.objects.create(
            stream=enterprise_stream(traces.enterprise.uscc),
            seq=3,
            at=now,
            action="matching.application.step9",
            subject_kind="LoanApplication",
            subject_id="77",
            previous_hash="0" * 64,
            hash="0" * 64,
        )

        _, _, page = told(browser, EVENTS, verify="1")

        assert "CHAIN_BROKEN" in page.get_text()
        assert "77" in page.select_one("tbody tr").get_text()

    @pytest.mark.parametrize(
        "query",
        [
            {"since": "9999-12-31"},
            {"until": "0001-01-01"},
            {"since": "gestern"},
            {"uscc": "x" * 31},
            {"uscc": "91120101MA0501012"},
            {"uscc": "91120101MA0501012M"},
        ],
    )
    def test_bad_input_is_told_at_the_field(self, browser, traces, query):
        status, _, page = told(browser, EVENTS, **query)

        assert status == 422
        assert page.select_one(".mk-filters [aria-invalid=true], .mk-filters .is-invalid")
        assert "校验通过" not in page.get_text()

    def test_asks_ten_queries(self, browser, traces, django_assert_max_num_queries):
        browser.get(EVENTS)

        with django_assert_max_num_queries(10):
            browser.get(EVENTS, {"uscc": traces.enterprise.uscc})


class TestAccessSearch:
    def test_tells_who_read_what_for_what_purpose(self, browser, traces):
        _, rows, _ = told(browser, ACCESSES, uscc=traces.enterprise.uscc)

        assert len(rows) == 2
        assert "贷款申请审查" in rows[1]
        assert traces.enterprise.name in rows[1]
        assert "示例城市银行" in rows[1]

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"purpose": "POST_LOAN_WATCH"}, 1),
            ({"person": "officer"}, 2),
            ({"person": "owner"}, 0),
            ({"until": "2026-11-23"}, 1),
        ],
    )
    def test_finds_by_purpose_person_and_time(self, browser, traces, query, count):
        assert len(told(browser, ACCESSES, **query)[1]) == count

    def test_an_unknown_purpose_is_told(self, browser, traces):
        assert told(browser, ACCESSES, purpose="CURIOSITY")[0] == 422
