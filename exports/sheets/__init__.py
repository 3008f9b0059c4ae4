"""Workbooks of this app; single sheets are written by the floor's writer, named here again."""

from marketplace.sheets.writing import (
    EXPLANATION,
    write_correction,
    write_table,
    write_tables,
)

__all__ = ["EXPLANATION", "write_correction", "write_table", "write_tables"]
