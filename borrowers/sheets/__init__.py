"""Workbooks of the borrowing side."""

from borrowers.sheets.catalogue import catalogue_workbook

__all__ = ["catalogue_workbook"]
