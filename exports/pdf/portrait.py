"""The PDF of a credit portrait: sections in order, one file, the same bytes for the same input.

Layout only. Everything that is said comes from the document's dataclass; everything drawn is checked against the fonts.
"""

from __future__ import annotations

from dataclasses import dataclass

from reportlab.platypus import CondPageBreak, KeepTogether, Spacer
from reportlab.platypus.flowables import Flowable

from exports.domain.display import display_moment
from exports.domain.report import PortraitDocument
from exports.pdf import portrait_sections as sections
from exports.pdf.build import build
from exports.pdf.flowables import SectionHeading
from exports.pdf.fonts import Fonts, fonts
from exports.pdf.page import Furniture
from exports.pdf.portrait_head import application_and_grade, head
from exports.pdf.text import Typesetter

NUMERALS = "一二三四五六七八九十"
UNDIVIDED = frozenset({"数据时效", "授权摘要", "核验与声明"})
KEEP_WITH_HEADING = 92.0
TALL_FIRST_ROW = {"月度走势": 150.0}
"""Sections whose first row needs more room under the heading."""


@dataclass(frozen=True)
class RenderedPdf:
    """A finished document.

    Attributes:
        missing_characters: characters that no font has; they stand as ``〔U+…〕`` in the document.
        warnings: sentences printed in the foot of every page.
    """

    content: bytes
    missing_characters: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def render_portrait(document: PortraitDocument) -> bytes:
    """Return the PDF of a portrait."""
    return portrait_pdf(document).content


def portrait_pdf(document: PortraitDocument, using: Fonts | None = None) -> RenderedPdf:
    """Return the PDF of a portrait with what could not be drawn in it.

    Args:
        using: fonts other than those of this process.
    """
    found = using or fonts()
    setter = Typesetter(found)
    reader = document.reader
    furniture = Furniture(
        setter=setter,
        watermark=(f"{reader.name} · {reader.organization}", display_moment(reader.read_at)),
        running_head=f"{document.title} · {document.enterprise.name}",
        report_number=document.report_number,
        warnings=found.warnings,
    )
    content = build(
        furniture,
        lambda: story(setter, document),
        title=f"{document.title} {document.enterprise.name}",
    )
    return RenderedPdf(content, tuple(sorted(setter.missing)), found.warnings)


def story(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return everything between the margins, in order; an empty section is left out."""
    score = document.score
    parts: list[tuple[str, str, list[Flowable]]] = [
        ("得分构成", _base(document), sections.score_lines(setter, score) if score else []),
        ("申报与记录的矛盾", "", sections.contradictions(setter, document)),
        ("数据时效", "每类数据的最近一次事件与接收情况", sections.freshness(setter, document)),
        ("信用指标", "", sections.indicators(setter, document)),
        ("月度走势", "", sections.monthly_series(setter, document)),
        ("公共信用记录", "每条记录可追溯到来源单位的批次与行", sections.records(setter, document)),
        ("产品准入逐条比对", "符合 / 不符合 / 无法判断", sections.fits(setter, document)),
        ("缺失说明", "缺失不等于没有，也不等于不良", sections.missing(setter, document)),
        ("授权摘要", "", sections.consent(setter, document)),
        ("核验与声明", "", sections.verification(setter, document)),
    ]
    flow = [*head(setter, document), KeepTogether(application_and_grade(setter, document))]
    present = [part for part in parts if part[2]]
    for numeral, (title, remark, content) in zip(NUMERALS, present, strict=False):
        section = [SectionHeading(setter, numeral, title, remark), *content]
        flow.append(Spacer(0, 9))
        if title in UNDIVIDED:
            flow.append(KeepTogether(section))
        else:
            room = TALL_FIRST_ROW.get(title, KEEP_WITH_HEADING)
            flow += [CondPageBreak(room), *section]
    return flow


def _base(document: PortraitDocument) -> str:
    score = document.score
    if score is None or not score.base_points:
        return "得分为各指标分之和"
    return f"基础分 {score.base_points.normalize():f} 分，加减各指标得分"
