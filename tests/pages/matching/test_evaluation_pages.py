"""The operator's pages of evaluations and parameters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client

from marketplace.models import AuditEvent, Membership, Notification, ParameterValue
from matching.models import EvaluationRun
from matching.services.evaluation import evaluation_run, evaluation_start
from tests.cast import NOW
from tests.factories.deliveries import deliver_penalty, seed

MONTH = NOW.date().replace(day=1)
LIST = "/operator/evaluations/"
DAYS = "/operator/parameters/demand.validity_days/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def standing_clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def browser(cast):
    return signed(cast.operator)


@pytest.fixture
def finished(cast):
    seed(NOW - timedelta(days=3))
    return evaluation_run(month=MONTH, actor=cast.operator, at=NOW)


def signed(user):
    browser = Client()
    browser.force_login(user)
    return browser


def soup(answer):
    return BeautifulSoup(answer.content, "html.parser")


class TestDriftOnTheRunsPage:
    def test_shows_what_moved_since_the_month_before(self, browser, cast, finished):
        EvaluationRun.objects.update(month=date(2026, 10, 1))
        EvaluationRun.objects.update(started_at=NOW - timedelta(days=1))
        deliver_penalty(cast.enterprise, NOW - timedelta(minutes=5))
        run = evaluation_run(month=MONTH, actor=cast.operator, at=NOW)

        page = soup(browser.get(f"{LIST}{run.public_id}/"))

        assert "与 2026-10 的评价相比" in page.get_text()
        assert "近 12 个月行政处罚" in page.get_text()
        assert run.snapshot["manifest"] in page.get_text()

    def test_says_nothing_of_a_month_before_when_there_is_none(self, browser, finished):
        page = soup(browser.get(f"{LIST}{finished.public_id}/"))

        assert "与上期相比" not in page.get_text()


class TestEvaluationList:
    def test_starts_a_run_that_ends_in_this_process(
        self, browser, cast, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            answer = browser.post(LIST, {"month": "2026-11-01"})

        run = EvaluationRun.objects.get()
        assert answer.url == f"{LIST}{run.public_id}/"
        assert (run.state, run.evaluated, run.started_by) == ("COMPLETED", 2, cast.operator)

    @pytest.mark.parametrize("month", ["2027-01-01", "", "abc", "2026-11-02"])
    def test_refuses_another_month_at_the_field(self, browser, month):
        answer = browser.post(LIST, {"month": month})

        assert answer.status_code == 422
        assert not EvaluationRun.objects.exists()

    def test_a_finished_month_is_refused_in_words(self, browser, finished):
        answer = browser.post(LIST, {"month": "2026-11-01"})

        assert answer.status_code == 422
        assert "EVALUATION_DONE" in soup(answer).get_text()

    def test_counts_each_grade(self, browser, finished):
        row = soup(browser.get(LIST)).select_one("table tbody tr")

        cells = {cell["data-label"]: cell.get_text(strip=True) for cell in row.select("td")}
        assert cells["月份"] == "2026-11"
        assert sum(int(cells[grade]) for grade in ("A", "B", "C", "D", "未评价")) == 2
        assert cells["发起"] == "operator"

    def test_the_auditor_reads_and_starts_nothing(self, cast, finished):
        page = soup(signed(cast.auditor).get(LIST))

        assert page.select_one("main form.mk-form") is None
        assert page.select_one("table tbody tr")

    def test_asks_twelve_queries(self, browser, finished, django_assert_max_num_queries):
        browser.get(LIST)

        with django_assert_max_num_queries(12):
            browser.get(LIST)


class TestEvaluationDetail:
    def test_a_running_one_shows_how_far_it_is(self, browser, cast):
        run = evaluation_start(month=MONTH, actor=cast.operator, at=NOW)

        page = soup(browser.get(f"{LIST}{run.public_id}/"))

        assert page.select_one(".mk-progress")["hx-get"].endswith("/progress/")
        assert "继续评价" in page.get_text()
        assert soup(browser.get(f"{LIST}{run.public_id}/progress/")).select_one(".mk-progress")

    def test_a_second_person_publishes(self, cast, finished):
        answer = signed(cast.second_operator).post(f"{LIST}{finished.public_id}/publish/")

        finished.refresh_from_db()
        assert answer.status_code == 302
        assert (finished.state, finished.published_by) == ("PUBLISHED", cast.second_operator)

    def test_the_one_who_started_it_is_told_who_has_to(self, browser, cast, finished):
        own = soup(browser.get(f"{LIST}{finished.public_id}/")).find("main").get_text()
        other = soup(signed(cast.second_operator).get(f"{LIST}{finished.public_id}/")).find("main")

        assert "须由另一位运营人员发布" in own
        assert "发布人不能是发起人" not in own
        assert "发布人不能是发起人" in other.get_text()

    def test_the_one_who_started_it_is_told_why_not(self, browser, finished):
        answer = browser.post(f"{LIST}{finished.public_id}/publish/")

        assert answer.status_code == 422
        assert "SECOND_PERSON" in soup(answer).get_text()

    def test_publishing_twice_conflicts(self, cast, finished):
        second = signed(cast.second_operator)
        second.post(f"{LIST}{finished.public_id}/publish/")

        assert second.post(f"{LIST}{finished.public_id}/publish/").status_code == 409

    def test_asks_twelve_queries(self, browser, finished, django_assert_max_num_queries):
        with django_assert_max_num_queries(12):
            browser.get(f"{LIST}{finished.public_id}/")


class TestParameters:
    def given(self, **changed):
        return {"effective_from": "2027-01-01", "value": "60", "source": "示例决定"} | changed

    def test_lists_values_with_unit_date_and_source(self, browser):
        row = next(
            row
            for row in soup(browser.get("/operator/parameters/")).select("tbody tr")
            if "demand.validity_days" in row.get_text()
        )

        text = row.get_text(" ", strip=True)
        assert all(part in text for part in ("90", "日", "2020-01-01", "平台约定"))

    def test_a_coming_value_stands_beside_the_present_one(self, browser):
        answer = browser.post(DAYS, self.given())

        assert answer.url == DAYS
        page = soup(browser.get(DAYS)).get_text(" ")
        assert "未生效" in page
        assert "operator 录入" in page
        assert "2027-01-01 起有新取值" in soup(browser.get("/operator/parameters/")).get_text()

    @pytest.mark.parametrize(
        ("changed", "code"),
        [
            ({"value": "九十"}, "PARAMETER_VALUE"),
            ({"value": "1.5"}, "PARAMETER_VALUE"),
            ({"value": '"60"'}, "PARAMETER_VALUE"),
            ({"effective_from": "2026-11-23"}, "PARAMETER_PAST"),
        ],
    )
    def test_refuses_with_the_code_at_the_field(self, browser, changed, code):
        answer = browser.post(DAYS, self.given(**changed))

        assert answer.status_code == 422
        assert code in soup(answer).get_text()
        assert not ParameterValue.objects.exists()

    def test_a_date_has_one_value(self, browser):
        browser.post(DAYS, self.given())

        answer = browser.post(DAYS, self.given(value="70"))

        assert answer.status_code == 422
        assert "PARAMETER_DATED" in soup(answer).get_text()

    def test_the_other_operators_are_told_of_a_value(self, cast, browser):
        browser.post(DAYS, self.given())

        notice = Notification.objects.get(kind="parameter.set")
        assert notice.user == cast.second_operator
        assert "2027-01-01" in notice.title
        assert notice.path == DAYS

    def test_a_coming_value_can_be_withdrawn_with_a_reason(self, cast, browser):
        browser.post(DAYS, self.given())
        assert f"{DAYS}withdraw/" in browser.get(DAYS).text

        answer = browser.post(
            f"{DAYS}withdraw/", {"effective_from": "2027-01-01", "reason": "日期录错"}
        )

        assert answer.url == DAYS
        assert not ParameterValue.objects.exists()
        event = AuditEvent.objects.get(action="marketplace.parameter.withdraw")
        assert event.payload["reason"] == "日期录错"
        assert event.payload["value"] == "60"
        assert Notification.objects.get(kind="parameter.withdrawn").user == cast.second_operator

    def test_a_withdrawal_without_a_reason_is_told_at_the_field(self, browser):
        browser.post(DAYS, self.given())

        answer = browser.post(f"{DAYS}withdraw/", {"effective_from": "2027-01-01", "reason": ""})

        assert answer.status_code == 422
        assert soup(answer).select_one("[name=reason][aria-invalid=true]")
        assert ParameterValue.objects.exists()

    def test_a_value_in_force_stays(self, browser):
        browser.post(DAYS, self.given())
        asked = {"effective_from": "2027-01-01", "reason": "日期录错"}

        with time_machine.travel(datetime(2027, 1, 2, 2, tzinfo=UTC), tick=False):
            browser.force_login(Membership.objects.filter(role="OPERATOR").first().user)
            answer = browser.post(f"{DAYS}withdraw/", asked)
            assert f"{DAYS}withdraw/" not in browser.get(DAYS).text

        assert "PARAMETER_IN_FORCE" in answer.text
        assert ParameterValue.objects.exists()

    def test_only_what_was_entered_can_be_withdrawn(self, browser):
        asked = {"effective_from": "2020-01-01", "reason": "日期录错"}

        assert browser.post(f"{DAYS}withdraw/", asked).status_code == 404

    @pytest.mark.parametrize("code", ["scorecard.public_credit", "nothing", "demand"])
    def test_what_comes_with_a_release_has_no_page(self, browser, code):
        assert browser.get(f"/operator/parameters/{code}/").status_code == 404
