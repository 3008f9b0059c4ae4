"""Every fault of a delivered row has a short name."""

from __future__ import annotations

import inspect
import re

import pytest

from borrowers.domain import candidate, capital, cells, list_member, record, register, rows
from borrowers.domain.row_codes import ROW_CODE_LABELS
from borrowers.ingest import judging, repeats
from borrowers.services import thematic_upload
from marketplace.domain import dates, uscc

CODE = re.compile(r'"([A-Z]+(?:_[A-Z]+)+)"')
FROM = (
    candidate,
    capital,
    cells,
    list_member,
    record,
    rows,
    judging,
    repeats,
    thematic_upload,
    dates,
    uscc,
)
NO_ROW_FAULTS = {"SHEET_COLUMN_MISSING", "REGISTRATION_NO"}
"""One refuses the whole file, one is the kind of a clue."""


@pytest.mark.parametrize("module", FROM, ids=lambda module: module.__name__)
def test_names_every_code_of_the_module(module):
    found = set(CODE.findall(inspect.getsource(module))) - NO_ROW_FAULTS

    assert found
    assert found - set(ROW_CODE_LABELS) == set()


def test_names_what_the_register_refuses():
    found = {code for code in CODE.findall(inspect.getsource(register)) if code.endswith("UNKNOWN")}

    assert {"DISTRICT_UNKNOWN", "INDUSTRY_UNKNOWN", "STATUS_UNKNOWN"} <= found
    assert found <= set(ROW_CODE_LABELS)
