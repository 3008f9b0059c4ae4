"""A whitelist sheet of 50,000 rows uploaded by its page, and how other pages answer meanwhile.

The sheet is an xlsx with what districts' sheets have: broken codes, codes of nobody, rows that come twice. It is posted
to the ordinary page; its rows are judged by a thread of the same process (the embedded profile), which is the harder
case: pages and work share one interpreter. A clerk looks at the progress and at the lists, an owner opens the own
enterprise and marks a notification as read, which writes. They ask in turn, before the upload and while it runs; what
is measured is how long they wait, in milliseconds of the clock.

Run: ``python -m tests.performance.upload [rows]``: on SQLite, and on PostgreSQL where ``TEST_POSTGRES_URL`` answers; it
makes and drops databases of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from statistics import median, quantiles
from time import perf_counter, process_time, sleep
from typing import Any
from urllib.parse import urlsplit, urlunsplit

ROWS, ROUNDS, PAUSE_SECONDS = 50_000, 30, 0.2
DISTRICT, ISSUE = "120103", "2026-11"
LONGEST_SECONDS = 3600


def main(arguments: Sequence[str]) -> int:
    """Measure on each database and print what was found."""
    if arguments[:1] == ["--run"]:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
        sys.stdout.write(json.dumps(run(int(arguments[1]))) + "\n")
        return 0
    from tests import environment, services

    assert environment.prepare_environment is not None
    rows = int(arguments[0]) if arguments else ROWS
    load = "/".join(f"{value:.0f}" for value in os.getloadavg())
    sys.stdout.write(f"{rows:,} rows; cores {os.cpu_count()}, load {load}\n")
    report("SQLite", on_sqlite(rows))
    if not services.has_postgresql():
        sys.stderr.write(f"没有 PostgreSQL:{services.POSTGRESQL.hint}\n")
        return 1
    report("PostgreSQL", on_postgresql(rows, services.POSTGRES_URL))
    return 0


def report(name: str, found: dict[str, Any]) -> None:
    """Print what one database gave."""
    out = sys.stdout.write
    out(
        f"== {name}: {found['said']}\n"
        f"answer to the upload after {found['answer']:.1f} s, list finished after {found['wall']:.0f} s; "
        f"CPU of the process {found['cpu']:.0f} s, of it pages {found['pages_cpu']:.0f} s\n"
        f"memory {found['before']:.0f} MB before, {found['peak']:.0f} MB at most; "
        f"progress told {found['steps']} times, longest without {found['still']:.1f} s\n"
        f"{'page':24}{'idle p50':>10}{'p95':>8}{'meanwhile p50':>15}{'p95':>8}{'worst':>8}{'asked':>8}\n"
    )
    for page, (idle, busy) in found["waits"].items():
        before = f"{median(idle):10.0f}{quantiles(idle, n=20)[-1]:8.0f}" if idle else " " * 18
        out(
            f"{page:24}{before}{median(busy):15.0f}{quantiles(busy, n=20)[-1]:8.0f}{max(busy):8.0f}"
            f"{len(busy):8}\n"
        )


def on_sqlite(rows: int) -> dict[str, Any]:
    """Measure in a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return in_a_process(rows, f"sqlite:///{folder}/upload.sqlite3")


def on_postgresql(rows: int, address: str) -> dict[str, Any]:
    """Measure in a database of its own."""
    import psycopg

    name = f"marketplace_upload_{os.getpid()}"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            return in_a_process(rows, urlunsplit(urlsplit(address)._replace(path=f"/{name}")))
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def in_a_process(rows: int, address: str) -> dict[str, Any]:
    """Measure in a process of its own, where long work has a thread."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.performance.upload", "--run", str(rows)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DATABASE_URL": address, "OUTBOX_THREADS": "on"},
    )
    return json.loads(done.stdout.splitlines()[-1])


def run(rows: int) -> dict[str, Any]:
    """Upload in this process and return what it took."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.test.utils import setup_test_environment

    from matching.models import WhitelistUpload
    from tests.performance.process import memory

    call_command("migrate", verbosity=0)
    setup_test_environment()
    pages = Pages(*prepare(rows))
    for _ in range(ROUNDS):
        pages.ask(pages.idle)
    sheet, before = sheet_of(rows), memory("VmRSS")
    pages.spent, used, began = 0.0, process_time(), perf_counter()
    pages.upload(sheet)
    answer = perf_counter() - began
    upload = pages.watch()
    cpu = process_time() - used
    found = WhitelistUpload.objects.select_related("whitelist").get().whitelist
    assert found is not None, upload.refusal
    assert found.rows_read == rows == found.entries.count()
    return {
        "said": f"admitted {found.admitted:,}, refused {found.refused:,}, duplicates {found.duplicates:,}",
        "answer": answer,
        "wall": (upload.finished_at - upload.created_at).total_seconds(),
        "cpu": cpu,
        "pages_cpu": pages.spent,
        "before": before,
        "peak": memory("VmHWM"),
        "steps": len(pages.told),
        "still": max(b - a for a, b in zip(pages.told, pages.told[1:], strict=False)),
        "waits": {name: (pages.idle.get(name), waits) for name, waits in pages.busy.items()},
    }


