"""A person at a real browser, by mouse or by keyboard alone, with or without scripts, who counts the trouble taken.

Only what can be seen is used: a link, a button or a fold by its words, a field by its label's control. By keyboard, Tab
is pressed until the thing has the focus, which must be visible then, and the keys people use do the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Download, Locator, Page, Route, ViewportSize, expect

from marketplace.models import User
from tests.browser.chromium import PHONE, WIDE, Engine, Faults

MOST_TABS = 250
HAS_FOCUS = "(part) => part === document.activeElement"
SEEN_FOCUS = """() => {
  const part = document.activeElement;
  const box = part.getBoundingClientRect();
  const style = getComputedStyle(part);
  return parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none"
    && box.bottom > 0 && box.top < innerHeight;
}"""
LARGEST_SHIFT = 0.1
"""Cumulative shift that counts as good (web vitals)."""


@dataclass(frozen=True)
class Manner:
    """How somebody uses the browser."""

    name: str
    viewport: ViewportSize
    has_scripts: bool = True
    by_keyboard: bool = False


MANNERS = [
    Manner("wide", WIDE),
    Manner("phone", PHONE),
    Manner("wide-no-script", WIDE, has_scripts=False),
    Manner("phone-no-script", PHONE, has_scripts=False),
    Manner("keyboard", WIDE, by_keyboard=True),
]


class Person:
    """Somebody with a browser of their own.

    Attributes:
        clicks: links, buttons, folds, boxes and files chosen since the log-in.
        fields: fields typed into or chosen from since then.
    """

    def __init__(self, engine: Engine, site: str, manner: Manner, account: User | None = None):
        self.clicks = self.fields = 0
        self._engine, self._site, self._manner = engine, site, manner
        self._faults = Faults()
        context = engine.new_context(
            viewport=manner.viewport, java_script_enabled=manner.has_scripts
        )
        self._page: Page = engine.do(context.new_page)
        self._faults.watch(self._page)
        if account is not None:
            log_in(engine, context, account, site)

    def goes(self, name: str, *args: Any) -> Person:
        """Open a page by its URL name."""
        self._do(lambda page: page.goto(self._site + reverse(name, args=args)))
        return self

    def opens(self, address: str) -> Person:
        """Open a page by an address as somebody sent it."""
        self._do(lambda page: page.goto(self._site + address))
        return self

    def steps_back(self) -> Person:
        """Use the browser's own button for the page before."""
        self._do(lambda page: page.go_back())
        return self

    def hurries_back(self) -> Person:
        """Use that button twice, the second time before the page's scripts have come."""
        self._do(self._hurry_back)
        return self

    def steps_forward(self) -> Person:
        """Use the browser's own button for the page after."""
        self._do(lambda page: page.go_forward())
        return self

    def follows(self, words: str) -> Person:
        """Follow a link."""
        return self._reaches(lambda page: page.get_by_role("link", name=words), "Enter")

    def presses(self, words: str) -> Person:
        """Press a button."""
        return self._reaches(
            lambda page: page.get_by_role("button", name=words, exact=True), "Enter"
        )

    def unfolds(self, words: str) -> Person:
        """Open a fold, a menu or a confirmation by the words on it."""
        return self._reaches(lambda page: page.locator("main summary", has_text=words), "Enter")

    def ticks(self, name: str, value: str = "") -> Person:
        """Tick a box by its field's name and, among several, its value."""
        wanted = f"input[name={name}]" + (f"[value='{value}']" if value else "")
        return self._reaches(lambda page: page.locator(wanted), "Space")

    def types(self, **values: str) -> Person:
        """Fill in fields by name."""
        for name, value in values.items():
            self.fields += 1
            self._engine.do(self._fill, name, value)
        return self

    def brings(self, name: str, file: Path) -> Person:
        """Choose a file; the system's own window for it is not the page's."""
        self.clicks += 1
        self._do(
            lambda page: self._first(page.locator(f"input[name={name}]")).set_input_files(file)
        )
        return self

    def keeps(self, words: str, folder: Path) -> Path:
        """Follow a link to a file and return where it was kept."""
        return self._engine.do(self._keep, words, folder)

    def hits(self, *keys: str) -> Person:
        """Press keys wherever the focus is."""
        for key in keys:
            self._engine.do(self._page.keyboard.press, key)
        return self

    def focuses(self, selector: str) -> Person:
        """Bring the focus onto the first such thing, as Tab would."""
        self._do(lambda page: self._first(page.locator(selector)).focus())
        return self

    def sees(self, *sentences: str) -> Person:
        """Wait until each sentence can be read."""
        for sentence in sentences:
            self._engine.do(self._see, sentence)
        return self

    def reads(self, selector: str) -> str:
        """Return the words of the first such thing."""
        return self._engine.do(lambda: self._page.locator(selector).first.inner_text())

    def is_at(self, part: str) -> Person:
        """Wait until the address contains this."""
        self._do(lambda page: expect(page).to_have_url(re.compile(re.escape(part))))
        return self

    def holds(self, name: str) -> str:
        """Return what stands in a field."""
        return self._engine.do(lambda: self._page.locator(f"main [name={name}]").input_value())

    @property
    def kept(self) -> int:
        """Return how many things pages have left in the browser's storage."""
        return self._engine.do(
            lambda: self._page.evaluate("localStorage.length + sessionStorage.length")
        )

    def stands(self, selector: str) -> float:
        """Return how far below the head of the page the first such thing stands, in pixels."""
        script = "(part) => part.getBoundingClientRect().top + window.scrollY"
        return self._engine.do(lambda: self._page.locator(selector).first.evaluate(script))

    @property
    def address(self) -> str:
        """Return the path of the page."""
        return self._engine.do(lambda: self._page.url).removeprefix(self._site)

    def starts_counting(self) -> Person:
        """Forget what was counted so far."""
        self.clicks = self.fields = 0
        return self

    def is_content(self) -> None:
        """Fail when the browser complained about anything, or things jumped about on the page."""
        assert self._faults.take() == []
        if self._manner.has_scripts:
            shift = self._engine.do(lambda: self._page.evaluate("window.__shift"))
            assert shift < LARGEST_SHIFT

    def _do(self, deed: Callable[[Page], object]) -> None:
        self._engine.do(deed, self._page)

    def _hurry_back(self, page: Page) -> None:
        held: list[Route] = []
        page.route("**/*.js", lambda script: held.append(script))
        page.go_back()
        while not held:
            page.wait_for_timeout(20)
        page.evaluate("history.back()")
        page.wait_for_timeout(100)
        page.unroute("**/*.js")  # lets go of what was held

    def _reaches(self, find: Callable[[Page], Locator], key: str) -> Person:
        self.clicks += 1
        self._do(lambda page: self._reach(self._first(find(page)), key))
        return self

    def _first(self, found: Locator) -> Locator:
        return found.locator("visible=true").first

    def _reach(self, part: Locator, key: str) -> None:
        if not self._manner.by_keyboard:
            part.click()
            return
        self._tab_to(part)
        self._page.keyboard.press(key)
        self._page.wait_for_load_state()

    def _tab_to(self, part: Locator) -> None:
        part.wait_for()
        for _ in range(MOST_TABS):
            if part.evaluate(HAS_FOCUS):
                assert self._page.evaluate(SEEN_FOCUS), f"看不见焦点:{part}"
                return
            self._page.keyboard.press("Tab")
        raise AssertionError(f"按 Tab 到不了:{part}")

    def _see(self, sentence: str) -> None:
        expect(self._page.locator("body")).to_contain_text(sentence)

    def _fill(self, name: str, value: str) -> None:
        page = self._page
        part = self._first(page.locator(f"main [name={name}]"))
        is_select = part.evaluate("(part) => part.tagName === 'SELECT'")
        if self._manner.by_keyboard:
            self._tab_to(part)
        if is_select:
            part.select_option(value)
        elif self._manner.by_keyboard and part.get_attribute("type") != "date":
            page.keyboard.press("Control+a")
            page.keyboard.type(value)
        else:
            part.fill(value)

    def _keep(self, words: str, folder: Path) -> Path:
        self.clicks += 1
        with self._page.expect_download() as waiting:
            self._page.get_by_role("link", name=words).first.click()
        download: Download = waiting.value
        kept = folder / download.suggested_filename
        download.save_as(kept)
        return kept


def log_in(engine: Engine, context: BrowserContext, account: User, site: str) -> None:
    """Let a browser profile be one in which somebody has logged in."""
    client = Client()
    client.force_login(account)
    name = settings.SESSION_COOKIE_NAME
    key = client.cookies[name].value
    engine.do(lambda: context.add_cookies([{"name": name, "value": key, "url": site}]))
