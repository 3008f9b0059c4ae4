"""Setting of Chinese text: which font draws each character, where a line may break, what nobody can draw.

Text comes from outside. It is never parsed as markup: a Text is a plain string with one style.

* A run is the longest piece that one font draws. A character that no font has is spelled ``〔U+20BB7〕`` and reported,
  so that a reader sees that something stands there, and which character it is.
* Characters that would change or hide their neighbors (control, bidirectional, zero width) are spelled out too.
* A line breaks between two hanzi, or at a space; Latin words, numbers and codes stay whole unless longer than the line.
  Closing signs do not begin a line and opening signs do not end one (GB/T 15834-2011, 5.1).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from reportlab.platypus.flowables import Flowable

from exports.pdf.fonts import Face, Fonts
from exports.pdf.theme import TextStyle

NOT_AT_START = frozenset("、。,.;:!?)]}％%‰℃》〉」』】〕〗）］｝，；：！？”’…—·～>")
NOT_AT_END = frozenset("([{《〈「『【〔〖（［｛“‘<￥¥$")
ELLIPSIS = "…"
ASCENT = 0.86
SPELLED_OUT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


@dataclass(frozen=True)
class Run:
    """A piece of text that one font draws."""

    text: str
    face: Face
    width: float


@dataclass(frozen=True)
class Line:
    """A line of runs and its width in points."""

    runs: tuple[Run, ...]
    width: float


@dataclass
class Typesetter:
    """Sets the text of one document and remembers the characters nobody could draw."""

    fonts: Fonts
    missing: set[str] = field(default_factory=set)

    def clean(self, text: str, *, bold: bool = False) -> str:
        """Return the text with every character that cannot be drawn spelled out."""
        chain = self.fonts.chain(bold)
        out: list[str] = []
        for char in text.replace("\r\n", "\n").replace("\t", " "):
            if char == "\n":
                out.append(char)
            elif unicodedata.category(char) in SPELLED_OUT or chain.face_for(char) is None:
                out.append(self._spelled(char))
            else:
                out.append(char)
        return "".join(out)

    def width(self, text: str, style: TextStyle) -> float:
        """Return the width of a text in one line, in points."""
        return sum(run.width for run in self._runs(self.clean(text, bold=style.bold), style))

    def lines(self, text: str, style: TextStyle, width: float) -> list[Line]:
        """Return the text broken into lines no wider than ``width`` points."""
        found: list[Line] = []
        for paragraph in self.clean(text, bold=style.bold).split("\n"):
            found += [self._line(line, style) for line in self._broken(paragraph, style, width)]
        return found

    def shortened(self, text: str, style: TextStyle, width: float) -> str:
        """Return the text, cut with an ellipsis when it is wider than ``width`` points."""
        clean = self.clean(text, bold=style.bold).replace("\n", " ")
        if self._measure(clean, style) <= width:
            return clean
        room = width - self._measure(ELLIPSIS, style)
        kept = 0.0
        for place, char in enumerate(clean):
            kept += self._measure(char, style)
            if kept > room:
                return clean[:place].rstrip() + ELLIPSIS
        return clean

    def draw(self, canvas: Any, x: float, y: float, text: str, style: TextStyle) -> None:
        """Draw one line with its baseline at y; x is its left, middle or right as the style says."""
        line = self._line(self.clean(text, bold=style.bold), style)
        shift = {"left": 0.0, "center": line.width / 2, "right": line.width}[style.align]
        draw_line(canvas, x - shift, y, line, style)

    def _spelled(self, char: str) -> str:
        if 0xFE00 <= ord(char) <= 0xFE0F or 0xE0100 <= ord(char) <= 0xE01EF:
            return ""  # a variation selector asks for another shape of the character before it
        self.missing.add(char)
        return f"〔U+{ord(char):04X}〕"

    def _runs(self, clean: str, style: TextStyle) -> Iterator[Run]:
        chain = self.fonts.chain(style.bold)
        piece, face, width = "", chain.first(), 0.0
        for char in clean:
            own = chain.face_for(char) or face
            if own is not face and piece:
                yield Run(piece, face, width)
                piece, width = "", 0.0
            face = own
            piece += char
            width += own.width(char) * style.size
        if piece:
            yield Run(piece, face, width)

    def _line(self, clean: str, style: TextStyle) -> Line:
        runs = tuple(self._runs(clean, style))
        return Line(runs, sum(run.width for run in runs))

    def _measure(self, clean: str, style: TextStyle) -> float:
        return sum(run.width for run in self._runs(clean, style))

    def _broken(self, paragraph: str, style: TextStyle, width: float) -> Iterator[str]:
        line, used = "", 0.0
        for atom in atoms(paragraph):
            size = self._measure(atom, style)
            if line and used + self._measure(atom.rstrip(), style) > width + 0.01:
                yield line.rstrip()
                line, used = "", 0.0
                atom = atom.lstrip()
                size = self._measure(atom, style)
            for piece in self._cut(atom, style, width) if size > width else (atom,):
                if line and used + self._measure(piece, style) > width + 0.01:
                    yield line.rstrip()
                    line, used = "", 0.0
                line += piece
                used += self._measure(piece, style)
        yield line.rstrip()

    def _cut(self, atom: str, style: TextStyle, width: float) -> Iterator[str]:
        # A word longer than the line, such as a hash, is cut wherever the line is full.
        piece, used = "", 0.0
        for char in atom:
            step = self._measure(char, style)
            if piece and used + step > width:
                yield piece
                piece, used = "", 0.0
            piece += char
            used += step
        if piece:
            yield piece


def atoms(text: str) -> list[str]:
    """Return the pieces of a paragraph between which a line may break.

    >>> atoms("授信(万元)50.5,利率 3.65%。")
    ['授', '信', '(万', '元)', '50.5,', '利', '率 ', '3.65%。']
    """
    pieces: list[str] = []
    for char in text:
        if pieces and (_glued(pieces[-1], char)):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _glued(before: str, char: str) -> bool:
    end = before[-1]
    if char == " ":
        return True
    if end == " ":
        return False
    if char in NOT_AT_START or end in NOT_AT_END:
        return True
    return not (end in ")]}" or _wide(end) or _wide(char))


def _wide(char: str) -> bool:
    return ord(char) >= 0x2E80 or char in "—…“”‘’·"


def draw_line(canvas: Any, x: float, y: float, line: Line, style: TextStyle) -> None:
    """Draw a line with its left end at x and its baseline at y."""
    if not line.runs:
        return
    piece = canvas.beginText(x, y)
    piece.setFillColor(style.color)
    for run in line.runs:
        piece.setFont(run.face.name, style.size)
        piece.textOut(run.text)
    canvas.drawText(piece)


class Text(Flowable):  # type: ignore[misc]
    """A paragraph of plain text, measured again only when its width changes."""

    def __init__(self, setter: Typesetter, text: str, style: TextStyle) -> None:
        super().__init__()
        self.setter = setter
        self.text = text
        self.style = style
        self.lines: list[Line] = []
        self.given: list[Line] | None = None
        self.measured = -1.0

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size the text takes in this width."""
        if self.given is not None:
            self.lines = self.given
        elif self.measured != width:
            self.lines = self.setter.lines(self.text, self.style, width)
            self.measured = width
        self.width, self.height = width, len(self.lines) * self.style.leading
        return width, self.height

    def split(self, width: float, height: float) -> list[Text]:
        """Return the lines that fit and the rest as two texts; nothing when no line fits."""
        self.wrap(width, height)
        fit = int(height // self.style.leading)
        if fit < 1 or fit >= len(self.lines):
            return [] if fit < 1 else [self]
        return [self._part(self.lines[:fit]), self._part(self.lines[fit:])]

    def draw(self) -> None:
        """Draw the lines from the top."""
        style = self.style
        y = self.height - (style.leading - style.size) / 2 - ASCENT * style.size
        for line in self.lines:
            spare = self.width - line.width
            shift = {"left": 0.0, "center": spare / 2, "right": spare}[style.align]
            draw_line(self.canv, shift, y, line, style)
            y -= style.leading

    def minWidth(self) -> float:  # noqa: N802 -- name given by the PDF library
        """Return the least width, so that tables do not ask the text to be narrower."""
        return self.style.size

    def _part(self, lines: list[Line]) -> Text:
        part = Text(self.setter, "", self.style)
        part.given = lines
        return part
