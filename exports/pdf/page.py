"""What stands on every page of a document: watermark, running head, foot with page numbers and the printed phrase."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from exports.domain.report import DISCLAIMER
from exports.pdf import theme
from exports.pdf.text import Typesetter
from exports.pdf.theme import TextStyle

MARK = TextStyle(13, 17, color=Color(0.12, 0.31, 0.47, alpha=0.085), align="center")
MARK_ANGLE = 32
MARK_ROWS, MARK_COLUMNS = 5, 2
MARK_WIDTH = 270.0


@dataclass(frozen=True)
class Furniture:
    """What every page of one document carries.

    Attributes:
        watermark: reader, organization and time of this copy.
        running_head: name in the head of all pages but the first.
        report_number: printed in head and foot.
        warnings: sentences in the foot of every page, such as that fonts are not embedded.
    """

    setter: Typesetter
    watermark: tuple[str, ...]
    running_head: str
    report_number: str
    warnings: tuple[str, ...] = ()

    def draw(self, canvas: Any, page: int, pages: int) -> None:
        """Draw everything on a finished page."""
        self._draw_watermark(canvas)
        if page > 1:
            self._draw_head(canvas)
        self._draw_foot(canvas, page, pages)

    def _draw_head(self, canvas: Any) -> None:
        y = theme.PAGE_HEIGHT - 30
        right = theme.PAGE_WIDTH - theme.MARGIN
        number = f"报告编号 {self.report_number}"
        room = theme.WIDTH - self.setter.width(number, theme.NOTE) - 16
        name = self.setter.shortened(self.running_head, theme.NOTE, room)
        self.setter.draw(canvas, theme.MARGIN, y, name, theme.NOTE)
        self.setter.draw(canvas, right, y, number, theme.NOTE.aligned("right"))
        _rule(canvas, y - 6)

    def _draw_foot(self, canvas: Any, page: int, pages: int) -> None:
        y = 30.0
        right = theme.PAGE_WIDTH - theme.MARGIN
        _rule(canvas, y + 11)
        self.setter.draw(canvas, theme.MARGIN, y, f"报告编号 {self.report_number}", theme.NOTE)
        middle = theme.NOTE.aligned("center")
        self.setter.draw(canvas, theme.PAGE_WIDTH / 2, y, DISCLAIMER, middle)
        numbers = f"第 {page} 页 / 共 {pages} 页"
        self.setter.draw(canvas, right, y, numbers, theme.NOTE.aligned("right"))
        for place, warning in enumerate(self.warnings):
            line = self.setter.shortened(warning, theme.NOTE, theme.WIDTH)
            self.setter.draw(canvas, theme.PAGE_WIDTH / 2, y - 10 * (place + 1), line, middle)

    def _draw_watermark(self, canvas: Any) -> None:
        # Said to stand for no text, so that what a reader copies from the page is not mixed with it.
        canvas.addLiteral("/Span <</ActualText <FEFF>>> BDC")
        canvas.saveState()
        for row in range(MARK_ROWS):
            for column in range(MARK_COLUMNS):
                canvas.saveState()
                x = (column + (0.62 if row % 2 else 0.38)) * theme.PAGE_WIDTH / MARK_COLUMNS
                canvas.translate(x, (row + 0.5) * theme.PAGE_HEIGHT / MARK_ROWS)
                canvas.rotate(MARK_ANGLE)
                for place, line in enumerate(self.watermark):
                    text = self.setter.shortened(line, MARK, MARK_WIDTH)
                    self.setter.draw(canvas, 0, -place * MARK.leading, text, MARK)
                canvas.restoreState()
        canvas.restoreState()
        canvas.addLiteral("EMC")


class NumberedCanvas(Canvas):  # type: ignore[misc]
    """A canvas that finishes its pages only at the end, when it knows how many there are."""

    def __init__(self, *args: Any, furniture: Furniture, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._furniture = furniture
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 -- name given by the PDF library
        """Put the page aside and begin the next."""
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Draw head, foot and watermark on every page, then write the file."""
        pages = self._pages
        for number, state in enumerate(pages, start=1):
            self.__dict__.update(state)
            self._furniture.draw(self, number, len(pages))
            super().showPage()
        super().save()


def canvas_maker(furniture: Furniture) -> Callable[..., NumberedCanvas]:
    """Return what the PDF library calls to make the canvas of a document."""

    def make(*args: Any, **kwargs: Any) -> NumberedCanvas:
        return NumberedCanvas(*args, furniture=furniture, **kwargs)

    return make


def _rule(canvas: Any, y: float) -> None:
    canvas.setStrokeColor(theme.LINE)
    canvas.setLineWidth(0.5)
    canvas.line(theme.MARGIN, y, theme.PAGE_WIDTH - theme.MARGIN, y)
