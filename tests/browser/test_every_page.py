"""Every page of the access table, as every role that may open it sees it: nothing broken, nothing out of reach.

The rows of ``tests/access`` say what a page needs and who may open it, so a new page is looked at without a word here.
Each is opened once and looked at wide and on a phone, in light colours and, wide, in dark ones. Where another role's
page of the same address differs, it is looked at wide in light colours and for what is too wide on a phone: what the
parts of the page look like on a phone and in the dark is known by then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from functools import partial
from urllib.parse import urlencode

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page

from tests.access import Row, World, standing_world
from tests.architecture.test_access_matrix import ROWS
from tests.browser import axe
from tests.browser.chromium import PHONE, WIDE, Engine, Faults
from tests.browser.person import log_in
from tests.browser.server import EMPTY_PAGE

VISITOR = "visitor"
READERS = [
    "owner",
    "officer",
    "approver",
    "district_clerk",
    "district_lead",
    "operator",
    "auditor",
]
"""One of the cast for each role; the agent's pages are the owner's."""
PASSING = re.compile(r'value="\w{64}"|\d+')
"""What differs from one answer to the next: form tokens, times and numbers."""
NOT_OURS = {"docs", "schema", "marketplace:session", "marketplace:styleguide"}
"""The API's own pages, drawn by the schema's viewer, what a script asks, and the page for developers."""


def readers_of(row: Row) -> list[str]:
    """Return who looks at a page: each role that may open it, of a page for everybody a visitor and one role."""
    if row.anonymous == "public":
        return [VISITOR, "operator"]
    return [name for name in READERS if name in row.allowed] or sorted(row.allowed)[:1]


PAGES = [
    row
    for row in ROWS
    if row.method == "GET" and not row.name.startswith("api:") and row.name not in NOT_OURS
]


@pytest.fixture(scope="module")
def world(site, django_db_blocker) -> Iterator[World]:
    with standing_world(django_db_blocker, tick=True) as world:
        yield world


class Window:
    """One reader's window, in which page after page is opened: a window for each would be a process for each."""

    def __init__(self, context: BrowserContext, site: str) -> None:
        self._site = site
        axe.bring(context)
        self.page, self.faults = context.new_page(), Faults()
        self.faults.watch(self.page)

    def text_at(self, url: str) -> str:
        """Return a page's source without showing it; empty for a file to keep and for a piece a script asks for."""
        answer = self.page.request.get(url)
        text = answer.text() if answer.headers["content-type"].startswith("text/html") else ""
        return text if text.lstrip().lower().startswith("<!doctype") else ""

    def leave(self) -> None:
        """Leave the page for an empty one; what it complains of while it goes is not counted.

        It is one of the site's: for any other, the browser would begin a process, and with the next page yet another.
        """
        self.page.goto(self._site + EMPTY_PAGE)
        self.faults.take()


@pytest.fixture(scope="module")
def windows(engine: Engine, site, world) -> dict[str, Window]:
    """A window for each reader, logged in."""
    opened = {}
    for name in [*READERS, VISITOR]:
        context = engine.new_context()
        if name != VISITOR:
            log_in(engine, context, getattr(world.cast, name), site)
        opened[name] = engine.do(Window, context, site)
    return opened


@pytest.mark.django_db
@pytest.mark.parametrize("row", PAGES, ids=lambda row: f"{row.name}-{row.make.__name__}")
def test_page_is_sound_for_each_of_its_readers(row, engine, world, windows, site, looks):
    found: dict[str, list[str]] = {}
    with transaction.atomic():
        call = row.make(world)
        query = f"?{urlencode(call.query, doseq=True)}" if call.query else ""
        url = site + reverse(row.name, kwargs=call.kwargs) + query
        for reader in readers_of(row):
            found[reader] = engine.do(look, windows[reader], url, partial(looks.at, reader, row))
        transaction.set_rollback(True)

    assert {reader: faults for reader, faults in found.items() if faults} == {}


class Depth(Enum):
    """How closely a page is looked at."""

    NOT_AGAIN = 0
    WIDE = 1
    WHOLE = 2


class Looks:
    """What was looked at already: a page whose content somebody else has seen word for word is not opened again.

    The frame around it differs by role alone, so it is examined whole with the first page of each reader.
    """

    def __init__(self) -> None:
        self._contents: set[str] = set()
        self._pages: set[int] = set()
        self._readers: set[str] = set()

    def at(self, reader: str, row: Row, text: str) -> Depth:
        content = row.name + PASSING.sub("", text.partition("<main")[2].partition("</main>")[0])
        depth = Depth.WHOLE
        if reader in self._readers and content in self._contents:
            depth = Depth.NOT_AGAIN
        elif reader in self._readers and id(row) in self._pages:
            depth = Depth.WIDE
        self._contents.add(content)
        self._pages.add(id(row))
        self._readers.add(reader)
        return depth


@pytest.fixture(scope="module")
def looks() -> Looks:
    return Looks()


def look(window: Window, url: str, depth_of: Callable[[str], Depth]) -> list[str]:
    """Open a page, if it is none seen already, and return what is wrong with it."""
    text = window.text_at(url)
    depth = depth_of(text) if text else Depth.NOT_AGAIN
    if depth is Depth.NOT_AGAIN:
        return []
    try:
        window.page.goto(url, wait_until="load")
        return list(dict.fromkeys([*examined(window.page, depth), *window.faults.take()]))
    finally:
        window.leave()


def examined(page: Page, depth: Depth) -> list[str]:
    """Return what axe-core finds, light wide and on a phone, dark wide; what is too wide, also in large type."""
    axe.unfold(page)
    found = axe.findings(page, axe.EVERYTHING) + axe.overflow(page)
    page.set_viewport_size(PHONE)
    found += axe.overflow(page)
    if depth is Depth.WHOLE:
        found += axe.findings(page, axe.EVERYTHING)
        found += [f"特大字、高对比:{fault}" for fault in overflow_in_large(page)]
    page.set_viewport_size(WIDE)
    if depth is Depth.WHOLE:
        page.emulate_media(color_scheme="dark")
        found += axe.findings(page, axe.COLOURS)
        page.emulate_media(color_scheme="light")
    return found


def overflow_in_large(page: Page) -> list[str]:
    """Return what is too wide for the window in the largest type and with high contrast, and set both back."""
    page.emulate_media(contrast="more")
    page.evaluate("() => { document.documentElement.dataset.size = 'huge'; }")
    found = axe.overflow(page)
    page.evaluate("() => { document.documentElement.dataset.size = 'standard'; }")
    page.emulate_media(contrast="no-preference")
    return found
