"""A delivered file before it is read: where its bytes are, of what kind it really is."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from marketplace.domain.errors import Refused
from marketplace.sheets.limits import SheetLimits

CSV = "csv"
CSV_GZ = "csv.gz"
XLSX = "xlsx"
XLS = "xls"
JSON = "json"

_ZIP_MAGIC = b"PK\x03\x04"
_GZIP_MAGIC = b"\x1f\x8b"
_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN_MAGICS = {
    b"%PDF": "PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"Rar!": "压缩包",
    b"7z\xbc\xaf": "压缩包",
    b"\x7fELF": "程序文件",
    b"MZ": "程序文件",
    b"{\\rtf": "RTF 文档",
}
_OBJECTS = re.compile(rb"\{\s*[\"}]|\[\s*[{\]]")
_MARKUP = (b"<html", b"<!doctype", b"<?xml", b"<table")


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file on disk or in memory that can be opened more than once.

    Attributes:
        content: path or bytes.
        name: file name as delivered, for messages.
        size: bytes.
    """

    content: Path | bytes
    name: str
    size: int

    @classmethod
    def of(cls, content: Path | str | bytes, name: str, limits: SheetLimits) -> FileSource:
        """Return the source of a path or of bytes.

        Raises:
            Refused: ``FILE_NOT_FOUND``, ``SHEET_EMPTY`` or ``SHEET_FILE_TOO_LARGE``.
        """
        held = content if isinstance(content, bytes) else Path(content)
        if isinstance(held, Path) and not held.is_file():
            raise Refused("FILE_NOT_FOUND", f"找不到文件“{name}”。")
        size = held.stat().st_size if isinstance(held, Path) else len(held)
        if size == 0:
            raise Refused("SHEET_EMPTY", f"文件“{name}”是空的。")
        if size > limits.file_bytes:
            allowed = limits.file_bytes // 1024 // 1024
            raise Refused("SHEET_FILE_TOO_LARGE", f"文件“{name}”超过 {allowed} MB 的上限。")
        return cls(held, name, size)

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Give the file from its beginning, closed afterwards."""
        if isinstance(self.content, bytes):
            yield io.BytesIO(self.content)
            return
        with self.content.open("rb") as stream:
            yield stream

    def head(self, length: int = 512) -> bytes:
        """Return the first bytes."""
        with self.opened() as stream:
            return stream.read(length)


def kind_of(source: FileSource) -> str:
    """Return the kind of a file by its content, whatever its name says.

    Raises:
        Refused: ``SHEET_KIND_UNKNOWN`` for what is no sheet, with what it is where that can be told.
    """
    head = source.head()
    if head.startswith(_ZIP_MAGIC):
        return XLSX
    if head.startswith(_OLE_MAGIC):
        return XLS
    if head.startswith(_GZIP_MAGIC):
        return CSV_GZ
    for magic, what in _FOREIGN_MAGICS.items():
        if head.startswith(magic):
            raise Refused(
                "SHEET_KIND_UNKNOWN", f"“{source.name}”是{what}，请上传 xlsx 或 csv 表格。"
            )
    shown = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if _OBJECTS.match(shown):
        return JSON
    if shown.lower().startswith(_MARKUP):
        sentence = f"“{source.name}”其实是网页或 XML 文件，请在表格软件中另存为 xlsx 后上传。"
        raise Refused("SHEET_KIND_UNKNOWN", sentence)
    return CSV
