"""A very large file, read in pieces, comes to what reading it whole would come to."""

from __future__ import annotations

import csv
import random
from datetime import timedelta

import pytest
from django.db import transaction

from borrowers.ingest import repeats
from borrowers.models import (
    ArchiveSegment,
    CreditRecord,
    IngestBatch,
    IngestReject,
    RejectedRow,
)
from borrowers.selectors.record import records_as_at
from borrowers.services import ingest as ingest_service
from borrowers.services import intake
from borrowers.services.archive import archive_rebuild
from borrowers.services.archive_check import archive_check
from borrowers.services.quality import batch_quality_check
from marketplace.sheets import pieces
from tests.factories.payments import (
    FAR_DAY,
    TITLES,
    any_row,
    ingest,
    key_without_a_day,
    left_in_database,
    payment,
    write,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive_folder")]
ROWS = 60


def numbered(count, amount="1.50"):
    return [payment(kind=f"税{number}", amount=amount) for number in range(count)]


def held(batch):
    """Rejected rows that can go back, by number."""
    return set(RejectedRow.objects.filter(batch=batch).values_list("row_number", flat=True))


def refused(batch):
    return set(IngestReject.objects.filter(batch=batch).values_list("row_number", flat=True))


class TestSameAsWhole:
    def left(self, monkeypatch, story, *, lines):
        with transaction.atomic(), monkeypatch.context() as patch:
            patch.setattr(pieces, "LINES_OF_A_PIECE", lines)
            story()
            assert not archive_check(with_hashes=True).faults
            files = ArchiveSegment.objects.count()
            found = (
                left_in_database(),
                [held(batch) for batch in IngestBatch.objects.order_by("pk")],
            )
            transaction.set_rollback(True)
        return found, files

    @pytest.mark.parametrize("seed", [1, 2])
    def test_first_delivery_and_one_that_meets_a_history(
        self, cast, now, tmp_path, taxes, in_pieces, monkeypatch, seed
    ):
        key_without_a_day()
        rng = random.Random(seed)
        rows = [any_row(rng) for _ in range(ROWS)]
        first = write(tmp_path / "a.csv", [*rows, *rng.sample(rows, 20)])
        second = write(tmp_path / "b.csv", [any_row(rng) for _ in range(ROWS)])

        def story():
            ingest(first, now)
            ingest(second, now + timedelta(days=1))
            patched = pytest.MonkeyPatch()
            patched.setattr(ingest_service, "earlier_batch", lambda batch: None)
            ingest(first, now + timedelta(days=2))
            patched.undo()

        divided, many = self.left(monkeypatch, story, lines=8)
        whole, few = self.left(monkeypatch, story, lines=10**6)

        assert divided == whole
        assert many > few
        _, _, _, _, duplicates, _, reasons, _ = divided[0]["batches"][0]
        assert duplicates
        assert reasons["KEY_CONFLICT_IN_FILE"]

    @pytest.mark.parametrize("kept", ["taxes", "alone"])
    def test_hash_that_suspects_every_row_of_every_other_changes_nothing(
        self, cast, now, tmp_path, in_pieces, monkeypatch, request, kept
    ):
        request.getfixturevalue(kept)
        key_without_a_day()
        rng = random.Random(3)
        rows = [any_row(rng) for _ in range(ROWS)]
        paths = [
            write(tmp_path / "a.csv", rows),
            write(tmp_path / "b.csv", [any_row(rng) for _ in range(ROWS)]),
            write(tmp_path / "c.csv", [*rows, *rng.sample(rows, 20), any_row(rng)]),
        ]

        def story():
            for day, path in enumerate(paths):
                ingest(path, now + timedelta(days=day))
            told.append(records_as_at(cast.enterprise, now + timedelta(days=9)))

        told = []
        whole, _ = self.left(monkeypatch, story, lines=10**6)
        monkeypatch.setattr(repeats, "_MARK", "7::UBIGINT")
        divided, _ = self.left(monkeypatch, story, lines=8)

        assert divided == whole
        assert [row.payload for row in told[0]] == [row.payload for row in told[1]]
        assert any("KEY_CONFLICT_IN_FILE" in batch[6] for batch in divided[0]["batches"])


class TestFiles:
    def test_a_delivery_lies_in_several(self, now, tmp_path, taxes, in_pieces):
        batch = ingest(write(tmp_path / "a.csv", numbered(ROWS)), now)

        assert batch.segments.count() > 3
        assert sum(one.rows for one in batch.segments.all()) == batch.accepted == ROWS
        assert not archive_check(with_hashes=True).faults

    def test_quality_is_counted_in_all_of_them(self, now, tmp_path, taxes, in_pieces):
        batch = ingest(write(tmp_path / "a.csv", numbered(ROWS)), now)

        assert batch.quality.events == ROWS
        archive_rebuild(item=taxes, actor=None, at=now)
        assert batch.segments.count() == 1
        batch_quality_check(batch=batch, item=taxes, at=now)
        batch.quality.refresh_from_db()
        assert batch.quality.events == ROWS

    def test_the_archive_alone_notes_what_all_of_them_hold(
        self, cast, now, tmp_path, alone, in_pieces
    ):
        first = ingest(write(tmp_path / "a.csv", numbered(ROWS)), now)
        rows = [*numbered(ROWS, "2"), *numbered(ROWS, "2")[:5], *numbered(ROWS + 9)[ROWS:]]
        second = ingest(write(tmp_path / "b.csv", rows), now + timedelta(days=1))

        assert first.archived_sums[0] == ROWS
        assert (second.accepted, second.superseding, second.duplicates) == (ROWS + 9, ROWS, 5)
        assert not archive_check(with_hashes=True).faults
        assert not CreditRecord.objects.exists()
        told = records_as_at(cast.enterprise, now + timedelta(days=2))
        assert sorted(row.payload["paid_yuan"] for row in told) == ["1.50"] * 9 + ["2.00"] * ROWS


class TestRejectedRows:
    def test_every_one_can_go_back(self, now, tmp_path, taxes, in_pieces):
        rows = numbered(ROWS)
        rows[10][4], rows[40][1] = "2024-13-40", ""
        rows[50] = payment(kind="税3", amount="9")

        batch = ingest(write(tmp_path / "a.csv", rows), now)

        assert refused(batch) == held(batch) == {12, 42, 52}
        assert batch.reasons["KEY_CONFLICT_IN_FILE"] == 1


class TestNotPlain:
    def broken_late(self, path, rows):
        """A row with a cell too many: refused by the careful reader; an engine says nothing of any other row."""
        write(path, rows)
        with path.open("a", encoding="utf-8", newline="") as stream:
            stream.write(",".join([*payment(kind="甲"), "多一格"]) + "\n")
        return path

    def test_file_that_turns_out_so_late_is_read_row_by_row(
        self, now, tmp_path, taxes, in_pieces, monkeypatch
    ):
        rows = [*numbered(ROWS), payment(kind="税3"), payment(kind="")]
        path = self.broken_late(tmp_path / "a.csv", rows)
        kept = []
        keep_rows = intake._keep_rows
        monkeypatch.setattr(intake, "_keep_rows", lambda *a: kept.append(1) or keep_rows(*a))

        batch = ingest(path, now)

        assert kept
        assert (batch.rows_read, batch.accepted) == (ROWS + 3, ROWS)
        assert (batch.duplicates, batch.rejected) == (1, 2)
        assert refused(batch) == held(batch) == {ROWS + 3, ROWS + 4}
        assert not batch.segments.exists()
        assert CreditRecord.objects.count() == ROWS

    def test_empty_line_between_rows_counts_as_a_row(self, now, tmp_path, taxes, in_pieces):
        path = tmp_path / "a.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerows([TITLES, payment(kind="甲")])
            stream.write("\r\n")
            writer.writerows([payment(kind="乙"), payment(kind="丙", day="2024-13-40")])

        batch = ingest(path, now)

        numbers = CreditRecord.objects.order_by("row_number").values_list("row_number", flat=True)
        assert list(numbers) == [2, 4]
        assert refused(batch) == held(batch) == {5}


class TestShortWay:
    def test_only_rows_that_may_be_judged_otherwise_are_looked_at(
        self, now, tmp_path, taxes, in_pieces
    ):
        rows = [*numbered(ROWS), payment(kind="后", day=FAR_DAY)]
        path = write(tmp_path / "a.csv", rows)
        first = ingest(path, now)

        again = ingest(path, now + timedelta(days=3000))

        assert (first.accepted, first.rejected) == (ROWS, 1)
        assert (again.accepted, again.duplicates) == (1, ROWS)
        assert CreditRecord.objects.get(batch=again).row_number == ROWS + 2
