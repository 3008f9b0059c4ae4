"""How large a delivered sheet may be, for uploads through pages and for files an operator imports on the machine.

Source: trust note 0.6, 2.6.
"""

from __future__ import annotations

from dataclasses import dataclass

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SheetLimits:
    """Limits of one file.

    Attributes:
        file_bytes: of the file as delivered.
        unpacked_bytes: of everything a zip or gzip holds, counted while unpacking: headers lie.
        ratio: unpacked to packed, of the whole file.
        zip_entries: members of an xlsx.
        rows: rows of data.
        columns: columns with content.
        blank_rows: so many blank rows in a row end the sheet.
    """

    file_bytes: int
    unpacked_bytes: int
    rows: int
    ratio: int = 100
    zip_entries: int = 200
    columns: int = 100
    blank_rows: int = 1_000


UPLOAD_LIMITS = SheetLimits(file_bytes=20 * _MEGABYTE, unpacked_bytes=200 * _MEGABYTE, rows=200_000)
IMPORT_LIMITS = SheetLimits(
    file_bytes=8_192 * _MEGABYTE, unpacked_bytes=20_480 * _MEGABYTE, rows=50_000_000
)
HEADER_ROWS = 30
"""So many rows are looked at for the header."""
