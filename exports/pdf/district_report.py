"""The PDF of a district's weekly or monthly report: title and period, a table for each section, what has to be said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reportlab.platypus import KeepTogether, Spacer
from reportlab.platypus.flowables import Flowable

from exports.domain.display import display, display_moment
from exports.domain.district_report import DistrictReport, ReportSection
from exports.domain.report import Fact
from exports.pdf import theme
from exports.pdf.build import build
from exports.pdf.flowables import (
    SectionHeading,
    facts_grid,
    ruled_table,
)
from exports.pdf.fonts import fonts
from exports.pdf.head import LEFT_WIDTH, head_with_code
from exports.pdf.page import Furniture
from exports.pdf.text import Text, Typesetter

NUMERALS = "一二三四五六七八九十"
WIDTHS = (112.0, 84.0, 40.0, theme.WIDTH - 236.0)


@dataclass(frozen=True)
class ReportCopy:
    """This copy of a report: its number and code, and who took it.

    Attributes:
        url: address that the square code opens.
        code: verification code, as printed.
        taken_at: aware.
        content_hash: of what the report says.
    """

    number: str
    url: str
    code: str
    reader: str
    organisation: str
    taken_at: datetime
    content_hash: str


def render_report(report: DistrictReport, copy: ReportCopy) -> bytes:
    """Return the PDF of a report."""
    found = fonts()
    setter = Typesetter(found)
    furniture = Furniture(
        setter=setter,
        watermark=(f"{copy.reader} · {copy.organisation}", display_moment(copy.taken_at)),
        running_head=f"{report.title} · {report.period.label}",
        report_number=copy.number,
        warnings=found.warnings,
    )
    return build(
        furniture, lambda: _story(setter, report, copy), title=f"{report.title} {report.subtitle}"
    )


def _story(setter: Typesetter, report: DistrictReport, copy: ReportCopy) -> list[Flowable]:
    flow = _head(setter, report, copy)
    for numeral, section in zip(NUMERALS, report.sections, strict=False):
        heading = SectionHeading(setter, numeral, section.title, section.when)
        flow += [Spacer(0, 9), KeepTogether([heading, _table(setter, section)])]
    flow.append(Spacer(0, 10))
    flow += [Text(setter, note, theme.NOTE) for note in report.notes]
    flow.append(Text(setter, f"内容哈希 {copy.content_hash}", theme.NOTE))
    return flow


def _head(setter: Typesetter, report: DistrictReport, copy: ReportCopy) -> list[Flowable]:
    facts = [
        Fact("报告编号", copy.number),
        Fact("统计期间", report.subtitle),
        Fact("出具人", f"{copy.reader}（{copy.organisation}）"),
        Fact("出具时间", display_moment(report.made_at)),
    ]
    left = [
        Text(setter, report.title, theme.TITLE),
        Spacer(0, 7),
        facts_grid(setter, facts, 2, LEFT_WIDTH),
    ]
    return head_with_code(setter, left, url=copy.url, code=copy.code)


def _table(setter: Typesetter, section: ReportSection) -> Flowable:
    rows = []
    for line in section.lines:
        value, unit = line.shown
        rows.append([line.name, display(value), unit, line.definition])
    header = ("指标", section.when, "单位", "口径")
    return ruled_table(setter, header, rows, WIDTHS, right=(1,), dense=True)
