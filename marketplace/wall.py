"""The second wall: while a request is answered, PostgreSQL itself shows of certain tables only what is the person's.

Policies filter first (`visible_applications` and their like). Should one be forgotten, the database answers as if the
rows of others were not there, and refuses to write them: a request takes a role of its own, which row-level security
binds, and says for which organisations it asks. Nobody's request sees nothing. What has to read across organisations
within a request says so, and why (`whole_market`). Tasks, commands and the city's own people work as the owner of the
tables, whom the wall does not bind.

The role is taken for the whole request and given back after it, not for one transaction: a page reads in many. It is
taken anew at the beginning of each, so that nothing stays of the request before. SQLite has no such wall.

Source: trust note 0.1 and 2.5; GB/T 22239-2019 8.1.4.2 (访问控制).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from marketplace.row_security import ORGANISATIONS, ROLE

_AS_THEY_ARE = "none"
"""What PostgreSQL calls having taken no role."""
_seen: ContextVar[tuple[int, ...] | None] = ContextVar("seen", default=None)
"""For which organisations is asked now; None for the marketplace itself, which sees everything."""
_inside: ContextVar[bool] = ContextVar("inside", default=False)
"""Whether a request is being answered, be it one that sees everything."""


@contextmanager
def wall_around(organisations: Collection[int] | None) -> Iterator[None]:
    """Show of walled tables what these organisations may have, until the block ends.

    Args:
        organisations: primary keys; none for a visitor, who sees nothing, and None for no wall.
    """
    before = _seen.set(None if organisations is None else tuple(organisations))
    inside = _inside.set(True)
    try:
        connection.close_if_health_check_failed()
        _say(connection)
        yield
    finally:
        _seen.reset(before)
        _inside.reset(inside)
        try:
            _say(connection)
        except psycopg.errors.InFailedSqlTransaction:
            pass  # the transaction that failed began within the block or goes with it: its end restores what was said
        except psycopg.OperationalError:
            connection.close()  # whatever is opened next is told anew


def wall_move(organisations: Collection[int] | None) -> None:
    """Within a request's wall, show what these organisations may have from here on: of a system known by its token.

    Args:
        organisations: as of `wall_around`, at whose end what stood before it stands again.
    """
    if _inside.get():
        _seen.set(None if organisations is None else tuple(organisations))
        _say(connection)


@contextmanager
def whole_market(why: str) -> Iterator[None]:
    """Let what a request needs of all organisations be read and written past the wall; also as a decorator.

    What is read must be at hand when the block ends: a queryset that is evaluated later meets the wall again.

    Args:
        why: for whoever reads the code; ``docs/architecture.md`` lists who does so.
    """
    if _seen.get() is None:
        yield
        return
    with wall_around(None):
        yield


def on_connection_created(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Tell a connection that is opened in the midst of a request for whom it asks."""
    if _seen.get() is not None:
        _say(connection)


def _say(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor != "postgresql" or connection.connection is None:
        return
    seen = _seen.get()
    role, said = (_AS_THEY_ARE, "") if seen is None else (ROLE, ",".join(map(str, seen)))
    with connection.connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('role', %s, false), set_config(%s, %s, false)",
            (role, ORGANISATIONS, said),
        )
