"""Delivered files into archive and database, beside raw COPY with the source key's index for the same file.

Seven runs over csv files of tax payments (7 columns, 0.5 % faulty rows, 0.1 % of firms nobody knows, some keys
twice), each in a process of its own, client and server CPU seconds added:

- ``copy``: COPY of the seven texts into a plain table and an index on the source key, nothing checked (the limit);
- ``archive``: the columnar lane by itself: read, check digits, catalogue rules, reasons, repeats, sorted Parquet file;
- ``first``: the whole import into an empty item: archive and displayed records;
- ``again``: the same file once more, which changes nothing: of its rows only those of unknown firms are looked at;
- ``whole``: the same file once more after the way it is read has changed: every row is compared;
- ``corrected``: the file with another amount in every tenth row, each of which ends what stood;
- ``next``: another file of the size, as a month later: hardly a key is known, but each has to be looked up.

Run: ``python -m tests.performance.ingest [--city] [runs ...] [rows ...]``; needs PostgreSQL, makes and drops a database
of its own. Runs named are the only ones, in their order. The register has a firm for every ten rows, or with ``--city``
the whole city's firms whatever the file's size: then nothing but the rows grows.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any

from tests.performance.own_city import own_city
from tests.performance.process import cpu_of_client, cpu_of_server, memory

SIZES = (100_000, 300_000)
RUNS = ("copy", "archive", "first", "again", "whole", "corrected", "next")
ROWS_PER_ENTERPRISE = 10
STRANGERS = 50
KINDS = ("增值税", "企业所得税", "印花税", "城市维护建设税", "教育费附加")
CITY = 730_000
"""Firms of the whole city; made-up codes run out not far above."""
KEYS_PER_ENTERPRISE = 240
"""Of one file: five kinds, twelve months, four years. A firm has the next one with every further row."""
FIRST_YEAR = 2018
DELIVERY = """
COPY (
    WITH drawn AS (
        SELECT n, hash(8 * n + 1 + {seed}) % 1000 AS chance,
            hash(8 * n + 2 + {seed}) % (SELECT count(*) FROM firm) AS firm,
            hash(8 * n + 3 + {seed}) % (SELECT count(*) FROM stranger) AS stranger,
            1 + hash(8 * n + 6 + {seed}) % 28 AS day,
            1 + hash(8 * n + {seed}) % 9999998 + (n % 10 = 0 AND {corrected})::INT AS fen
        FROM range({rows}) AS t(n)
    ), placed AS (
        SELECT *, row_number() OVER (PARTITION BY firm ORDER BY n) AS place FROM drawn
    ), told AS (
        SELECT * FROM placed WHERE chance NOT IN (5, 6) OR n < 28
        UNION ALL BY NAME
        SELECT again.* REPLACE (
            said.firm AS firm, said.place AS place, said.day AS day,
            if(again.chance = 5, said.fen, again.fen) AS fen
        )
        FROM placed AS again JOIN placed AS said ON said.n = again.n - again.day
        WHERE again.chance IN (5, 6) AND again.n >= 28
    ), named AS (
        SELECT told.*, (hash(told.firm) % {keys} + place) % {keys} AS key,
            CASE WHEN chance = 4 THEN stranger.code ELSE firm.code END AS code,
            {year} - 4 * (chance = 7)::INT AS first_year
        FROM told JOIN firm ON firm.rowid = told.firm JOIN stranger ON stranger.rowid = told.stranger
    ), dated AS (
        SELECT *, key % 5 AS kind, 1 + key // 5 % 12 AS month, first_year + key // 60 AS year FROM named
    )
    SELECT CASE WHEN chance IN (0, 1) THEN left(code, 17) || if(right(code, 1) = '0', '1', '0') ELSE code END
            AS 统一社会信用代码,
        '天津示例' || substr(code, 9, 8) || '有限公司' AS 企业名称,
        CASE WHEN chance = 3 THEN NULL ELSE ({kinds})[1 + kind::INT] END AS 征收项目,
        printf('%d-%02d-01', year, month) AS 税款所属期起, printf('%d-%02d-28', year, month) AS 税款所属期止,
        CASE WHEN chance = 2 THEN '2024-13-40' ELSE printf('%d-%02d-%02d', year, month, day) END AS 入库日期,
        printf('%d.%02d', fen // 100, fen % 100) AS 实缴金额
    FROM dated ORDER BY n
) TO '{path}' (FORMAT csv, HEADER)
"""
"""Of a thousand rows two have a wrong check character, one an impossible day, one no kind, one an unknown firm, one
tells once more what another told, one contradicts another, one has a key of the file before. Whatever the size: keys
drawn by chance would meet the oftener the more there are."""
SHOWN = {
    "copy": "COPY 与键索引(界限)",
    "archive": "归档",
    "first": "归档与数据库,首次",
    "again": "同一文件再次",
    "whole": "同一文件再次,读法已变",
    "corrected": "同一文件,十分之一的行更正",
    "next": "归档与数据库,下一份",
}


def codes(count: int) -> list[str]:
    """Valid credit codes of nobody: their organisation part counts up."""
    from marketplace.domain.uscc import make

    found: list[str] = []
    number = 0
    while len(found) < count:
        with suppress(ValueError):  # some parts have a check character outside the code's alphabet
            found.append(make("91", "120101", f"MA{number:06}"))
        number += 1
    return found


def firms_of(rows: int) -> int:
    """Return how many firms a delivery of so many rows is about: ten rows a firm, more where there are no more."""
    return min(max(rows // ROWS_PER_ENTERPRISE, 1), CITY)


def write_file(
    path: Path, rows: int, firms: int, turn: int = 0, *, corrected: bool = False
) -> None:
    """Write a delivered file, faults and repeats included; the same for the same size and turn.

    Args:
        path: to be written.
        rows: of the file.
        firms: whom they are about.
        turn: how many deliveries of other rows came before.
        corrected: every tenth row has another amount than it had.
    """
    import duckdb

    known = codes(firms)
    strangers = codes(len(known) + STRANGERS)[len(known) :]
    with duckdb.connect() as duck:
        duck.execute("SET threads = 1")
        duck.execute("SET enable_progress_bar = false")
        duck.execute("SET memory_limit = '4GB'")
        duck.execute(f"SET temp_directory = '{path.parent}'")
        duck.execute("CREATE TABLE firm AS SELECT unnest(?) AS code", [known])
        duck.execute("CREATE TABLE stranger AS SELECT unnest(?) AS code", [strangers])
        duck.execute(
            DELIVERY.format(
                path=path,
                rows=rows,
                kinds=list(KINDS),
                keys=KEYS_PER_ENTERPRISE,
                year=FIRST_YEAR + 4 * turn,
                seed=1_000_003 * rows + turn,
                corrected=corrected,
            )
        )


def run(name: str, path: Path, firms: int) -> dict[str, Any]:
    """Do one run in this process and return what it took."""
    import django

    django.setup()
    prepare(firms)
    begun, client, server = perf_counter(), cpu_of_client(), cpu_of_server()
    result = {
        "copy": raw_copy,
        "archive": only_archive,
        "first": whole_import,
        "again": whole_import,
        "whole": read_otherwise,
        "corrected": whole_import,
        "next": whole_import,
    }
    said = result[name](path)
    return {
        "cpu": cpu_of_client() - client + cpu_of_server() - server,
        "wall": perf_counter() - begun,
        "peak_mb": round(memory()),
        "said": said,
    }


def prepare(firms: int) -> None:
    """Bring the database up to date with its register of so many firms and catalogue; nothing where that was done."""
    from django.core.management import call_command
    from django.utils import timezone

    from borrowers.models import Enterprise
    from borrowers.services import reference_ensure

    call_command("migrate", verbosity=0)
    now = timezone.now()
    reference_ensure(at=now)
    if not Enterprise.objects.exists():
        Enterprise.objects.bulk_create(
            [
                Enterprise(
                    uscc=code, name=code, name_normalized=code, entity_type="ENTERPRISE",
                    status="ACTIVE", created_at=now, updated_at=now,
                )
                for code in codes(firms)
            ],
            batch_size=5_000,
        )  # fmt: skip


def raw_copy(path: Path) -> str:
    """COPY the texts as they are, then index what tells one row from another."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_maintenance_workers = 0")  # whose CPU nobody would count
        cursor.execute("DROP TABLE IF EXISTS raw")
        cursor.execute("CREATE TABLE raw (a text, b text, c text, d text, e text, f text, g text)")
        with (
            path.open("rb") as stream,
            cursor.copy("COPY raw FROM STDIN (FORMAT csv, HEADER)") as copy,
        ):
            while piece := stream.read(1 << 20):
                copy.write(piece)
        cursor.execute("CREATE INDEX ON raw (a, c, d, e, f)")
        cursor.execute("SELECT count(*) FROM raw")
        return f"{cursor.fetchone()[0]} 行"


