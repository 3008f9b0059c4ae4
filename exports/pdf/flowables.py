"""Building blocks of documents beyond text: headings, grids of facts, tables with thin rules, bars, marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.pdfgen.canvas import FILL_NON_ZERO
from reportlab.platypus import Table
from reportlab.platypus.flowables import Flowable

from exports.domain.display import display
from exports.domain.report import Fact, Tone
from exports.pdf import theme
from exports.pdf.text import ASCENT, Text, Typesetter
from exports.pdf.theme import TextStyle

Command = tuple[Any, ...]
QUIET_ZONE = 4


class SectionHeading(Flowable):  # type: ignore[misc]
    """The heading of a section: number, title, a remark at the right, a rule below."""

    def __init__(self, setter: Typesetter, number: str, title: str, remark: str = "") -> None:
        super().__init__()
        self.setter, self.number, self.title, self.remark = setter, number, title, remark

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size: the full width, one line."""
        self.width, self.height = width, 27.0
        return width, self.height

    def draw(self) -> None:
        """Draw the heading at the bottom of its box, the rule under it."""
        style = theme.HEADING
        self.canv.setFillColor(theme.PRIMARY)
        self.canv.rect(0, 7.2, 3, 11.5, stroke=0, fill=1)
        text = f"{self.number}、{self.title}"
        self.setter.draw(self.canv, 9, 9, text, style)
        if self.remark:
            room = self.width - 20 - self.setter.width(text, style)
            note = theme.NOTE.aligned("right")
            self.setter.draw(
                self.canv, self.width, 9, self.setter.shortened(self.remark, note, room), note
            )
        self.canv.setStrokeColor(theme.LINE)
        self.canv.setLineWidth(0.6)
        self.canv.line(0, 3, self.width, 3)


class Strip(Flowable):  # type: ignore[misc]
    """A thin bar for points between the least and the most an indicator can give."""

    def __init__(self, points: float, lowest: float, highest: float, height: float = 10.4) -> None:
        super().__init__()
        self.lowest, self.highest = min(lowest, 0.0, points), max(highest, 0.0, points)
        self.points, self.height = points, height

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size: the width of the cell, one line."""
        self.width = width
        return width, self.height

    def draw(self) -> None:
        """Draw the track, the bar from zero, and the zero mark."""
        span = (self.highest - self.lowest) or 1.0
        scale = self.width / span
        zero = -self.lowest * scale
        bottom = self.height / 2 - 2.2
        self.canv.setFillColor(theme.TRACK)
        self.canv.rect(0, bottom, self.width, 4.4, stroke=0, fill=1)
        tone = Tone.GOOD if self.points >= 0 else Tone.BAD
        self.canv.setFillColor(theme.TONES[tone])
        left, right = sorted((zero, zero + self.points * scale))
        self.canv.rect(left, bottom, right - left, 4.4, stroke=0, fill=1)
        if self.lowest < 0:
            self.canv.setStrokeColor(theme.MUTED)
            self.canv.setLineWidth(0.7)
            self.canv.line(zero, bottom - 1.6, zero, bottom + 6)


class Mark(Flowable):  # type: ignore[misc]
    """A state in words with a small dot in the color of its tone."""

    def __init__(self, setter: Typesetter, words: str, tone: Tone, style: TextStyle) -> None:
        super().__init__()
        self.tone = tone
        self.style = style
        self.text = Text(setter, words, style.toned(tone))

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size of the words beside the dot."""
        _, self.height = self.text.wrap(width - 8, height)
        self.width = width
        return width, self.height

    def draw(self) -> None:
        """Draw the dot before the first line, then the words."""
        middle = self.height - self.style.leading / 2
        self.canv.setFillColor(theme.TONES[self.tone])
        self.canv.circle(2.4, middle, 2.1, stroke=0, fill=1)
        self.text.drawOn(self.canv, 8, 0)


class SquareCode(Flowable):  # type: ignore[misc]
    """The square code of a verification address."""

    def __init__(self, address: str, size: float) -> None:
        super().__init__()
        self.address, self.width, self.height = address, size, size

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return its fixed size."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw the code as vectors on white, with the quiet zone that readers of codes need."""
        code = QrCodeWidget(self.address, barLevel="M").qr
        code.make()
        count = code.getModuleCount()
        step = self.width / (count + 2 * QUIET_ZONE)
        self.canv.setFillColor(theme.WHITE)
        self.canv.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        path = self.canv.beginPath()
        for row in range(count):
            y = self.height - (row + 1 + QUIET_ZONE) * step
            for start, length in dark_stretches(
                [code.isDark(row, place) for place in range(count)]
            ):
                path.rect((start + QUIET_ZONE) * step, y, length * step, step)
        self.canv.setFillColor(theme.INK)
        self.canv.drawPath(path, stroke=0, fill=1, fillMode=FILL_NON_ZERO)


