"""From parts to a file: one way for every document, the same bytes for the same input."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import BytesIO
from threading import Lock

from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate
from reportlab.platypus.flowables import Flowable

from exports.domain.report import DISCLAIMER
from exports.pdf import theme
from exports.pdf.page import Furniture, canvas_maker

_one_at_a_time = Lock()  # a font of the PDF library is read from a shared position in its file


def build(furniture: Furniture, flow: Callable[[], list[Flowable]], *, title: str) -> bytes:
    """Return a document as a file.

    Args:
        furniture: what stands on every page.
        flow: makes everything between the margins, in order.
        title: of the document, for the file's own description.
    """
    with _one_at_a_time:
        return _build(furniture, flow(), title)


def _build(furniture: Furniture, flow: list[Flowable], title: str) -> bytes:
    stream = BytesIO()
    template = BaseDocTemplate(
        stream,
        pagesize=(theme.PAGE_WIDTH, theme.PAGE_HEIGHT),
        leftMargin=theme.MARGIN,
        rightMargin=theme.MARGIN,
        topMargin=theme.TOP,
        bottomMargin=theme.BOTTOM,
        title=title,
        author="信易贷撮合平台",
        subject=f"报告编号 {furniture.report_number} {DISCLAIMER}",
        creator="信易贷撮合平台",
        initialFontName=furniture.setter.fonts.regular.first().name,
        lang="zh-CN",
        invariant=1,
        pageCompression=1,
    )
    frame = partial(Frame, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)
    body = frame(
        theme.MARGIN,
        theme.BOTTOM,
        theme.WIDTH,
        theme.PAGE_HEIGHT - theme.TOP - theme.BOTTOM,
    )
    template.addPageTemplates([PageTemplate("page", [body])])
    template.build(flow, canvasmaker=canvas_maker(furniture))
    return stream.getvalue()
