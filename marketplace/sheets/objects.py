"""Rows of JSON: an array of objects, or one object after another (NDJSON), read in bounded memory.

Which titles the rows have is settled over the whole file before the first row is given, and with it that all of it can
be read. A number keeps its digits as they were written; one with more digits than arithmetic keeps, or written with an
exponent, is a `NumberCell`.

Source: RFC 8259; RFC 7464 has no part in it: objects need nothing between them.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from marketplace.domain.errors import Refused
from marketplace.domain.text import NESTED, NumberCell, clean
from marketplace.sheets.limits import SheetLimits
from marketplace.sheets.source import FileSource

_READ_AT_ONCE = 1 << 16
_LONGEST_OBJECT = 1 << 20
_CERTAIN_DIGITS = 15
_SPACES = " \t\r\n"
_SWITCH = {True: "是", False: "否", None: ""}
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
"""May be half of a character; what is only a half can be neither stored nor sent."""


def object_titles(source: FileSource, limits: SheetLimits) -> tuple[str, ...]:
    """Return the names that occur in any row, in the order in which they come first; none without rows.

    Args:
        source: read to its end.
        limits: see `SheetLimits`.

    Raises:
        Refused: ``SHEET_JSON_MALFORMED``, ``SHEET_ENCODING``, ``SHEET_TOO_MANY_ROWS``, ``SHEET_TOO_MANY_COLUMNS``.
    """
    titles: dict[str, str] = {}
    for number, row in enumerate(_objects(source), start=1):
        if number > limits.rows:
            sentence = f"“{source.name}”超过 {limits.rows} 行，请分几次报送。"
            raise Refused("SHEET_TOO_MANY_ROWS", sentence)
        if row.keys() <= titles.keys():
            continue
        titles.update({name: _written(name) for name in row if name not in titles})
        if len(titles) > limits.columns:
            sentence = f"“{source.name}”超过 {limits.columns} 个字段，请去掉多余的字段。"
            raise Refused("SHEET_TOO_MANY_COLUMNS", sentence)
    return tuple(dict.fromkeys(titles.values()))


def object_rows(
    source: FileSource, titles: tuple[str, ...]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Give number and row of every object, the first being 1; a name that an object lacks is empty.

    A row with values that are lists or objects has their names under ``NESTED``.

    Args:
        source: whose `object_titles` were settled.
        titles: as they were settled.
    """
    blank = dict.fromkeys(titles, "")
    for number, row in enumerate(_objects(source), start=1):
        yield number, blank | _texts(row)


def _objects(source: FileSource) -> Iterator[dict[str, Any]]:
    """Yield the objects of an array, or those that follow each other."""
    reader = _Reader(source)
    is_array = reader.next_is("[")
    number = 0
    while not (reader.next_is("]") if is_array else reader.is_at_end()):
        if is_array and number and not reader.next_is(","):
            reader.refuse(number)
        number += 1
        yield reader.object(number)
    if not reader.is_at_end():
        reader.refuse(number)


class _Reader:
    """A file's text from where reading stands on; never more than one object and a piece of the file."""

    def __init__(self, source: FileSource) -> None:
        self._source = source
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_once_each,
            parse_int=_digits,
            parse_float=_digits,
            parse_constant=_no_number,
        )
        self._pieces = _pieces(source)
        self._text, self._place = "", 0
        self._may_have_halves = False

    def next_is(self, sign: str) -> bool:
        """Pass over a sign if it comes next."""
        found = not self.is_at_end() and self._text[self._place] == sign
        self._place += found
        return found

    def is_at_end(self) -> bool:
        """Pass over spaces; return whether nothing else is left."""
        while True:
            while self._place < len(self._text) and self._text[self._place] in _SPACES:
                self._place += 1
            if self._place < len(self._text):
                return False
            if not self._more():
                return True

    def object(self, number: int) -> dict[str, Any]:
        """Return the object that comes next.

        Raises:
            Refused: ``SHEET_JSON_MALFORMED`` with the row.
        """
        if self.is_at_end() or self._text[self._place] != "{":
            self.refuse(number)
        while True:
            try:
                found, self._place = self._decoder.raw_decode(self._text, self._place)
            except (ValueError, RecursionError):
                # Cut off by the end of the piece, it may be whole with the next one.
                if len(self._text) - self._place > _LONGEST_OBJECT or not self._more():
                    self.refuse(number)
                continue
            row: dict[str, Any] = found
            if self._may_have_halves and not _is_whole(row):
                self.refuse(number)
            return row

    def refuse(self, number: int) -> NoReturn:
        """Refuse the file at a row."""
        sentence = f"“{self._source.name}”第{number}行附近不是有效的 JSON：应为对象的数组，或逐行一个对象。"
        raise Refused("SHEET_JSON_MALFORMED", sentence)

    def _more(self) -> bool:
        piece = next(self._pieces, "")
        self._text, self._place = self._text[self._place :] + piece, 0
        self._may_have_halves = self._may_have_halves or bool(_HALF.search(self._text))
        return bool(piece)


def _pieces(source: FileSource) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="strict")
    with source.opened() as stream:
        try:
            while piece := stream.read(_READ_AT_ONCE):
                if text := decoder.decode(piece):
                    yield text
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            sentence = f"“{source.name}”不是 UTF-8 编码，JSON 只能用 UTF-8。"
            raise Refused("SHEET_ENCODING", sentence) from None


def _texts(row: dict[str, Any]) -> dict[str, str]:
    """Return an object as a row of texts."""
    texts: dict[str, str] = {}
    nested: list[str] = []
    for name, value in row.items():
        title = _written(name)
        if isinstance(value, str):
            texts[title] = value if type(value) is NumberCell else _written(value)
        elif isinstance(value, dict | list):
            nested.append(title)
            texts[title] = ""
        else:
            texts[title] = _SWITCH[value]
    if nested:
        texts[NESTED] = "、".join(nested)
    return texts


def _written(text: str) -> str:
    """Return a text as sheets give it."""
    return text.strip() if text.isprintable() else clean(text)


def _is_whole(row: dict[str, Any]) -> bool:
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _digits(text: str) -> str:
    """Return a number as it was written, marked where the sender's arithmetic may have changed its end."""
    is_whole = len(text.lstrip("-").replace(".", "")) <= _CERTAIN_DIGITS and "e" not in text.lower()
    return text if is_whole else NumberCell(text)


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)
