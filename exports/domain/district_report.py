"""The weekly or monthly report of a district, as page, workbook and PDF show it.

Source: domain note 5 (one-click 周报/月报).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from exports.domain.definitions import GENERAL_NOTES, Unit
from exports.domain.disclosure import NOTE
from exports.domain.report_period import REPORT_LABELS, ReportPeriod
from exports.domain.statistics_book import Figure, shown_in
from marketplace.domain.table import CellValue, Column, ColumnKind, SheetTable

LENDING_NOTE = (
    "授信与放款按出具时的当年数和累计数列示，与“本区统计”相同，不按周、按月拆分，以免推知单个企业。"
)


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