def only_archive(path: Path) -> str:
    """Take the columnar lane alone: everything of an import but the displayed records."""
    from django.utils import timezone

    from borrowers.domain.rows import RowError
    from borrowers.ingest import lane as fast
    from borrowers.ingest.delivered import sha256_of
    from borrowers.ingest.readers import open_records
    from borrowers.ingest.seen import SeenKeys
    from borrowers.ingest.segments import SegmentFile, segment_select, segment_write
    from borrowers.ingest.staging import engine, stage, tables_forget
    from borrowers.ingest.subjects import enterprises_bring, subjects_known
    from borrowers.selectors.archive import stored_fields
    from borrowers.selectors.catalogue import item_spec
    from borrowers.services import item_and_unit
    from marketplace.domain.workdays import local_date
    from marketplace.sheets import IMPORT_LIMITS, pieces_of, plain_csv

    item, unit = item_and_unit("TAX_PAYMENT", "TAX")
    spec = item_spec(item)
    rejects = 0

    def rejected(errors: Sequence[RowError]) -> None:
        nonlocal rejects
        rejects += len(errors)

    sha256_of(path)
    sheet = open_records(spec, path, path.name, limits=IMPORT_LIMITS)
    file = plain_csv(sheet, path)
    assert file is not None
    today = local_date(timezone.now())
    source = f"(SELECT *, 1 AS batch, DATE '{today}' AS received_day FROM checked)"
    select = segment_select(source, {code: f"p_{code}" for code in stored_fields(spec)})
    above: int | None = None
    segments: list[SegmentFile] = []
    with tempfile.TemporaryDirectory() as folder, engine(Path(folder)) as duck:
        seen = SeenKeys(Path(folder), lambda keys: kept_of(duck, spec, segments, keys))
        for piece in pieces_of(path, file, Path(folder)):
            lane = stage(duck, spec, piece.file, piece.path, rows_above=above)
            enterprises_bring(lane, unit, Path(folder))
            is_whole = above is None and piece.is_last
            fast.check(
                lane,
                lambda wanted: subjects_known(unit, wanted),
                today,
                rejected,
                seen=None if is_whole else seen,
            )
            if not piece.is_last:
                seen.add()
            segments.append(segment_write(duck, spec, select))
            above = lane.last_row
            tables_forget(duck)
    rows, size = sum(one.rows for one in segments), sum(one.size for one in segments)
    return f"{rows} 条,{len(segments)} 个文件,{size / max(rows, 1):.1f} 字节/条,拒绝 {rejects} 处"


