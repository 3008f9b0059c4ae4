"""Rows of a file whose key came before in it: the first of a key is kept, those that say the same are repeats of it.

Which rows may have a key in common is seen by a quick hash, whether they do by the MD5 of the key, whether they say the
same by the first 60 bits of their digests. A file that is read in pieces remembers the keys of those before: their
hashes in order, and in the engine what a row is compared by.
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
_MARK = "hash(ent_id, natural_key) AS mark"
_COMPARED = (
    "md5_number(concat(ent_id, '|', natural_key)) AS key, "
    "CAST('0x' || substr(content_digest, 1, 15) AS BIGINT) AS content"
)
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
        compared = f"SELECT {_MARK}, {_COMPARED} FROM {CHECKED_ROWS}"  # noqa: S608
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

    Writes in the engine: ``marks``, the hashes of their keys.
    """
    seen = seen or SeenKeys()
    connection.execute(f"CREATE TABLE marks AS SELECT row, {_MARK} FROM {CHECKED_ROWS}")  # noqa: S608
    marks = connection.execute(_MARKS).fetchnumpy()["mark"]
    suspected = seen.met(np.sort(marks))
    if not len(suspected):
        return 0
    connection.register("suspected", {"mark": suspected})
    alike = "SELECT row FROM marks SEMI JOIN suspected USING (mark)"
    earlier = f"UNION ALL SELECT 0, key, content FROM {SEEN_KEYS} SEMI JOIN suspected USING (mark)"  # noqa: S608
    connection.execute(
        f"""
        CREATE TABLE repeats AS SELECT row, content = first_content AS same FROM (
            SELECT row, content, first_value(row) OVER w AS first_row, first_value(content) OVER w AS first_content
            FROM (SELECT row, {_COMPARED} FROM {CHECKED_ROWS} WHERE row IN ({alike})
                {earlier if len(seen.marks) else ""})
            WINDOW w AS (PARTITION BY key ORDER BY row))
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
    return int(one_of(connection, "SELECT count(*) FROM repeats WHERE same"))
