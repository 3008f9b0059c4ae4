"""The portrait on one screen: the enterprise's own page, the officer's and the approver's."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.test import Client

from borrowers.services import consent_revoke
from marketplace.models import AccessRecord
from matching.models import LoanApplication
from matching.services.evaluation import evaluation_publish, evaluation_run
from tests.cast import NOW
from tests.factories.deliveries import deliver_penalty, deliver_tax, seed
from tests.factories.matching import make_application

BEFORE = NOW - timedelta(days=3)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def standing_clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def delivered(cast):
    seed(BEFORE)
    deliver_penalty(cast.enterprise, BEFORE)
    deliver_tax(cast.enterprise, BEFORE)
    return cast


@pytest.fixture
def published(delivered):
    run = evaluation_run(month=NOW.date().replace(day=1), actor=delivered.operator, at=NOW)
    evaluation_publish(public_id=run.public_id, actor=delivered.second_operator, at=NOW)
    return delivered


def page_for(user, path):
    browser = Client()
    browser.force_login(user)
    answer = browser.get(path)
    assert answer.status_code == 200, answer.content.decode()[:500]
    return BeautifulSoup(answer.content, "html.parser")


def score_rows(page):
    tables = [t for t in page.select("table") if t.caption and t.caption.text == "得分明细"]
    return [row.select("td") for row in tables[0].select("tbody tr")] if tables else []


def fold(page, section, name):
    """The part of a section whose line begins with a name."""
    parts = page.select_one(f"#{section}").parent.select("details.mk-fold")
    return next(part for part in parts if part.select_one(".mk-fold-name").text == name)


def as_points(cell):
    return int(cell.get_text(strip=True).replace(",", ""))


class TestOwnPortrait:
    def test_points_on_the_page_add_up_to_the_score(self, delivered):
        rows = score_rows(page_for(delivered.owner, "/portrait/"))

        *lines, total = [as_points(cells[2]) for cells in rows]
        assert sum(lines) == total
        assert rows[-1][0].get_text(strip=True) == "合计"

    def test_names_unit_batch_row_and_day_behind_a_value(self, delivered):
        text = page_for(delivered.owner, "/portrait/").select_one("#main").get_text(" ")

        assert "税款缴纳" in text
        assert "第 2 行" in text
        assert "2026-11-20 接收" in text
        assert "津示罚〔2026〕1号" in text

    def test_says_why_values_are_missing(self, delivered):
        text = page_for(delivered.owner, "/portrait/").select_one("#indicators").parent.get_text()

        assert "来源单位尚未提供" in text

    def test_says_which_months_of_a_window_were_not_delivered_yet(self, delivered):
        with time_machine.travel(NOW + timedelta(days=20), tick=False):
            taxes = fold(page_for(delivered.owner, "/portrait/"), "indicators", "纳税")

        assert "有月份未送全" in taxes.summary.get_text()
        assert "2026-11 的数据尚未送全，可能偏低" in taxes.get_text()

    def test_old_data_never_read_as_none(self, delivered):
        with time_machine.travel(NOW + timedelta(days=60), tick=False):
            page = page_for(delivered.owner, "/portrait/")

        assert "津示罚〔2026〕1号" in fold(page, "published", "行政处罚").get_text()
        assert "不能据此认为没有记录" in fold(page, "published", "裁判文书").get_text()
        penalty = fold(page, "indicators", "行政处罚")
        assert "未及时更新" in penalty.summary.get_text()
        assert "不能据此认为没有新的记录" in penalty.get_text()

    def test_is_one_line_for_each_part_until_it_is_opened(self, delivered):
        page = page_for(delivered.owner, "/portrait/")

        parts = page.select("details.mk-fold")
        assert len(parts) > 20
        assert not [part for part in parts if part.has_attr("open")]
        assert all(part.select_one("summary .mk-fold-name").text for part in parts)

    def test_a_line_says_the_key_values_what_is_not_zero_first(self, delivered):
        page = page_for(delivered.owner, "/portrait/")

        line = fold(page, "indicators", "行政处罚").select_one(".mk-fold-gist").get_text()
        assert line.startswith("近 12 个月行政处罚 1 次")
        latest = fold(page, "published", "行政处罚").summary.get_text(" ", strip=True)
        assert latest.endswith("1 条")

    def test_offers_itself_as_a_file(self, delivered):
        page = page_for(delivered.owner, "/portrait/")

        assert page.select_one("a[href='/portrait/own.pdf']")

    def test_says_that_it_is_no_credit_bureaus_report(self, delivered):
        text = page_for(delivered.owner, "/portrait/").get_text()

        assert "供参考，不构成征信报告" in text

    def test_charts_have_their_numbers_as_tables(self, delivered):
        page = page_for(delivered.owner, "/portrait/")

        figures = page.select("figure.mk-chart")
        assert {figure["data-chart"] for figure in figures} >= {
            "portrait-score",
            "portrait-tax-paid",
        }
        assert all(figure.select("table tbody tr") for figure in figures)

    def test_shows_the_published_evaluation_with_its_points(self, published):
        text = page_for(published.owner, "/portrait/").get_text()

        assert "公共信用综合评价" in text
        assert "2026 年 11 月评价得分明细" in text

    def test_shows_no_evaluation_before_it_is_published(self, delivered):
        evaluation_run(month=NOW.date().replace(day=1), actor=delivered.operator, at=NOW)

        assert "评价得分明细" not in page_for(delivered.owner, "/portrait/").get_text()

    def test_each_look_is_logged(self, delivered):
        page_for(delivered.owner, "/portrait/")

        assert AccessRecord.objects.get().purpose == "OWN_REPORT"

    def test_an_individual_has_no_score(self, delivered):
        delivered.enterprise.entity_type = "INDIVIDUAL"
        delivered.enterprise.save()

        page = page_for(delivered.owner, "/portrait/")

        assert "不作公共信用综合评价" in page.get_text()
        assert score_rows(page) == []

    def test_asks_the_same_queries_however_many_records(
        self, published, django_assert_max_num_queries
    ):
        browser = Client()
        browser.force_login(published.owner)
        for month in range(1, 9):
            deliver_tax(published.enterprise, BEFORE, day=f"2026-0{month}-15")
        browser.get("/portrait/")

        with django_assert_max_num_queries(18):
            browser.get("/portrait/")


class TestReviewedPortrait:
    @pytest.fixture
    def application(self, published):
        return LoanApplication.objects.get(pk=make_application(published, "IN_APPROVAL").pk)

    def test_the_officer_sees_the_grade_and_no_points_by_indicator(self, application, cast):
        page = page_for(cast.officer, f"/desk/{application.public_id}/")

        assert page.select_one("h2#portrait .mk-badge")
        assert score_rows(page) == []
        assert page.select_one("[data-chart=portrait-score]") is None
        assert "评价得分明细" not in page.get_text()

    def test_the_approver_sees_every_point(self, application, cast):
        page = page_for(cast.approver, f"/approvals/{application.public_id}/")

        *lines, total = [as_points(cells[2]) for cells in score_rows(page)]
        assert sum(lines) == total
        assert "2026 年 11 月评价得分明细" in page.get_text()

    def test_begins_with_grade_contradictions_freshness_and_conditions(self, application, cast):
        page = page_for(cast.officer, f"/desk/{application.public_id}/")

        headings = [heading["id"] for heading in page.select(".mk-columns-wide > .mk-stack h2[id]")]
        assert headings[:5] == ["portrait", "contradictions", "freshness", "fit", "indicators"]

    def test_folds_away_the_conditions_that_fit(self, application, cast):
        page = page_for(cast.officer, f"/desk/{application.public_id}/")

        panel = page.select_one("#fit").parent
        open_reasons = panel.find_all("ul", class_="mk-reasons", recursive=False)
        folded = panel.select("details.mk-fold .mk-reason")
        verdicts = application.frozen_fit["verdicts"]
        met = [verdict for verdict in verdicts if verdict["outcome"] == "FITS"]
        assert len(folded) == len(met)
        assert sum(len(part.select(".mk-reason")) for part in open_reasons) == len(verdicts) - len(
            met
        )

    def test_offers_the_portrait_as_a_file(self, application, cast):
        page = page_for(cast.approver, f"/approvals/{application.public_id}/")

        assert page.select_one(f"a[href='/applications/{application.public_id}/portrait.pdf']")

    def test_shows_hash_consent_and_disclaimer(self, application, cast):
        text = page_for(cast.officer, f"/desk/{application.public_id}/").get_text()

        assert application.portrait.content_hash in text
        assert str(application.consent.public_id) in text
        assert "供参考，不构成征信报告" in text

    def test_carries_reader_organisation_and_time(self, application, cast):
        page = page_for(cast.officer, f"/desk/{application.public_id}/")

        mark = page.select_one(".mk-watermark span").get_text()
        assert cast.officer.display_name in mark
        assert "示例城市银行" in mark
        assert "2026-11-23 10:00" in mark

    def test_is_gone_with_the_consent(self, application, cast):
        consent = application.consent
        consent_revoke(consent_id=consent.public_id, reason="不再需要", actor=cast.owner, at=NOW)

        page = page_for(cast.officer, f"/desk/{application.public_id}/")

        assert page.select_one("#portrait") is None
        assert application.portrait.content_hash not in page.get_text()
        assert not AccessRecord.objects.exists()
