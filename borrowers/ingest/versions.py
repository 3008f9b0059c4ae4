"""Versions of credit records: the checked rows of a batch against those that stand, in a few statements for all rows.

The rows, or their keys alone, wait in a temporary table; what stands under their keys is looked up row by row in the
index of standing records, within one statement: a join of a million rows would read all records of the item, once for
every piece of a large delivery. Rows whose keys cannot have a history need not wait at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection

from borrowers.domain.record import DIGEST_LENGTH
from borrowers.ingest.forms import digest_number
from borrowers.ingest.seen import Key, said_by_key
from borrowers.models import CreditRecord
from marketplace.bulk import db_moment, rows_write

INCOMING = "ingest_incoming"
FOUND = "ingest_found"
COLUMNS = "row_number, enterprise_id, natural_key, event_date, payload, content_digest"
KEY_COLUMNS = "row_number, enterprise_id, natural_key, content_digest"
RECORD_COLUMNS = f"public_id, item_id, batch_id, received_at, {COLUMNS}"
COPIED_AT_ONCE = 1 << 20
_TABLE = CreditRecord._meta.db_table
_MARKS = ("disputed_at", "dispute_ended_at", "repaired_at")
_KEY = ("enterprise_id", "item_id", "natural_key")
_REPLACED = f"SELECT record_id FROM {FOUND} WHERE NOT is_same"  # noqa: S608
_SAME_KEY = "r.enterprise_id = i.enterprise_id AND r.natural_key = i.natural_key"


class NewRecord(NamedTuple):
    """A row that may be kept: its place in the file, its key, its content as canonical text and the digest of that."""

    row_number: int
    enterprise_id: int
    natural_key: str
    event_date: date | None
    content: str
    digest: str


class Repeat(NamedTuple):
    """A row whose key came before in the same file; ``same`` when with the same content."""

    row_number: int
    same: bool


class Merged(NamedTuple):
    """What became of a batch's rows: kept, of those correcting an older one, repeating what is there."""

    accepted: int
    superseding: int
    duplicates: int


@contextmanager
def incoming_rows() -> Iterator[None]:
    """Give the connection a table for rows on their way into the records; it is gone afterwards."""
    with connection.cursor() as cursor:
        for table in (INCOMING, FOUND):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {INCOMING} (row_number integer NOT NULL, enterprise_id bigint NOT NULL, "
            "natural_key varchar(160) NOT NULL, event_date date, payload text, "
            "content_digest varchar(32) NOT NULL)"
        )
        cursor.execute(
            f"CREATE TEMPORARY TABLE {FOUND} (row_number integer NOT NULL, record_id bigint NOT NULL, "
            "is_same boolean NOT NULL)"
        )
    yield
    with connection.cursor() as cursor:
        for table in (INCOMING, FOUND):
            cursor.execute(f"DROP TABLE {table}")


def rows_wait(rows: Iterable[NewRecord]) -> None:
    """Put rows into the waiting table.

    Args:
        rows: any number; written in bounded pieces.
    """
    in_iso = ((*row[:3], row[3] and row[3].isoformat(), *row[4:]) for row in rows)
    rows_write(INCOMING, COLUMNS.split(", "), in_iso)


def keys_wait(path: Path) -> None:
    """Put the keys and digests of a csv file of rows into the waiting table, without their content (PostgreSQL only).

    Args:
        path: no header; columns as ``KEY_COLUMNS``.
    """
    with (
        connection.cursor() as cursor,
        path.open("rb") as stream,
        cursor.copy(f"COPY {INCOMING} ({KEY_COLUMNS}) FROM STDIN (FORMAT csv)") as copy,
    ):
        while piece := stream.read(COPIED_AT_ONCE):
            copy.write(piece)


def records_copy(streams: Iterable[bytes]) -> None:
    """Copy rows into the records themselves, past the waiting table, a statement a stream (PostgreSQL only).

    Args:
        streams: each whole, in PostgreSQL's binary form; columns as ``RECORD_COLUMNS``.
    """
    statement = f"COPY {_TABLE} ({RECORD_COLUMNS}) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor:
        for stream in streams:
            with cursor.copy(statement) as copy:
                copy.write(stream)


def repeats_take_out() -> list[Repeat]:
    """Take rows out of the waiting table whose key came before in the same file, and return them by row number."""
    keys = "enterprise_id, natural_key"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT (SELECT count(*) FROM {INCOMING}), "  # noqa: S608
            f"(SELECT count(*) FROM (SELECT 1 FROM {INCOMING} GROUP BY {keys}) AS k)"
        )
        rows, distinct = cursor.fetchone()
        if rows == distinct:
            return []
        cursor.execute(
            f"""
            SELECT row_number, content_digest = first_digest FROM (
                SELECT row_number, content_digest,
                    first_value(row_number) OVER w AS first_row,
                    first_value(content_digest) OVER w AS first_digest
                FROM {INCOMING} WINDOW w AS (PARTITION BY {keys} ORDER BY row_number)) AS ordered
            WHERE row_number <> first_row ORDER BY row_number
            """  # noqa: S608
        )
        found = [Repeat(number, bool(same)) for number, same in cursor.fetchall()]
        cursor.executemany(
            f"DELETE FROM {INCOMING} WHERE row_number = %s",  # noqa: S608
            [(repeat.row_number,) for repeat in found],
        )
    return found


