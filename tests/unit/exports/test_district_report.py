"""The week and the month of a district, and what a report of them says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from exports.domain.definitions import Statistic
from exports.domain.district_report import DistrictReport, report_tables
from exports.domain.report_period import ReportKind, report_period
from exports.domain.report_sections import (
    LENDING,
    EventFigures,
    ListFigures,
    event_section,
    lending_section,
    list_section,
    work_section,
)
from exports.domain.tally import AccountRow, Facts, NeedRow
from exports.pdf.district_report import ReportCopy, render_report

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


def need(uscc: str, fen: int) -> NeedRow:
    return NeedRow(uscc, "120103", "C", "SMALL", "CREDIT", fen, is_accepted=False)


def report(counted_until: date = date(2026, 11, 23)) -> DistrictReport:
    lists = ListFigures(1, 40, 12, 9, 3, Decimal(900_000), 2, Decimal(500_000))
    return DistrictReport(
        district="河西区",
        period=report_period(ReportKind.WEEK, date(2026, 11, 23)),
        counted_until=counted_until,
        made_at=AT,
        sections=(
            work_section(Facts(), Facts(needs=(need("A", 1_000_000),))),
            list_section(lists),
            event_section(EventFigures(1, 8, 2, Decimal(300_000))),
            lending_section({Statistic.FUNDED_AMOUNT: None}),
        ),
    )


class TestReportPeriod:
    @given(st.sampled_from(ReportKind), days)
    def test_periods_follow_each_other_without_gap(self, kind, day):
        period = report_period(kind, day)

        assert period.first <= day <= period.last
        assert period.after.first == period.last + timedelta(days=1)
        assert period.before.last == period.first - timedelta(days=1)
        assert period.after.before == period

    @given(days)
    def test_a_week_begins_on_monday_and_a_month_on_the_first(self, day):
        assert report_period(ReportKind.WEEK, day).first.weekday() == 0
        assert report_period(ReportKind.MONTH, day).first.day == 1


class TestWorkSection:
    def test_counts_what_was_added(self):
        before = Facts((AccountRow("120103", "C", "SMALL", 3),), (need("A", 500),))
        after = Facts((AccountRow("120103", "C", "SMALL", 5),), (need("A", 500), need("B", 700)))

        lines = {line.name: line.value for line in work_section(before, after).lines}

        assert lines["新注册企业"] == 2
        assert lines["发布融资需求"] == 1
        assert lines["发布融资需求金额"] == Decimal("7.00")


class TestReport:
    def test_says_that_the_period_is_not_over(self):
        over = report(counted_until=date(2026, 11, 29))

        assert report().subtitle == "2026-11-23 至 2026-11-29，本期未完，统计至 2026-11-23"
        assert over.subtitle == "2026-11-23 至 2026-11-29"

    def test_gives_what_lenders_granted_for_no_week_or_month(self):
        (section,) = [found for found in report().sections if found.title == "授信与放款"]

        assert section.when == "截至出具日"
        assert len(section.lines) == len(LENDING)
        names = {line.name for found in report().sections[:3] for line in found.lines}
        assert not names & {"授信金额", "当年放款金额", "累计放款金额"}

    def test_makes_a_sheet_of_each_section_with_the_units_in_words(self):
        tables = report_tables(report())

        rows = {row[0]: row[1:3] for table in tables for row in table.rows}
        assert len(tables) == 4
        assert rows["发布白名单"] == (Decimal(1), "期")
        assert rows["名单企业授信金额"] == (Decimal(90), "万元")
        assert rows["累计放款金额"] == (None, "万元")

    def test_pdf_is_the_same_for_the_same_input(self):
        copy = ReportCopy(
            "TJBP2026112300000000U", "https://x/verify/A/", "A", "甲", "河西区", AT, "ab" * 32
        )

        first, second = (render_report(report(), copy) for _ in range(2))

        assert first == second
        assert first.startswith(b"%PDF-")
