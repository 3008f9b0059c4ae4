"""Rows of csv files, plain or gzipped, in bounded memory.

The encoding is settled over the whole file before the first row is given: UTF-8 (with or without mark), UTF-16 with a
mark, else GB18030, each strictly. It is never guessed from statistics.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from marketplace.domain.errors import Refused
from marketplace.domain.text import clean
from marketplace.sheets.limits import SheetLimits
from marketplace.sheets.source import CSV_GZ, FileSource

_CHUNK = 1 << 16
_DELIMITERS = ",\t;|"
_SAMPLE_CHARACTERS = 1 << 16


def settle_encoding(source: FileSource, kind: str, limits: SheetLimits) -> str:
    """Return the encoding under which the whole file decodes.

    Raises:
        Refused: ``SHEET_ENCODING``, ``SHEET_NOT_TEXT``, ``SHEET_UNPACKED_TOO_LARGE``, ``SHEET_BROKEN_ARCHIVE``.
    """
    with _broken_archive_refused(source), _unpacked(source, kind) as stream:
        mark = stream.read(4)
    marked = mark.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        with _broken_archive_refused(source):
            if _decodes(source, kind, encoding, limits):
                return encoding
    sentence = f"文件“{source.name}”的编码无法识别，请另存为 UTF-8 或 GBK（GB18030）编码的 csv，或改用 xlsx。"
    raise Refused("SHEET_ENCODING", sentence)


def delimited_rows(source: FileSource, kind: str, encoding: str) -> Iterator[list[str]]:
    """Give every record of the file as clean texts, blank ones too, so that counting gives the row number.

    Raises:
        Refused: ``SHEET_CSV_MALFORMED`` with the row.
    """
    with _unpacked(source, kind) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")
        delimiter = delimiter_of(source, kind, encoding)
        reader = csv.reader(text, delimiter=delimiter)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _malformed(source, reader.line_num) from error
            yield [cell.strip() if cell.isprintable() else clean(cell) for cell in cells]


@contextmanager
def _unpacked(source: FileSource, kind: str) -> Iterator[BinaryIO]:
    with source.opened() as packed:
        if kind == CSV_GZ:
            with gzip.GzipFile(fileobj=packed) as stream:
                yield cast(BinaryIO, stream)
        else:
            yield packed


@contextmanager
def _broken_archive_refused(source: FileSource) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        sentence = f"压缩文件“{source.name}”已损坏，无法解开。"
        raise Refused("SHEET_BROKEN_ARCHIVE", sentence) from error


def _decodes(source: FileSource, kind: str, encoding: str, limits: SheetLimits) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    seen = 0
    try:
        with _unpacked(source, kind) as stream:
            while chunk := stream.read(_CHUNK):
                seen += len(chunk)
                _refuse_bomb(source, kind, seen, limits)
                text = decoder.decode(chunk)
                if "\x00" in text if encoding == "utf-16" else b"\x00" in chunk:
                    raise _no_text(source)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_bomb(source: FileSource, kind: str, seen: int, limits: SheetLimits) -> None:
    too_dense = kind == CSV_GZ and seen > max(source.size, 4096) * limits.ratio
    if seen > limits.unpacked_bytes or too_dense:
        sentence = f"文件“{source.name}”解开后过大，已停止读取。"
        raise Refused("SHEET_UNPACKED_TOO_LARGE", sentence)


def _no_text(source: FileSource) -> Refused:
    return Refused("SHEET_NOT_TEXT", f"文件“{source.name}”不是文本表格，请上传 xlsx 或 csv。")


def delimiter_of(source: FileSource, kind: str, encoding: str) -> str:
    """Return the delimiter that occurs most in the first lines; the comma when none does."""
    with _unpacked(source, kind) as stream:
        text = io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")
        lines = text.read(_SAMPLE_CHARACTERS).splitlines()[:5]
    sample = "".join(lines)
    return max(_DELIMITERS, key=sample.count)


def _malformed(source: FileSource, line: int) -> Refused:
    sentence = (
        f"文件“{source.name}”第{line}行附近的引号或分隔符不配对，无法分列，请检查后重新保存。"
    )
    return Refused("SHEET_CSV_MALFORMED", sentence)
