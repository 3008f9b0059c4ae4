"""A crowd at the pool: 1,000 rounds of 50 officers of 50 lenders who reach for one need at the same moment.

Each round must end with exactly as many winners as the need has slots, every loser told so in words, and nothing of a
loser left in the database. Each thread keeps its connection. Nearly all the time is Python building the statements of
each taker; who sees the need taken already is told after six of them, without queueing for its lock.

Run: ``make torture``, or ``python -m tests.performance.pool_race [rounds] [takers]``, with a PostgreSQL server at
``TEST_POSTGRES_URL``; it makes and drops a database of its own.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests import environment, services
from tests.performance.process import memory
from tests.run import own_database

ROUNDS, TAKERS = 1000, 50
REPORT_EVERY_SECONDS = 10


def main(rounds: int, takers: int) -> int:
    """Run every round, print the table, and return 0 when all of them ended as they must."""
    if not services.has_postgresql():
        sys.stderr.write(f"没有 PostgreSQL:{services.POSTGRESQL.hint}\n")
        return 1
    assert (
        environment.prepare_environment is not None
    )  # the closed room, before the settings are read
    os.environ["DATABASE_URL"] = own_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
    import django

    django.setup()
    from django.db import connection

    name = connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        return race(rounds, takers)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def race(rounds: int, takers: int) -> int:
    """Let the takers loose on one need after the other, and count."""
    from matching.models import DemandLead, LeadEvent
    from tests.cast import make_cast
    from tests.factories.leads import make_bank, make_pooled

    cast = make_cast()
    officers = [make_bank(number)[1].pk for number in range(takers)]
    barrier = threading.Barrier(takers)
    winners: Counter[int] = Counter()
    sentences: Counter[str] = Counter()
    faults = 0
    started = told = time.monotonic()
    tell(f"数据库与 {takers} 家机构已备好,开始")
    with ThreadPoolExecutor(takers, initializer=close_afterwards) as pool:
        for number in range(1, rounds + 1):
            need = make_pooled(cast)
            results = list(
                pool.map(lambda pk, key=need.public_id: reach(key, pk, barrier), officers)
            )
            won = sum(result == "" for result in results)
            winners[won] += 1
            sentences.update(result for result in results if result)
            slots = need.pool_slots or 0
            kept = DemandLead.objects.filter(demand=need)
            taken = LeadEvent.objects.filter(lead__demand=need, event="TAKE").count()
            is_right = won == slots == kept.count() == kept.filter(state="INVITED").count() == taken
            faults += not is_right
            if time.monotonic() - told >= REPORT_EVERY_SECONDS:
                told = time.monotonic()
                tell(f"{number} 轮,{told - started:.0f} 秒,不符 {faults}")
        list(pool.map(lambda _: leave(barrier), officers))
    report(rounds, takers, winners, sentences, faults, time.monotonic() - started)
    return int(faults > 0)


def tell(words: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def reach(need_id: Any, officer_pk: int, barrier: threading.Barrier) -> str:
    """Wait for all the others, then take; return the refusal's sentence, empty for a winner."""
    from marketplace.domain.errors import Refused
    from marketplace.models import User
    from matching.services.lead_answer import pool_take
    from tests.cast import NOW

    officer = User.objects.get(pk=officer_pk)
    barrier.wait(timeout=60)
    try:
        pool_take(demand_id=need_id, actor=officer, at=NOW)
    except Refused as refused:
        return refused.sentence
    return ""


def close_afterwards() -> None:
    """Keep one connection for the life of a thread."""
    from django.db import connection

    connection.ensure_connection()


def leave(barrier: threading.Barrier) -> None:
    """Close the connection of this thread, each thread once."""
    from django.db import connections

    barrier.wait(timeout=60)
    connections.close_all()


def report(
    rounds: int,
    takers: int,
    winners: Counter[int],
    sentences: Counter[str],
    faults: int,
    seconds: float,
) -> None:
    """Print what happened."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    lines = [
        f"{rounds} 轮 × {takers} 人同时抢单,{seconds:.0f} 秒({rounds * takers / seconds:.0f} 次/秒)",
        f"  本进程 CPU {usage.ru_utime + usage.ru_stime:.0f} 秒,内存峰值 {memory():.0f} MB",
        *(f"  每轮 {won} 家抢到:{count} 轮" for won, count in sorted(winners.items())),
        *(f"  “{sentence}”:{count} 次" for sentence, count in sentences.most_common()),
        f"  不符的轮次:{faults}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:3]]
    sys.exit(main(*(given + [ROUNDS, TAKERS][len(given) :])))
