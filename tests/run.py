"""`make test`: the whole suite on SQLite; where a PostgreSQL server answers, what a database can change on that.

``python -m tests.run [pytest arguments]``. Tests marked ``postgresql`` belong to the second pass; without a server they
are listed as left out, and with ``REQUIRE_SERVICES=1`` the run fails. With a server

* what no database can change (rules, layouts, the engines of columns, the browser's view of a page) runs on SQLite;
* data plane, accounts and whole journeys, where databases differ, run on both;
* services and selectors of lenders, of the meeting place and of what is handed out, single pages and addresses of the
  API, which stand on those, run on PostgreSQL alone; on SQLite the journeys, the demonstration, the access matrix and
  the browser still go through them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import services
from tests.migrated import address_of, migrated_beside

ON_BOTH = ["tests/functional", "tests/integration"]
ENGINES = Path("tests/integration/matching/test_engines_parity.py")
"""Engines of columns beside each other; Spark among them runs in the first pass alone."""
ON_POSTGRESQL = [
    "tests/api",
    *(f"tests/pages/{app}" for app in ("borrowers", "exports", "lenders", "matching")),
    "tests/integration/exports",
    "tests/integration/lenders",
    "tests/integration/config/test_page_budget.py",
    *sorted(str(file) for file in ENGINES.parent.glob("test_*.py") if file != ENGINES),
    "tests/functional/test_bad_input.py",
    "tests/functional/test_first_day.py",
    "tests/functional/test_stranger.py",
]
"""What runs on PostgreSQL alone where there is one, and otherwise on SQLite."""
ON_SQLITE = ["tests/integration/config/test_demo.py"]
"""What runs on SQLite alone: the demonstration is made there; its pages are walked on PostgreSQL."""


def main(arguments: list[str]) -> int:
    """Run the passes and return the exit code of the first one that failed."""
    has_postgresql = services.has_postgresql()
    if has_postgresql:
        passes = both_passes(arguments)
    else:
        passes = {"SQLite": run_pass("SQLite", "sqlite://:memory:", arguments)}
    announce("结果")
    for name, code in passes.items():
        print(f"{name} 一轮:{'通过' if code == 0 else f'未通过(退出码 {code})'}")
    if not has_postgresql:
        verdict = "(REQUIRE_SERVICES 要求,计为失败)" if services.REQUIRED else ""
        print(f"PostgreSQL 一轮:未运行{verdict}。{services.POSTGRESQL.hint}")
    if not services.has_redis():
        print(f"Celery 与 Redis 的测试组:未运行。{services.REDIS.hint}")
    if not services.REAL_DATA.is_dir():
        print(f"真实数据的测试组:未运行。{services.REALDATA.hint}")
    failed = [code for code in passes.values() if code]
    return failed[0] if failed else int(services.REQUIRED and not has_postgresql)


def both_passes(arguments: list[str]) -> dict[str, int]:
    """Run on SQLite, then on PostgreSQL, and return their exit codes."""
    apart = [path for path in ON_POSTGRESQL if not path.startswith(tuple(ON_BOTH))]
    left_out = [f"--ignore={path}" for path in ON_SQLITE]
    first = arguments or [f"--ignore={path}" for path in ON_POSTGRESQL]
    second = arguments or ["-m", "not browser and not spark", *left_out, *ON_BOTH, *apart]
    with migrated_beside(services.POSTGRES_URL, f"marketplace_{os.getpid()}_template") as copying:
        codes = {
            "SQLite": run_pass("SQLite", "sqlite://:memory:", ["-m", "not postgresql", *first])
        }
        codes["PostgreSQL"] = run_pass("PostgreSQL", own_database(), second, copying())
    return codes


def run_pass(
    name: str, database_url: str, arguments: list[str], variables: Mapping[str, str] = {}
) -> int:
    """Run pytest once on one database, spread over the processors.

    Files are handed out in their order, not the ones of many tests first: those of few long tests (the demonstration,
    Spark, journeys) would come last, and one processor would wait for the other.
    """
    announce(f"{name} 一轮")
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-n", "auto", "--dist", "loadfile", "-q"]
    command.append("--no-loadscope-reorder")
    environment = {**os.environ, **variables, "DATABASE_URL": database_url}
    result = subprocess.run([*command, *arguments], env=environment, check=False)
    print(f"{name} 一轮用时 {time.monotonic() - started:.0f} 秒", flush=True)
    nothing_left = result.returncode == pytest.ExitCode.NO_TESTS_COLLECTED and bool(arguments)
    return 0 if nothing_left else result.returncode


def own_database() -> str:
    """Return the address of a database of this run's own, so that runs side by side do not meet."""
    return address_of(services.POSTGRES_URL, f"marketplace_{os.getpid()}")


def announce(step: str) -> None:
    """Print a step in bold."""
    print(f"\n\033[1m==> {step}\033[0m", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
