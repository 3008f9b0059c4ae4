"""A migrated database to copy from, since migrating an empty one takes each process a quarter of a minute.

* SQLite: a file in pytest's cache, named for the migrations it was made by. It is made again when one of them changes;
  runs side by side wait for whoever makes it.
* PostgreSQL: a database of the run's own, made by ``tests.run`` beside the first pass and dropped after the second. Its
  name is in ``TEMPLATE``; a run started without it migrates as ever.

Django migrates the copy all the same, which does nothing but say so: a copy that lacks something gets it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg
from django.apps import apps
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from marketplace.append_only import tables_held

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = "TEST_DATABASE_TEMPLATE"
"""Environment variable with the name of a migrated PostgreSQL database."""


@contextmanager
def ready_copy(folder: Path | None) -> Iterator[None]:
    """Give the test database about to be made what migrations would give it; on PostgreSQL, empty it by deleting.

    Args:
        folder: where the SQLite file is kept; None where the run keeps nothing.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["TEMPLATE"] = os.environ.get(TEMPLATE)
        with mock.patch.object(connection.ops, "sql_flush", partial(flush_of_filled, connection)):
            yield
    elif folder and "mode=memory" in (name := test_name(connection)):
        held = sqlite3.connect(name, uri=True)
        try:
            fill(held, folder)
            yield
        finally:
            held.close()
    else:
        yield


def test_name(connection) -> str:
    """Return what Django will call the test database."""
    return connection.creation._get_test_db_name()


def fill(target: sqlite3.Connection, folder: Path) -> None:
    """Copy the migrated file into an empty database, after making it if there is none for these migrations."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        file = folder / f"{fingerprint()}.sqlite3"
        if not file.exists():
            for old in folder.glob("*.sqlite3*"):
                old.unlink()
            making = folder / "making.sqlite3"
            subprocess.run(command_for(f"sqlite:///{making}"), cwd=ROOT, check=True)
            making.rename(file)
        source = sqlite3.connect(f"file:{file}?immutable=1", uri=True)
        source.backup(target)
        source.close()


def fingerprint() -> str:
    """Return what tells one state of the migrations from another: their text, Django's and SQLite's version."""
    said = hashlib.sha256(f"{django.VERSION} {sqlite3.sqlite_version}".encode())
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            said.update(f"{app.label} {file.name}".encode() + file.read_bytes())
    return said.hexdigest()[:16]


def command_for(url: str) -> list[str]:
    """Return the command that migrates the database at an address."""
    return [sys.executable, "-m", "tests.migrated", url]


def flush_of_filled(
    connection: BaseDatabaseWrapper,
    style: object,
    tables: Sequence[str],
    *,
    reset_sequences: bool = False,
    allow_cascade: bool = False,
) -> list[str]:
    """Return the statements that empty the tables in which there is something.

    Django's own truncates every table, for which PostgreSQL makes a new file for each and for each index of it. Where
    no row may be deleted, there is no other way.
    """
    if reset_sequences:
        given: list[str] = type(connection.ops).sql_flush(
            connection.ops, style, tables, reset_sequences=True, allow_cascade=allow_cascade
        )
        return given
    quoted = [connection.ops.quote_name(table) for table in tables]
    asked = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in quoted)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        filled = [table for (table,) in cursor.fetchall()]
    held = {connection.ops.quote_name(table) for table in tables_held()}
    emptied = [f"TRUNCATE {table}" for table in filled if table in held]
    return emptied + [f"DELETE FROM {table}" for table in filled if table not in held]


@contextmanager
def migrated_beside(server: str, name: str) -> Iterator[Callable[[], dict[str, str]]]:
    """Migrate a new PostgreSQL database beside other work, and drop it in the end.

    Args:
        server: address of a database of the server.
        name: of the new one.

    Yields:
        What waits until it is made and returns the variables of a process that copies it; none if it failed.
    """

    def tell(statement: str) -> None:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(sql.Identifier(name)))

    tell("CREATE DATABASE {}")
    making = subprocess.Popen(command_for(address_of(server, name)), cwd=ROOT)
    try:
        yield lambda: {} if making.wait() else {TEMPLATE: name}
    finally:
        making.kill()
        making.wait()
        tell("DROP DATABASE {} WITH (FORCE)")


def address_of(server: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def main(url: str) -> None:
    """Migrate the database at an address, in the closed room of the tests."""
    os.environ["DATABASE_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "marketplace.config.settings"
    import tests.environment  # noqa: F401 - before the settings are read

    django.setup()
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    main(sys.argv[1])
