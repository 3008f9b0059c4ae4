"""Reading sheets that people and units deliver: csv, xlsx, xls and json, whatever stands above the header.

Files are hostile until shown otherwise: their kind is found by content, size and shape are checked before anything is
parsed, and csv and json are read in bounded memory. Nothing here knows what a column means.
"""

from marketplace.sheets.limits import IMPORT_LIMITS, UPLOAD_LIMITS, SheetLimits
from marketplace.sheets.pieces import Piece, pieces_of, whole_of
from marketplace.sheets.plain import PlainCsv, RowsNotPlain, in_utf8, plain_csv
from marketplace.sheets.reading import (
    ALL_KINDS,
    BODY_KINDS,
    UPLOAD_KINDS,
    Sheet,
    open_sheet,
    read_rows,
    titles_of,
)

__all__ = [
    "ALL_KINDS",
    "BODY_KINDS",
    "IMPORT_LIMITS",
    "UPLOAD_KINDS",
    "UPLOAD_LIMITS",
    "Piece",
    "PlainCsv",
    "RowsNotPlain",
    "Sheet",
    "SheetLimits",
    "in_utf8",
    "open_sheet",
    "pieces_of",
    "plain_csv",
    "read_rows",
    "titles_of",
    "whole_of",
]
