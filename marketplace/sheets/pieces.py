"""A long plain file cut into pieces of whole records, each a file that can be read by itself in bounded memory."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from marketplace.sheets.plain import PlainCsv, RowsNotPlain

LINES_OF_A_PIECE = 1 << 20
"""What an engine reads, checks and sorts within some hundred MB; a file of no more lines is not cut."""

_READ_AT_ONCE = 1 << 20
_LINE_END = ord("\n")
_ENDS_LOOKED_AT = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """Some records of a file, in their order.

    Attributes:
        path: where they lie until the next piece is asked for.
        file: how they are to be read; only the first piece has the header above them.
        is_last: whether no piece comes after it.
    """

    path: Path
    file: PlainCsv
    is_last: bool


def pieces_of(path: Path, file: PlainCsv, folder: Path) -> Iterator[Piece]:
    """Give a file in pieces of some million lines; a shorter one as it lies there.

    A piece ends with a line before whose end quotes are even in number, so that no record is cut. Where a cell holds a
    single quote as its own text that may be wrong; a piece that was cut within a record is not plain.

    Args:
        path: UTF-8, plain or gzipped.
        file: how its rows are to be read.
        folder: for passing files.

    Raises:
        RowsNotPlain: an empty line stands between two rows.
    """
    if _is_short(path, file):
        yield Piece(path, file, is_last=True)
        return
    piece = folder / f"{path.name}.piece"
    how = replace(file, gzipped=False)
    try:
        blocks = _blocks(path, file)
        rest = next(blocks, b"")
        while rest:
            rest = _cut(blocks, rest, piece)
            while rest and not rest.strip(b"\r\n"):  # empty lines, where nothing comes after them
                more = next(blocks, b"")
                rest = rest + more if more else b""
            yield Piece(piece, how, is_last=not rest)
            how = replace(how, header_row=0)
    finally:
        piece.unlink(missing_ok=True)


def whole_of(path: Path, file: PlainCsv) -> Piece:
    """Return a file as one piece, however long.

    Raises:
        RowsNotPlain: as `pieces_of`.
    """
    for _ in _blocks(path, file):
        pass
    return Piece(path, file, is_last=True)


def _blocks(path: Path, file: PlainCsv) -> Iterator[bytes]:
    """Yield a file's bytes. An empty line counts as a row, and an engine passes over it: its numbers would be wrong."""
    quotes, end = 0, b""
    with gzip.open(path) if file.gzipped else path.open("rb") as stream:
        while block := stream.read(_READ_AT_ONCE):
            text = end + block.replace(b"\r", b"")
            if _has_empty_line(text, quotes):
                raise RowsNotPlain
            end = text[len(text.rstrip(b"\n")) :]
            quotes += _quotes(block)
            yield block


def _has_empty_line(text: bytes, quotes: int) -> bool:
    """Return whether an empty line stands outside quotes with something after it; so many quotes came before."""
    line_ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == _LINE_END)
    after = line_ends[:-1][np.diff(line_ends) == 1] + 2
    last = len(text.rstrip(b"\n"))
    return any((quotes + text.count(b'"', 0, place)) % 2 == 0 for place in after if place <= last)


def _lines(block: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == _LINE_END))


def _quotes(block: bytes) -> int:
    return (
        block.count(b'"') if b'"' in block else 0
    )  # most files have none, which is seen sooner than counted


def _is_short(path: Path, file: PlainCsv) -> bool:
    lines = 0
    for block in _blocks(path, file):
        lines += _lines(block)
        if lines > LINES_OF_A_PIECE:
            return False
    return True


def _cut(blocks: Iterator[bytes], block: bytes, target: Path) -> bytes:
    """Write whole records to a file, and return the start of what comes after them; empty where nothing does."""
    lines = quotes = 0
    with target.open("wb") as piece:
        while block:
            lines += _lines(block)
            end = _end_of_record(block, quotes) if lines >= LINES_OF_A_PIECE else 0
            if end:
                piece.write(block[:end])
                return block[end:] or next(blocks, b"")
            piece.write(block)
            quotes += _quotes(block)
            block = next(blocks, b"")
    return b""


def _end_of_record(block: bytes, quotes: int) -> int:
    """Return where the last record that ends in a block does; 0 where none is seen to.

    Args:
        block: of bytes.
        quotes: how many stand before it in the piece.
    """
    end = len(block)
    for _ in range(_ENDS_LOOKED_AT):
        end = block.rfind(b"\n", 0, end) + 1
        if not end or (quotes + block.count(b'"', 0, end)) % 2 == 0:
            return end
        end -= 1
    return 0
