"""Rows of a file whose key came before in it: the first of a key is kept, those that say the same are repeats of it.

A key is told from others of its enterprise by 64 bits of its hash, a content by 64 of its digest's. A file that is read
in pieces remembers the keys of those before: their marks in order, and in the engine what a row is compared by.
"""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt

from borrowers.domain.rows import RowError
from borrowers.ingest.judging import Rejected
from borrowers.ingest.staging import CHECKED_ROWS, SEEN_KEYS, checked_rows_take_out, one_of

TOLD_AT_ONCE = 2_000
Marks = npt.NDArray[np.uint64]
_HASHES = "hash(ent_id, natural_key) AS mark, ent_id, hash(content_digest) AS content_mark"
_COMPARED = "mark, ent_id, content_mark"
_MARKS = "SELECT mark FROM marks"


class SeenKeys:
    """The keys of the pieces of a file that were read: eight bytes of each here, the rest in the engine's table."""

    def __init__(self) -> None:
        self.marks: Marks = np.empty(0, dtype=np.uint64)
        self._latest = self.marks

    def met(self, marks: Marks) -> Marks:
        """Return the marks of a piece, given in order, that come twice in it or came before."""
        self._latest = marks
        twice = marks[1:][marks[1:] == marks[:-1]]
        if not len(self.marks):
            return np.unique(twice)
        places = np.minimum(np.searchsorted(self.marks, marks), len(self.marks) - 1)
        return np.union1d(twice, marks[self.marks[places] == marks])

    def add(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Remember the keys of the latest piece; repeats were taken out of it, whose marks others have."""
        compared = f"SELECT {_COMPARED} FROM marks"  # noqa: S608
        connection.execute(f"CREATE TABLE IF NOT EXISTS {SEEN_KEYS} AS {compared} LIMIT 0")
        connection.execute(f"INSERT INTO {SEEN_KEYS} {compared}")
        self.marks = np.concatenate([self.marks, self._latest])
        self.marks.sort(kind="stable")  # two runs in order, which it merges


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
        seen: keys of the pieces before; None for a whole file.

    Writes in the engine: ``marks``, what the rows are compared by.
    """
    seen = seen or SeenKeys()
    connection.execute(
        f"CREATE TABLE marks AS SELECT row, {_HASHES} FROM {CHECKED_ROWS}"  # noqa: S608
    )
    marks = connection.execute(_MARKS).fetchnumpy()["mark"]
    suspected = seen.met(np.sort(marks))
    if not len(suspected):
        return 0
    connection.register("suspected", {"mark": suspected})
    earlier = f"UNION ALL SELECT 0, {_COMPARED} FROM {SEEN_KEYS} SEMI JOIN suspected USING (mark)"  # noqa: S608
    connection.execute(
        f"""
        CREATE TABLE repeats AS SELECT row, content_mark = first_content AS same FROM (
            SELECT row, content_mark,
                first_value(row) OVER w AS first_row, first_value(content_mark) OVER w AS first_content
            FROM (SELECT row, {_COMPARED} FROM marks SEMI JOIN suspected USING (mark)
                {earlier if len(seen.marks) else ""})
            WINDOW w AS (PARTITION BY ent_id, mark ORDER BY row))
        WHERE row > first_row
        """  # noqa: S608
    )
    connection.unregister("suspected")
    conflicts = connection.cursor()
    conflicts.execute("SELECT row FROM repeats WHERE NOT same ORDER BY row")
    while rows := conflicts.fetchmany(TOLD_AT_ONCE):
        for (number,) in rows:
            rejected([key_conflict(number)])
    checked_rows_take_out(connection, "row IN (SELECT row FROM repeats)")
    connection.execute("DELETE FROM marks WHERE row IN (SELECT row FROM repeats)")
    return int(one_of(connection, "SELECT count(*) FROM repeats WHERE same"))