@dataclass
class Pages:
    """People at their pages.

    Attributes:
        clerk, owner: signed in.
        notices: addresses at which the owner marks one notification each as read.
        idle, busy: milliseconds waited for each page, before the upload and while it runs.
        told: moments at which the progress had changed.
        spent: CPU seconds of this thread, those of the pages.
    """

    clerk: Any
    owner: Any
    notices: list[str]
    idle: dict[str, list[float]] = field(default_factory=dict)
    busy: dict[str, list[float]] = field(default_factory=dict)
    told: list[float] = field(default_factory=list)
    spent: float = 0.0

    def ask(self, waits: dict[str, list[float]]) -> None:
        """Have everybody ask once."""
        from django.urls import reverse

        self._wait(waits, "whitelists", self.clerk.get, reverse("matching:whitelist-list"))
        self._wait(waits, "own enterprise", self.owner.get, reverse("borrowers:enterprise-own"))
        self._wait(waits, "notification read", self.owner.post, self.notices.pop())

    def upload(self, sheet: bytes) -> None:
        """Post the sheet."""
        from django.core.files.uploadedfile import SimpleUploadedFile
        from django.urls import reverse

        fields = {"district": DISTRICT, "issue_no": ISSUE, "title": ""}
        file = SimpleUploadedFile("名单.xlsx", sheet)
        answer = self.clerk.post(reverse("matching:whitelist-upload"), {**fields, "file": file})
        assert answer.status_code == 302, answer.content.decode()[:2000]

    def watch(self) -> Any:
        """Ask and ask again until the sheet is judged; return the upload."""
        from django.urls import reverse

        from matching.models import WhitelistUpload

        ends, rows = perf_counter() + LONGEST_SECONDS, -1
        upload = WhitelistUpload.objects.get()
        progress = reverse("matching:whitelist-upload-progress", args=[upload.public_id])
        while upload.state in {"WAITING", "RUNNING"}:
            assert perf_counter() < ends, "not finished"
            self._wait(self.busy, "progress", self.clerk.get, progress)
            self.ask(self.busy)
            sleep(PAUSE_SECONDS)
            upload.refresh_from_db(fields=["state", "rows_done", "finished_at", "refusal"])
            if upload.rows_done != rows:
                rows = upload.rows_done
                self.told.append(perf_counter())
        self.told.append(perf_counter())
        return upload

    def _wait(self, waits: dict[str, list[float]], name: str, method: Any, address: str) -> None:
        from time import thread_time

        began, used = perf_counter(), thread_time()
        answer = method(address)
        waits.setdefault(name, []).append((perf_counter() - began) * 1000)
        self.spent += thread_time() - used
        assert answer.status_code in {200, 302}, (address, answer.status_code)


def prepare(rows: int) -> tuple[Any, Any, list[str]]:
    """Fill the register with the enterprises of the sheet; return the clerk, the owner and notifications to read."""
    from datetime import date

    from django.test import Client
    from django.urls import reverse

    from borrowers.models import Enterprise
    from marketplace.models import Notification
    from tests.cast import NOW, make_cast
    from tests.factories.whitelist import deliver_lists

    cast = make_cast()
    deliver_lists(NOW)
    register = (
        Enterprise(
            uscc=code,
            name=f"天津测量示例{n}有限公司",
            name_normalized=f"天津测量示例{n}有限公司",
            entity_type="ENTERPRISE",
            status="CANCELLED" if n % 37 == 0 else "ACTIVE",
            established_date=date(2010 + n % 15, 1 + n % 12, 1 + n % 28),
            industry_code="5100",
            industry_section="F",
            district_id=DISTRICT,
            size_class=("SMALL", "MICRO", "MEDIUM", "LARGE")[n % 4],
            created_at=NOW,
            updated_at=NOW,
        )
        for n, code in enumerate(codes(rows))
    )
    Enterprise.objects.bulk_create(register, batch_size=2_000)
    notices = [
        Notification(user=cast.owner, kind="测量", title="测量", at=NOW) for _ in range(5_000)
    ]
    Notification.objects.bulk_create(notices)
    people = Client(), Client()
    people[0].force_login(cast.district_clerk)
    people[1].force_login(cast.owner)
    kept = Notification.objects.filter(user=cast.owner).values_list("public_id", flat=True)
    return (
        *people,
        [reverse("marketplace:notification-read", args=[public_id]) for public_id in kept],
    )


def codes(rows: int) -> list[str]:
    """Valid codes of nobody."""
    from marketplace.domain import uscc

    return [uscc.make("91", DISTRICT, f"MC{n:06d}") for n in range(rows)]


def sheet_of(rows: int) -> bytes:
    """Write the sheet: of a hundred rows one has a broken code, one comes twice, two are of nobody."""
    import xlsxwriter

    from marketplace.domain import uscc
    from matching.domain.whitelist_sheet import COLUMNS

    stream = BytesIO()
    book = xlsxwriter.Workbook(stream, {"constant_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, [column.label for column in COLUMNS])
    for n, code in enumerate(codes(rows)):
        written = {
            1: code[:-1] + ("0" if code[-1] != "0" else "1"),
            2: uscc.make("91", DISTRICT, f"MD{n:06d}"),
            3: uscc.make("91", DISTRICT, f"MD{n:06d}"),
            5: uscc.make("91", DISTRICT, f"MC{max(n - 1, 0):06d}"),
        }.get(n % 100, code)
        cells = (
            written, f"天津测量示例{n}有限公司", "河西区", f"示例街道{n % 14}号", "王示例", "13900000000",
            str(20 + n % 300), "12", "流动资金", "批发和零售业", "是", f"2026-11-{1 + n % 20:02d}", "走访登记",
        )  # fmt: skip
        page.write_row(n + 1, 0, cells)
    book.close()
    return stream.getvalue()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
