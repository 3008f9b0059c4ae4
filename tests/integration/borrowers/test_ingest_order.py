"""Records of an enterprise are neighbors within a piece of a delivery, which is put in order by itself."""

from __future__ import annotations

import random

import pytest

from borrowers.ingest import staging
from borrowers.models import CreditRecord
from borrowers.services import intake
from marketplace.sheets import pieces
from tests.factories.borrowers import USCC, make_enterprise
from tests.factories.payments import LATECOMER, ingest, payment, write
from tests.factories.reference import enter_reference

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.postgresql,
    pytest.mark.usefixtures("archive_folder"),
]


@pytest.fixture
def delivered(cast, now, tmp_path, monkeypatch):
    """A file of two enterprises, one with seven payments and one with two, in no order."""
    monkeypatch.setattr(intake, "PLAIN_FROM_BYTES", 0)
    enter_reference(at=now)
    make_enterprise(uscc=LATECOMER, name="天津后来示例有限公司", at=now)
    months = [(USCC, day) for day in range(1, 8)] + [(LATECOMER, day) for day in (8, 9)]
    rows = [payment(uscc, day=f"2025-03-{day:02}") for uscc, day in months]
    random.Random(5).shuffle(rows)
    return write(tmp_path / "tax.csv", rows)


def placed():
    return list(CreditRecord.objects.order_by("pk").values_list("enterprise", "event_date"))


def test_all_records_stand_in_one_order(delivered, now):
    batch = ingest(delivered, now)

    assert batch.accepted == len(placed()) == 9
    assert placed() == sorted(placed())


def test_those_of_a_piece_stand_in_one_order(delivered, now, in_pieces):
    ingest(delivered, now)

    first = pieces.LINES_OF_A_PIECE - 1  # the header is a line, too
    assert len(placed()) == 9
    assert placed()[:first] == sorted(placed()[:first])
    assert placed()[first:] == sorted(placed()[first:])


@pytest.mark.parametrize("at_most", [0, 1_000_000])
def test_repeats_leave_a_table_of_any_size(cast, now, tmp_path, monkeypatch, at_most):
    monkeypatch.setattr(intake, "PLAIN_FROM_BYTES", 0)
    monkeypatch.setattr(staging, "DELETED_FROM_AT_MOST", at_most)
    enter_reference(at=now)
    days = [f"2025-03-{day:02}" for day in range(1, 6)]
    rows = [payment(day=day) for day in days]
    again = [payment(day=days[0]), payment(day=days[1], amount="9.00"), payment(day=days[4])]

    batch = ingest(write(tmp_path / "tax.csv", [*rows, *again]), now)

    assert (batch.rows_read, batch.accepted, batch.rejected, batch.duplicates) == (8, 5, 1, 2)
    assert list(batch.rejects.values_list("row_number", "code")) == [(8, "KEY_CONFLICT_IN_FILE")]
    kept = CreditRecord.objects.order_by("event_date").values_list("row_number", flat=True)
    assert list(kept) == [2, 3, 4, 5, 6]
    second = ingest(write(tmp_path / "more.csv", [*rows, payment(day="2025-03-06")]), now)
    assert (second.accepted, second.duplicates) == (1, 5)