def keys_known(item_id: int) -> bool:
    """Return whether any record of an item, in any version, has the key of a waiting row."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT EXISTS (SELECT 1 FROM {INCOMING} AS i JOIN {_TABLE} AS r "  # noqa: S608
            f"ON r.item_id = %s AND {_SAME_KEY})",
            [item_id],
        )
        return bool(cursor.fetchone()[0])


def versions_said(item_id: int, keys: Collection[Key]) -> dict[Key, set[int]]:
    """Return what every version of some keys of an item says, see `borrowers.ingest.seen.says`.

    Args:
        item_id: primary key.
        keys: some thousands.

    Queries: one, which looks every key up in an index.
    """
    join = "string_agg" if connection.vendor == "postgresql" else "group_concat"
    asked = ", ".join(["(%s, %s)"] * len(keys))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH i(enterprise_id, natural_key) AS (VALUES {asked}) SELECT enterprise_id, natural_key, "  # noqa: S608
            f"(SELECT {join}(r.content_digest, ',') FROM {_TABLE} AS r WHERE r.item_id = %s AND {_SAME_KEY}) FROM i",
            [*(part for key in keys for part in key), item_id],
        )
        found = cursor.fetchall()
    return said_by_key(
        (enterprise, key, digest_number(digest))
        for enterprise, key, digests in found
        for digest in (digests or "").split(",")
        if digest
    )


def versions_merge(
    item_id: int, batch_id: int, at: datetime, *, again: bool, put: Callable[[int], int] | None
) -> Merged:
    """Write the waiting rows as records; those they correct end at the moment and point to their correction.

    A correction takes over an objection's mark and a repair: neither ends because a unit delivered the record again.

    Args:
        item_id, batch_id: primary keys; the rows waiting have different keys.
        at: moment of reception, aware.
        again: the same file was delivered before: what stood then and was corrected since is a repeat too.
        put: writes the rows that are still waiting, told how many were taken out, and returns how many it wrote;
            None where the waiting table holds their content.

    Writes: ``CreditRecord`` rows.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {INCOMING}")
        duplicates = _known_take_out(cursor, item_id, again=again)
        superseding = _end_replaced(cursor, at)
        accepted = put(duplicates) if put else _insert(cursor, item_id, batch_id, at)
        if superseding:
            _link(cursor)
    return Merged(accepted, superseding, duplicates)


