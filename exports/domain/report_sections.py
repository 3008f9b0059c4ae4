"""The sections of a district's report: what happened in the period, and what it has come to.

What the district knows one by one (its enterprises, their needs, its lists and events) is counted for the period. Of
what lenders granted it knows the sums alone; these are given as they stand today, screened as on the statistics page,
since amounts of a week would tell those of a single enterprise, and so would two totals a week apart.

Source: domain note 5 (one-click 周报/月报); trust note 4.3 (small cells).
"""

from __future__ import annotations

from dataclasses import dataclass

from exports.domain.definitions import Statistic, Unit, definition
from exports.domain.district_report import ReportLine, ReportSection
from exports.domain.statistics_book import Figure
from exports.domain.tally import Facts, figures

S = Statistic
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


@dataclass(frozen=True)
class ListFigures:
    """What became of a district's whitelists in a period, from the lenders' feedback on each enterprise.

    Attributes:
        issues: lists published and not recalled since.
        admitted: different enterprises on them, however many of the lists each is on.
    """

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
        ReportLine(
            "发布白名单",
            Unit.PRODUCTS,
            found.issues,
            "本期发布的名单期数；已撤下的不计。",
            "期",
        ),
        ReportLine(
            "入选企业",
            Unit.ENTERPRISES,
            found.admitted,
            "本期发布的各期名单的入选企业，按统一社会信用代码去重；已撤下的名单、已移出的企业不计。",
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
