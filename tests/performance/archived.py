"""An item kept in the archive alone: bytes a record, CPU of a delivery as its history grows, reads of one enterprise.

Files of a million tax payments each, of other years, are delivered one after the other into an item that the archive
alone keeps; the first of them is then delivered into the same item kept in the database as well, for comparison. Reads
of one enterprise take turns: its records from the archive, with many files and with files divided by enterprise, and
from the database.

Run: ``python -m tests.performance.archived [files]``; needs PostgreSQL, makes and drops a database of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from tests.performance.ingest import codes, prepare
from tests.performance.own_city import own_city
from tests.performance.process import cpu_of_client, cpu_of_server, memory

PIECE = 1_000_000
ENTERPRISES = 100_000
ASKED = 200
BEGUN = datetime(2026, 1, 5, tzinfo=UTC)


def write_year(path: Path, subjects: Path, year: int) -> None:
    """Write a file of payments of one year: a million different keys, about ten of each enterprise."""
    import duckdb

    duckdb.sql(
        f"""
        COPY (
            SELECT c.code AS 统一社会信用代码, '示例' AS 企业名称, '税' || (i // {ENTERPRISES}) AS 征收项目,
                '{year}-01-01' AS 税款所属期起, '{year}-12-31' AS 税款所属期止,
                strftime(DATE '{year}-01-01' + CAST(hash(i) % 360 AS INTEGER), '%Y-%m-%d') AS 入库日期,
                printf('%d.%02d', hash(i + {year}) % 99999, hash(i) % 100) AS 实缴金额
            FROM range({PIECE}) t(i) JOIN read_csv('{subjects}', header = false, columns = {{'n': 'BIGINT', 'code': 'VARCHAR'}}) c
                ON c.n = i % {ENTERPRISES} ORDER BY hash(i)
        ) TO '{path}' (FORMAT csv, HEADER true)
        """  # noqa: E501
    )


def deliver(path: Path, number: int) -> tuple[float, str]:
    """Deliver a file and return the CPU seconds it took, client and server, and what became of its rows."""
    from borrowers.services import records_ingest

    begun = cpu_of_client() + cpu_of_server()
    batch = records_ingest(
        item_code="TAX_PAYMENT",
        unit_code="TAX",
        source=path,
        file_name=path.name,
        actor=None,
        at=BEGUN + timedelta(days=number),
    )
    took = cpu_of_client() + cpu_of_server() - begun
    return took, f"接收 {batch.accepted:,}，更正 {batch.superseding:,}，重复 {batch.duplicates:,}"


def asked(read: Callable[[Any], int], enterprises: Sequence[Any]) -> list[Any]:
    """Return what reading some enterprises one by one takes: CPU ms, p50 and p99 ms, records each."""
    counts, times = [], []
    begun = cpu_of_client() + cpu_of_server()
    for enterprise in enterprises:
        start = perf_counter()
        counts.append(read(enterprise))
        times.append((perf_counter() - start) * 1000)
    cpu = (cpu_of_client() + cpu_of_server() - begun) * 1000 / len(enterprises)
    return [
        f"{cpu:.1f}",
        f"{median(times):.1f}",
        f"{quantiles(times, n=100)[98]:.1f}",
        f"{median(counts):.0f}",
    ]


def run(files: int, folder: Path) -> None:
    """Deliver, read, and print the tables."""
    import django

    django.setup()
    prepare(ENTERPRISES)
    from django.db import connection

    from borrowers.domain.archive import KeptIn
    from borrowers.models import ArchiveSegment, CatalogueItem, CreditRecord, Enterprise
    from borrowers.selectors.record import records_as_at
    from borrowers.services import archive
    from borrowers.services.archived import item_keep_in

    say = sys.stdout.write
    item = CatalogueItem.objects.get(code="TAX_PAYMENT")
    subjects = folder / "subjects.csv"
    subjects.write_text("".join(f"{n},{code}\n" for n, code in enumerate(codes(ENTERPRISES))))
    at = BEGUN + timedelta(days=500)
    item_keep_in(item=item, kept_in=KeptIn.ARCHIVE, actor=None, at=BEGUN)
    say("| 交付 | 历史(万条) | CPU 秒 | 结果 |\n|---|---|---|---|\n")
    path = folder / "year.csv"
    for number in range(files):
        write_year(path, subjects, 2000 + number)
        took, said = deliver(path, number)
        say(f"| 第 {number + 1} 份 | {number * PIECE // 10_000:,} | {took:.1f} | {said} |\n")
    write_year(folder / "changed.csv", subjects, 2000 + files - 1)
    text = (folder / "changed.csv").read_text().replace(".01\n", ".02\n")
    (folder / "changed.csv").write_text(text)
    took, said = deliver(folder / "changed.csv", files)
    say(f"| 更正 | {files * PIECE // 10_000:,} | {took:.1f} | {said} |\n")
    in_force = ArchiveSegment.objects.filter(retired_at=None)
    size = sum(in_force.values_list("size_bytes", flat=True))
    rows = sum(in_force.values_list("rows", flat=True))
    say(f"\n归档 {rows:,} 条，每条 {size / rows:.1f} 字节；内存峰值 {memory():.0f} MB\n\n")

    chosen = list(Enterprise.objects.order_by("?")[:ASKED])

    def read(enterprise: Any) -> int:
        return len(records_as_at(enterprise, at))

    say("| 读一户 | CPU ms | p50 ms | p99 ms | 条数 |\n|---|---|---|---|---|\n")
    asked(read, chosen[:20])
    say(f"| 归档，{in_force.count()} 个文件 | {' | '.join(asked(read, chosen))} |\n")
    archive.MOST_SEGMENTS = 1
    archive.archive_compact(at=at)
    asked(read, chosen[:20])
    divided = f"归档，按企业划分的 {in_force.count()} 个文件"
    say(f"| {divided} | {' | '.join(asked(read, chosen))} |\n")
    begun = cpu_of_client() + cpu_of_server()
    moved = item_keep_in(item=item, kept_in=KeptIn.BOTH, actor=None, at=at)
    back = cpu_of_client() + cpu_of_server() - begun
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT pg_total_relation_size(%s)", [CreditRecord._meta.db_table])
        held = cursor.fetchone()[0]
    say(f"| 数据库 | {' | '.join(asked(read, chosen))} |\n")
    begun = cpu_of_client() + cpu_of_server()
    item_keep_in(item=item, kept_in=KeptIn.ARCHIVE, actor=None, at=at)
    out = cpu_of_client() + cpu_of_server() - begun
    say(
        f"\n移回 {moved:,} 条 {back:.1f} CPU 秒，移出 {out:.1f}；数据库每条 {held / moved:.0f} 字节\n"
    )


def main(arguments: Sequence[str]) -> int:
    """Run in a database and folder of its own."""
    if arguments[:1] == ["--run"]:
        run(int(arguments[1]), Path(arguments[2]))
        return 0
    with own_city() as (folder, environment):
        given = [*(arguments or ["5"]), str(folder)]
        command = [sys.executable, "-m", __spec__.name, "--run", *given]
        return subprocess.run(command, check=False, env=environment).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
