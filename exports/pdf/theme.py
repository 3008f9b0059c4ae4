"""Colors, sizes and text styles of documents, in one place.

Colors never speak alone: the words beside them say the same, and all of them survive a black-and-white printer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4

from exports.domain.report import Tone
from marketplace.domain.verdict import Outcome

PAGE_WIDTH, PAGE_HEIGHT = A4
MARGIN = 42.0
TOP, BOTTOM = 48.0, 54.0
WIDTH = PAGE_WIDTH - 2 * MARGIN

INK: Color = HexColor("#1C2733")
MUTED: Color = HexColor("#5F6C7B")
PRIMARY: Color = HexColor("#1F4E79")
LINE: Color = HexColor("#D3DBE4")
WASH: Color = HexColor("#F3F6FA")
WHITE: Color = HexColor("#FFFFFF")
BAR: Color = HexColor("#5B8DB8")
BAND: Color = HexColor("#CBD6E2")
TRACK: Color = HexColor("#E4EAF1")

TONES: dict[Tone, Color] = {
    Tone.PLAIN: MUTED,
    Tone.GOOD: HexColor("#1F7A55"),
    Tone.CAUTION: HexColor("#A86400"),
    Tone.BAD: HexColor("#AF2F2F"),
}
OUTCOME_TONES = {
    Outcome.FITS: Tone.GOOD,
    Outcome.DOES_NOT_FIT: Tone.BAD,
    Outcome.CANNOT_TELL: Tone.CAUTION,
}

Align = Literal["left", "right", "center"]


@dataclass(frozen=True)
class TextStyle:
    """How a piece of text is set.

    Attributes:
        size: size in points.
        leading: distance of baselines in points.
    """

    size: float
    leading: float
    bold: bool = False
    color: Color = INK
    align: Align = "left"

    def toned(self, tone: Tone) -> TextStyle:
        """Return the style in the color of a tone."""
        return self if tone is Tone.PLAIN else replace(self, color=TONES[tone])

    def aligned(self, align: Align) -> TextStyle:
        """Return the style set to the left, to the right or in the middle."""
        return replace(self, align=align)


TITLE = TextStyle(23, 30, bold=True, color=PRIMARY)
NAME = TextStyle(15, 21, bold=True)
HEADING = TextStyle(11, 15, bold=True, color=PRIMARY)
SUBHEADING = TextStyle(9, 13, bold=True)
BODY = TextStyle(8.6, 13)
STRONG = TextStyle(8.6, 13, bold=True)
LABEL = TextStyle(7.4, 10.5, color=MUTED)
CELL = TextStyle(8, 11.4)
DENSE = TextStyle(7.6, 10.4)
DENSE_STRONG = TextStyle(7.6, 10.4, bold=True)
CELL_STRONG = TextStyle(8, 11.4, bold=True)
CELL_HEAD = TextStyle(7.6, 11, bold=True, color=PRIMARY)
NOTE = TextStyle(7.2, 10.4, color=MUTED)
GRADE_LONG = TextStyle(14, 18, bold=True, color=WHITE, align="center")
GRADE = TextStyle(32, 34, bold=True, color=WHITE, align="center")
