"""The marketplace served to a browser by the running test, on the test's own database connection.

A page therefore sees what the test has made, committed or not, on SQLite in memory as on PostgreSQL; requests that may
touch the database are answered one at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings

EMPTY_PAGE = "/static/empty.html"
"""Nothing is to be seen there; whoever leaves a page for it stays in the same process of the browser."""
YEAR_S = 365 * 24 * 3600
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class QuietHandler(WSGIRequestHandler):
    """Answers without a line in the log for each request."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""


class OwnServer(ThreadedWSGIServer):
    """Threads of it share the test's connection, which none of them closes."""

    def _close_connections(self) -> None:
        """Leave the connection to the test."""


def one_at_a_time(application: Application) -> Application:
    """Return the application with its pages, but not its static files, answered one after the other."""
    turn = threading.Lock()

    def answered(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == EMPTY_PAGE:
            start("200 OK", [("Content-Type", "text/html"), ("Cache-Control", f"max-age={YEAR_S}")])
            return [b"<!doctype html>"]
        if environ["PATH_INFO"].startswith(settings.STATIC_URL):
            return application(environ, start)
        with turn:
            return application(environ, start)

    return answered


@contextmanager
def shared(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let several threads use a connection, and no request end it for the others, however old it is."""
    connection.inc_thread_sharing()
    with mock.patch.object(connection, "close_if_unusable_or_obsolete"):
        yield
    connection.dec_thread_sharing()


@contextmanager
def serving() -> Iterator[str]:
    """Serve on a free port of this machine and give the address, without a closing slash.

    Static files may be kept for a year, as in production, where their names change with them: else the browser asks for
    each of a dozen again with each page.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    server = OwnServer(
        ("127.0.0.1", 0), QuietHandler, connections_override={DEFAULT_DB_ALIAS: connection}
    )
    with override_settings(WHITENOISE_MAX_AGE=YEAR_S):
        server.set_app(one_at_a_time(get_wsgi_application()))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        with shared(connection):
            yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
