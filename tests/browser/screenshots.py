"""Pictures of every page of the demonstration city, for each of its people: ``make screenshots``.

The city in ``VAR_DIR`` (or ``DATABASE_URL``) is walked and each page is taken whole, wide and on a phone, into
``<VAR_DIR>/screenshots/<width>/<reader>/<page>.png``. To look at some only: ``python -m tests.browser.screenshots
officer:matching:review-detail owner`` takes a reader's page, or all pages of a reader; ``--dark`` takes dark colours.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from playwright.sync_api import BrowserContext  # noqa: E402

from marketplace.models import User  # noqa: E402
from tests.browser.chromium import PHONE, WIDE, Engine  # noqa: E402
from tests.browser.person import log_in  # noqa: E402
from tests.browser.server import serving  # noqa: E402
from tests.walk import READERS, VISITOR, Stop, walk  # noqa: E402

FOLDER = Path(settings.VAR_DIR) / "screenshots"
WIDTHS = {"wide": WIDE, "phone": PHONE}


def main(arguments: list[str]) -> None:
    """Take the pictures asked for, or all of them."""
    setup_test_environment()
    call_command("migrate", verbosity=0)
    call_command("demo")
    scheme = "dark" if "--dark" in arguments else "light"
    wanted = [argument for argument in arguments if not argument.startswith("--")]
    readers = {argument.partition(":")[0] for argument in wanted} or set(READERS)
    with serving() as site:
        engine = Engine()
        for reader in (name for name in READERS if name in readers):
            stops = [stop for stop in first_of_each(walk((reader,))) if is_wanted(stop, wanted)]
            for width, viewport in WIDTHS.items():
                context = engine.new_context(viewport=viewport, color_scheme=scheme)
                if reader != VISITOR:
                    log_in(engine, context, User.objects.get(username=reader), site)
                for stop in stops:
                    engine.do(take, context, site + stop.path, picture(width, stop))
                engine.do(context.close)
            print(f"{reader}:{len(stops)} 页", flush=True)
        engine.close()
    print(f"截图在 {FOLDER}")


def first_of_each(stops: Iterable[Stop]) -> list[Stop]:
    """Return one stop for each page, files and pieces left out."""
    found: dict[str, Stop] = {}
    for stop in stops:
        if stop.is_page:
            found.setdefault(stop.name, stop)
    return list(found.values())


def is_wanted(stop: Stop, wanted: list[str]) -> bool:
    """Return whether a page was asked for, by its reader or by name."""
    return not wanted or bool({stop.reader, f"{stop.reader}:{stop.name}"} & set(wanted))


def picture(width: str, stop: Stop) -> Path:
    """Return where the picture of a page goes."""
    return FOLDER / width / stop.reader / f"{stop.name.replace(':', '-')}.png"


def take(context: BrowserContext, url: str, target: Path) -> None:
    """Open a page and keep a picture of all of it."""
    page = context.new_page()
    page.goto(url, wait_until="networkidle")
    page.screenshot(path=target, full_page=True)
    page.close()


if __name__ == "__main__":
    main(sys.argv[1:])
