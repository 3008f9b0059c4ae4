"""Every page of the access table, as every role that may open it sees it: nothing broken, nothing out of reach.

The rows of ``tests/access`` say what a page needs and who may open it, so a new page is looked at without a word here.
Each is opened once and looked at wide and on a phone, in light and in dark colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import BrowserContext

from tests.access import Row, World
from tests.architecture.test_access_matrix import ROWS
from tests.browser import axe
from tests.browser.chromium import PHONE, WIDE, Engine, Faults
from tests.browser.person import session_cookie
from tests.cast import NOW, make_cast

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
NOT_OURS = {"docs", "schema", "marketplace:styleguide"}
"""The API's own pages, drawn by the schema's viewer, and the page for developers, closed without DEBUG."""


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
    with (
        time_machine.travel(NOW, tick=True),
        django_db_blocker.unblock(),
        transaction.atomic(),
    ):
        yield World(make_cast(), NOW)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def contexts(engine: Engine, site, world) -> dict[str, BrowserContext]:
    """A browser profile for each reader, logged in."""
    opened = {name: engine.new_context() for name in [*READERS, VISITOR]}
    for name in READERS:
        cookie = session_cookie(getattr(world.cast, name), site)
        engine.do(opened[name].add_cookies, [cookie])
    return opened


@pytest.mark.django_db
@pytest.mark.parametrize("row", PAGES, ids=lambda row: f"{row.name}-{row.make.__name__}")
def test_page_is_sound_for_each_of_its_readers(row, engine, world, contexts, site):
    found: dict[str, list[str]] = {}
    with transaction.atomic():
        call = row.make(world)
        query = f"?{urlencode(call.query, doseq=True)}" if call.query else ""
        url = site + reverse(row.name, kwargs=call.kwargs) + query
        for reader in readers_of(row):
            found[reader] = engine.do(look, contexts[reader], url)
        transaction.set_rollback(True)

    assert {reader: faults for reader, faults in found.items() if faults} == {}


def look(context: BrowserContext, url: str) -> list[str]:
    """Open a page and return what is wrong with it; a file to keep is no page."""
    page, faults = context.new_page(), Faults()
    faults.watch(page)
    try:
        answer = context.request.head(url, max_redirects=0)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            return []
        page.goto(url, wait_until="load")
        axe.load(page)
        found = axe.findings(page, axe.EVERYTHING) + axe.overflow(page)
        page.set_viewport_size(PHONE)
        found += axe.findings(page, axe.EVERYTHING) + axe.overflow(page)
        page.emulate_media(color_scheme="dark")
        found += axe.findings(page, axe.COLOURS)
        page.set_viewport_size(WIDE)
        found += axe.findings(page, axe.COLOURS)
        return list(dict.fromkeys(faults.take() + found))
    finally:
        page.close()
