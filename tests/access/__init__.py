"""Who may do what at every address: one table of rows per app, one test over all of them.

Each app has a module here (``tests/access/<app>.py``) with a list ``ROWS``. ``tests/architecture/`` has one test that
walks the URL tree and sends the request of every row as every member of the cast and as a visitor without account. An
address, or a method of one, without a row fails the build. How to write a row:

* ``name`` and ``method`` say which request. A view that answers several methods needs a row for each.
* ``allowed`` are the members for whom the request works: any 2xx, or a redirect that does not lead to the log-in page.
* ``refused`` are the members who may know the thing but not do this to it: 403.
* All other members are strangers and get ``stranger``: 404 where the address names a thing, 403 where it does not.
* ``otherwise`` names members who get yet another status, e.g. 422 because the thing in the form is not theirs.
* ``anonymous`` is ``"login"`` (a page leads to the log-in page, the API answers 401 or 403), ``"public"`` (works) or
  ``"hidden"`` (404).
* ``make`` builds, by factories, what the request needs and returns its `Call`. It must be valid, so that nothing but
  access decides: 400, 409 and 422 fail the row as 5xx does. Everything is rolled back after each request.
* A name may have several rows, e.g. one for a draft and one for a published version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import time_machine
from django.core.management import call_command
from pytest_django import DjangoDbBlocker

from marketplace.models import User
from tests.cast import NOW, Cast, make_cast


@dataclass(frozen=True)
class World:
    """What exists before a row makes its own: the cast, at a moment at which the clock stands."""

    cast: Cast
    at: datetime


@contextmanager
def standing_world(blocker: DjangoDbBlocker, *, tick: bool = False) -> Iterator[World]:
    """Keep everybody in the database for all tests of a module; each undoes its own with its transaction.

    One transaction around them all would be cheaper to end, but dear while it lasts: SQLite reads the whole schema anew
    whenever a part is undone of a transaction in which a table came or went, as with every delivery.

    Args:
        blocker: keeps tests off the database; unblocked meanwhile.
        tick: whether the clock goes on from the moment it is set to.
    """
    with time_machine.travel(NOW, tick=tick), blocker.unblock():
        try:
            yield World(make_cast(), NOW)
        finally:
            call_command("flush", interactive=False, verbosity=0, reset_sequences=False)


@dataclass(frozen=True)
class Call:
    """What a request carries.

    Attributes:
        kwargs: parts of the address.
        body: form fields of a page, JSON of the API.
        query: query parameters.
    """

    kwargs: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)


def bare(world: World) -> Call:
    """A request that needs nothing."""
    return Call()


@dataclass(frozen=True)
class Row:
    """What one request means for each member of the cast; see the module."""

    name: str
    method: str = "GET"
    allowed: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    stranger: int = 404
    otherwise: Mapping[str, int] = field(default_factory=dict)
    anonymous: str = "login"
    make: Callable[[World], Call] = bare

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


def members(names: str) -> frozenset[str]:
    """Return the members named, checked against the cast."""
    found = frozenset(names.split())
    if unknown := found - EVERYBODY:
        raise ValueError(f"not in the cast: {sorted(unknown)}")
    return found


def public(name: str, method: str = "GET", make: Callable[[World], Call] = bare) -> Row:
    """Return the row of a request that works for everybody, with or without account."""
    return Row(name, method, allowed=EVERYBODY, anonymous="public", make=make)


def each(names: Iterable[str], method: str = "GET", **meaning: Any) -> list[Row]:
    """Return one row for each name, all with the same meaning: pages and their API."""
    return [Row(name, method, **meaning) for name in names]


EVERYBODY = frozenset(part.name for part in fields(Cast) if part.type in {"User", User})
ENTERPRISE = members("owner agent")
RIVAL_ENTERPRISE = members("rival_owner")
OFFICERS = members("officer second_officer")
LENDER = OFFICERS | members("approver")
RIVAL_LENDER = members("rival_officer rival_approver")
DISTRICT = members("district_clerk district_lead")
OTHER_DISTRICT = members("other_district_clerk other_district_lead")
OPERATORS = members("operator second_operator")
CITY = OPERATORS | members("auditor")
NOBODY = frozenset[str]()
