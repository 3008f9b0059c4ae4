"""What a run may lack: PostgreSQL, Redis, a browser, Spark, the real data; found out once, said at the end.

A test says what it needs by a marker (``@pytest.mark.redis``). Where that is missing, the test is skipped and its group
is listed in Chinese below the results; ``REQUIRE_SERVICES=1`` makes each such skip a failure. The real data and the
programs that look at documents from outside are no services, so only ``REQUIRE_SERVICES=all`` asks for them.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
import redis
from django.conf import settings

from matching.scoring.distributed import spark_lacks

ROOT = Path(__file__).resolve().parents[1]
POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
REAL_DATA = Path(os.environ.get("TEST_REAL_DATA", ROOT.parent / "shared" / "data"))
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The shell first: without the windows of a whole Chromium the same tests take half the time."""
REQUIRED = os.environ.get("REQUIRE_SERVICES", "") not in {"", "0"}
REAL_DATA_REQUIRED = os.environ.get("REQUIRE_SERVICES") == "all"
LEFT_OUT = re.compile(r"未运行〔(?P<label>.+?)〕")


@cache
def has_postgresql() -> bool:
    """Return whether the PostgreSQL server for tests answers."""
    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


@cache
def has_redis() -> bool:
    """Return whether the Redis server for tests answers."""
    try:
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


@cache
def browser_program() -> str | None:
    """Return the browser for tests: the one named by ``CHROMIUM``, else the first of the usual names found."""
    named = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ([named] if named else BROWSERS))
    return next(filter(None, found), None)


@cache
def has_browser() -> bool:
    """Return whether a browser and its driver are installed."""
    return browser_program() is not None and bool(importlib.util.find_spec("playwright"))


def runs_on_postgresql() -> bool:
    """Return whether the database of this run is PostgreSQL."""
    return str(settings.DATABASES["default"]["ENGINE"]).endswith("postgresql")


@dataclass(frozen=True)
class Service:
    """One thing a suite needs.

    Attributes:
        marker: pytest marker that asks for it.
        label: Chinese name in the summary.
        hint: how to get it.
        is_there: whether this run has it.
        is_required: whether a test left out for want of it fails.
    """

    marker: str
    label: str
    hint: str
    is_there: Callable[[], bool]
    is_required: bool = REQUIRED


POSTGRESQL = Service(
    "postgresql",
    "PostgreSQL",
    "有 PostgreSQL(TEST_POSTGRES_URL)时 make test 另跑一轮",
    runs_on_postgresql,
)
REDIS = Service("redis", "Redis", "启动 Redis 并设置 TEST_REDIS_URL", has_redis)
BROWSER = Service(
    "browser",
    "浏览器",
    "安装 chromium-headless-shell 或 chromium(或设置 CHROMIUM)与 playwright",
    has_browser,
)
SPARK = Service(
    "spark",
    "Spark",
    "安装 Java 17 并运行 make extra(pyspark)",
    lambda: not spark_lacks(),
)
REALDATA = Service(
    "realdata",
    "真实数据",
    "把测试数据放在项目旁的 shared/data,或设置 TEST_REAL_DATA",
    REAL_DATA.is_dir,
    REAL_DATA_REQUIRED,
)
POPPLER = Service(
    "poppler",
    "PDF 文字提取",
    "安装 poppler-utils(pdftotext)",
    lambda: shutil.which("pdftotext") is not None,
    REAL_DATA_REQUIRED,
)
OFFICE = Service(
    "office",
    "表格程序",
    "安装 LibreOffice Calc(soffice)",
    lambda: shutil.which("soffice") is not None,
    REAL_DATA_REQUIRED,
)
SERVICES = (POSTGRESQL, REDIS, BROWSER, SPARK, REALDATA, POPPLER, OFFICE)


def leave_out(service: Service, missing: str = "") -> NoReturn:
    """Skip the running test for want of a service, or fail it where the service is required."""
    reason = f"未运行〔{service.label}〕{missing or service.hint}"
    if service.is_required:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out a test whose marker asks for something this run lacks."""
    for service in SERVICES:
        if item.get_closest_marker(service.marker) and not service.is_there():
            leave_out(service)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the groups of tests left out, and what they want."""
    reports = [
        report
        for kind in ("skipped", "failed", "error")
        for report in terminalreporter.getreports(kind)
    ]
    found = (LEFT_OUT.search(str(getattr(report, "longrepr", ""))) for report in reports)
    left_out = Counter(match["label"] for match in found if match)
    if left_out:
        terminalreporter.section("未运行的测试组")
    for service in SERVICES:
        if count := left_out[service.label]:
            verdict = "(已要求,计为失败)" if service.is_required else ""
            terminalreporter.line(f"缺 {service.label}:{count} 项{verdict}。{service.hint}")
