"""The portrait of one enterprise: stored and assembled fresh, beside a primary-key lookup and a hand-written query.

All ways ask for the same enterprises in turn on one connection, in one run; client and server CPU seconds are added:

- ``lookup``: the enterprise's row by primary key (the floor);
- ``stored``: a frozen portrait by primary key, its text held against its hash, ready to be sent;
- ``shown``: the same read and redacted for an officer;
- ``logged``: the whole reading of a lender through the service: consent, access record, published evaluation;
- ``bare``: one statement written by hand: header, 42 indicators, 20 latest of each class, 36-month series (the peer);
- ``fresh``: the portrait assembled anew, all records and all classes, its register row read as for its owner;
- ``api``: the enterprise's own portrait through the API, with its access record.

Run: ``python -m tests.performance.portrait [records ...]``; 10 M records and more are spread over 730,000 enterprises,
fewer over 100,000. Needs PostgreSQL, makes and drops a database of its own for each size.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

from tests.performance.own_city import own_city
from tests.performance.process import cpu_of_server

SIZES = (1_000_000, 10_000_000)
REGISTER, SMALL_REGISTER = 730_000, 100_000
WHOLE_CITY = 10_000_000
ROUNDS = 5
ASKED = 40
"""Questions of each way in each round."""

SHOWN = {
    "lookup": "主键读登记(下限)",
    "stored": "冻结画像,核对哈希",
    "shown": "冻结画像,读出并按读者去除",
    "logged": "机构阅读,含授权核对与留痕",
    "bare": "手写一条语句(对照)",
    "fresh": "现时组装",
    "api": "本企业接口,含留痕",
}
Way = Callable[[int], object]


@dataclass(frozen=True)
class Taken:
    """What the answers of one way took: wall seconds of each, CPU seconds of client and server together."""

    walls: Sequence[float]
    cpu: float

    @property
    def line(self) -> dict[str, float]:
        """Return p50 and p99 in ms, answers a second, CPU ms an answer."""
        tail = quantiles(self.walls, n=100, method="inclusive")[98]
        return {
            "p50": median(self.walls) * 1000,
            "p99": tail * 1000,
            "rate": len(self.walls) / sum(self.walls),
            "cpu": self.cpu / len(self.walls) * 1000,
        }


def asked(ways: Mapping[str, Way], pks: Sequence[int]) -> dict[str, Taken]:
    """Ask every way in turn, round after round; the first round only warms."""
    walls: dict[str, list[float]] = {name: [] for name in ways}
    cpus = dict.fromkeys(ways, 0.0)
    for turn in range(ROUNDS + 1):
        for name, way in ways.items():
            each = cycle(pks)
            client, server = process_time(), cpu_of_server()
            took = [_timed(way, next(each)) for _ in range(ASKED)]
            if turn:
                walls[name] += took
                cpus[name] += process_time() - client + cpu_of_server() - server
    return {name: Taken(walls[name], cpus[name]) for name in ways}


def _timed(way: Way, pk: int) -> float:
    begun = perf_counter()
    way(pk)
    return perf_counter() - begun


def run(records: int, folder: Path) -> dict[str, Any]:
    """Build the city of one size in this process and ask."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from marketplace.config.serving import settle
    from tests.performance.portrait_city import build

    call_command("migrate", verbosity=0)
    enterprises = REGISTER if records >= WHOLE_CITY else SMALL_REGISTER
    city = build(enterprises, records, folder, timezone.now())
    settle()  # as a process that serves
    return {
        str(size): {name: taken.line for name, taken in asked(ways_of(city, size), pks).items()}
        for size, pks in city.probes.items()
    }


def ways_of(city: Any, size: int) -> dict[str, Way]:
    """Return every way of asking for the enterprises that have so many records."""
    from django.db import connection
    from django.utils import timezone

    from borrowers.models import Enterprise
    from borrowers.selectors import enterprise_for_owner
    from marketplace.domain.vocabulary import DataClass
    from matching.domain.portrait import from_json
    from matching.domain.redaction import Audience, redact
    from matching.domain.subject import ConsentFacts, DeclaredFacts
    from matching.models import CreditPortrait
    from matching.selectors.portrait import portrait_build
    from matching.services.portrait import is_intact
    from tests.performance.portrait_city import bare_query

    everything = [entry.value for entry in DataClass]
    statement = bare_query()

    def lookup(pk: int) -> object:
        return Enterprise.objects.get(pk=pk)

    def stored(pk: int) -> CreditPortrait:
        row = CreditPortrait.objects.get(pk=frozen[pk])
        assert is_intact(row)
        return row

    def bare(pk: int) -> object:
        with connection.cursor() as cursor:
            cursor.execute(statement, [pk, pk])
            return cursor.fetchone()[0]

    def fresh(pk: int) -> object:
        return portrait_build(
            enterprise_for_owner(owners[pk]),
            consent=ConsentFacts.own(),
            declared=DeclaredFacts(),
            at=timezone.now(),
        )

    owners = _owners(city.probes[size])
    frozen = {pk: _freeze(pk, fresh(pk), city.cast.owner) for pk in city.probes[size]}
    return {
        "lookup": lookup,
        "stored": stored,
        "shown": lambda pk: redact(from_json(stored(pk).content), Audience.OFFICER, everything),
        "logged": _readings(city, frozen),
        "bare": bare,
        "fresh": fresh,
        "api": _own_api(owners),
    }


