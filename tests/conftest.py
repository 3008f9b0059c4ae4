"""What every test may take for granted. The run itself is prepared by ``tests.environment`` and ``tests.services``."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.cast import cast, now
from tests.migrated import ready_copy

__all__ = ["cast", "now"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings_parallel_suffix: None
) -> Iterator[None]:
    """Let the test database begin as a copy of a migrated one."""
    cache = getattr(request.config, "cache", None)
    with ready_copy(cache.mkdir("migrated") if cache else None):
        yield


@pytest.fixture
def archive_folder(tmp_path: Path) -> Iterator[Path]:
    """Give the archive a folder of the test's own."""
    before = settings.ARCHIVE_DIR
    settings.ARCHIVE_DIR = tmp_path / "archive"
    yield settings.ARCHIVE_DIR
    settings.ARCHIVE_DIR = before


def pytest_configure(config: pytest.Config) -> None:
    """Make passwords cheap: the cast logs in thousands of times. Open a way out for mail, which ends in memory."""
    settings.EMAIL_URL = "memorymail://"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_finish() -> None:
    """Leave what lives as long as the run to no search for garbage: a sixth of the time, and what serving does too."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    """Let the interpreter take everything apart at its end."""
    gc.unfreeze()
