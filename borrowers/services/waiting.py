"""Rows of a delivery that a person is to be asked about, entered when its batch closes.

The same file again asks nothing twice: what waits goes on waiting, what was decided stays decided.
"""

from __future__ import annotations

from collections import Counter

from borrowers.domain.candidate import TO_REVIEW, recounted, settled_reason
from borrowers.models import IngestBatch, IngestReject, SubjectCandidate
from borrowers.selectors.candidate import same_file
from borrowers.services.batch import SENTENCE_LENGTH, BatchBook


def candidates_hold(batch: IngestBatch, book: BatchBook) -> None:
    """Enter the rejected rows that wait for a person, and count them.

    Args:
        batch: open, its rejected rows held.
        book: of the batch; the reasons of rows that were decided before are counted as such.

    Queries: three, and one for each row that was decided before. Writes: ``SubjectCandidate`` (bulk),
        ``IngestReject``.
    """
    if not book.reasons.get(TO_REVIEW):
        return
    book.rejects_write()
    waits = IngestReject.objects.filter(batch=batch, code=TO_REVIEW)
    rows = set(waits.order_by().values_list("row_number", flat=True))
    before = SubjectCandidate.objects.filter(batch__in=same_file(batch)).exclude(state="LAPSED")
    asked = {row.row_number: row for row in before.order_by("pk")}
    new = sorted(rows - asked.keys())
    SubjectCandidate.objects.bulk_create(
        [SubjectCandidate(batch=batch, row_number=number) for number in new]
    )
    batch.waiting = len(new)
    for number in sorted(rows & asked.keys()):
        settled = settled_reason(asked[number].state, asked[number].reason)
        if settled:
            code, sentence = settled
            found = waits.filter(row_number=number)
            found.update(code=code, sentence=sentence[:SENTENCE_LENGTH])
            book.reasons = Counter(recounted(book.reasons, code))
