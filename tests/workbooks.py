"""Workbooks made in memory for tests of what reads them."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

import xlsxwriter


def workbook(*sheets: list[list[Any]], hidden: int | None = None) -> bytes:
    """Return an xlsx with one worksheet per list of rows; empty texts leave their cell out."""
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"in_memory": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for place, rows in enumerate(sheets):
        sheet = book.add_worksheet()
        if place == hidden:
            sheet.hide()
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, datetime):
                    sheet.write_datetime(r, c, value, day)
                elif value != "":
                    sheet.write(r, c, value)
    book.close()
    return held.getvalue()
