"""Writing sheets: typed tables, and sheets sent back with their errors marked."""

from marketplace.sheets.writing.correction import EXPLANATION, write_correction
from marketplace.sheets.writing.tables import write_table, write_tables

__all__ = ["EXPLANATION", "write_correction", "write_table", "write_tables"]
