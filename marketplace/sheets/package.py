"""What an xlsx holds, checked before it is parsed: members, sizes counted while unpacking, extent of its cells.

A workbook of a kilobyte can name a cell in the last row and column and make its reader lay out sixteen billion cells;
one of 300 KB can unpack to 300 MB. Both are found here by reading the members as streams.

Source: trust note 0.6, 2.6.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator

from marketplace.domain.errors import Refused
from marketplace.sheets.limits import HEADER_ROWS, SheetLimits
from marketplace.sheets.source import FileSource

_CHUNK = 1 << 18
_FOREIGN_PARTS = ("vbaproject.bin", "externallinks/", "embeddings/", "activex/", "macrosheets/")
_MAIN_TYPE = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_TAG = re.compile(rb"<(?:\w+:)?(row|c)(\s[^<>]*)?>")
_PLACE = re.compile(rb'\sr="([A-Z]{0,3})(\d{1,7})"')
_SEPARATE_DOCTYPE = 1 << 12


def check_package(source: FileSource, limits: SheetLimits) -> None:
    """Refuse an xlsx that is broken, too large, too wide, too long, or holds more than cells.

    Raises:
        Refused: ``SHEET_BROKEN_ARCHIVE``, ``SHEET_KIND_UNKNOWN``, ``SHEET_UNSAFE_PART``, ``SHEET_UNPACKED_TOO_LARGE``,
            ``SHEET_TOO_MANY_ROWS``, ``SHEET_TOO_MANY_COLUMNS``.
    """
    try:
        with source.opened() as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            _check_names(source, members, limits)
            _check_type(source, archive)
            unpacked = 0
            for member in members:
                unpacked = _check_member(source, archive, member, limits, unpacked)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        sentence = f"文件“{source.name}”已损坏或已加密，请用表格软件重新保存后上传。"
        raise Refused("SHEET_BROKEN_ARCHIVE", sentence) from error


def _check_names(source: FileSource, members: list[zipfile.ZipInfo], limits: SheetLimits) -> None:
    names = [member.filename for member in members]
    strange = len(names) > limits.zip_entries or len(set(names)) != len(names)
    for name in names:
        lowered = name.lower()
        if any(part in lowered for part in _FOREIGN_PARTS):
            sentence = f"文件“{source.name}”含有宏、外部链接或嵌入对象，请另存为普通 xlsx 后上传。"
            raise Refused("SHEET_UNSAFE_PART", sentence)
        strange = strange or ".." in name or name.startswith("/") or "\\" in name or ":" in name
    if strange:
        raise Refused("SHEET_UNSAFE_PART", f"文件“{source.name}”的内部结构异常，已拒绝读取。")
    declared = sum(member.file_size for member in members)
    if declared > limits.unpacked_bytes or declared > max(source.size, 4096) * limits.ratio:
        raise _too_large(source)


def _check_type(source: FileSource, archive: zipfile.ZipFile) -> None:
    try:
        types = archive.read("[Content_Types].xml")
    except KeyError:
        types = b""
    if _MAIN_TYPE not in types:
        sentence = f"“{source.name}”不是 xlsx 工作簿（可能是文档、压缩包或带宏的文件），请另存为 xlsx 后上传。"
        raise Refused("SHEET_KIND_UNKNOWN", sentence)


def _check_member(
    source: FileSource,
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    limits: SheetLimits,
    unpacked: int,
) -> int:
    """Stream one member, counting; return the bytes unpacked so far."""
    extent = _Extent(source, limits)  # a worksheet may hide under any name
    first = True
    for chunk in _chunks(archive, member):
        unpacked += len(chunk)
        if unpacked > limits.unpacked_bytes or unpacked > max(source.size, 4096) * limits.ratio:
            raise _too_large(source)
        if first and b"<!DOCTYPE" in chunk[:_SEPARATE_DOCTYPE]:
            raise Refused("SHEET_UNSAFE_PART", f"文件“{source.name}”的内部结构异常，已拒绝读取。")
        first = False
        extent.feed(chunk)
    return unpacked


def _chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


class _Extent:
    """Follows the cells with content of one member and refuses when they lie too far out."""

    def __init__(self, source: FileSource, limits: SheetLimits) -> None:
        self._source = source
        self._limits = limits
        self._rest = b""
        self._row = 0
        self._column = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next piece."""
        text = self._rest + chunk
        end = 0
        for found in _TAG.finditer(text):
            end = found.end()
            self._take(found[1], found[2] or b"")
        cut = max(end, text.rfind(b"<"))
        self._rest = text[cut:] if len(text) - cut < _CHUNK else b""

    def _take(self, tag: bytes, attributes: bytes) -> None:
        place = _PLACE.search(attributes)
        if tag == b"row":
            self._row = int(place[2]) if place else self._row + 1
            self._column = 0
            return
        self._column += 1
        if place:
            self._column = _column_number(place[1])
            self._row = int(place[2])
        if not attributes.endswith(b"/"):
            self._refuse_far_out()

    def _refuse_far_out(self) -> None:
        if self._column > self._limits.columns:
            allowed = self._limits.columns
            sentence = f"文件“{self._source.name}”超过 {allowed} 列，请删除多余的列。"
            raise Refused("SHEET_TOO_MANY_COLUMNS", sentence)
        if self._row > self._limits.rows + HEADER_ROWS:
            allowed = self._limits.rows
            sentence = f"文件“{self._source.name}”超过 {allowed} 行，请分成几份上传。"
            raise Refused("SHEET_TOO_MANY_ROWS", sentence)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _too_large(source: FileSource) -> Refused:
    return Refused("SHEET_UNPACKED_TOO_LARGE", f"文件“{source.name}”解开后过大，已拒绝读取。")
