"""Workbooks of the borrowing side."""

from borrowers.sheets.catalogue import catalogue_workbook
from borrowers.sheets.unit_board import unit_board_workbook

__all__ = ["catalogue_workbook", "unit_board_workbook"]
