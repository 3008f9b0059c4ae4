"""The same file again: what an earlier batch settled for good, and which of its rows may be judged otherwise today.

A file that was read the same way before holds nothing new: what was accepted then or repeated something is in the
history of its key, and a row refused for what stands in its cells is refused again. Only reasons that depend on the
register or on the day can fall away. ``IngestBatch.read_as`` says how a file was read and that all of this holds: it
is emptied where records of the item are erased.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from borrowers.domain.candidate import TO_REVIEW, UNMATCHED
from borrowers.ingest.rejected import rows_carry_over
from borrowers.models import CatalogueItem, IngestBatch, IngestReject
from marketplace.domain.workdays import local_date

PASSING_REASONS = (
    "EVENT_IN_FUTURE",
    "SUBJECT_ALIAS_UNKNOWN",
    "SUBJECT_UNKNOWN",
    TO_REVIEW,
    UNMATCHED,
)
"""Reasons that another day or another register may do away with; a row that has one is judged anew as a whole."""

READING_CODE = ("borrowers/domain", "borrowers/ingest", "marketplace/domain", "marketplace/sheets")
"""Packages that decide what a cell, a row, a key means: a file read by other code is read anew."""


def reading_of(item: CatalogueItem) -> str:
    """Return by what an item's files are read: hash of its declaration and of the code, empty where none lies there."""
    code = _code_hash()
    if not code:
        return ""
    declared = json.dumps(item.spec, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(f"{code}{declared}".encode()).hexdigest()


def earlier_batch(batch: IngestBatch) -> IngestBatch | None:
    """Return the latest kept batch of the same file, item and unit that was read as this one will be.

    None as well when it came on a later day: what lay in the past then may lie in the future now.

    Args:
        batch: open, ``read_as`` set.
    """
    if not batch.read_as:
        return None
    earlier = (
        IngestBatch.objects.filter(
            item=batch.item,
            unit=batch.unit,
            file_sha256=batch.file_sha256,
            state="KEPT",
            read_as=batch.read_as,
        )
        .order_by("-pk")
        .first()
    )
    if earlier and local_date(earlier.received_at) <= local_date(batch.received_at):
        return earlier
    return None


def rows_to_judge(earlier: IngestBatch) -> frozenset[int]:
    """Return the numbers of the rows that an earlier batch refused for a passing reason. Queries: one at most."""
    if not any(earlier.reasons.get(code) for code in PASSING_REASONS):
        return frozenset()
    found = IngestReject.objects.filter(batch=earlier, code__in=PASSING_REASONS)
    return frozenset(found.order_by().values_list("row_number", flat=True))


def rejects_carry_over(earlier: IngestBatch, batch: IngestBatch) -> Counter[str]:
    """Repeat the reasons of an earlier batch against rows without a passing one, and return how many rows have each.

    Writes: ``IngestReject`` and ``RejectedRow``, in one statement each.
    """
    table = IngestReject._meta.db_table
    columns = "row_number, field, code, sentence"
    places = ", ".join(["%s"] * len(PASSING_REASONS))
    passing = f"SELECT row_number FROM {table} WHERE batch_id = %s AND code IN ({places})"  # noqa: S608
    lasting = f"FROM {table} WHERE batch_id = %s AND row_number NOT IN ({passing})"
    known: list[Any] = [earlier.pk, earlier.pk, *PASSING_REASONS]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (batch_id, {columns}) SELECT %s, {columns} {lasting} ORDER BY id",
            [batch.pk, *known],
        )
        cursor.execute(
            f"SELECT code, count(DISTINCT row_number) {lasting} GROUP BY code",
            known,
        )
        counts = dict(cursor.fetchall())
    rows_carry_over(earlier, batch, PASSING_REASONS)
    return Counter(counts)


@lru_cache(maxsize=1)
def _code_hash() -> str:
    digest, files = hashlib.sha256(), 0
    for package in READING_CODE:
        for path in sorted((Path(settings.BASE_DIR) / package).rglob("*.py")):
            digest.update(path.read_bytes())
            files += 1
    return digest.hexdigest() if files else ""
