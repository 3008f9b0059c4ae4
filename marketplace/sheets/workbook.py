"""Rows of xlsx and xls workbooks as texts; cells that were numbers keep that mark (`NumberCell`)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from marketplace.domain.errors import Refused
from marketplace.domain.text import NumberCell, clean
from marketplace.sheets.limits import HEADER_ROWS, SheetLimits
from marketplace.sheets.package import check_package
from marketplace.sheets.source import XLSX, FileSource

_MIDNIGHT = time(0)


def worksheets(
    source: FileSource, kind: str, limits: SheetLimits
) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """Give name and rows of every visible worksheet that has content, in order.

    Rows begin with the sheet's first row, blank ones included, so that counting gives the row number.

    Raises:
        Refused: as `check_package`; ``SHEET_PASSWORD``, ``SHEET_UNREADABLE``, ``SHEET_TOO_MANY_ROWS``,
            ``SHEET_TOO_MANY_COLUMNS``.
    """
    if kind == XLSX:
        check_package(source, limits)
    with _reading(source):
        book = _open(source)
    for meta in book.sheets_metadata:
        if meta.typ is not SheetTypeEnum.WorkSheet or meta.visible is not SheetVisibleEnum.Visible:
            continue
        with _reading(source):
            sheet = book.get_sheet_by_name(meta.name)
        if sheet.end is not None:
            _check_extent(source, sheet, limits)
            yield meta.name, _rows(sheet)


def cell_text(value: Any) -> str:
    """Return a cell's value as text.

    Whole numbers lose the ``.0`` that sheets give them, dates are ISO, a day with a time keeps it.

    >>> cell_text(12.0), cell_text(0.1), cell_text(True), cell_text(datetime(2026, 3, 1))
    ('12', '0.1', '是', '2026-03-01')
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return NumberCell(int(value) if value.is_integer() else repr(value))
    if isinstance(value, int):
        return NumberCell(value)
    if isinstance(value, datetime):
        at_midnight = value.time() == _MIDNIGHT
        return value.date().isoformat() if at_midnight else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else ""


@contextmanager
def _reading(source: FileSource) -> Iterator[None]:
    """Turn what the reader of workbooks raises into refusals."""
    try:
        yield
    except PasswordError as error:
        raise Refused("SHEET_PASSWORD", f"文件“{source.name}”有密码，请去掉密码后上传。") from error
    except (CalamineError, OSError, ValueError) as error:
        raise _unreadable(source) from error
    except BaseException as error:
        # A hostile file can make the reader panic, which is raised outside of Exception.
        if type(error).__name__ != "PanicException":
            raise
        raise _unreadable(source) from error


def _open(source: FileSource) -> CalamineWorkbook:
    content = source.content
    if isinstance(content, bytes):
        return CalamineWorkbook.from_filelike(io.BytesIO(content))
    return CalamineWorkbook.from_path(str(content))


def _check_extent(source: FileSource, sheet: CalamineSheet, limits: SheetLimits) -> None:
    last_row, _ = sheet.end or (0, 0)
    if sheet.width > limits.columns:
        sentence = f"文件“{source.name}”超过 {limits.columns} 列，请删除多余的列。"
        raise Refused("SHEET_TOO_MANY_COLUMNS", sentence)
    if last_row > limits.rows + HEADER_ROWS:
        sentence = f"文件“{source.name}”超过 {limits.rows} 行，请分成几份上传。"
        raise Refused("SHEET_TOO_MANY_ROWS", sentence)


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    for cells in sheet.iter_rows():
        yield [cell_text(value) for value in cells]


def _unreadable(source: FileSource) -> Refused:
    sentence = f"文件“{source.name}”无法读取，可能已损坏，请用表格软件重新保存后上传。"
    return Refused("SHEET_UNREADABLE", sentence)
