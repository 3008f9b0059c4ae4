"""Versions of credit records: which stand under given keys, and how new ones take their place.

Keys are found by one index seek each. Two lists of values (``IN`` and ``IN``) would make the database try every pair,
or walk through all records of every enterprise named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from django.db import connection

from borrowers.ingest.bulk import db_moment, insert_rows, update_rows
from borrowers.models import CreditRecord

Key = tuple[int, str]
"""Enterprise pk and natural key."""

_COLUMNS = "enterprise_id, natural_key, id, content_digest, batch_id, superseded_at IS NULL"
_TABLE = CreditRecord._meta.db_table
_JOIN = "r.enterprise_id = k.enterprise_id AND r.natural_key = k.natural_key AND r.item_id = %s"
_KEYS = {
    "postgresql": "unnest(%s::bigint[], %s::text[]) AS k(enterprise_id, natural_key)",
    "sqlite": "(SELECT value ->> 0 AS enterprise_id, value ->> 1 AS natural_key"
    " FROM json_each(%s)) AS k",
}


class KnownRecord(NamedTuple):
    """A record that is there under a key; ``is_live`` False for one that was superseded or withdrawn."""

    key: Key
    pk: int
    digest: str
    batch_id: int
    is_live: bool


class NewRecord(NamedTuple):
    """A row that is kept: its place in the file, its key, its content as canonical text and the digest of that."""

    row_number: int
    key: Key
    event_date: date | None
    content: str
    digest: str


class _Marks(NamedTuple):
    disputed_at: datetime | None = None
    dispute_ended_at: datetime | None = None
    repaired_at: datetime | None = None


INSERTED = (
    "public_id",
    "enterprise",
    "item",
    "natural_key",
    "event_date",
    "payload",
    "content_digest",
    "received_at",
    "batch",
    "row_number",
    *_Marks._fields,
)


def known_records(item_id: int, keys: Iterable[Key], *, with_older: bool) -> Iterator[KnownRecord]:
    """Yield the records under the keys: those that stand, and with ``with_older`` those that stood.

    Queries: one.
    """
    wanted = list(keys)
    live = "" if with_older else " AND r.superseded_at IS NULL"
    columns = ", ".join(f"r.{column.strip()}" for column in _COLUMNS.split(","))
    # Only names of this module stand in the text; keys are bound.
    sql = (
        f"SELECT {columns} FROM {_KEYS[connection.vendor]} "  # noqa: S608
        f"JOIN {_TABLE} AS r ON {_JOIN}{live}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*_bound(wanted), item_id])
        for enterprise, natural_key, pk, digest, batch_id, is_live in cursor.fetchall():
            yield KnownRecord((enterprise, natural_key), pk, digest, batch_id, bool(is_live))


def versions_write(
    item_id: int,
    batch_id: int,
    new: Mapping[Key, NewRecord],
    replaced: Mapping[Key, KnownRecord],
    at: datetime,
) -> None:
    """Write new records; those they replace end at the moment, keep their content and point to their correction.

    A correction takes over an objection's mark and a repair: neither ends because a unit delivered the record again.

    Args:
        item_id, batch_id: primary keys.
        new: by key.
        replaced: the standing records that new ones take the place of, by key.
        at: moment of reception, aware.

    Writes: ``CreditRecord`` rows.
    """
    old = [known.pk for known in replaced.values()]
    marks = _marks_of(old)
    if old:
        CreditRecord.objects.filter(pk__in=old).update(superseded_at=at)
    received = db_moment(at)
    successors: dict[str, int] = {}
    rows: list[tuple[object, ...]] = []
    for key, record in sorted(new.items()):  # neighbors in the index, fewer pages touched
        public_id = uuid4().hex
        before = replaced.get(key)
        if before is not None:
            successors[public_id] = before.pk
        what = (record.event_date and record.event_date.isoformat(), record.content, record.digest)
        where = (received, batch_id, record.row_number)
        kept = marks[before.pk] if before is not None else UNMARKED
        rows.append((public_id, key[0], item_id, key[1], *what, *where, *kept))
    insert_rows(CreditRecord, INSERTED, rows)
    _link(successors)


UNMARKED = tuple(_Marks())


def _marks_of(pks: list[int]) -> dict[int, tuple[object, ...]]:
    """Return what corrections take over from these records, as the database takes it."""
    if not pks:
        return {}
    found = CreditRecord.objects.filter(pk__in=pks).values_list("pk", *_Marks._fields)
    return {pk: tuple(map(db_moment, marks)) for pk, *marks in found}


def _link(successors: Mapping[str, int]) -> None:
    """Point replaced records (values) at the public ids of their corrections."""
    if not successors:
        return
    created = CreditRecord.objects.filter(public_id__in=list(successors))
    links = [
        CreditRecord(pk=successors[public_id.hex], superseded_by_id=pk)
        for public_id, pk in created.values_list("public_id", "pk")
    ]
    update_rows(links, ["superseded_by"])


def _bound(keys: list[Key]) -> list[str | list[Any]]:
    if connection.vendor == "postgresql":
        return [[key[0] for key in keys], [key[1] for key in keys]]
    return [json.dumps(keys, ensure_ascii=False)]
