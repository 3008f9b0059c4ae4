"""What tests of deliveries share."""

from __future__ import annotations

import pytest

from borrowers.services import intake
from marketplace.sheets import pieces

LINES = 8


@pytest.fixture
def in_pieces(monkeypatch):
    """Read small files in columns and in pieces, as very large ones are."""
    monkeypatch.setattr(intake, "PLAIN_FROM_BYTES", 0)
    monkeypatch.setattr(pieces, "LINES_OF_A_PIECE", LINES)
    monkeypatch.setattr(pieces, "_READ_AT_ONCE", 100)


@pytest.fixture(params=["by row", "in pieces"])
def each_way(request):
    """Read small files row by row, as they are, and once more in columns and pieces."""
    if request.param == "in pieces":
        request.getfixturevalue("in_pieces")
