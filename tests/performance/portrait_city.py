"""A register and its records in bulk, for the measurement of the portrait.

Rows of one enterprise come through the ordinary ingest; the server copies them to all others. Ordinary enterprises
share the records evenly; a fixed few, the same in every size, have as many as they are asked to have. Records of one
enterprise lie far apart on disk, as deliveries leave them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.performance.ingest import codes
from tests.performance.volume import record_rows

ITEMS = (
    "TAX_PAYMENT", "TAX_DECLARATION", "TAX_RATING", "SOCIAL_INSURANCE", "HOUSING_FUND", "ANNUAL_REPORT",
    "PERMIT", "PENALTY", "JUDGMENT", "ABNORMAL_LIST", "SOFTWARE_COPYRIGHT", "PATENT",
)  # fmt: skip
ROWS_PER_ITEM = 40
DELIVERIES = 36
PROBES = {80: 100, 300: 40, 1000: 8}
"""Records to how many enterprises have that many."""

ROW_COLUMNS = "item_id, event_date, payload, content_digest"
INSERTED = (
    f"public_id, enterprise_id, {ROW_COLUMNS}, natural_key, received_at, batch_id, row_number"
)
SPREAD = f"""
INSERT INTO borrowers_creditrecord ({INSERTED})
SELECT ('10000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
    coalesce(p.enterprise_id, o.enterprise_id), t.item_id, t.event_date, t.payload, t.content_digest,
    'V' || n, d.received_at, d.batch_id, n %% 100000 + 1
FROM generate_series(0, %(records)s - 1) AS n
JOIN bench_row t ON t.place = (hashint4(n::int) & 2147483647) %% %(rows)s
JOIN bench_ordinary o ON o.place = n %% %(ordinary)s
JOIN bench_delivery d ON d.item_id = t.item_id AND d.number = n * %(deliveries)s::bigint / %(records)s
LEFT JOIN bench_probe p ON n %% %(step)s = 0 AND p.place = n / %(step)s
"""


@dataclass(frozen=True)
class City:
    """What was made: people who read, and primary keys of enterprises by how many records they have."""

    cast: Any
    probes: Mapping[int, Sequence[int]]


def build(enterprises: int, records: int, folder: Path, at: datetime) -> City:
    """Make the register and the records in the database of the environment, which is empty."""
    from borrowers.models import Enterprise
    from borrowers.services import reference_ensure
    from tests.cast import make_cast

    reference_ensure(at=at)
    cast = make_cast()
    Enterprise.objects.update(created_at=at - timedelta(days=1500))
    _deliver_model_rows(cast.enterprise, folder, at)
    _copy_enterprises(cast.enterprise, codes(enterprises))
    made = Enterprise.objects.filter(name__startswith="天津虚构").order_by("pk")
    pks = list(made.values_list("pk", flat=True))
    probes, left = {}, Random(3).sample(pks, sum(PROBES.values()))
    for size, count in PROBES.items():
        probes[size], left = left[:count], left[count:]
    _copy_records(probes, records, at)
    return City(cast, probes)


def _deliver_model_rows(enterprise: Any, folder: Path, at: datetime) -> None:
    from borrowers.domain.catalogue import load_catalogue
    from borrowers.services import records_ingest

    for item in load_catalogue().items:
        if item.code not in ITEMS:
            continue
        path = folder / f"{item.code}.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(record_rows(item, [enterprise.uscc], ROWS_PER_ITEM))
        batch = records_ingest(
            item_code=item.code, unit_code=item.source_unit, source=path, file_name=path.name, actor=None, at=at
        )  # fmt: skip
        assert batch.accepted, (item.code, batch.reasons)


def _copy_enterprises(model: Any, uscc: Sequence[str]) -> None:
    from django.db import connection

    replaced = {
        "public_id": "gen_random_uuid()",
        "uscc": "code",
        "name": "'天津虚构' || n || '号有限公司'",
        "name_normalized": "'天津虚构' || n || '号有限公司'",
    }
    columns = [one.column for one in model._meta.concrete_fields if not one.primary_key]
    chosen = ", ".join(replaced.get(column, f"m.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_code (n serial, code text)")
        with cursor.copy("COPY bench_code (code) FROM STDIN") as copy:
            copy.write("\n".join(uscc) + "\n")
        cursor.execute(
            f"INSERT INTO borrowers_enterprise ({', '.join(columns)}) "
            f"SELECT {chosen} FROM bench_code, borrowers_enterprise m WHERE m.id = %s ORDER BY n "
            "ON CONFLICT (uscc) DO NOTHING",
            [model.pk],
        )


def _copy_records(probes: Mapping[int, Sequence[int]], records: int, at: datetime) -> None:
    from django.db import connection

    places = [pk for size, pks in probes.items() for pk in pks for _ in range(size)]
    Random(5).shuffle(places)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE bench_row AS SELECT row_number() OVER (ORDER BY id) - 1 AS place, {ROW_COLUMNS} "
            "FROM borrowers_creditrecord"
        )
        cursor.execute("SELECT count(*) FROM bench_row")
        rows = cursor.fetchone()[0]
        _deliveries(cursor, at)
        cursor.execute(
            "CREATE TABLE bench_probe AS SELECT place - 1 AS place, pk AS enterprise_id "
            "FROM unnest(%s::bigint[]) WITH ORDINALITY AS one (pk, place)",
            [places],
        )
        cursor.execute(
            "CREATE TABLE bench_ordinary AS SELECT row_number() OVER (ORDER BY id) - 1 AS place, id AS enterprise_id "
            "FROM borrowers_enterprise WHERE name LIKE '天津虚构%%' "
            "AND id NOT IN (SELECT enterprise_id FROM bench_probe)"
        )
        cursor.execute("SELECT count(*) FROM bench_ordinary")
        wanted = {
            "records": records, "rows": rows, "ordinary": cursor.fetchone()[0],
            "deliveries": DELIVERIES, "step": max(records // len(places), 1),
        }  # fmt: skip
        _without_indexes(cursor, SPREAD, wanted)
        cursor.execute("VACUUM ANALYZE")


def _deliveries(cursor: Any, at: datetime) -> None:
    """Make 36 monthly batches of each item, the last a month ago."""
    from borrowers.models import IngestBatch

    made: list[IngestBatch] = []
    for model in IngestBatch.objects.filter(kind="RECORDS").order_by("pk"):
        for number in range(DELIVERIES):
            received = at - timedelta(days=30 * (DELIVERIES - number))
            made.append(
                IngestBatch(
                    kind=model.kind,
                    item_id=model.item_id,
                    item_version=model.item_version,
                    unit_id=model.unit_id,
                    file_name=model.file_name,
                    file_sha256=f"{len(made):064}",
                    received_at=received,
                    finished_at=received,
                )
            )
    IngestBatch.objects.bulk_create(made)
    cursor.execute(
        "CREATE TABLE bench_delivery AS SELECT item_id, id AS batch_id, received_at, "
        "row_number() OVER (PARTITION BY item_id ORDER BY received_at) - 1 AS number "
        "FROM borrowers_ingestbatch WHERE file_sha256 LIKE '000000%%'"
    )


def _without_indexes(cursor: Any, statement: str, wanted: Mapping[str, Any]) -> None:
    """Do a bulk insert with foreign keys unchecked and the table's other indexes made afterwards."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'borrowers_creditrecord' "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    cursor.execute("SET session_replication_role = replica")
    cursor.execute(statement, wanted)
    cursor.execute("SET session_replication_role = DEFAULT")
    cursor.execute("SET maintenance_work_mem = '256MB'")
    for _, definition in indexes:
        cursor.execute(definition)


def bare_query() -> str:
    """The peer, written by hand: header, 42 indicators, 20 latest of each class, 36-month series, in one statement.

    Nothing of consent, disputes, repair, lineage, freshness, score or contradictions is in it.
    """
    sums = []
    for number in range(42):
        item, months = ITEMS[number % len(ITEMS)], (12, 24, 36)[number // 14]
        since = f"event_date >= date '2026-11-01' - interval '{months} months'"
        what = "sum(coalesce((payload->>'paid_yuan')::numeric, 0))" if number % 2 else "count(*)"
        sums.append(f"'i{number}', {what} FILTER (WHERE code = '{item}' AND {since})")
    return f"""
WITH r AS MATERIALIZED (
    SELECT c.public_id, c.event_date, c.payload, c.row_number, i.code, i.data_class
    FROM borrowers_creditrecord c JOIN borrowers_catalogueitem i ON i.id = c.item_id
    WHERE c.enterprise_id = %s AND c.superseded_at IS NULL
)
SELECT json_build_object(
    'header', (SELECT row_to_json(e) FROM borrowers_enterprise e WHERE e.id = %s),
    'indicators', (SELECT json_build_object({", ".join(sums)}) FROM r),
    'latest', (SELECT json_agg(l) FROM (
        SELECT public_id, event_date, payload, row_number, code FROM (
            SELECT *, row_number() OVER (PARTITION BY data_class ORDER BY event_date DESC) AS nth FROM r
        ) ranked WHERE nth <= 20) l),
    'series', (SELECT json_agg(s) FROM (
        SELECT code, date_trunc('month', event_date) AS month, sum((payload->>'paid_yuan')::numeric) AS total
        FROM r WHERE event_date >= date '2026-11-01' - interval '36 months' GROUP BY 1, 2) s)
)::text
"""
