"""Checked rows of the fast lane handed over to the database: what is copied is spelled here, by the engine."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np

from borrowers.domain.archive import BEIJING, MICROSECOND
from borrowers.domain.record import DIGEST_LENGTH
from borrowers.ingest.forms import day_sql, quoted
from borrowers.ingest.staging import CHECKED_ROWS, Lane, checked_rows_take_out
from borrowers.ingest.versions import RECORD_COLUMNS, public_id_numbers
from borrowers.models import IngestBatch

RECORDS_AT_ONCE = 3_000
"""Of one statement: what its triggers see then stays in memory, on PostgreSQL's default of 4 MB, and in the caches."""

POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_HEAD, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_LENGTH_OF_INTEGER, _NOTHING = struct.pack(">i", 4), struct.pack(">i", -1)
_JSONB_VERSION = 1


def keys_to_csv(lane: Lane, path: Path) -> None:
    """Write keys and digests of the checked rows as `keys_wait` takes them: neighbors in the index of records, too."""
    lane.connection.execute(
        f"COPY (SELECT row, ent_id, natural_key, content_digest FROM checked ORDER BY ent_id, natural_key) "  # noqa: S608
        f"TO {quoted([str(path)])} (FORMAT csv, HEADER false)"
    )


def rows_put_in_order(lane: Lane, batch: IngestBatch) -> None:
    """Put the checked rows in the order of a segment; records of an enterprise are neighbors in every index, too."""
    received = quoted([batch.received_at.astimezone(BEIJING).date().isoformat()])
    event = lane.forms.get(lane.item.event_date)
    day = f"coalesce({day_sql(event.packed_name)}, DATE {received})" if event else "NULL"
    run = lane.connection.execute
    run(f"CREATE TABLE in_order AS SELECT * FROM {CHECKED_ROWS} ORDER BY ent_id, {day}, row")  # noqa: S608
    run(f"DROP TABLE {CHECKED_ROWS}")
    run(f"ALTER TABLE in_order RENAME TO {CHECKED_ROWS}")


def records_packed(lane: Lane, batch: IngestBatch, before: int = 0) -> Iterator[bytes]:
    """Yield the checked rows as `records_copy` takes them, in their order and some thousand at once.

    Args:
        lane: checked.
        batch: which they come by.
        before: how many records the batch brought by earlier pieces.

    The engine packs every row as PostgreSQL's binary COPY has it: a count of fields, then each field's length and
    bytes, big-endian; of ``jsonb`` a version and the text. Nothing is parsed there again but the content.

    Source: PostgreSQL 15, COPY, "Binary Format".
    """
    reader = lane.connection.cursor()
    reader.execute(f"SELECT {_record_sql(batch, before)} FROM checked")  # noqa: S608
    while rows := reader.fetchmany(RECORDS_AT_ONCE):
        yield b"".join([_HEAD, *[record for (record,) in rows], _END])


def _record_sql(batch: IngestBatch, before: int) -> str:
    """Return the expression of a row's bytes, fields as `RECORD_COLUMNS` has them.

    Every ``||`` copies what stands before it: neighbors that fit are packed into one number, and the texts at the end
    are one ``concat``, of characters whose UTF-8 is the bytes that are wanted.
    """
    public_id = public_id_numbers(batch.received_at, f"{before} + row_number() OVER ()")
    since = (batch.received_at - POSTGRES_EPOCH) // MICROSECOND
    of_batch = struct.pack(">iqiqiq", 8, batch.item_id, 8, batch.pk, 8, since)
    first = struct.pack(">hi", len(RECORD_COLUMNS.split(", ")), len(UUID(int=0).bytes))
    row_and_size = "((row::UBIGINT << 32) | 8)"
    days = f"(event_date - DATE '{POSTGRES_EPOCH:%Y-%m-%d}')"
    dated = f"({days} + {1 << 32}) % {1 << 32} + {4 << 32}"  # the date's length, and what may be negative
    head = (
        f"({_blob(first + public_id.before)} || {_bytes(public_id.number, 'UBIGINT')})"
        f" || ({_blob(public_id.after + of_batch + _LENGTH_OF_INTEGER)} || {_bytes(row_and_size, 'UBIGINT')})"
    )
    key = f"({_bytes('ent_id', 'BIGINT')} || {_bytes('strlen(natural_key)', 'INTEGER')}) || encode(natural_key)"
    event = (
        f"CASE WHEN event_date IS NULL THEN {_blob(_NOTHING)} ELSE {_bytes(dated, 'BIGINT')} END"
    )
    sized = f"({event}) || {_bytes('strlen(payload) + 1', 'INTEGER')}"
    length = f"chr(0), chr(0), chr(0), chr({DIGEST_LENGTH})"
    texts = f"encode(concat(chr({_JSONB_VERSION}), payload, {length}, content_digest))"
    return f"({head}) || ({key}) || ({sized}) || {texts}"


def _bytes(number: str, kind: str) -> str:
    """Return the bytes of a number, big-endian."""
    return f"({number})::{kind}::BIT::BLOB"


def _blob(octets: bytes) -> str:
    return f"unhex('{octets.hex()}')"


def rows_keep_only(lane: Lane, rows: Sequence[int]) -> None:
    """Leave only rows of some numbers in ``checked``."""
    lane.connection.register("kept_rows", {"row": np.array(rows, dtype=np.int64)})
    checked_rows_take_out(lane.connection, "row NOT IN (SELECT row FROM kept_rows)")
    lane.connection.unregister("kept_rows")
