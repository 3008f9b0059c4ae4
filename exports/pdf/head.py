"""The head of a document's first page: what it is at the left, the square code and its code beside it, a rule below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reportlab.platypus import Spacer
from reportlab.platypus.flowables import Flowable

from exports.pdf import theme
from exports.pdf.flowables import SquareCode, plain_table
from exports.pdf.text import Text, Typesetter

CODE_SIZE = 78.0
CODE_COLUMN = 104.0
LEFT_WIDTH = theme.WIDTH - CODE_COLUMN - 10
"""Room of what stands at the left."""


class Rule(Flowable):  # type: ignore[misc]
    """A full-width double rule under the title."""

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size: the full width, two lines."""
        self.width = width
        return width, 3.0

    def draw(self) -> None:
        """Draw a thick and a thin line."""
        self.canv.setStrokeColor(theme.PRIMARY)
        self.canv.setLineWidth(1.4)
        self.canv.line(0, 2.4, self.width, 2.4)
        self.canv.setLineWidth(0.4)
        self.canv.line(0, 0, self.width, 0)


def head_with_code(
    setter: Typesetter, left: Sequence[Any], *, url: str, code: str
) -> list[Flowable]:
    """Return the head with what stands at its left, at most ``LEFT_WIDTH`` wide.

    Args:
        left: flowables, in order.
        url: address that the square code opens.
        code: verification code, as printed.
    """
    right = [
        SquareCode(url, CODE_SIZE),
        Text(setter, "扫码或凭码核验", theme.NOTE.aligned("center")),
        Text(setter, code, theme.NOTE.aligned("center")),
    ]
    middle = ("ALIGN", (1, 0), (1, 0), "CENTER")
    widths = [theme.WIDTH - CODE_COLUMN, CODE_COLUMN]
    return [
        plain_table(setter, [[list(left), right]], widths, extra=[middle]),
        Spacer(0, 6),
        Rule(),
    ]
