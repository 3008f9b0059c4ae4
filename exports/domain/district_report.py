"""The weekly or monthly report of a district: what happened in the period, and what it has come to.

What the district knows one by one (its enterprises, their needs, its lists and events) is counted for the period. Of
what lenders granted it knows the sums alone; these are given as they stand today, screened as on the statistics page,
since amounts of a week would tell those of a single enterprise, and so would two totals a week apart.

Source: domain note 5 (one-click 周报/月报); trust note 4.3 (small cells).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from exports.domain.definitions import GENERAL_NOTES, Statistic, Unit, definition
from exports.domain.disclosure import NOTE
from exports.domain.statistics_book import Figure, shown_in
from exports.domain.tally import Facts, figures
from marketplace.domain.period import add_months
from marketplace.domain.table import CellValue, Column, ColumnKind, SheetTable

S = Statistic
WEEK = timedelta(days=7)
DAY = timedelta(days=1)


class ReportKind(StrEnum):
    """How long a report's period is."""

    WEEK = "week"
    MONTH = "month"


REPORT_LABELS = {ReportKind.WEEK: "周报", ReportKind.MONTH: "月报"}


@dataclass(frozen=True)
class ReportPeriod:
    """A calendar week from Monday, or a calendar month.

    Attributes:
        first, last: first and last day, both inclusive.
    """

    kind: ReportKind
    first: date
    last: date

    @property
    def label(self) -> str:
        """Return the period as titles say it.

        >>> report_period(ReportKind.MONTH, date(2026, 11, 26)).label
        '2026 年 11 月'
        >>> report_period(ReportKind.WEEK, date(2026, 11, 26)).label
        '2026-11-23 至 2026-11-29'
        """
        if self.kind is ReportKind.MONTH:
            return f"{self.first.year} 年 {self.first.month} 月"
        return f"{self.first} 至 {self.last}"

    @property
    def before(self) -> ReportPeriod:
        """Return the period before this one."""
        return report_period(self.kind, self.first - DAY)

    @property
    def after(self) -> ReportPeriod:
        """Return the period after this one."""
        return report_period(self.kind, self.last + DAY)


def report_period(kind: ReportKind, day: date) -> ReportPeriod:
    """Return the period in which a day lies."""
    if kind is ReportKind.WEEK:
        first = day - timedelta(days=day.weekday())
        return ReportPeriod(kind, first, first + WEEK - DAY)
    first = day.replace(day=1)
    return ReportPeriod(kind, first, add_months(first, 1) - DAY)


@dataclass(frozen=True)
class ReportLine:
    """One figure of a report.

    Attributes:
        value: in the unit; None when it cannot be formed or is not published.
        definition: what it counts.
        counted: the word for what is counted, where it is not the unit's own.
    """

    name: str
    unit: Unit
    value: Figure
    definition: str
    counted: str = ""

    @property
    def shown(self) -> tuple[Decimal | None, str]:
        """Return the value as tables show it, with its unit: 万元, 户, 笔, 期."""
        value, unit = shown_in(self.unit, self.value)
        return value, self.counted or unit


@dataclass(frozen=True)
class ReportSection:
    """Figures under one heading, with when they are counted, e.g. 本期."""

    title: str
    when: str
    lines: tuple[ReportLine, ...]


@dataclass(frozen=True)
class ListFigures:
    """What became of a district's whitelists in a period, from the lenders' feedback on each enterprise."""

    issues: int
    admitted: int
    contacts: int
    reports: int
    grants: int
    granted_yuan: Figure
    draws: int
    drawn_yuan: Figure


@dataclass(frozen=True)
class EventFigures:
    """What became of a district's matchmaking events held in a period."""

    events: int
    meetings: int
    intentions: int
    intended_yuan: Figure


@dataclass(frozen=True)
class DistrictReport:
    """A district's report, as page, workbook and PDF show it.

    Attributes:
        counted_until: last day counted: the period's last, or today while it runs.
        made_at: aware.
    """

    district: str
    period: ReportPeriod
    counted_until: date
    made_at: datetime
    sections: tuple[ReportSection, ...]

    @property
    def title(self) -> str:
        """Return the title, e.g. 河西区信易贷工作周报."""
        return f"{self.district}信易贷工作{REPORT_LABELS[self.period.kind]}"

    @property
    def is_running(self) -> bool:
        """Return whether the period has not ended yet."""
        return self.counted_until < self.period.last

    @property
    def subtitle(self) -> str:
        """Return period and last day counted."""
        running = f"，本期未完，统计至 {self.counted_until}" if self.is_running else ""
        return f"{self.period.label}{running}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what has to be said under the figures."""
        return (LENDING_NOTE, NOTE, *GENERAL_NOTES)


