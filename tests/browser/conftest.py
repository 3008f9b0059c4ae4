from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Engine
from tests.browser.server import serving
from tests.services import BROWSER, leave_out


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if "/tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """One Chromium for all tests of the run."""
    if not BROWSER.is_there():
        leave_out(BROWSER)
    started = Engine()
    yield started
    started.close()


@pytest.fixture(scope="module")
def site(django_db_setup, django_db_blocker) -> Iterator[str]:
    """The address of the marketplace, served on the connection of the tests."""
    with django_db_blocker.unblock(), serving() as address:
        yield address