def rows_waiting() -> list[int]:
    """Return the numbers of the rows that wait, in no order."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT row_number FROM {INCOMING}")  # noqa: S608
        return [number for (number,) in cursor.fetchall()]


def _known_take_out(cursor: Any, item_id: int, *, again: bool) -> int:
    """Take out rows that say what a standing record says, or with ``again`` what any version of it said.

    What stands under the keys is found as well, digest and record in one text: an index is asked once for every key.
    """
    kept = f"FROM {_TABLE} AS r WHERE r.item_id = %s AND {_SAME_KEY}"
    cursor.execute(
        f"INSERT INTO {FOUND} WITH found AS MATERIALIZED (SELECT i.row_number, i.content_digest, "  # noqa: S608
        f"(SELECT r.content_digest || r.id {kept} AND r.superseded_at IS NULL) AS stands FROM {INCOMING} AS i) "
        f"SELECT row_number, CAST(substr(stands, {DIGEST_LENGTH + 1}) AS bigint), "
        f"substr(stands, 1, {DIGEST_LENGTH}) = content_digest FROM found WHERE stands IS NOT NULL",
        [item_id],
    )
    known = _same_take_out(cursor) if cursor.rowcount else 0
    if again:
        cursor.execute(
            f"DELETE FROM {INCOMING} AS i WHERE i.content_digest IN (SELECT r.content_digest {kept})",  # noqa: S608
            [item_id],
        )
        if cursor.rowcount:
            known += int(cursor.rowcount)
            gone = f"SELECT row_number FROM {FOUND} WHERE NOT is_same EXCEPT SELECT row_number FROM {INCOMING}"  # noqa: S608
            cursor.execute(f"DELETE FROM {FOUND} WHERE row_number IN ({gone})")  # noqa: S608
    return known


def _same_take_out(cursor: Any) -> int:
    """Take out rows that say what stands; where all do, which a file delivered twice is, the table is emptied whole."""
    same = f"SELECT row_number FROM {FOUND} WHERE is_same"  # noqa: S608
    cursor.execute(
        f"SELECT (SELECT count(*) FROM ({same}) AS s), (SELECT count(*) FROM {INCOMING})"  # noqa: S608
    )
    known, waiting = cursor.fetchone()
    if known == waiting and connection.vendor == "postgresql":
        cursor.execute(f"TRUNCATE {INCOMING}")
    elif known:
        cursor.execute(f"DELETE FROM {INCOMING} WHERE row_number IN ({same})")  # noqa: S608
    return int(known)


def _end_replaced(cursor: Any, at: datetime) -> int:
    cursor.execute(
        f"UPDATE {_TABLE} SET superseded_at = %s WHERE id IN ({_REPLACED})",  # noqa: S608
        [db_moment(at)],
    )
    return int(cursor.rowcount)


def _insert(cursor: Any, item_id: int, batch_id: int, at: datetime) -> int:
    """Insert in the order of the key: neighbors in the index, fewer pages touched."""
    is_postgresql = connection.vendor == "postgresql"
    payload = "i.payload::jsonb" if is_postgresql else "i.payload"
    public_id = public_id_sql(
        at,
        "row_number() OVER (ORDER BY i.enterprise_id, i.natural_key)",
        "lpad(to_hex({}), 8, '0')" if is_postgresql else "printf('%%08x', {})",
    )
    if is_postgresql:
        public_id = f"({public_id})::uuid"
    cursor.execute(
        f"INSERT INTO {_TABLE} ({RECORD_COLUMNS}) SELECT {public_id}, %s, %s, %s, i.row_number, "  # noqa: S608
        f"i.enterprise_id, i.natural_key, i.event_date, {payload}, i.content_digest "
        f"FROM {INCOMING} AS i ORDER BY i.enterprise_id, i.natural_key",
        [item_id, batch_id, db_moment(at)],
    )
    return int(cursor.rowcount)


def public_id_sql(at: datetime, place: str, in_hex: str) -> str:
    """Return the expression of a record's public id, 32 hexadecimal digits: a moment, place in the batch, chance.

    Ids of a batch follow each other, so that their index grows at its end instead of touching a page for every row;
    chance is drawn once for the batch. Nobody is let in for knowing an id: policies decide.

    Args:
        at: moment of reception.
        place: expression of the row's place in the batch.
        in_hex: expression of eight hexadecimal digits of ``{}``.

    Source: RFC 9562, UUID version 7 (its counter in ``rand_a`` and the first twenty bits of ``rand_b``).
    """
    moment, chance, digits = int(at.timestamp() * 1000), os.urandom(5).hex(), in_hex.format(place)
    return f"'{moment:012x}7' || substr({digits}, 1, 3) || '8' || substr({digits}, 4) || '{chance}'"


class PublicId(NamedTuple):
    """A public id as bytes: those before, an expression of eight in their midst, those after."""

    before: bytes
    number: str
    after: bytes


def public_id_numbers(at: datetime, place: str) -> PublicId:
    """Return a record's public id as `public_id_sql` has it, for an engine that packs numbers.

    Args:
        at: moment of reception.
        place: expression of the row's place in the batch.
    """
    moment = (int(at.timestamp() * 1000)).to_bytes(6, "big")
    fixed = int.from_bytes(moment[3:], "big") << 40 | 7 << 36 | 8 << 20
    number = f"{fixed}::UBIGINT + (({place}) >> 20) * {1 << 24} + (({place}) & {(1 << 20) - 1})"
    return PublicId(moment[:3], number, os.urandom(5))


def _link(cursor: Any) -> None:
    """Point replaced records at their corrections, which take over their marks.

    The correction is what stands under the key by now: an index is asked, the records of the batch are not read.
    """
    stands = " AND ".join(f"n.{column} = {_TABLE}.{column}" for column in _KEY)
    cursor.execute(
        f"UPDATE {_TABLE} SET superseded_by_id = "  # noqa: S608
        f"(SELECT n.id FROM {_TABLE} AS n WHERE {stands} AND n.superseded_at IS NULL) "
        f"WHERE id IN ({_REPLACED})"
    )
    marks = ", ".join(f"{mark} = o.{mark}" for mark in _MARKS)
    marked = " OR ".join(f"o.{mark} IS NOT NULL" for mark in _MARKS)
    cursor.execute(
        f"UPDATE {_TABLE} AS n SET {marks} FROM {FOUND} AS p "  # noqa: S608
        f"JOIN {_TABLE} AS o ON o.id = p.record_id "
        f"WHERE NOT p.is_same AND n.id = o.superseded_by_id AND ({marked})"
    )
