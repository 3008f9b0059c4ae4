"""Records read out of a unit's own database come in like those of a file."""

from __future__ import annotations

import os
import sqlite3
import tracemalloc
from datetime import date
from decimal import Decimal
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.core.management import CommandError, call_command

from borrowers.ingest.pull import RecordSource, source_to_csv
from borrowers.models import CreditRecord, IngestBatch
from tests import services
from tests.factories.borrowers import USCC

pytestmark = pytest.mark.django_db
CREATE = (
    "CREATE TABLE payments (id integer, uscc varchar(18), kind text, since date, until date, "
    "paid_on date, amount numeric(18, 2))"
)
MONTHS = range(1, 7)
DECLARED = """
[tax_core]
url = "TAX_CORE_URL"
select = "SELECT uscc, kind, since, until, paid_on, amount FROM payments ORDER BY id"
[tax_core.columns]
kind = "征收项目"
since = "税款所属期起"
until = "税款所属期止"
paid_on = "入库日期"
amount = "实缴金额"

[writing]
url = "TAX_CORE_URL"
select = "DELETE FROM payments"

[two]
url = "TAX_CORE_URL"
select = "SELECT 1; DELETE FROM payments"

[changing]
url = "TAX_CORE_URL"
select = "WITH gone AS (DELETE FROM payments RETURNING *) SELECT * FROM gone"

[nowhere]
url = "NO_SUCH_URL"
select = "SELECT 1"
"""


def payments():
    return [
        (month, USCC, "增值税", date(2025, month, 1), date(2025, month, 28), date(2025, month, 20), Decimal("1.50"))
        for month in MONTHS
    ] + [(99, "坏", None, None, None, None, None)]  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def source(request, tmp_path, monkeypatch, settings):
    """A unit's database, reached by a declared source; gives the function that counts its rows."""
    settings.ARCHIVE_DIR = tmp_path / "archive"
    declared = tmp_path / "sources.toml"
    declared.write_text(DECLARED, encoding="utf-8")
    settings.RECORD_SOURCES = str(declared)
    if request.param == "sqlite":
        path = tmp_path / "unit.db"
        with sqlite3.connect(path) as connection:
            connection.execute(CREATE)
            connection.executemany(
                "INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?)",
                [[value and str(value) for value in row] for row in payments()],
            )
        monkeypatch.setenv("TAX_CORE_URL", f"sqlite:///{path}")
        yield lambda: sqlite3.connect(path).execute("SELECT count(*) FROM payments").fetchone()[0]
        return
    name = f"unit_{os.getpid()}"
    url = urlunsplit(urlsplit(services.POSTGRES_URL)._replace(path=f"/{name}"))
    with psycopg.connect(services.POSTGRES_URL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            with psycopg.connect(url) as connection:
                connection.execute(CREATE)
                connection.cursor().executemany(
                    "INSERT INTO payments VALUES (%s, %s, %s, %s, %s, %s, %s)", payments()
                )
            monkeypatch.setenv("TAX_CORE_URL", url)

            def count():
                with psycopg.connect(url) as connection:
                    return connection.execute("SELECT count(*) FROM payments").fetchone()[0]

            yield count
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def pull(name="tax_core"):
    call_command("pull_records", "TAX_PAYMENT", "--unit", "TAX", "--source", name)
    return IngestBatch.objects.latest("pk")


def test_rows_come_in_with_their_way_back(cast, source):
    batch = pull()

    assert (batch.rows_read, batch.accepted, batch.rejected) == (7, 6, 1)
    record = CreditRecord.objects.order_by("event_date").first()
    assert (record.enterprise, record.row_number) == (cast.enterprise, 2)
    assert record.payload == {
        "tax_kind": "增值税",
        "period_from": "2025-01-01",
        "period_to": "2025-01-28",
        "paid_date": "2025-01-20",
        "paid_yuan": "1.50",
    }
    assert batch.file_name.startswith("tax_core")


def test_second_pull_changes_nothing(cast, source):
    first, second = pull(), pull()

    assert second.file_sha256 == first.file_sha256
    assert (second.accepted, second.rejected, second.duplicates) == (0, 1, 6)


@pytest.mark.parametrize("name", ["writing", "two", "changing"])
def test_source_is_only_read(cast, source, name):
    with pytest.raises(CommandError, match="RECORD_SOURCE_"):
        pull(name)

    assert source() == 7
    assert not IngestBatch.objects.exists()


@pytest.mark.parametrize(
    ("name", "code"),
    [("nowhere", "RECORD_SOURCE_INVALID"), ("strange", "RECORD_SOURCE_UNKNOWN")],
)
def test_says_what_is_wrong_with_a_source(cast, source, name, code):
    with pytest.raises(CommandError, match=code):
        pull(name)


@pytest.mark.postgresql
def test_memory_does_not_grow_with_the_rows(tmp_path):
    select = "SELECT g AS id, repeat('x', 500) AS text FROM generate_series(1, 200000) AS g"
    source = RecordSource("large", services.POSTGRES_URL, select, {})
    tracemalloc.start()
    try:
        assert source_to_csv(source, tmp_path / "large.csv") == 200_000
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
