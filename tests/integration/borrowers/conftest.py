"""What tests of deliveries share."""

from __future__ import annotations

import pytest

from borrowers.services import intake


@pytest.fixture(params=["by row", "in columns"])
def each_way(request, monkeypatch):
    """Read small files row by row, as they are, and once more in columns, as large ones are."""
    if request.param == "in columns":
        monkeypatch.setattr(intake, "PLAIN_FROM_BYTES", 0)
