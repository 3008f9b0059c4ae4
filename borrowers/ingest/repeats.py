"""Rows of a file whose key came before in it: the first of a key is kept, those that say the same are repeats of it.

Which rows may have a key in common is seen by a quick hash; whether they do, by the keys themselves. A file that is
read in pieces remembers the keys of those before (`borrowers.ingest.seen`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

import duckdb
import numpy as np

from borrowers.domain.rows import RowError
from borrowers.ingest.judging import Rejected
from borrowers.ingest.seen import Numbers, PieceKeys, SeenKeys
from borrowers.ingest.staging import CHECKED_ROWS, checked_rows_take_out

ASKED_AT_ONCE = 2_000
_MARK = "hash(ent_id, natural_key)"


def key_conflict(row_number: int) -> RowError:
    """Return the reason against a row whose key came before in the file with another content."""
    sentence = "同一文件中已有自然键相同而内容不同的行，无法判断以哪一行为准。"
    return RowError(row_number, "", "KEY_CONFLICT_IN_FILE", sentence)


def repeats_take_out(
    connection: duckdb.DuckDBPyConnection, rejected: Rejected, seen: SeenKeys | None = None
) -> int:
    """Keep the first row of each key in ``checked``; count those of the others that say the same, tell of the rest.

    Args:
        connection: its ``checked_rows`` hold the rows of a file or of a piece of it.
        rejected: told why rows are not kept, in their order.
        seen: keys of the pieces before, which has those of this one at hand afterwards; None for a whole file.
    """
    keys = _keys_of(connection, is_piece=seen is not None)
    repeats = _came_before(connection, keys, seen) if seen else {}
    repeats |= _come_twice(connection, keys, repeats)
    for row in sorted(row for row, is_same in repeats.items() if not is_same):
        rejected([key_conflict(row)])
    if repeats:
        connection.register("repeats", {"row": np.array(list(repeats), dtype=np.int64)})
        checked_rows_take_out(connection, "row IN (SELECT row FROM repeats)")
        connection.unregister("repeats")
    if seen:
        seen.hold(keys, repeats)
    return sum(repeats.values())


def _keys_of(connection: duckdb.DuckDBPyConnection, *, is_piece: bool) -> PieceKeys:
    """Return the keys of the checked rows; only of a piece what the rows say (`borrowers.ingest.seen.says`)."""
    said = "xor(digest, ent_id)" if is_piece else "0"
    found = connection.execute(
        f"SELECT row::UBIGINT AS row, {_MARK} AS mark, ({said})::UBIGINT AS said "  # noqa: S608
        f"FROM {CHECKED_ROWS} ORDER BY mark"
    ).fetchnumpy()
    return PieceKeys(*(np.asarray(found[name]) for name in ("row", "mark", "said")))


def _came_before(
    connection: duckdb.DuckDBPyConnection, keys: PieceKeys, seen: SeenKeys
) -> dict[int, bool]:
    """Return the rows whose key came in an earlier piece, and whether they say the same."""
    earlier = seen.met(keys)
    if not earlier:
        return {}
    suspected = np.array(list(earlier), dtype=np.uint64)
    of_rows = np.isin(keys.rows, suspected)
    own = zip(keys.rows[of_rows].tolist(), keys.said[of_rows].tolist(), strict=True)
    same = {row for row, says in own if says in earlier[row]}
    found = dict.fromkeys(same, True)
    others = iter(sorted(earlier.keys() - same))
    while rows := list(islice(others, ASKED_AT_ONCE)):
        named = _named(connection, rows)
        kept = seen.kept(set(named.values()))
        found |= {row: False for row, key in named.items() if earlier[row] & kept.get(key, set())}
    return found


def _named(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[int]
) -> Mapping[int, tuple[int, str]]:
    """Return by number of row the enterprise and natural key of some checked rows."""
    connection.register("asked", {"row": np.array(rows, dtype=np.int64)})
    found = connection.execute(
        f"SELECT row, ent_id, natural_key FROM {CHECKED_ROWS} SEMI JOIN asked USING (row)"  # noqa: S608
    ).fetchall()
    connection.unregister("asked")
    return {row: (enterprise, key) for row, enterprise, key in found}


def _come_twice(
    connection: duckdb.DuckDBPyConnection, keys: PieceKeys, settled: Mapping[int, bool]
) -> dict[int, bool]:
    """Return the rows whose key another row of the piece has before them, and whether they say the same."""
    suspected = keys.rows[_is_alike(keys.marks)]
    if settled:
        suspected = np.setdiff1d(suspected, np.array(list(settled), dtype=np.uint64))
    if not len(suspected):
        return {}
    connection.register("alike", {"row": suspected})
    found = connection.execute(
        f"""
        SELECT row, content_digest = first_digest FROM (
            SELECT row, content_digest, first_value(row) OVER w AS first_row,
                first_value(content_digest) OVER w AS first_digest
            FROM {CHECKED_ROWS} WHERE row IN (SELECT row FROM alike)
            WINDOW w AS (PARTITION BY ent_id, natural_key ORDER BY row))
        WHERE row > first_row
        """  # noqa: S608
    ).fetchall()
    connection.unregister("alike")
    return dict(found)


def _is_alike(marks: Numbers) -> np.ndarray:
    """Return of hashes in order which of them have an equal beside them."""
    with_next = np.zeros(len(marks) + 1, dtype=bool)
    with_next[1:-1] = marks[1:] == marks[:-1]
    return with_next[1:] | with_next[:-1]
