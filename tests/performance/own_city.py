"""A database and a folder of a measuring program's own, gone when it is done."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

SERVER = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")


@contextmanager
def own_city() -> Iterator[tuple[Path, dict[str, str]]]:
    """Give a folder and the environment of processes that use it and an empty database."""
    import psycopg

    name = f"marketplace_bench_{os.getpid()}"
    with (
        psycopg.connect(SERVER, autocommit=True) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        server.execute(f"CREATE DATABASE {name}")
        try:
            yield (
                Path(folder),
                {
                    **os.environ,
                    "DATABASE_URL": urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}")),
                    "VAR_DIR": folder,
                    "ARCHIVE_DIR": f"{folder}/archive",
                    "ALLOWED_HOSTS": "testserver",
                    "DJANGO_SETTINGS_MODULE": "marketplace.config.settings",
                },
            )
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
