"""Row-level security of tables, as migrations declare it (PostgreSQL); `marketplace.wall` says when it binds.

A rule is an SQL expression over a row: whether a request may see and write it, asking for some organisations. What a
rule asks of other walled tables is walled as well. Who is not in a request is not bound: neither the owner of the
tables, nor another account of the marketplace's own that is a member of the role.
"""

from __future__ import annotations

from django.db import connection

from marketplace.schema import InPostgreSQL

ROLE = "marketplace_request"
"""The role a request takes: it reads and writes rows, owns nothing, and logs in nowhere."""
ORGANISATIONS = "marketplace.organisations"
"""The setting of a session that says for which organisations it asks: primary keys, separated by commas."""
ASKING = "ANY ((SELECT marketplace_organisations())::bigint[])"
"""Compares with the organisations that are asked for; read once a statement."""
_POLICY = "second_wall"

_ROLE_MADE = f"""
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        BEGIN
            CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;  -- another database was quicker
            WHEN insufficient_privilege THEN
                RAISE insufficient_privilege USING MESSAGE = format(
                    '请由数据库管理员执行：CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO %I;', current_user);
        END;
    END IF;
    BEGIN
        GRANT {ROLE} TO CURRENT_USER;
    EXCEPTION WHEN insufficient_privilege OR unique_violation THEN
        IF NOT pg_has_role(current_user, '{ROLE}', 'MEMBER') THEN
            RAISE insufficient_privilege USING MESSAGE = format(
                '请由数据库管理员执行：GRANT {ROLE} TO %I;', current_user);
        END IF;
    END;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO {ROLE}', current_schema());
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO {ROLE}', current_schema());
    EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA %I TO {ROLE}', current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {ROLE}',
        current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE, SELECT ON SEQUENCES TO {ROLE}',
        current_schema());
END $$;
CREATE FUNCTION marketplace_organisations() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(string_to_array(nullif(current_setting('{ORGANISATIONS}', true), ''), ',')::bigint[], '{{}}')
$$;
"""
_ROLE_GONE = f"""
DROP FUNCTION marketplace_organisations();
DO $$
BEGIN
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I REVOKE ALL ON SEQUENCES FROM {ROLE}', current_schema());
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I REVOKE ALL ON TABLES FROM {ROLE}', current_schema());
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA %I FROM {ROLE}', current_schema());
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %I FROM {ROLE}', current_schema());
    EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM {ROLE}', current_schema());
END $$;
"""


class RequestRole(InPostgreSQL):
    """Make the role of requests, let it at the tables there are and will be, and read for whom a session asks.

    Fails where the migrating role may neither create it nor hand it on; a database administrator has to, once.
    """

    forwards, backwards = _ROLE_MADE, _ROLE_GONE

    def describe(self) -> str:
        """Return what the operation does, for people."""
        return f"Let requests work as {ROLE}"


class Walled(InPostgreSQL):
    """Show requests rows of a table, and take them, only where a rule holds.

    Args:
        table: name in the database.
        rule: SQL expression over a row.
    """

    def __init__(self, table: str, rule: str) -> None:
        self.table, self.rule = table, rule
        self.forwards = (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; "
            f"CREATE POLICY {_POLICY} ON {table} USING (current_user <> '{ROLE}' OR {rule})"
        )
        self.backwards = (
            f"DROP POLICY {_POLICY} ON {table}; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"
        )

    def describe(self) -> str:
        """Return what the operation does, for people."""
        return f"Raise the second wall around {self.table}"


def tables_walled() -> list[str]:
    """Return the tables that the wall stands around, in order; none where the database has no such thing."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_policies WHERE policyname = %s AND schemaname = current_schema() ORDER BY 1",
            [_POLICY],
        )
        return [table for (table,) in cursor.fetchall()]


def role_open() -> bool:
    """Return whether the account of this connection may take the role of requests (PostgreSQL only). Queries: one.

    A database that was restored on another server may have its policies without the role: roles are the server's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_has_role(session_user, to_regrole(%s)::oid, 'MEMBER')", [ROLE])
        return bool(cursor.fetchone()[0])
