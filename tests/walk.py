"""A walk through the demonstration city: every page each of its people reaches by links, one address for each page.

Starting at the navigation, links are followed breadth first; of the many addresses of one page (all needs, all cases)
only the first few met are opened, so that the walk is as long as there are pages, not as long as there are rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, resolve, reverse

from marketplace.models import User

VISITOR = "visitor"
READERS = (VISITOR, "owner", "agent", "officer", "approver", "clerk", "lead", "operator", "auditor")
"""The demonstration's log-ins, one for each role, and somebody without account."""
EXAMPLES = 2
"""Addresses of one page that are opened: the first is not always the one with most on it."""
FRAMING = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
ELSEWHERE = ("/static/", "/api/")


@dataclass(frozen=True)
class Stop:
    """A page somebody came to.

    Attributes:
        reader: who.
        name: its URL name, e.g. ``matching:need-detail``.
        path: its address.
        queries: statements its answer took, those that only frame a transaction aside.
        is_page: HTML with a frame around it; False for files and pieces.
    """

    reader: str
    name: str
    path: str
    queries: int
    is_page: bool


def walk(readers: tuple[str, ...] = READERS) -> Iterator[Stop]:
    """Walk as each reader in turn and give every page on the way."""
    for reader in readers:
        yield from _walked(reader)


def client_of(reader: str) -> Client:
    """Return a browser without script in which the reader has logged in."""
    client = Client()
    if reader != VISITOR:
        client.force_login(User.objects.get(username=reader))
    return client


def _walked(reader: str) -> Iterator[Stop]:
    client, opened = client_of(reader), dict[str, int]()
    met = set[str]()
    waiting = deque([reverse("marketplace:home"), reverse("marketplace:login")])
    if reader != VISITOR:
        waiting = deque([reverse("marketplace:landing"), reverse("marketplace:home")])
    while waiting:
        path = waiting.popleft()
        name = _name_of(path)
        if name is None or path in met or opened.get(name, 0) >= EXAMPLES:
            continue
        met.add(path)
        opened[name] = opened.get(name, 0) + 1
        stop, links = _opened(client, reader, name, path)
        if stop is not None:
            yield stop
        waiting.extend(links)


def _name_of(path: str) -> str | None:
    """Return the URL name of a path of ours, None for anything else."""
    address = urlsplit(path)
    if address.netloc or not address.path.startswith("/") or address.path.startswith(ELSEWHERE):
        return None
    try:
        return resolve(address.path).view_name
    except Resolver404:
        return None


def _opened(client: Client, reader: str, name: str, path: str) -> tuple[Stop | None, list[str]]:
    """Open an address; a redirect is followed as a link is."""
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path)
        text = "" if answer.streaming else answer.content.decode("utf-8", "replace")
    if answer.status_code in (301, 302):
        return None, [urljoin(path, answer.headers["Location"])]
    assert answer.status_code == 200, f"{reader} {path}:{answer.status_code}"
    is_html = answer.headers.get("Content-Type", "").startswith("text/html")
    is_page = is_html and text.lstrip().lower().startswith("<!doctype")
    queries = sum(not query["sql"].startswith(FRAMING) for query in asked.captured_queries)
    return Stop(reader, name, path, queries, is_page), _links(text, path) if is_html else []


def _links(text: str, path: str) -> list[str]:
    """Return the addresses a page leads to, without fragments."""
    reader = Links()
    reader.feed(text)
    found = (href for href in reader.met if not href.startswith("#"))
    return [urljoin(path, href).partition("#")[0] for href in found]


class Links(HTMLParser):
    """Notes where a page's links lead, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.met: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.met += [value or "" for name, value in attrs if (tag, name) == ("a", "href")]