LENDING_NOTE = (
    "授信与放款按出具时的当年数和累计数列示，与“本区统计”相同，不按周、按月拆分，以免推知单个企业。"
)
FROM_ZERO = (
    (S.ENTERPRISES, "新注册企业"),
    (S.NEEDS, "发布融资需求"),
    (S.NEEDS_AMOUNT, "发布融资需求金额"),
    (S.APPLICATIONS, "机构收到申请"),
    (S.ACCEPTANCES, "机构受理申请"),
    (S.CONTACTS, "机构联系企业"),
)
"""Figures of the period: what was added between the day before it and its last day."""

LENDING = (
    S.APPROVED_ENTERPRISES,
    S.APPROVED_AMOUNT,
    S.FUNDED_ENTERPRISES_YEAR,
    S.FUNDED_AMOUNT_YEAR,
    S.FUNDED_ENTERPRISES,
    S.FUNDED_AMOUNT,
    S.FIRST_TIME_BORROWERS,
    S.AVERAGE_RATE,
)


def work_section(before: Facts, after: Facts) -> ReportSection:
    """Return what was added in the period.

    Args:
        before: everything up to the day before the period.
        after: everything up to the last day counted.
    """
    then, now = figures(before), figures(after)
    lines = [
        ReportLine(
            name,
            definition(code).unit,
            (now[code] or 0) - (then[code] or 0),
            f"本期新增：期末“{definition(code).name}”减去期初的数。{definition(code).formula}",
        )
        for code, name in FROM_ZERO
    ]
    return ReportSection("企业与需求", "本期", tuple(lines))


def lending_section(shown: dict[Statistic, Figure]) -> ReportSection:
    """Return approvals and payments as published today."""
    lines = [
        ReportLine(
            definition(code).name,
            definition(code).unit,
            shown.get(code),
            f"{definition(code).formula}{definition(code).note}",
        )
        for code in LENDING
    ]
    return ReportSection("授信与放款", "截至出具日", tuple(lines))


def list_section(found: ListFigures) -> ReportSection:
    """Return what became of the whitelists."""
    own = "白名单企业的对接结果，由机构逐户反馈；"
    lines = (
        ReportLine("发布白名单", Unit.PRODUCTS, found.issues, "本期发布的名单期数。", "期"),
        ReportLine(
            "入选企业", Unit.ENTERPRISES, found.admitted, "本期发布的各期名单入选户数之和。"
        ),
        ReportLine("机构对接", Unit.ENTERPRISES, found.contacts, "本期机构认领的户次。", "户次"),
        ReportLine("反馈结果", Unit.ENTERPRISES, found.reports, "本期机构反馈结果的户次。", "户次"),
        ReportLine("名单企业授信", Unit.LOANS, found.grants, f"{own}按授信决定日期。"),
        ReportLine("名单企业授信金额", Unit.YUAN, found.granted_yuan, f"{own}按授信决定日期。"),
        ReportLine("名单企业放款", Unit.LOANS, found.draws, f"{own}按放款日期。"),
        ReportLine("名单企业放款金额", Unit.YUAN, found.drawn_yuan, f"{own}按放款日期。"),
    )
    return ReportSection("白名单", "本期", lines)


def event_section(found: EventFigures) -> ReportSection:
    """Return what became of the matchmaking events."""
    lines = (
        ReportLine("举行对接会", Unit.PRODUCTS, found.events, "本期举行的场次。", "场"),
        ReportLine(
            "安排面谈", Unit.LOANS, found.meetings, "本期举行的对接会上安排的面谈场数。", "场"
        ),
        ReportLine(
            "达成意向", Unit.LOANS, found.intentions, "上述面谈中登记为达成意向的个数。", "个"
        ),
        ReportLine("意向金额", Unit.YUAN, found.intended_yuan, "达成意向的金额之和。"),
    )
    return ReportSection("对接会", "本期", lines)


def report_tables(report: DistrictReport) -> list[SheetTable]:
    """Return the report as one sheet a section."""
    return [
        SheetTable(
            title=f"{report.title}：{section.title}" if place == 0 else section.title,
            subtitle=f"{report.subtitle}（{section.when}）",
            columns=(
                Column("指标", width=22),
                Column(section.when, ColumnKind.NUMBER, 18),
                Column("单位", width=10),
                Column("口径", width=90),
            ),
            rows=[_row(line) for line in section.lines],
            notes=report.notes,
            generated_at=report.made_at,
        )
        for place, section in enumerate(report.sections)
    ]


def _row(line: ReportLine) -> Sequence[CellValue]:
    value, unit = line.shown
    return (line.name, value, unit, line.definition)
