"""A catalogue of translations as gettext keeps it: ``.po`` for people, ``.mo`` for the program.

Written here rather than by the gettext tools, so that every machine writes the same bytes and needs nothing installed.
No plural forms, no contexts: Chinese has no plural, and English sentences are worded so that they need none. References
name the file only, so that a moved line changes nothing.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HEADER = (
    "Project-Id-Version: credit-loan-marketplace\n"
    "Language: en\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
)
MAGIC = 0x950412DE
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"}
_UNESCAPES = {written: plain for plain, written in _ESCAPES.items()}
_LINE = re.compile(r'(?:(msgid|msgstr) )?"(.*)"')


@dataclass(frozen=True)
class Entry:
    """A text, its translation (empty when there is none yet), and the files it comes from."""

    msgid: str
    msgstr: str = ""
    places: Sequence[str] = ()


def read(path: Path) -> dict[str, str]:
    """Return the translations of a ``.po`` file, the header left out; obsolete and fuzzy entries are faults.

    Raises:
        ValueError: a line is not of the form this module writes, or a text stands twice.
    """
    found: dict[str, str] = {}
    for msgid, msgstr in _pairs(path):
        if msgid in found:
            raise ValueError(f"{path}: {msgid!r} stands twice")
        found[msgid] = msgstr
    found.pop("", None)
    return found


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    parts: dict[str, str] = {}
    key = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#: "):
            continue
        told = _LINE.fullmatch(line)
        if told is None:
            raise ValueError(f"{path}: cannot read {line!r}")
        if told[1] == "msgid" and parts:
            yield parts["msgid"], parts["msgstr"]
            parts = {}
        key = told[1] or key
        parts[key] = parts.get(key, "") + _unquoted(told[2])
    if parts:
        yield parts["msgid"], parts["msgstr"]


def write(path: Path, entries: Sequence[Entry]) -> None:
    """Write a ``.po`` file, the entries in the order given."""
    blocks = [_block(Entry("", HEADER)), *(_block(entry) for entry in entries)]
    path.write_text("\n".join(blocks), encoding="utf-8")


def _block(entry: Entry) -> str:
    places = "".join(f"#: {place}\n" for place in entry.places)
    return f"{places}msgid {_quoted(entry.msgid)}\nmsgstr {_quoted(entry.msgstr)}\n"


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(sign, sign) for sign in text) + '"'


def _unquoted(text: str) -> str:
    return re.sub(r"\\.", lambda sign: _UNESCAPES[sign[0]], text)


def compiled(translations: Mapping[str, str]) -> bytes:
    """Return the ``.mo`` file of translations; what has none is left out, so that it shows as it is."""
    known = {"": HEADER, **{msgid: said for msgid, said in translations.items() if said}}
    pairs = sorted((msgid.encode(), said.encode()) for msgid, said in known.items())
    count = len(pairs)
    start = 28 + 16 * count
    tables, texts = [], b""
    for side in (0, 1):
        for pair in pairs:
            tables.append(struct.pack("<II", len(pair[side]), start + len(texts)))
            texts += pair[side] + b"\0"
    head = struct.pack("<7I", MAGIC, 0, count, 28, 28 + 8 * count, 0, 28 + 16 * count)
    return head + b"".join(tables) + texts


def folded(text: str) -> str:
    """Return a text without what a correction of punctuation or spacing changes, to find its translation again.

    >>> folded("已提交,请等待 核验:") == folded("已提交，请等待核验：")
    True
    """
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def merged(wanted: Mapping[str, Sequence[str]], known: Mapping[str, str]) -> list[Entry]:
    """Return the entries of a new catalogue: what is wanted, with the translations known so far.

    Args:
        wanted: text to the files it comes from.
        known: text to translation; what is not wanted any more is dropped.
    """
    by_shape = {folded(msgid): said for msgid, said in known.items()}
    return [
        Entry(msgid, known.get(msgid) or by_shape.get(folded(msgid), ""), places)
        for msgid, places in wanted.items()
    ]
