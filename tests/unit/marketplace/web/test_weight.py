"""How much a first visit carries over the wire, compressed as any server in front compresses it."""

from __future__ import annotations

import gzip
from pathlib import Path

from django.contrib.staticfiles import finders

from tests.unit.marketplace.web.test_vendor_static import BASE, StaticPaths

MOST_BYTES = 400_000
LONGEST_PAGE_BYTES = 40_000
"""Room for the page itself: the longest of the demonstration's takes less, compressed."""


def compressed(path: str) -> int:
    found = finders.find(path)
    assert isinstance(found, str)
    return len(gzip.compress(Path(found).read_bytes()))


def linked() -> list[str]:
    parser = StaticPaths()
    parser.feed(BASE.read_text(encoding="utf-8"))
    return parser.paths


class TestFirstVisit:
    def test_fits_even_with_charts(self):
        assert sum(map(compressed, linked())) + LONGEST_PAGE_BYTES < MOST_BYTES

    def test_without_charts_takes_a_third_of_it(self):
        paths = [path for path in linked() if "echarts" not in path]

        assert len(paths) < len(linked())
        assert sum(map(compressed, paths)) + LONGEST_PAGE_BYTES < MOST_BYTES // 3
