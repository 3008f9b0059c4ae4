"""Checked rows of the fast lane handed over to the database: what is copied is spelled here, by the engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from borrowers.ingest.forms import quoted
from borrowers.ingest.staging import Lane
from borrowers.ingest.versions import COPY_QUOTE, public_id_sql
from borrowers.models import IngestBatch


def keys_to_csv(lane: Lane, path: Path) -> None:
    """Write keys and digests of the checked rows as `keys_wait` takes them."""
    lane.connection.execute(
        f"COPY (SELECT row, ent_id, natural_key, content_digest FROM checked) "  # noqa: S608
        f"TO {quoted([str(path)])} (FORMAT csv, HEADER false)"
    )


def records_to_csv(lane: Lane, batch: IngestBatch, path: Path) -> None:
    """Write the checked rows as `records_copy` takes them, in the order of the key: neighbors in the index."""
    public_id = public_id_sql(batch.received_at, "row_number() OVER ()", "printf('%08x', {})")
    of_batch = f"{batch.item_id}, {batch.pk}, {quoted([batch.received_at.isoformat()])}"
    quote = quoted([COPY_QUOTE])
    lane.connection.execute(
        f"COPY (SELECT {public_id}, {of_batch}, row, ent_id, natural_key, event_date, content, content_digest "  # noqa: S608
        f"FROM (SELECT * FROM checked ORDER BY ent_id, natural_key)) "
        f"TO {quoted([str(path)])} (FORMAT csv, HEADER false, QUOTE {quote}, ESCAPE {quote})"
    )


def rows_keep_only(lane: Lane, rows: Sequence[int]) -> None:
    """Leave only rows of some numbers in ``checked``."""
    lane.connection.register("kept_rows", {"row": np.array(rows, dtype=np.int64)})
    lane.connection.execute("DELETE FROM checked WHERE row NOT IN (SELECT row FROM kept_rows)")
    lane.connection.unregister("kept_rows")
