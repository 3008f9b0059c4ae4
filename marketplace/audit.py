"""Writing and checking the hash-chained audit trail, and the log of who read whose data.

The audit row is written in the transaction of the change itself: if it cannot be written, the change does not happen.
Source: GB/T 22239-2019 安全审计; 征信业管理条例 art. 22.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from marketplace.models import AccessRecord, AuditEvent, Organisation, User

GENESIS = "0" * 64
SYSTEM_STREAM = "system"


def enterprise_stream(uscc: str) -> str:
    """Return the name of the chain that holds everything done to one enterprise."""
    return f"enterprise:{uscc}"


def event_hash(event: AuditEvent) -> str:
    """Return the SHA-256 that binds the event's content to the one before it in its stream."""
    body = json.dumps(
        [
            event.stream,
            event.seq,
            event.at.astimezone(UTC).isoformat(),
            event.actor_id,
            event.action,
            event.subject_kind,
            event.subject_id,
            event.payload,
            event.previous_hash,
        ],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(body.encode()).hexdigest()


@transaction.atomic(savepoint=False)
def audit_record(
    *,
    action: str,
    subject_kind: str,
    subject_id: object,
    actor: User | None,
    at: datetime,
    stream: str = SYSTEM_STREAM,
    payload: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Append one event to its stream's chain.

    Args:
        action: dotted name, e.g. ``matching.application.submit``.
        subject_kind: what it was done to, e.g. ``LoanApplication``.
        subject_id: public id of it.
        actor: who did it; None for the marketplace itself.
        at: when, aware.
        stream: the chain, by default the system's own.
        payload: codes, ids and counts; never personal values.

    Writes: one ``AuditEvent``; on PostgreSQL an advisory lock on the stream until commit.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [stream])
    chain = AuditEvent.objects.filter(stream=stream).order_by("-seq")
    seq, previous = chain.values_list("seq", "hash").first() or (0, GENESIS)
    event = AuditEvent(
        stream=stream,
        seq=seq + 1,
        at=at,
        actor=actor,
        action=action,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        payload=json.loads(json.dumps(dict(payload or {}), default=str)),
        previous_hash=previous,
    )
    event.hash = event_hash(event)
    event.save(force_insert=True)
    return event


def broken_events(stream: str | None = None) -> Iterable[AuditEvent]:
    """Yield every event whose hash, number or predecessor is not what the chain demands.

    Queries: one, streamed.
    """
    events = AuditEvent.objects.order_by("stream", "seq")
    if stream is not None:
        events = events.filter(stream=stream)
    before: AuditEvent | None = None
    for event in events.iterator():
        same = before is not None and before.stream == event.stream
        seq = before.seq + 1 if before and same else 1
        previous = before.hash if before and same else GENESIS
        if (event.seq, event.previous_hash) != (seq, previous) or event.hash != event_hash(event):
            yield event
        before = event


def access_record(
    *,
    user: User,
    organisation: Organisation,
    subject_uscc: str,
    purpose: str,
    content: str,
    at: datetime,
    data_classes: Iterable[str] = (),
    application_ref: uuid.UUID | None = None,
    consent_ref: uuid.UUID | None = None,
    channel: str = "PAGE",
) -> AccessRecord:
    """Log one reading of an enterprise's data, before the data leaves.

    Writes: one ``AccessRecord``.
    """
    return AccessRecord.objects.create(
        user=user,
        organisation=organisation,
        subject_uscc=subject_uscc,
        purpose=purpose,
        content=content,
        at=at,
        data_classes=sorted(data_classes),
        application_ref=application_ref,
        consent_ref=consent_ref,
        channel=channel,
    )
