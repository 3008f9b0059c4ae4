"""A workbook of the catalogue opened: the sheet of items and the sheet of their fields, each found by its headings."""

from __future__ import annotations

from pathlib import Path

from borrowers.domain.catalogue_columns import FIELD_SHEET, ITEM_SHEET
from borrowers.domain.catalogue_sheet import SheetCatalogue, read_catalogue
from marketplace.domain.errors import Refused
from marketplace.sheets import Sheet, SheetLimits, open_sheet
from marketplace.sheets.source import XLSX

ITEM_MARKS = ("信息项名称", "类别", "来源单位代码", "更新周期")
FIELD_MARKS = ("字段代码", "字段名称", "字段类型")
"""Headings that only the one sheet has, so that neither is taken for the other."""


def open_catalogue(
    content: Path | str | bytes, filename: str, *, limits: SheetLimits
) -> SheetCatalogue:
    """Return every declaration and every error of a workbook.

    Args:
        content: path or bytes of an xlsx.
        filename: as delivered.
        limits: see `marketplace.sheets.SheetLimits`.

    Raises:
        Refused: ``SHEET_*``; ``CATALOGUE_SHEET_MISSING`` naming the sheet; ``SHEET_COLUMN_MISSING``.
    """
    items = _opened(content, filename, ITEM_SHEET, ITEM_MARKS, limits)
    fields = _opened(content, filename, FIELD_SHEET, FIELD_MARKS, limits)
    return read_catalogue(items, fields)


def _opened(
    content: Path | str | bytes,
    filename: str,
    name: str,
    marks: tuple[str, ...],
    limits: SheetLimits,
) -> Sheet:
    try:
        return open_sheet(content, filename, known=marks, kinds=frozenset({XLSX}), limits=limits)
    except Refused as refused:
        if refused.code != "SHEET_NO_HEADER":
            raise
        sentence = f"文件“{filename}”中没有找到“{name}”表，表头应有：{'、'.join(marks)}。"
        raise Refused("CATALOGUE_SHEET_MISSING", sentence) from refused
