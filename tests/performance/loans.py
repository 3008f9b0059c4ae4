"""Pages of a city with many loans, beside the same pages before there were many, and without the second wall.

The demonstration city on a PostgreSQL of its own; one of its loans is repeated, with need, application, steps, line and
first payment, over all lenders and enterprises. Each page is asked for in turn with the second wall and without it.

Run: ``python -m tests.performance.loans [loans]``.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from statistics import median
from time import perf_counter, process_time
from typing import Any
from unittest import mock

from tests.performance.own_city import own_city
from tests.performance.process import memory

LOANS = 250_000
ROUNDS = 20
WARMING = 2
PAGES = (
    ("officer", "matching:queue-list"),
    ("officer", "matching:loan-list"),
    ("approver", "matching:loan-list"),
    ("operator", "matching:dispatch-list"),
    ("operator", "matching:correction-list"),
    ("visitor", "exports:statistics"),
    ("clerk", "exports:statistics-district"),
    ("officer", "exports:statistics-institution"),
    ("clerk", "exports:district-report"),
)
"""Reader and page; those whose work could grow with the loans of others."""
KEPT = ("exports:statistics", "exports:statistics-district", "exports:statistics-institution")


def repeat(model: Any, count: int, own: Mapping[str, str], where: str) -> None:
    """Write a row of a table again and again; ``own`` is what differs, by column, as SQL over the number ``g``."""
    from django.db import connection

    table = model._meta.db_table
    columns: dict[str, str] = {name: f"t.{name}" for name in _columns(model)}
    columns |= own
    if "id" not in own:
        del columns["id"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} "
            f"FROM (SELECT * FROM {table} WHERE {where}) AS t, generate_series(1, {count}) AS g"
        )


def _columns(model: Any) -> list[str]:
    return [str(field.column) for field in model._meta.concrete_fields]


def fill(count: int) -> None:
    """Repeat a loan of the demonstration so many times."""
    from django.db import connection
    from django.db.models import Max

    from borrowers.models import EnterpriseAccount
    from lenders.models import Institution
    from matching.models import (
        ApplicationEvent,
        CreditLine,
        FinancingDemand,
        Loan,
        LoanApplication,
        OutcomeEvent,
    )

    loan = Loan.objects.filter(outcomes__kind="DISBURSE").order_by("-id").first()
    assert loan is not None
    case = loan.application
    base = {
        model: model.objects.aggregate(last=Max("id"))["last"] + 1_000
        for model in (FinancingDemand, LoanApplication, Loan)
    }
    number = {model: f"{first} + g" for model, first in base.items()}
    ends = {
        name: "(ARRAY[{}])[1 + g % {}]".format(",".join(map(str, keys)), len(keys))
        for name, keys in (
            ("enterprise_id", [*EnterpriseAccount.objects.values_list("enterprise_id", flat=True)]),
            ("institution_id", [*Institution.objects.values_list("pk", flat=True)]),
        )
    }
    new = {"public_id": "gen_random_uuid()"}
    of_case = {"application_id": number[LoanApplication]}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the rows refer to each other
    firm = {"enterprise_id": ends["enterprise_id"]}
    repeat(
        FinancingDemand,
        count,
        new | firm | {"id": number[FinancingDemand]},
        f"id = {case.demand_id}",
    )
    own = {
        "id": number[LoanApplication],
        "demand_id": number[FinancingDemand],
        "portrait_id": "NULL",
    }
    nobody = {"moved_from_id": "NULL", "branch_id": "NULL", "officer_id": "NULL"}
    repeat(LoanApplication, count, new | ends | own | nobody, f"id = {case.pk}")
    repeat(ApplicationEvent, count, of_case, f"application_id = {case.pk}")
    repeat(CreditLine, count, of_case, f"application_id = {case.pk}")
    signed = {"id": number[Loan], "contract_digest": "md5(g::text)"}
    repeat(Loan, count, new | of_case | signed, f"id = {loan.pk}")
    first = (
        OutcomeEvent.objects.filter(loan=loan, kind="DISBURSE").order_by("seq").values_list("pk")
    )
    repeat(OutcomeEvent, count, {"loan_id": number[Loan]}, f"id = {first[0][0]}")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE")


def asked(rounds: int = ROUNDS) -> dict[tuple[str, str], tuple[float, float]]:
    """Return the middle of each page's milliseconds, with the second wall and without."""
    from django.urls import reverse

    from marketplace.web import middleware
    from tests.walk import client_of

    found = {}
    for reader, name in PAGES:
        client, path = client_of(reader), reverse(name)
        times: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(2 * (rounds + WARMING)):
            walled = turn % 2 == 0
            down = mock.patch.object(middleware, "organisations_asking", return_value=None)
            with nullcontext() if walled else down:
                begun = perf_counter()
                answer = client.get(path)
                lasted = perf_counter() - begun
            assert answer.status_code == 200, f"{path}:{answer.status_code}"
            if turn >= 2 * WARMING:
                times[walled].append(lasted * 1000)
        found[reader, name] = median(times[True]), median(times[False])
    return found


def once(name: str, reader: str) -> float:
    """Return the seconds of one answer."""
    from django.urls import reverse

    from tests.walk import client_of

    client = client_of(reader)
    begun = perf_counter()
    assert client.get(reverse(name)).status_code == 200
    return perf_counter() - begun


def run(loans: int) -> None:
    """Measure in this process, whose database is empty."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from exports.services import statistics_keep

    call_command("migrate", verbosity=0)
    call_command("demo", enterprises=100, stdout=io.StringIO())
    few = asked()
    fill(loans)
    print(f"{loans:,} 笔贷款")
    live = {name: once(name, reader) for reader, name in PAGES if name in KEPT}
    begun, cpu = perf_counter(), process_time()
    kept = statistics_keep(at=timezone.now())
    print(
        f"统计一次:{kept} 个范围,{perf_counter() - begun:.1f} 秒,客户端 CPU {process_time() - cpu:.1f} 秒,"
        f"内存峰值 {memory():.0f} MB"
    )
    many = asked()
    print("| 角色 | 页面 | 演示的笔数 | 许多笔 | 之比 | 不隔第二道墙 | 墙之比 | 现算 |")
    print("|---|---|---|---|---|---|---|---|")
    for (reader, name), (walled, bare) in many.items():
        before = few[reader, name][0]
        now = f"{live[name]:.1f} 秒" if name in live else ""
        print(
            f"| {reader} | {name} | {before:.0f} 毫秒 | {walled:.0f} | {walled / before:.2f} | {bare:.0f} "
            f"| {walled / bare:.2f} | {now} |",
            flush=True,
        )


def main(arguments: list[str]) -> int:
    """Measure in a city of its own."""
    if arguments[:1] == ["--run"]:
        run(int(arguments[1]))
        return 0
    loans = arguments[0] if arguments else str(LOANS)
    with own_city() as (_, environment):
        command = [sys.executable, "-m", __spec__.name, "--run", loans]
        return subprocess.run(command, check=False, env=environment).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
