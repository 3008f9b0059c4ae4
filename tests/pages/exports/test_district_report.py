"""A district's weekly and monthly report: one page, a workbook and a PDF of the same figures."""

from __future__ import annotations

from io import BytesIO

import pytest
import time_machine
from django.urls import reverse
from openpyxl import load_workbook

from exports.models import IssuedDocument
from matching.models import Whitelist
from tests.cast import NOW
from tests.factories.documents import make_whitelist
from tests.factories.matching import make_application

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


def ask(client, member, name="district-report", **query):
    client.force_login(member)
    return client.get(reverse(f"exports:{name}"), query)


def lines_of(answer):
    return {
        line.name: line.value for part in answer.context["report"].sections for line in part.lines
    }


class TestDistrictReport:
    def test_counts_this_week_at_one_click(self, client, cast):
        make_application(cast, "ACCEPTED")

        lines = lines_of(ask(client, cast.district_clerk))

        assert lines["发布融资需求"] == lines["机构收到申请"] == lines["机构受理申请"] == 1
        assert lines["机构联系企业"] == 0

    def test_knows_nothing_of_other_districts_or_other_weeks(self, client, cast):
        make_application(cast, "ACCEPTED")

        other = lines_of(ask(client, cast.other_district_clerk))
        past = lines_of(ask(client, cast.district_clerk, day="2026-11-16"))

        for lines in (other, past):
            assert lines["发布融资需求"] == lines["机构收到申请"] == 0

    def test_counts_the_lists_published_in_the_month(self, client, cast):
        whitelist = make_whitelist(cast)

        lines = lines_of(ask(client, cast.district_lead, kind="month", day="2026-11-01"))

        assert whitelist.published_at is not None
        assert (lines["发布白名单"], lines["入选企业"]) == (1, whitelist.admitted)

    def test_counts_an_enterprise_once_and_no_recalled_list(self, client, cast):
        for issue_no in ("2026-A", "2026-B", "2026-C"):
            make_whitelist(cast, issue_no=issue_no)
        Whitelist.objects.filter(issue_no="2026-C").update(state="RECALLED")

        answer = ask(client, cast.district_lead, kind="month", day="2026-11-01")

        lines = lines_of(answer)
        assert (lines["发布白名单"], lines["入选企业"]) == (2, 1)
        assert "按统一社会信用代码去重" in answer.content.decode()

    def test_holds_back_what_few_enterprises_were_granted(self, client, cast):
        make_application(cast, "DISBURSED")

        lines = lines_of(ask(client, cast.district_clerk))

        assert lines["授信金额"] is None
        assert lines["累计放款金额"] is None

    def test_leads_to_the_periods_around_but_not_into_the_future(self, client, cast):
        now = ask(client, cast.district_clerk)
        past = ask(client, cast.district_clerk, day="2026-11-09")

        assert now.context["before"].endswith("kind=week&day=2026-11-16")
        assert now.context["after"] == ""
        assert past.context["after"].endswith("kind=week&day=2026-11-16")

    @pytest.mark.parametrize(
        "query", [{"kind": "year"}, {"day": "x"}, {"day": "2026-12-01"}, {"day": "0001-01-01"}]
    )
    def test_finds_no_report_of_a_period_that_is_none(self, client, cast, query):
        assert ask(client, cast.district_clerk, **query).status_code == 404

    def test_asks_the_database_little(self, client, cast, django_assert_max_num_queries):
        client.force_login(cast.district_clerk)

        with django_assert_max_num_queries(15):
            client.get(reverse("exports:district-report"), {"kind": "month", "day": "2026-10-01"})


class TestDistrictReportFiles:
    def test_workbook_says_what_the_page_says_and_is_registered(self, client, cast):
        make_application(cast, "ACCEPTED")
        page = lines_of(ask(client, cast.district_clerk))

        answer = ask(client, cast.district_clerk, "district-report-sheet")

        book = load_workbook(BytesIO(answer.content))
        cells = {
            row[0].value: row[1].value
            for sheet in book.worksheets
            for row in sheet.iter_rows(max_col=2)
        }
        assert cells["发布融资需求"] == page["发布融资需求"] == 1
        document = IssuedDocument.objects.get()
        assert (document.kind, document.issued_to) == ("REPORT_XLSX", cast.district_clerk)
        assert document.subject_name == "河西区信易贷工作周报（2026-11-23 至 2026-11-29）"

    def test_pdf_is_numbered_and_registered(self, client, cast):
        answer = ask(client, cast.district_lead, "district-report-pdf", kind="month")

        document = IssuedDocument.objects.get()
        assert answer.content.startswith(b"%PDF-")
        assert document.kind == "REPORT_PDF"
        assert document.number.startswith("TJBP")
        assert document.subject_name == "河西区信易贷工作月报（2026 年 11 月）"