def kept_of(duck: Any, spec: Any, segments: Any, keys: Any) -> Any:
    """Tell what was kept under some keys from the files of the pieces before, as the database would."""
    import numpy as np

    from borrowers.domain.archive import Storage
    from borrowers.ingest.forms import day_sql, quoted
    from borrowers.ingest.meanings import text_array
    from borrowers.ingest.seen import said_by_key
    from borrowers.selectors.archive import segment_path, stored_fields

    fields = stored_fields(spec)
    key = ", '|', ".join(
        f"{day_sql(code)}::VARCHAR" if fields[code] is Storage.DAYS else code
        for code in spec.natural_key
    )
    files = quoted([str(segment_path(one.name)) for one in segments])
    pks = np.array([enterprise for enterprise, _ in keys], dtype=np.int64)
    duck.register("asked", {"ent_id": pks, "key": text_array([key for _, key in keys])})
    found = duck.execute(
        f"SELECT ent_id, key, digest FROM (SELECT ent_id, concat({key}) AS key, digest "
        f"FROM read_parquet([{files}]) WHERE ent_id IN (SELECT ent_id FROM asked)) "
        "SEMI JOIN asked USING (ent_id, key)"
    ).fetchall()
    duck.unregister("asked")
    return said_by_key(found)


def whole_import(path: Path) -> str:
    """Import the file as an operator's command does."""
    from django.utils import timezone

    from borrowers.services import records_ingest

    batch = records_ingest(
        item_code="TAX_PAYMENT", unit_code="TAX", source=path, file_name=path.name, actor=None, at=timezone.now()
    )  # fmt: skip
    assert batch.rows_read == batch.accepted + batch.rejected + batch.duplicates
    counts = f"接收 {batch.accepted}，拒绝 {batch.rejected}，重复 {batch.duplicates}"
    return f"{counts}，更正 {batch.superseding}" if batch.superseding else counts


