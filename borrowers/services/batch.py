"""The books of a delivered file: every row read is accepted, rejected with its reasons, or a duplicate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from borrowers.domain.rows import Column, RowError, unread_columns
from borrowers.models import IngestBatch, IngestReject
from marketplace.bulk import insert_rows

Progress = Callable[[int], None]
"""Called with the number of rows read so far."""

REJECTS_KEPT_AT_ONCE = 2000
REJECT_FIELDS = ("batch", "row_number", "field", "code", "sentence")
SENTENCE_LENGTH = 300


@dataclass
class BatchBook:
    """Counts one batch while it is read, and writes its rejects in bounded pieces."""

    batch: IngestBatch
    progress: Progress | None = None
    read: int = 0
    accepted: int = 0
    superseding: int = 0
    rejected: int = 0
    duplicates: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    rejected_rows: set[int] = field(default_factory=set)
    _waiting: list[tuple[int, int, str, str, str]] = field(default_factory=list)

    def begin_again(self) -> None:
        """Forget what was counted: the file is read in another way; what was written of it is the caller's to undo."""
        self.read = self.accepted = self.superseding = self.rejected = self.duplicates = 0
        self.reasons.clear()
        self.rejected_rows.clear()
        self._waiting.clear()

    def row_read(self) -> None:
        """Count a row that was read; tell the progress now and then."""
        self.read += 1
        if self.progress and self.read % 1000 == 0:
            self.progress(self.read)

    def rows_read(self, count: int) -> None:
        """Count rows that were read at once; tell the progress."""
        self.read += count
        if self.progress:
            self.progress(self.read)

    def columns_bound(self, columns: Sequence[Column], titles: Sequence[str]) -> None:
        """Note which of a sheet's columns are not read; they are saved when the batch closes."""
        self.batch.unread_titles, self.batch.unread_count = unread_columns(columns, titles)

    def reject(self, errors: Sequence[RowError]) -> None:
        """Count a rejected row once, each of its reasons in the tally, and keep the reasons."""
        self.rejected += 1
        self.rejected_rows.add(errors[0].row)
        self.reasons.update({error.code for error in errors})
        self._waiting += [
            (
                self.batch.pk,
                error.row,
                error.field[:64],
                error.code,
                error.sentence[:SENTENCE_LENGTH],
            )
            for error in errors
        ]
        if len(self._waiting) >= REJECTS_KEPT_AT_ONCE:
            self.rejects_write()

    def carry_over(self, earlier: IngestBatch, *, judged: int, lasting: Counter[str]) -> None:
        """Count the rows that an earlier batch of the same file settled, beside those that were judged anew.

        Args:
            earlier: closed; what it accepted is a duplicate here.
            judged: how many of its rejected rows are counted in this book already.
            lasting: how many of its rows were refused for each reason that still holds; they are written already.
        """
        batch = self.batch
        batch.unread_titles, batch.unread_count = earlier.unread_titles, earlier.unread_count
        settled = earlier.rows_read - judged
        self.read += settled
        self.duplicates += earlier.accepted + earlier.duplicates
        self.rejected += earlier.rejected - judged
        self.reasons.update(lasting)

    def close(self, at: datetime) -> IngestBatch:
        """Write what is left and the totals; the database refuses totals that do not add up."""
        self.rejects_write()
        batch = self.batch
        batch.rows_read, batch.accepted, batch.rejected = self.read, self.accepted, self.rejected
        batch.duplicates, batch.superseding = self.duplicates, self.superseding
        batch.reasons = dict(sorted(self.reasons.items()))
        batch.finished_at = at
        batch.save()
        if self.progress:
            self.progress(self.read)
        return batch

    def rejects_write(self) -> None:
        """Write the reasons that wait to be written."""
        insert_rows(IngestReject, REJECT_FIELDS, self._waiting)
        self._waiting = []
