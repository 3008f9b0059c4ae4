"""A real browser that notices what a reader would not: a script's fault, a broken policy, a request to elsewhere.

Nothing leaves this machine: every other name and address is unreachable for the browser, and asking for one is a fault.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import (
    BrowserContext,
    ConsoleMessage,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.services import browser_program

WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 15_000
"""How long something may take to be there or to be seen, on a machine with other work."""
FLAGS = [
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--js-flags=--no-opt,--no-maglev",
    "--lang=zh-CN",
    "--no-sandbox",
]
"""Scripts are compiled quickly rather than well: what stands on a page lives for a second."""
OBSERVERS = """
window.__shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.__shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
document.addEventListener("securitypolicyviolation", (event) => {
  console.error("CSP " + event.violatedDirective + " " + event.blockedURI + " " + event.sample);
});
"""
LOCAL = {"127.0.0.1"}
REFUSED_FORM = "status of 422"
"""A form with faults is answered so, and the browser says that it failed to load."""
P = ParamSpec("P")
Result = TypeVar("Result")


@dataclass
class Faults:
    """What the browser complained about since the last look."""

    seen: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Listen to a page: its console, its scripts, its requests."""
        page.on("console", self._said)
        page.on("pageerror", lambda fault: self.seen.append(f"脚本出错:{fault}"))
        page.on("request", lambda request: self._asked(request.url))

    def take(self) -> list[str]:
        """Return the complaints and forget them."""
        taken, self.seen = self.seen, []
        return taken

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and REFUSED_FORM not in message.text:
            self.seen.append(f"控制台:{message.text}")

    def _asked(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname not in LOCAL:
            self.seen.append(f"请求离开本机:{url}")


class Engine:
    """The system's Chromium without a window, driven in a thread of its own.

    The driver keeps a loop running in its thread, in which the database layer would refuse to work; so a test makes its
    data in the main thread, and whatever it does in the browser is a function handed to ``do``.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "chromium")
        self.do(self._start)

    def do(self, deed: Callable[P, Result], *args: P.args, **options: P.kwargs) -> Result:
        """Run a function in the browser's thread and return what it returns."""
        return self._thread.submit(deed, *args, **options).result()

    def close(self) -> None:
        """End the browser and its driver."""
        self.do(self._browser.close)
        self.do(self._driver.stop)
        self._thread.shutdown()

    def new_context(self, **options: Any) -> BrowserContext:
        """Return a fresh profile of a Chinese reader; with ``java_script_enabled=False`` one without scripts."""
        return self.do(self._new_context, **options)

    def _start(self) -> None:
        self._driver = sync_playwright().start()
        self._browser = self._driver.chromium.launch(executable_path=browser_program(), args=FLAGS)

    def _new_context(self, **options: Any) -> BrowserContext:
        usual = {"viewport": WIDE, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
        context = self._browser.new_context(reduced_motion="reduce", **(usual | options))
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        context.add_init_script(OBSERVERS)
        return context
