"""Every measurement, one after the other: ``make bench``, or ``python -m tests.performance [name ...]``.

Each runs in a process of its own, so that the peak of memory is its own.
"""

from __future__ import annotations

import subprocess
import sys

MODULES = [
    "ingest",
    "prematch",
    "evaluation",
    "assignment",
    "catalogue",
    "whitelist",
    "upload",
    "correction",
    "need_page",
    "portrait",
    "loans",
]
"""Measurements in the order of the report; what needs a database server of its own is run by ``make torture``, and
``pages`` is asked for by name, since it measures the city that stands in the database of the environment."""


def main(names: list[str]) -> int:
    """Run the named measurements, or all of them, and return the worst of their exit codes."""
    worst = 0
    for name in names or MODULES:
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        done = subprocess.run([sys.executable, "-m", f"tests.performance.{name}"], check=False)
        worst = max(worst, done.returncode)
    return worst


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
