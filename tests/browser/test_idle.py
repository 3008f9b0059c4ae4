"""The warning before a log-in ends by itself, as somebody at the page meets it (WCAG 2.2.1)."""

from __future__ import annotations

import time
from importlib import import_module

import pytest
from django.conf import settings
from django.urls import reverse

from marketplace.web.idle import SESSION_KEY
from tests.browser.chromium import PHONE, WIDE, Faults
from tests.browser.person import log_in
from tests.cast import make_cast

PAGE = reverse("marketplace:password-change")
MINUTE = 60
ALLOWED = 15 * MINUTE
FOCUSED = "document.activeElement.textContent.trim()"


@pytest.fixture
def cast(transactional_db):
    return make_cast()


class Reader:
    """An officer with a page open, whose browser's clock and whose log-in can be moved on."""

    def __init__(self, engine, site, account, viewport=WIDE):
        self.engine, self.site, self.faults = engine, site, Faults()
        context = engine.new_context(viewport=viewport)
        log_in(engine, context, account, site)
        cookies = {part["name"]: part["value"] for part in engine.do(context.cookies)}
        self.key = cookies[settings.SESSION_COOKIE_NAME]
        self.was_silent(0)
        self.page = engine.do(context.new_page)
        self.faults.watch(self.page)
        engine.do(self.page.clock.install)
        engine.do(self.page.goto, site + PAGE)

    def was_silent(self, seconds: int, since_log_in: int = 0) -> None:
        """Let the server have heard nothing for so long."""
        session = import_module(settings.SESSION_ENGINE).SessionStore(self.key)
        now = int(time.time())
        session[SESSION_KEY] = (now - max(since_log_in, seconds), now - seconds)
        session.save()

    def waits(self, seconds: int) -> None:
        """Let the page's own time pass; the server answers what it is asked then."""
        self.engine.do(self.page.clock.fast_forward, seconds * 1000)
        self.engine.do(self.page.wait_for_load_state, "networkidle")
        self.engine.do(self.page.wait_for_timeout, 300)

    def sees(self, words: str) -> bool:
        """Return whether the dialog is open and says so."""
        dialog = self.page.get_by_role("alertdialog")
        return self.engine.do(lambda: dialog.is_visible() and words in dialog.inner_text())

    def presses(self, words: str) -> None:
        """Press what the dialog offers."""
        dialog = self.page.get_by_role("alertdialog")
        self.engine.do(lambda: dialog.get_by_text(words, exact=True).click())
        self.engine.do(self.page.wait_for_timeout, 300)

    def asks(self, script: str) -> object:
        """Return what a script says of the page."""
        return self.engine.do(self.page.evaluate, script)


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def reader(request, engine, site, cast):
    return Reader(engine, site, cast.officer, request.param)


def comes_to_the_warning(reader: Reader) -> None:
    reader.was_silent(ALLOWED - 100)
    reader.waits(ALLOWED - 2 * MINUTE + 1)


class TestWarning:
    def test_comes_before_the_end_and_is_led_to(self, reader):
        assert not reader.sees("即将自动退出登录")

        comes_to_the_warning(reader)

        assert reader.sees("即将自动退出登录")
        assert reader.asks(FOCUSED) == "继续使用"
        assert reader.asks("document.documentElement.scrollWidth <= innerWidth")
        assert reader.faults.take() == []

    def test_lets_the_reader_go_on_with_what_was_typed(self, reader):
        field = reader.page.locator("main input[type=password]").first
        reader.engine.do(field.fill, "draft")
        comes_to_the_warning(reader)

        reader.presses("继续使用")

        assert not reader.sees("")
        assert reader.engine.do(field.input_value) == "draft"
        assert reader.asks("document.activeElement.name") == "old_password"
        reader.waits(ALLOWED - 3 * MINUTE)
        assert not reader.sees("")

    def test_takes_escape_for_going_on(self, reader):
        comes_to_the_warning(reader)

        reader.engine.do(reader.page.keyboard.press, "Escape")
        reader.waits(30)

        assert not reader.sees("")

    def test_stays_away_while_another_tab_is_used(self, reader):
        reader.was_silent(MINUTE)

        reader.waits(ALLOWED - 2 * MINUTE + 1)

        assert not reader.sees("")

    def test_goes_away_when_another_tab_goes_on(self, reader):
        comes_to_the_warning(reader)

        reader.was_silent(0)
        reader.waits(16)

        assert not reader.sees("")

    def test_says_when_the_end_cannot_be_moved(self, reader):
        reader.was_silent(ALLOWED - 100, since_log_in=settings.SESSION_COOKIE_AGE - 90)

        reader.waits(ALLOWED - 2 * MINUTE + 1)

        assert reader.sees("不能延长")
        reader.presses("知道了")
        reader.waits(20)
        assert not reader.sees("")

    def test_logs_out_who_wants_to(self, reader):
        comes_to_the_warning(reader)

        reader.presses("退出登录")
        reader.engine.do(reader.page.goto, reader.site + PAGE)

        assert "/login/" in reader.page.url


class TestEnd:
    def test_is_said_and_leads_back_through_the_log_in(self, reader):
        comes_to_the_warning(reader)

        reader.was_silent(ALLOWED + 1)
        reader.waits(16)

        assert reader.sees("登录已结束")
        assert reader.asks(FOCUSED) == "重新登录"
        reader.presses("重新登录")
        assert reader.page.url == f"{reader.site}/login/?next=%2Fpassword%2F"
        body = reader.engine.do(lambda: reader.page.locator("body").inner_text())
        assert "已有 15 分钟没有操作" in body
        assert reader.faults.take() == []

    def test_lets_the_reader_copy_what_was_typed(self, reader):
        reader.was_silent(ALLOWED + 1)
        reader.waits(ALLOWED)

        reader.presses("留在本页")

        assert not reader.sees("")

    def test_waits_for_a_server_that_cannot_be_reached(self, reader):
        reader.engine.do(reader.page.route, "**/session/", lambda route: route.abort())
        reader.waits(ALLOWED + 1)
        assert not reader.sees("")
        reader.engine.do(reader.page.unroute, "**/session/")
        reader.was_silent(ALLOWED + 1)

        reader.waits(16)

        assert reader.sees("登录已结束")
