"""What tests of deliveries share."""

from __future__ import annotations

import pytest

from borrowers.domain.archive import KeptIn
from borrowers.models import CatalogueItem
from borrowers.services import intake
from borrowers.services.archived import item_keep_in
from marketplace.sheets import pieces
from tests.factories.reference import enter_reference

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


@pytest.fixture
def taxes(cast, now):
    """The item of tax payments, in the catalogue as it is shipped."""
    enter_reference(at=now)
    return CatalogueItem.objects.get(code="TAX_PAYMENT")


@pytest.fixture
def alone(taxes, now):
    """The same, kept in the archive alone."""
    item_keep_in(item=taxes, kept_in=KeptIn.ARCHIVE, actor=None, at=now)
    taxes.refresh_from_db()
    return taxes
