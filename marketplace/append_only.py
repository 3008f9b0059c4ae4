"""Tables whose rows are never changed or deleted, held by the database itself (PostgreSQL).

No code of this program rewrites a trace; the trigger refuses whoever else tries with the rights of the program, a
console included. Emptying a table whole (``TRUNCATE``) takes a privilege of its own, which a running installation need
not have; a migration that has to rewrite rows drops the trigger and makes it again. On SQLite only the chain of hashes
shows a change.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from marketplace.schema import InPostgreSQL

TRIGGER = "append_only"
_REFUSE = """
CREATE OR REPLACE FUNCTION append_only_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE integrity_constraint_violation
        USING MESSAGE = format('rows of %s are never changed or deleted', TG_TABLE_NAME);
END $$
"""


class AppendOnly(InPostgreSQL):
    """Have PostgreSQL refuse to change or delete rows of a table, whatever role a session says it replicates for.

    Args:
        table: name in the database.
    """

    def __init__(self, table: str) -> None:
        self.table = table
        self.forwards = (
            f"{_REFUSE}; CREATE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION append_only_refuse(); "
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {TRIGGER}"
        )
        self.backwards = f"DROP TRIGGER {TRIGGER} ON {table}"

    def describe(self) -> str:
        """Return what the operation does, for people."""
        return f"Refuse to change or delete rows of {self.table}"


def tables_held() -> Collection[str]:
    """Return the tables whose rows the database keeps from being changed. Queries: one; none on SQLite."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s AND tgenabled = 'A' ORDER BY 1",
            [TRIGGER],
        )
        return [table for (table,) in cursor.fetchall()]
