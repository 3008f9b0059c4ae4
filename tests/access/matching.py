"""Who may do what at the meeting place, part by part."""

from __future__ import annotations

import importlib
import importlib.util

from tests.access import Row

PARTS = ("application", "event", "grant", "lead", "portrait", "whitelist")


def rows_of(part: str) -> list[Row]:
    """A part without a table has no rows; its addresses then fail by name."""
    name = f"tests.access.matching_{part}"
    if importlib.util.find_spec(name) is None:
        return []
    return list(importlib.import_module(name).ROWS)


ROWS = [row for part in PARTS for row in rows_of(part)]
