"""Reads of credit records for evaluations of many enterprises: a stretch of the register, a few columns, no joins.

Source: design law 5 (reproducible: the records of a moment); performance note, B.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q

from borrowers.models import RECORD_KINDS, CatalogueItem, CreditRecord, IngestBatch, Objection
from borrowers.selectors.record import UNCONFIRMED

COLUMNS = (
    "enterprise_id",
    "item_id",
    "event_date",
    "received_at",
    "batch_id",
    "row_number",
    "payload",
)


class StoredRecord(NamedTuple):
    """A record that stood and was not repaired at the moment of reading; keys are primary keys."""

    enterprise_id: int
    item_id: int
    event_date: date | None
    received_at: datetime
    batch_id: int
    row_number: int
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class InputsManifest:
    """What a moment's records came from.

    Attributes:
        sha256: over public id and file hash of every delivered file known, in order of reception.
        batches: their number.
        records: rows accepted from them, corrections included.
    """

    sha256: str
    batches: int
    records: int


def public_item_ids(codes: Collection[str]) -> dict[int, str]:
    """Return primary key to code of those of the items that are open to everybody. Queries: one."""
    found = CatalogueItem.objects.filter(code__in=list(codes), consent_required=False)
    return dict(found.values_list("pk", "code"))


def records_between(
    first_pk: int, last_pk: int, at: datetime, item_ids: Collection[int]
) -> Iterator[StoredRecord]:
    """Yield the usable records of the enterprises of a stretch of primary keys, as they stood at a moment.

    Args:
        first_pk, last_pk: of enterprises, both inclusive.
        at: aware; what was received, corrected or repaired later does not count.
        item_ids: items to read; reading them needs no consent, or the caller has checked it.

    Queries: one.
    """
    standing = Q(superseded_at=None) | Q(superseded_at__gt=at)
    unrepaired = Q(repaired_at=None) | Q(repaired_at__gt=at)
    found = CreditRecord.objects.filter(
        standing,
        unrepaired,
        enterprise_id__gte=first_pk,
        enterprise_id__lte=last_pk,
        item_id__in=list(item_ids),
        received_at__lte=at,
    )
    for row in found.order_by().values_list(*COLUMNS).iterator(chunk_size=5000):
        yield StoredRecord(*row)


def batch_public_ids(pks: Collection[int]) -> dict[int, str]:
    """Return primary key to public id of batches. Queries: one."""
    found = IngestBatch.objects.filter(pk__in=list(pks)).values_list("pk", "public_id")
    return {pk: str(public_id) for pk, public_id in found}


def disputing_between(first_pk: int, last_pk: int, at: datetime) -> set[int]:
    """Return those enterprises of a stretch of primary keys that carried an objection's mark at a moment.

    Queries: one.
    """
    standing = Q(answered_at=None) | Q(answered_at__gt=at) | Q(state=UNCONFIRMED)
    found = Objection.objects.filter(
        standing,
        record__enterprise__gte=first_pk,
        record__enterprise__lte=last_pk,
        submitted_at__lte=at,
    )
    return set(found.order_by().values_list("record__enterprise_id", flat=True))


def batch_subjects(batch_id: UUID, item_ids: Collection[int], most: int) -> list[int]:
    """Return primary keys of the enterprises a batch has records of, ascending, at most so many.

    Args:
        batch_id: public id.
        item_ids: batches of other items concern nobody.
        most: how many are wanted.

    Queries: one.
    """
    found = CreditRecord.objects.filter(batch__public_id=batch_id, item_id__in=list(item_ids))
    pks = found.order_by("enterprise_id").values_list("enterprise_id", flat=True)
    return list(pks.distinct()[:most])


def inputs_manifest(at: datetime) -> InputsManifest:
    """Return what the records known at a moment came from; equal for equal deliveries. Queries: one."""
    digest, batches, records = hashlib.sha256(), 0, 0
    known = IngestBatch.objects.filter(
        kind__in=RECORD_KINDS, received_at__lte=at, finished_at__isnull=False
    )
    rows = known.order_by("received_at", "public_id")
    for public_id, file_sha256, accepted in rows.values_list(
        "public_id", "file_sha256", "accepted"
    ):
        digest.update(f"{public_id} {file_sha256} {accepted}\n".encode())
        batches, records = batches + 1, records + accepted
    return InputsManifest(digest.hexdigest(), batches, records)
