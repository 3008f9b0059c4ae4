"""Server time of every page of the demonstration city, beside an empty page of the same stack in the same run.

The limit is a view that answers nothing behind the same middleware, for the same person with the same session, so that
what is left is the page's own work: its statements and its template. Each page is asked for again and again, the empty
one between, in CPU seconds of this process; on PostgreSQL what the server does comes on top and is told as the wall
clock. The city is the one in ``DATABASE_URL`` (or ``VAR_DIR``).

Run: ``python -m tests.performance.pages [rounds]``.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter, process_time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402
from django.urls import include, path  # noqa: E402

from marketplace.config.serving import settle  # noqa: E402
from tests.walk import READERS, Stop, client_of, walk  # noqa: E402

ROUNDS = 20
WARMING = 2
LONGEST_MS = 150
SHOWN = 12


def nothing(request: HttpRequest) -> HttpResponse:
    """Answer a logged-in reader with an empty page."""
    assert request.user.pk is not None or request.user.is_anonymous
    return HttpResponse("<!doctype html><title></title>")


urlpatterns = [path("nothing/", nothing), path("", include("marketplace.config.urls"))]


@dataclass
class Times:
    """CPU and wall seconds of one page's answers, and CPU seconds of the empty page between them."""

    stop: Stop
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)

    @property
    def p95_ms(self) -> float:
        """Return the wall time 19 of 20 answers stay below, in milliseconds."""
        return quantiles(self.wall, n=20)[-1] * 1000

    @property
    def ratio(self) -> float:
        """Return the page's CPU time as a multiple of the empty page's."""
        return median(self.cpu) / median(self.empty)


def measured(client: Client, stop: Stop, rounds: int) -> Times:
    """Ask for a page and for the empty one, in turn."""
    times = Times(stop)
    for turn in range(rounds + WARMING):
        cpu, wall = process_time(), perf_counter()
        answer = client.get(stop.path)
        took, lasted = process_time() - cpu, perf_counter() - wall
        assert answer.status_code == 200, f"{stop.path}:{answer.status_code}"
        cpu = process_time()
        client.get("/nothing/")
        if turn >= WARMING:
            times.cpu.append(took)
            times.wall.append(lasted)
            times.empty.append(process_time() - cpu)
    return times


def main(rounds: int) -> int:
    """Measure each page once, as the first reader who meets it, and report.

    The walk needs the pages' contexts; they are copied for it alone, so that the copies are no part of the times.
    """
    setup_test_environment()
    stops: dict[str, Stop] = {}
    for reader in READERS:
        for stop in walk((reader,)):
            if stop.is_page:
                stops.setdefault(stop.name, stop)
    teardown_test_environment()
    settle()  # as a serving process does
    with override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"]):
        clients = {reader: client_of(reader) for reader in READERS}
        found = [measured(clients[stop.reader], stop, rounds) for stop in stops.values()]
    report(found)
    return 0


def table(rows: list[Times]) -> None:
    """Print one line a page."""
    print("页面                                      角色       语句  CPU 倍数  p50 ms  p95 ms")
    for times in rows:
        stop = times.stop
        middle = median(times.wall) * 1000
        print(
            f"{stop.name:<40}  {stop.reader:<9} {stop.queries:>4}  {times.ratio:>7.1f}  {middle:>6.1f}"
            f"  {times.p95_ms:>6.1f}"
        )


def report(found: list[Times]) -> None:
    """Print the pages with most work, those that take too long, and the middle."""
    empty = median(seconds for times in found for seconds in times.empty) * 1000
    print(f"数据库：{connection.vendor}；{len(found)} 页；空页 {empty:.2f} ms CPU")
    table(sorted(found, key=lambda times: -times.ratio)[:SHOWN])
    print(f"p95 超过 {LONGEST_MS} ms 的：")
    slow = [times for times in found if times.p95_ms > LONGEST_MS]
    table(sorted(slow, key=lambda times: -times.p95_ms))
    ratios, p95 = [times.ratio for times in found], [times.p95_ms for times in found]
    over = sum(lasted > LONGEST_MS for lasted in p95)
    print(f"CPU 倍数：中位 {median(ratios):.1f}，最大 {max(ratios):.1f}")
    print(
        f"p95：中位 {median(p95):.0f} ms，最大 {max(p95):.0f} ms，超过 {LONGEST_MS} ms 的 {over} 页"
    )


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS))
