"""The PDF of a credit report: title and square code, the conclusion, a line for each item, what was found, notes."""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.platypus import KeepTogether, Spacer
from reportlab.platypus.flowables import Flowable

from exports.domain.credit_report import (
    EDITION,
    NOTES,
    TITLE,
    CreditReport,
    Finding,
    ItemResult,
    Part,
    Result,
)
from exports.domain.display import display_moment
from exports.domain.report import Fact, Tone
from exports.pdf import theme
from exports.pdf.build import build
from exports.pdf.flowables import (
    Mark,
    Notice,
    SectionHeading,
    facts_grid,
    ruled_table,
)
from exports.pdf.fonts import fonts
from exports.pdf.head import LEFT_WIDTH, head_with_code
from exports.pdf.page import Furniture
from exports.pdf.text import Text, Typesetter

NUMERALS = "一二三四五六七八九十"
TONES = {
    Result.NOTHING: Tone.GOOD,
    Result.FOUND: Tone.BAD,
    Result.STALE: Tone.CAUTION,
    Result.NEVER: Tone.CAUTION,
}
ITEM_WIDTHS = (128.0, 150.0, theme.WIDTH - 278.0)
FINDING_WIDTHS = (58.0, 118.0, 100.0, theme.WIDTH - 356.0, 80.0)


@dataclass(frozen=True)
class ReportCopy:
    """This copy: its number, the address its square code opens, its verification code, the hash of what it says."""

    number: str
    url: str
    code: str
    content_hash: str


def render_credit_report(report: CreditReport, copy: ReportCopy) -> bytes:
    """Return the PDF of a report."""
    found = fonts()
    setter = Typesetter(found)
    furniture = Furniture(
        setter=setter,
        watermark=(report.enterprise, display_moment(report.made_at)),
        running_head=f"{TITLE} · {report.enterprise}",
        report_number=copy.number,
        warnings=found.warnings,
    )
    title = f"{TITLE}（{EDITION}） {report.enterprise}"
    return build(furniture, lambda: _story(setter, report, copy), title=title)


def _story(setter: Typesetter, report: CreditReport, copy: ReportCopy) -> list[Flowable]:
    flow = _head(setter, report, copy)
    tone = Tone.BAD if report.found else Tone.CAUTION if report.behind else Tone.GOOD
    flow += [Spacer(0, 8), Notice(setter, report.conclusion, tone)]
    for numeral, part in zip(NUMERALS, report.parts, strict=False):
        heading = SectionHeading(setter, numeral, part.title)
        flow += [Spacer(0, 9), KeepTogether([heading, _items(setter, part)])]
        for item in part.items:
            flow += _findings(setter, item)
    flow += [Spacer(0, 10), Text(setter, "说明", theme.SUBHEADING), Spacer(0, 3)]
    flow += [Text(setter, f"{at}. {note}", theme.NOTE) for at, note in enumerate(NOTES, start=1)]
    flow.append(Text(setter, f"内容哈希 {copy.content_hash}", theme.NOTE))
    return flow


def _head(setter: Typesetter, report: CreditReport, copy: ReportCopy) -> list[Flowable]:
    facts = [
        Fact("报告编号", copy.number),
        Fact("生成时间", display_moment(report.made_at)),
        Fact("统一社会信用代码", report.uscc),
        Fact("查询期间", f"{report.first} 至 {report.last}"),
    ]
    left = [
        Text(setter, TITLE, theme.TITLE),
        Text(setter, f"（{EDITION}）", theme.SUBHEADING),
        Spacer(0, 5),
        Text(setter, report.enterprise, theme.NAME),
        Spacer(0, 3),
        facts_grid(setter, facts, 2, LEFT_WIDTH),
    ]
    return head_with_code(setter, left, url=copy.url, code=copy.code)


def _items(setter: Typesetter, part: Part) -> Flowable:
    rows = [
        [
            item.name,
            Mark(setter, item.sentence, TONES[item.result], theme.CELL),
            "；".join(_delivered(item)) or "—",
        ]
        for item in part.items
    ]
    return ruled_table(setter, ("信息项", "查询结果", "来源单位与数据截至"), rows, ITEM_WIDTHS)


def _delivered(item: ItemResult) -> list[str]:
    return [
        f"{unit.unit} {unit.delivered_on}{'' if unit.is_current else '（此后未更新）'}"
        for unit in item.units
    ]


def _findings(setter: Typesetter, item: ItemResult) -> list[Flowable]:
    if not item.findings:
        return []
    rows = [_row(finding) for finding in item.findings]
    header = ("日期", "文书号", "机关", item.name, "状态")
    table = ruled_table(setter, header, rows, FINDING_WIDTHS, dense=True)
    return [Spacer(0, 6), table]


def _row(finding: Finding) -> list[str]:
    day = finding.day.isoformat() if finding.day else "—"
    state = "\n".join(f"{words}（{on}）" if on else words for words, on in finding.states) or "—"
    return [day, finding.number or "—", finding.agency, finding.what, state]