def read_otherwise(path: Path) -> str:
    """Import the file when nothing says any more that it was read the same way before."""
    from borrowers.models import IngestBatch

    IngestBatch.objects.update(read_as="")
    return whole_import(path)


def measure(rows: int, firms: int, runs: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Do some runs for one size, in a database and folder of their own."""
    with own_city() as (folder, environment):
        others = {name: folder / f"{name}.csv" for name in ("corrected", "next")}
        paths = dict.fromkeys(RUNS, folder / "tax.csv") | others
        write_file(paths["first"], rows, firms)
        if "corrected" in runs:
            write_file(paths["corrected"], rows, firms, corrected=True)
        if "next" in runs:
            write_file(paths["next"], rows, firms, turn=1)
        found = {}
        for which in runs:
            given = [which, str(paths[which]), str(firms)]
            command = [sys.executable, "-m", __spec__.name, "--run", *given]
            done = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, text=True, env=environment
            )
            found[which] = json.loads(done.stdout.splitlines()[-1])
        return found


def main(arguments: Sequence[str]) -> int:
    """Measure every size and print the table and the growth of each way."""
    if arguments[:1] == ["--run"]:
        sys.stdout.write(
            json.dumps(run(arguments[1], Path(arguments[2]), int(arguments[3]))) + "\n"
        )
        return 0
    sizes = [int(argument) for argument in arguments if argument.isdecimal()] or list(SIZES)
    runs = [name for name in RUNS if name in arguments] or list(RUNS)
    taken = {
        rows: measure(rows, CITY if "--city" in arguments else firms_of(rows), runs)
        for rows in sizes
    }
    say = sys.stdout.write
    say(
        "| 行数 | 做法 | CPU 秒 | 用时(秒) | 内存峰值(MB) | 与界限之比 | 结果 |\n|---|---|---|---|---|---|---|\n"
    )
    for rows, found in taken.items():
        limit = found["copy"]["cpu"] if "copy" in found else math.nan
        for name in runs:
            one = found[name]
            say(
                f"| {rows:,} | {SHOWN[name]} | {one['cpu']:.1f} | {one['wall']:.1f} | {one['peak_mb']} "
                f"| {one['cpu'] / limit:.2f} | {one['said']} |\n"
            )
    if len(sizes) > 1:
        small, large = sizes[0], sizes[-1]
        for name in runs:
            growth = math.log(taken[large][name]["cpu"] / taken[small][name]["cpu"]) / math.log(
                large / small
            )
            say(f"{SHOWN[name]}:由 {small:,} 到 {large:,} 行,指数 {growth:.2f}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
