"""Which fonts a document is set in: found once per process, each character checked before anything is drawn.

Order: settings ``EXPORT_FONT_REGULAR`` and ``EXPORT_FONT_BOLD``, the fonts shipped in ``exports/fonts``, LXGW WenKai,
WenQuanYi Zen Hei and Droid Fallback of a Debian machine, and last a font that cannot be embedded, with a warning that
every page then carries. The first font of a chain that has a character draws it; later fonts are opened only when
a character asks for them. A character that no font has is for the caller to spell out (see ``text.Typesetter``).

Loading takes about a second per font and never happens per document. One lock guards it, because fonts are parsed
lazily from any thread.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any

from django.conf import settings
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).resolve().parent.parent / "fonts"
DEBIAN = Path("/usr/share/fonts/truetype")
REGULAR_PATHS = (
    SHIPPED / "XinyiKai-Regular.ttf",
    DEBIAN / "lxgw-wenkai" / "LXGWWenKai-Regular.ttf",
    DEBIAN / "wqy" / "wqy-zenhei.ttc",
    DEBIAN / "droid" / "DroidSansFallbackFull.ttf",
    DEBIAN / "droid" / "DroidSansFallback.ttf",
)
BOLD_PATHS = (
    SHIPPED / "XinyiKai-Bold.ttf",
    DEBIAN / "lxgw-wenkai" / "LXGWWenKai-Bold.ttf",
)
ABOVE_BMP = re.compile(r"(<[0-9A-F]{2}> )<([0-9A-F]{5,6})>")
UNEMBEDDED = "STSong-Light"
UNEMBEDDED_WARNING = "本机没有可内嵌的中文字体，本文件字体未内嵌，在其他电脑上可能显示不全。"


@dataclass(frozen=True, eq=False)
class Face:
    """A font that is registered with the PDF library.

    Attributes:
        name: name to draw with.
        family: name of the font as its readers know it.
        embedded: whether documents carry it.
        points: code points it has; None for the font that is only named, whose reader's machine decides.
    """

    name: str
    family: str
    embedded: bool
    points: frozenset[int] | None

    def has(self, char: str) -> bool:
        """Return whether the font draws this character."""
        if self.points is not None:
            return ord(char) in self.points
        return bool(char.encode("gbk", errors="ignore"))

    def width(self, char: str) -> float:
        """Return the advance width of one character at size 1."""
        return _unit_width(self.name, char)


class EmbeddedFont(TTFont):  # type: ignore[misc]
    """A font whose rare hanzi can be copied out of a document.

    The PDF library writes code points above U+FFFF as they are where a document must say UTF-16, so that 𬭎 on the
    page becomes another character in what a reader copies. This writes the pair.
    """

    def addObjects(self, doc: Any) -> None:  # noqa: N802 -- name given by the PDF library
        """Add the font to a document, then correct its table from codes to characters."""
        super().addObjects(doc)
        for name, entry in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                entry.content = ABOVE_BMP.sub(_as_utf16, entry.content)


class FontChain:
    """Fonts of one weight in the order in which they are asked.

    Opens a font when a character asks for it, and only then.
    """

    def __init__(self, paths: tuple[Path, ...], rest: FontChain | None = None) -> None:
        self._waiting = list(paths)
        self._faces: list[Face] = []
        self._known: dict[str, Face | None] = {}
        self._rest = rest

    def first(self) -> Face:
        """Return the font that the weight is set in."""
        return self._at(0) or (self._rest.first() if self._rest else _unembedded())

    def face_for(self, char: str) -> Face | None:
        """Return the first font that has the character, or None when none has it."""
        if char not in self._known:
            self._known[char] = self._search(char)
        return self._known[char]

    def _search(self, char: str) -> Face | None:
        place = 0
        while face := self._at(place):
            if face.has(char):
                return face
            place += 1
        if self._rest:
            return self._rest.face_for(char)
        return _unembedded() if place == 0 and _unembedded().has(char) else None

    def _at(self, place: int) -> Face | None:
        with _lock:
            while place >= len(self._faces) and self._waiting:
                face = _open(self._waiting.pop(0))
                if face:
                    self._faces.append(face)
            return self._faces[place] if place < len(self._faces) else None


@dataclass(frozen=True)
class Fonts:
    """The two weights of this process, and what is wrong with them."""

    regular: FontChain
    bold: FontChain

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return sentences that every page must carry; empty when all is well."""
        return () if self.regular.first().embedded else (UNEMBEDDED_WARNING,)

    def chain(self, bold: bool) -> FontChain:
        """Return the chain of a weight."""
        return self.bold if bold else self.regular


_lock = RLock()


def fonts() -> Fonts:
    """Return the fonts of this process, finding them at the first call."""
    with _lock:
        return _fonts(
            str(getattr(settings, "EXPORT_FONT_REGULAR", "") or ""),
            str(getattr(settings, "EXPORT_FONT_BOLD", "") or ""),
        )


@cache
def _fonts(regular_setting: str, bold_setting: str) -> Fonts:
    return find_fonts((*_set(regular_setting), *REGULAR_PATHS), (*_set(bold_setting), *BOLD_PATHS))


def find_fonts(regular: tuple[Path, ...], bold: tuple[Path, ...]) -> Fonts:
    """Return the chains of the two weights; bold falls back to regular, character by character."""
    chain = FontChain(regular)
    return Fonts(regular=chain, bold=FontChain(bold, chain))


def _set(path: str) -> tuple[Path, ...]:
    return (Path(path),) if path else ()


@cache
def _open(path: Path) -> Face | None:
    if not path.is_file():
        return None
    try:
        font = EmbeddedFont(str(path), str(path), shapable=False)
    except (TTFError, OSError) as fault:
        log.warning("font %s cannot be used: %s", path, fault)
        return None
    pdfmetrics.registerFont(font)
    family = font.face.familyName
    text = family.decode("utf-8", "replace") if isinstance(family, bytes) else str(family)
    return Face(font.fontName, text, embedded=True, points=frozenset(font.face.charToGlyph))


@cache
def _unembedded() -> Face:
    with _lock:
        font: Any = UnicodeCIDFont(UNEMBEDDED)
        pdfmetrics.registerFont(font)
        return Face(UNEMBEDDED, UNEMBEDDED, embedded=False, points=None)


def _as_utf16(match: re.Match[str]) -> str:
    pair = chr(int(match[2], 16)).encode("utf-16-be").hex().upper()
    return f"{match[1]}<{pair}>"


@cache
def _unit_width(name: str, char: str) -> float:
    return float(pdfmetrics.stringWidth(char, name, 1000)) / 1000