class Notice(Flowable):  # type: ignore[misc]
    """A sentence that must not be overlooked, in a tinted box with a bar at its left."""

    def __init__(self, setter: Typesetter, sentence: str, tone: Tone) -> None:
        super().__init__()
        self.tone = tone
        self.text = Text(setter, sentence, theme.BODY)

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size of the sentence and its padding."""
        _, inner = self.text.wrap(width - 20, height)
        self.width, self.height = width, inner + 8
        return width, self.height

    def draw(self) -> None:
        """Draw the box, the bar and the sentence."""
        self.canv.setFillColor(theme.WASH)
        self.canv.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        self.canv.setFillColor(theme.TONES[self.tone])
        self.canv.rect(0, 0, 3, self.height, stroke=0, fill=1)
        self.text.drawOn(self.canv, 12, 4)


def facts_grid(
    setter: Typesetter, facts: Sequence[Fact], columns: int, width: float
) -> Flowable | None:
    """Return labeled values in columns, labels above values; None when there are none.

    A value that would need more than two lines of a column has a row of its own.
    """
    rows: list[list[Any]] = []
    spans: list[Command] = []
    blank: list[Any] = [Text(setter, "", theme.LABEL)]
    side = width / columns
    open_row: list[Any] = []
    for fact in facts:
        value = display(fact.value, fact.unit)
        cell = [Text(setter, fact.label, theme.LABEL), Text(setter, value, theme.BODY)]
        if setter.width(value.replace("\n", " "), theme.BODY) > 2 * (side - 10):
            spans.append(("SPAN", (0, len(rows)), (-1, len(rows))))
            rows.append([cell] + [blank] * (columns - 1))
            continue
        if not open_row or len(open_row) == columns:
            open_row = []
            rows.append(open_row)
        open_row.append(cell)
    filled = [row + [blank] * (columns - len(row)) for row in rows]
    if not filled:
        return None
    return plain_table(setter, filled, [side] * columns, padding=(0, 10, 1.5, 3.5), extra=spans)


def plain_table(
    setter: Typesetter,
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float],
    *,
    padding: tuple[float, float, float, float] = (0, 0, 0, 0),
    extra: Iterable[Command] = (),
) -> Table:
    """Return a table without rules; padding is left, right, top, bottom."""
    left, right, top, bottom = padding
    return Table(
        [list(row) for row in rows],
        colWidths=list(widths),
        splitInRow=1,
        style=[
            _own_font(setter),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), left),
            ("RIGHTPADDING", (0, 0), (-1, -1), right),
            ("TOPPADDING", (0, 0), (-1, -1), top),
            ("BOTTOMPADDING", (0, 0), (-1, -1), bottom),
            *extra,
        ],
    )


def ruled_table(
    setter: Typesetter,
    header: Sequence[str],
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float],
    *,
    right: Sequence[int] = (),
    extra: Iterable[Command] = (),
    dense: bool = False,
) -> Table:
    """Return a table with a tinted header that repeats on every page and thin rules between rows.

    Args:
        header: column titles.
        rows: cells; a string is set in the cell style.
        widths: column widths in points.
        right: columns set to the right.
        extra: further style commands, rows counted with the header.
        dense: smaller text and less air, for long tables.
    """

    def cell(content: Any, column: int, style: TextStyle) -> Any:
        if not isinstance(content, str):
            return content
        return Text(setter, content, style.aligned("right" if column in right else "left"))

    head = [cell(title, column, theme.CELL_HEAD) for column, title in enumerate(header)]
    style = theme.DENSE if dense else theme.CELL
    body = [[cell(value, place, style) for place, value in enumerate(row)] for row in rows]
    return Table(
        [head, *body],
        colWidths=list(widths),
        repeatRows=1,
        splitInRow=1,
        style=[*_rules(setter, 1.3 if dense else 2.4), *extra],
    )


def _rules(setter: Typesetter, air: float) -> list[Command]:
    return [
        _own_font(setter),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 5),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
        ("TOPPADDING", (0, 0), (-1, -1), air),
        ("BOTTOMPADDING", (0, 0), (-1, -1), air + 0.6),
        ("BACKGROUND", (0, 0), (-1, 0), theme.WASH),
        ("LINEABOVE", (0, 0), (-1, 0), 0.8, theme.PRIMARY),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, theme.LINE),
    ]


def _own_font(setter: Typesetter) -> Command:
    # An empty cell also names a font, and the library's own is one that documents do not carry.
    return ("FONTNAME", (0, 0), (-1, -1), setter.fonts.regular.first().name)


def baseline(style: TextStyle, top: float) -> float:
    """Return the baseline of a line of this style whose box begins at ``top``."""
    return top - (style.leading - style.size) / 2 - ASCENT * style.size


def dark_stretches(row: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Return start and length of each stretch of dark modules.

    >>> list(dark_stretches([True, True, False, True]))
    [(0, 2), (3, 1)]
    """
    for dark, members in groupby(enumerate(row), key=lambda pair: pair[1]):
        places = [place for place, _ in members]
        if dark:
            yield places[0], len(places)
