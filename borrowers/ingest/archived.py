"""Rows of items that are kept in the archive alone: compared with its files, then written as a file of their own.

What `borrowers.ingest.versions` does in the database is done here by the embedded engine: rows that say what stands
already are repeats, others end what stands under their key. Keys that a person objected to have their versions in the
database as well; new ones of those go there by the ordinary way.

Source: performance note, recommendation 2 (newest wins by anti-join); `docs/archive.md`.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import duckdb
import numpy as np

from borrowers.domain.archive import BEIJING, storage_of
from borrowers.ingest.forms import digest_sql, packed_sql, quoted
from borrowers.ingest.meanings import text_array
from borrowers.ingest.seen import Key, said_by_key
from borrowers.ingest.segments import (
    segment_enter,
    segment_select,
    segment_write,
)
from borrowers.ingest.staging import (
    CHECKED_ROWS,
    Lane,
    checked_rows_take_out,
    one_of,
    places_register,
)
from borrowers.ingest.versions import (
    Merged,
    NewRecord,
    incoming_rows,
    public_id_sql,
    rows_wait,
    versions_merge,
)
from borrowers.models import (
    ArchivedEnd,
    CatalogueItem,
    CreditRecord,
    IngestBatch,
)
from borrowers.selectors.archive import fields_ever, segment_path
from borrowers.selectors.archived import ended_places, held_keys, segments_of
from borrowers.selectors.catalogue import item_spec
from marketplace.bulk import db_moment, rows_write

ROWS_AT_ONCE = 20_000
END_COLUMNS = (
    "item_id",
    "enterprise_id",
    "batch_id",
    "row_number",
    "superseded_at",
    "by_batch_id",
    "by_row",
)
CHECKED = "row, ent_id, natural_key, event_date, content, content_digest"
SUMS = "count(*), coalesce(sum(row), 0)::BIGINT, coalesce(sum(ent_id), 0)::BIGINT, coalesce(bit_xor(digest), 0)"
"""What is compared of a batch: records, sum of rows, sum of enterprises, exclusive-or of digests."""


def rows_check_in(duck: duckdb.DuckDBPyConnection, rows: Iterable[NewRecord]) -> None:
    """Create the table ``checked`` of rows that were read one by one, as the fast lane leaves it."""
    duck.execute(
        f"CREATE TABLE {CHECKED_ROWS} (row BIGINT, ent_id BIGINT, natural_key VARCHAR, event_date DATE, "
        "content VARCHAR, content_digest VARCHAR, digest BIGINT)"
    )
    duck.execute(f"CREATE VIEW checked AS SELECT * FROM {CHECKED_ROWS}")  # noqa: S608
    waiting = iter(rows)
    while piece := list(islice(waiting, ROWS_AT_ONCE)):
        number, enterprise, key, event, content, digest = zip(*piece, strict=True)
        arrays = {
            "row": np.array(number, dtype=np.int64),
            "ent_id": np.array(enterprise, dtype=np.int64),
            "natural_key": text_array(key),
            "event": text_array([day.isoformat() if day else "" for day in event]),
            "content": text_array(content),
            "content_digest": text_array(digest),
        }
        duck.register("row_arrays", arrays)
        duck.execute(
            f"INSERT INTO {CHECKED_ROWS} SELECT row, ent_id, natural_key, nullif(event, '')::DATE, "  # noqa: S608
            f"content, content_digest, {digest_sql('content_digest')} FROM row_arrays"
        )
        duck.unregister("row_arrays")


def archived_merge(
    duck: duckdb.DuckDBPyConnection,
    batch: IngestBatch,
    *,
    again: bool,
    lane: Lane | None = None,
) -> Merged:
    """Write the rows of ``checked`` to the archive as those of a batch; what they correct ends at its reception.

    Args:
        duck: its table ``checked`` holds rows of different keys; repeats are gone from it afterwards.
        batch: open, of an item that is kept in the archive alone, which is locked.
        again: the same file was delivered before: what stood then and was corrected since is a repeat too.
        lane: by which the rows came, where they hold their packed fields.

    Writes: ``ArchiveSegment`` and its file, the batch's segments and sums, ``ArchivedEnd``; ``CreditRecord`` of keys
        whose versions the database holds as well.
    """
    item = _item_of(batch)
    duplicates, superseding = 0, 0
    public_id = public_id_sql(batch.received_at, "row", "printf('%08x', {})")
    if _met(duck, batch):
        duplicates = _repeats_take_out(duck, again=again)
        superseding = _replaced_end(duck, item, batch, public_id)
    accepted = one_of(duck, "SELECT count(*) FROM checked")
    if accepted:
        _write(duck, item, batch, lane, public_id)
    return Merged(accepted, superseding, duplicates)


def keys_archived(duck: duckdb.DuckDBPyConnection, batch: IngestBatch) -> bool:
    """Return whether the archive holds any version under the key of a row of ``checked``."""
    return _met(duck, batch)


def archived_said(
    duck: duckdb.DuckDBPyConnection, item: CatalogueItem, keys: Collection[Key]
) -> dict[Key, set[int]]:
    """Return what every version of some keys in the archive says, see `borrowers.ingest.seen.says`. Queries: one."""
    pks = [enterprise for enterprise, _ in keys]
    first, last = min(pks), max(pks)
    segments = segments_of(item, first, last)
    if not segments:
        return {}
    files = quoted([str(segment_path(segment.name)) for segment in segments])
    arrays = {
        "ent_id": np.array(pks, dtype=np.int64),
        "natural_key": text_array([key for _, key in keys]),
    }
    duck.register("asked_keys", arrays)
    found = duck.execute(
        f"SELECT ent_id, natural_key, digest FROM read_parquet([{files}], union_by_name = true) "  # noqa: S608
        f"SEMI JOIN asked_keys USING (ent_id, natural_key) WHERE ent_id BETWEEN {first} AND {last}"
    ).fetchall()
    duck.unregister("asked_keys")
    return said_by_key(found)


def _met(duck: duckdb.DuckDBPyConnection, batch: IngestBatch) -> bool:
    """Create the table ``met``: versions in the archive under the keys of the rows; return whether there are any.

    Files that hold rows of the batch are those of earlier pieces of it, whose keys are others.
    """
    item = _item_of(batch)
    first, last = (one_of(duck, f"SELECT {end}(ent_id) FROM checked") for end in ("min", "max"))  # noqa: S608
    found = segments_of(item, first, last) if first is not None else []
    own = set(batch.segments.values_list("pk", flat=True))
    segments = [segment for segment in found if segment.pk not in own]
    if not segments:
        return False
    files = quoted([str(segment_path(segment.name)) for segment in segments])
    duck.execute(
        f"""
        CREATE OR REPLACE TABLE met AS
        SELECT c.row, c.ent_id, c.natural_key, h.batch AS old_batch, h.row AS old_row,
            h.digest = c.digest AS same, true AS live
        FROM (SELECT ent_id, natural_key, digest, batch, row
            FROM read_parquet([{files}], union_by_name = true)
            WHERE ent_id BETWEEN {first} AND {last}) h
        JOIN checked c ON c.ent_id = h.ent_id AND c.natural_key = h.natural_key
        """  # noqa: S608
    )
    if not one_of(duck, "SELECT count(*) FROM met"):
        return False
    places_register(duck, "ended", ended_places(item, first, last))
    duck.execute(
        "UPDATE met SET live = false FROM ended e WHERE met.old_batch = e.batch AND met.old_row = e.row"
    )
    duck.unregister("ended")
    return True


def _repeats_take_out(duck: duckdb.DuckDBPyConnection, *, again: bool) -> int:
    standing = "" if again else " AND live"
    met = f"SELECT DISTINCT row FROM met WHERE same{standing}"  # noqa: S608
    duck.execute(f"CREATE OR REPLACE TABLE repeated AS {met}")
    checked_rows_take_out(duck, "row IN (SELECT row FROM repeated)")
    duck.execute("DELETE FROM met WHERE row IN (SELECT row FROM repeated)")
    return int(one_of(duck, "SELECT count(*) FROM repeated"))


def _replaced_end(
    duck: duckdb.DuckDBPyConnection, item: CatalogueItem, batch: IngestBatch, public_id: str
) -> int:
    """End what stands under the keys of the rows; return how many. Keys the database holds end there."""
    held = held_keys(item)
    found = duck.execute(
        "SELECT ent_id, natural_key, old_batch, old_row, row FROM met WHERE live ORDER BY ent_id, row"
    )
    superseding = 0
    at = db_moment(batch.received_at)
    while rows := found.fetchmany(50_000):
        superseding += len(rows)
        ends = [
            (item.pk, enterprise, old_batch, old_row, at, batch.pk, row)
            for enterprise, key, old_batch, old_row, row in rows
            if (enterprise, key) not in held
        ]
        rows_write(ArchivedEnd._meta.db_table, END_COLUMNS, ends)
    if held:
        _held_merge(duck, held, batch, public_id)
    return superseding


def _held_merge(
    duck: duckdb.DuckDBPyConnection,
    held: Collection[tuple[int, str]],
    batch: IngestBatch,
    public_id: str,
) -> None:
    """Bring new versions of keys the database holds into it as well, by the public ids they have in the file."""
    arrays = {
        "ent_id": np.array([enterprise for enterprise, _ in held], dtype=np.int64),
        "natural_key": text_array([key for _, key in held]),
    }
    duck.register("held", arrays)
    of_held = "FROM checked SEMI JOIN held USING (ent_id, natural_key)"
    rows = duck.execute(f"SELECT {CHECKED} {of_held}").fetchall()
    ids = duck.execute(f"SELECT row, ({public_id})::UUID {of_held}").fetchall()
    duck.unregister("held")
    if not rows:
        return
    with incoming_rows():
        rows_wait(map(NewRecord._make, rows))
        versions_merge(batch.item_id or 0, batch.pk, batch.received_at, again=False, put=None)
    for row, told in ids:
        CreditRecord.objects.filter(batch=batch, row_number=row).update(public_id=told)


def _write(
    duck: duckdb.DuckDBPyConnection,
    item: CatalogueItem,
    batch: IngestBatch,
    lane: Lane | None,
    public_id: str,
) -> None:
    columns = _columns(fields_ever(item), lane)
    received_day = batch.received_at.astimezone(BEIJING).date().isoformat()
    of_batch = f"{batch.pk} AS batch, DATE '{received_day}' AS received_day"
    select = segment_select(f"(SELECT *, {of_batch} FROM checked)", columns, public_id)  # noqa: S608
    file = segment_write(duck, item_spec(item), select, keyed=list(columns))
    segment_enter(file, item, [batch], batch.received_at)
    sums = sums_of(duck, [file.name])[batch.pk]
    batch.archived_sums = sums_added(batch.archived_sums or [0] * len(sums), sums)


def _item_of(batch: IngestBatch) -> CatalogueItem:
    assert batch.item is not None  # noqa: S101 - a batch of records has one
    return batch.item


def sums_added(some: Sequence[int], others: Sequence[int]) -> list[int]:
    """Return the `SUMS` of two sets of records together."""
    return [*map(operator.add, some[:-1], others[:-1]), some[-1] ^ others[-1]]


def sums_of(duck: duckdb.DuckDBPyConnection, names: Sequence[str]) -> dict[int, list[int]]:
    """Return batch (primary key) to the `SUMS` of what some files hold of it."""
    if not names:
        return {}
    files = quoted([str(segment_path(name)) for name in names])
    found = duck.execute(
        f"SELECT batch, {SUMS} FROM read_parquet([{files}], union_by_name = true) GROUP BY batch"  # noqa: S608
    ).fetchall()
    return {batch: list(sums) for batch, *sums in found}


def _columns(fields: Mapping[str, Any], lane: Lane | None) -> dict[str, str]:
    """Return field code to the expression of what a segment holds: packed by the lane, or read from the content."""
    found = {}
    for code, kind in fields.items():
        if lane is not None and code in lane.forms:
            found[code] = lane.forms[code].packed_name
        else:
            text = (
                "NULL::VARCHAR"
                if lane is not None
                else f"json_extract_string(content, '$.\"{code}\"')"
            )
            found[code] = packed_sql(storage_of(kind), text)
    return found