def _freeze(pk: int, portrait: Any, actor: Any) -> int:
    from matching.domain.portrait import canonical_json, content_hash
    from matching.models import CreditPortrait

    row = CreditPortrait.objects.create(
        enterprise_id=pk,
        as_of=portrait.as_of,
        data_classes=list(portrait.consent.data_classes),
        content=canonical_json(portrait),
        content_hash=content_hash(portrait),
        model_version=portrait.score.model_version,
        created_by=actor,
        created_at=portrait.as_of,
    )
    return int(row.pk)


def _readings(city: Any, frozen: Mapping[int, int]) -> Way:
    """Readings by an officer of one accepted application, to which the frozen portraits are lent in turn."""
    from django.utils import timezone

    from marketplace.domain.vocabulary import QueryPurpose
    from matching.models import CreditPortrait, LoanApplication
    from matching.selectors.application import application_get_handled
    from matching.services.portrait import portrait_read
    from tests.factories.matching import make_application

    found = LoanApplication.objects.filter(institution=city.cast.institution).first()
    application = found or make_application(city.cast, "ACCEPTED", at=timezone.now())

    def read(pk: int) -> object:
        handled = application_get_handled(city.cast.officer, application.public_id)
        handled.portrait = CreditPortrait.objects.get(pk=frozen[pk])
        return portrait_read(
            user=city.cast.officer,
            application=handled,
            purpose=QueryPurpose.APPLICATION_REVIEW,
            at=timezone.now(),
        )

    return read


def _owners(pks: Sequence[int]) -> dict[int, Any]:
    """Return an owner of each enterprise, by the enterprise's primary key."""
    from django.db import connection
    from django.utils import timezone

    from borrowers.models import Enterprise
    from marketplace.models import User
    from tests.factories.borrowers import make_account

    owners: dict[int, Any] = {}
    for enterprise in Enterprise.objects.filter(pk__in=pks):
        owners[enterprise.pk] = User.objects.create(
            username=f"owner-{enterprise.uscc}", display_name="示例"
        )
        make_account(enterprise=enterprise, owner=owners[enterprise.pk], at=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE"
        )  # new accounts would look as if they stood at the register's beginning
    return owners


def _own_api(owners: Mapping[int, Any]) -> Way:
    """Return the question of the owner of each enterprise."""
    from django.test import Client

    clients: dict[int, Client] = {}
    for pk, owner in owners.items():
        clients[pk] = Client()
        clients[pk].force_login(owner)

    def ask(pk: int) -> object:
        answer = clients[pk].get("/api/v1/portrait/")
        assert answer.status_code == 200, answer.content
        return answer

    return ask


def measure(records: int) -> dict[str, Any]:
    """Do one size in a database, folder and process of its own."""
    with own_city() as (folder, environment):
        command = [sys.executable, "-m", __spec__.name, "--run", str(records), str(folder)]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env=environment
        )
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found


def main(arguments: Sequence[str]) -> int:
    """Measure every size; print the table, and how CPU grows from the first to the last."""
    if arguments[:1] == ["--run"]:
        sys.stdout.write(json.dumps(run(int(arguments[1]), Path(arguments[2]))) + "\n")
        return 0
    say = sys.stdout.write
    sizes = [int(argument) for argument in arguments] or list(SIZES)
    say(
        "| 总记录 | 本户记录 | 做法 | p50 ms | p99 ms | 每秒 | CPU ms | 与下限之比 | 与对照之比 |\n"
    )
    say("|---|---|---|---|---|---|---|---|---|\n")
    taken: dict[int, dict[str, Any]] = {}
    for records in sizes:
        taken[records] = measure(records)
        for size, ways in taken[records].items():
            for name, line in ways.items():
                ratios = [line["cpu"] / ways[other]["cpu"] for other in ("lookup", "bare")]
                say(
                    f"| {records:,} | {size} | {SHOWN[name]} | {line['p50']:.2f} | {line['p99']:.2f} "
                    f"| {line['rate']:.0f} | {line['cpu']:.2f} | {ratios[0]:.1f} | {ratios[1]:.1f} |\n"
                )
        sys.stdout.flush()
    first, last = sizes[0], sizes[-1]
    if first != last:
        for size, name in ((size, name) for size in taken[first] for name in SHOWN):
            grown = taken[last][size][name]["cpu"] / taken[first][size][name]["cpu"]
            power = math.log(grown) / math.log(last / first)
            say(
                f"本户 {size} 条,{SHOWN[name]}:CPU 由 {first:,} 到 {last:,} 条为 {grown:.2f} 倍,指数 {power:.2f}\n"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
