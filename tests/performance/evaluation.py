"""The monthly evaluation of all enterprises from their declarations, beside DuckDB SQL written by hand for this case.

Records lie in Parquet files, one per item, sorted by enterprise, as integers and short texts. Both write the same
output: every indicator of the scorecard (all classes authorized, so that all of them have work to do), its newest day,
its points, score and grade. The same plan runs on polars, and once more for all indicators. Two floors stand beside
them: reading the columns, and one sum per enterprise and item. Each runs in a process of its own.

Run: ``python -m tests.performance.evaluation [enterprises [records ...]]``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from math import log
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import narwhals as nw
import polars as pl

from borrowers.domain.archive import Storage, day_number, moment_number
from matching.domain.declaration import IndicatorDeclaration, declarations_on
from matching.domain.evaluation_lines import scored_codes
from matching.domain.scorecard import model_on
from matching.domain.scorecard_model import ScoreModel
from matching.scoring.batch import Moment, indicator_table
from matching.scoring.engine import connect, scored_table
from matching.scoring.expressions import standing
from matching.scoring.loading import duck_settle
from matching.scoring.points import scored_plan
from tests.factories.columns import storages_on
from tests.factories.records import ALL_CLASSES, ITEMS
from tests.performance.evaluation_by_hand import hand_written
from tests.performance.process import memory

ON = date(2026, 5, 12)
AT = datetime(2026, 5, 12, 2, tzinfo=UTC)
ENTERPRISES, RECORDS = 100_000, (200_000, 1_000_000)
MONTHLY = ("TAX_PAYMENT", "SOCIAL_INSURANCE", "HOUSING_FUND", "POWER_BILL", "WATER_BILL")
MONTHLY_WEIGHT = 12
"""What is delivered every month has so many times the records of what happens now and then."""

ALL_AT_ONCE = 10_000_000
"""Records of one piece when all indicators are evaluated; the service goes by pieces of enterprises too."""

RUNS = {
    "scan": "只读各列(下限)",
    "group": "按主体一次求和(下限)",
    "hand": "手写 SQL(界限)",
    "batch": "由声明,DuckDB",
    "polars": "由声明,polars",
    "all": "由声明,全部指标,分段",
}
COMPARED = ("hand", "batch", "polars")


def scored_declarations(model: ScoreModel) -> list[IndicatorDeclaration]:
    """The declarations the model looks at."""
    wanted = set(scored_codes(model))
    return [entry for entry in declarations_on(ON) if entry.code in wanted]


def today_model() -> ScoreModel:
    """The model in force."""
    model = model_on(ON)
    if model is None:
        raise SystemExit("该日期没有生效的评价模型")
    return model


# --- Data ----------------------------------------------------------------------------------------


def generate(folder: Path, enterprises: int, records: int) -> None:
    """Write enterprises and records; a tenth of the enterprises have most records."""
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    connection.execute(
        "COPY (SELECT i AS ent_id, (i % 40 <> 0)::INT AS is_scored, (24000 + i % 300)::INT AS established_ym, "
        "(1 + i % 28)::INT AS established_dom, 100000 * (i % 1000) AS capital_yuan "
        f"FROM range(1, {enterprises + 1}) t(i)) TO '{folder}/enterprises.parquet'"
    )
    storages = storages_on(ON)
    weights = {item: MONTHLY_WEIGHT if item in MONTHLY else 1 for item in storages}
    whole = sum(weights.values())
    for number, (item, weight) in enumerate(weights.items()):
        count = max(records * weight // whole, 1)
        fields = [
            f'{_random_value(item, field, storage, position)} AS "{field}"'
            for position, (field, storage) in enumerate(sorted(storages[item].items()))
        ]
        connection.execute(
            "COPY (SELECT * EXCLUDE dated, (year(dated) * 12 + month(dated) - 1)::INT AS ym FROM (SELECT *, "
            "DATE '1970-01-01' + day AS dated FROM (SELECT "
            f"(1 + {enterprises} * pow((hash(i, {number}, 1) % 1000003) / 1000003.0, 2))::BIGINT AS ent_id, "
            f"({day_number(ON)} - hash(i, {number}, 2) % 1300)::INT AS day, i AS tie, "
            f"{moment_number(AT)} - (hash(i, 3) % 1000000)::BIGINT AS received, "
            f"CASE WHEN hash(i, 4) % 50 = 0 THEN {moment_number(AT)} END::BIGINT AS superseded, "
            f"CASE WHEN hash(i, 5) % 90 = 0 THEN {moment_number(AT)} END::BIGINT AS repaired, "
            f"{', '.join(fields) or '0 AS nothing'} FROM range({count}) t(i))) WHERE ent_id <= {enterprises} "
            f"ORDER BY ent_id) TO '{folder}/{item}.parquet' (COMPRESSION zstd)"
        )
    connection.close()


def _random_value(item: str, field: str, storage: Storage, position: int) -> str:
    chance = f"hash(i, {position}, '{field}')"
    if storage is Storage.TEXT:
        values = _texts(item, field)
        listed = ", ".join(f"'{value}'" for value in values)
        return f"[{listed}][1 + ({chance} % {len(values)})::INT]"
    if storage is Storage.DAYS:
        return (
            f"CASE WHEN {chance} % 3 > 0 THEN {day_number(ON)} - 500 + ({chance} % 1000) END::INT"
        )
    largest = 100 if storage is Storage.WHOLE else 10_000_000
    return f"({chance} % {largest})::BIGINT"


def _texts(item: str, field: str) -> list[str]:
    spec = next(entry for entry in ITEMS[item].fields if entry.code == field)
    named = {
        value
        for entry in declarations_on(ON)
        for clause in (*entry.selection.scope, *entry.selection.where)
        for one in clause
        if one.field == field
        for value in one.values
    }
    return sorted({*named, *spec.choices}) or [f"{number:03}" for number in range(40)]


# --- Runs ----------------------------------------------------------------------------------------


def run(name: str, folder: Path) -> dict[str, Any]:
    """Do one run in this process and return what it took."""
    begun = perf_counter()
    model = today_model()
    target = folder / f"out_{name}.parquet"
    if name == "polars":
        _on_polars(folder, model).to_native().sink_parquet(str(target))
    elif name == "hand":
        connect().execute(f"COPY ({hand_written(folder, ON, AT, model)}) TO '{target}'")
    elif name in ("scan", "group"):
        _floor(name, folder)
    elif name == "all":
        for number, (first, last) in enumerate(_ranges(folder)):
            table = _of_all(connect(), folder, first, last)
            table.to_native().write_parquet(str(folder / f"out_{name}_{number}.parquet"))
    else:
        _planned(connect(), folder, model).to_native().write_parquet(str(target))
    times = os.times()
    return {
        "cpu": times.user + times.system,
        "wall": perf_counter() - begun,
        "peak_mb": round(memory()),
    }


def _floor(name: str, folder: Path) -> None:
    """Read the columns of every record, or sum them by enterprise: what no evaluation can do without."""
    connection = connect()
    for item in storages_on(ON):
        if name == "scan":
            sums = "SELECT sum(ent_id), sum(day), sum(tie), sum(received)"
            connection.execute(f"{sums} FROM '{folder}/{item}.parquet'").fetchall()
            continue
        sums = f"SELECT ent_id, count(*) AS n, sum(day) AS s FROM '{folder}/{item}.parquet'"
        connection.execute(f"SELECT sum(n), sum(s) FROM ({sums} GROUP BY ent_id)").fetchall()


def _on_polars(folder: Path, model: ScoreModel) -> nw.LazyFrame[Any]:
    register, frames, moment = _inputs(folder, pl.scan_parquet)
    table = scored_plan(register, frames, scored_declarations(model), moment, model)
    return table.select(*output_columns(model))


def _planned(
    connection: duckdb.DuckDBPyConnection, folder: Path, model: ScoreModel
) -> nw.LazyFrame[Any]:
    register, frames, moment = _inputs(folder, connection.read_parquet)
    declared = scored_declarations(model)
    table = scored_table(connection, register, frames, declared, moment, model)
    return table.select(*output_columns(model))


def _of_all(
    connection: duckdb.DuckDBPyConnection, folder: Path, first: int, last: int
) -> nw.LazyFrame[Any]:
    register, frames, moment = _inputs(folder, connection.read_parquet)
    part = nw.col("ent_id").is_between(first, last)
    frames = {item: frame.filter(part) for item, frame in frames.items()}
    settle = duck_settle(connection)
    return indicator_table(register.filter(part), frames, declarations_on(ON), moment, settle)


def _ranges(folder: Path) -> list[tuple[int, int]]:
    """Ranges of enterprises of about as many records each as the engine's memory holds at once."""
    connection = connect()
    counts = " UNION ALL ".join(
        f"SELECT ent_id, count(*) AS n FROM '{folder}/{item}.parquet' GROUP BY ent_id"
        for item in storages_on(ON)
    )
    found = connection.execute(
        f"SELECT min(ent_id), max(ent_id) FROM (SELECT ent_id, (sum(n) OVER (ORDER BY ent_id) - 1) // "
        f"{ALL_AT_ONCE} AS part FROM (SELECT e.ent_id, coalesce(sum(n), 0) AS n "
        f"FROM '{folder}/enterprises.parquet' e LEFT JOIN ({counts}) USING (ent_id) GROUP BY e.ent_id)) "
        "GROUP BY part ORDER BY 1"
    )
    return [(int(first), int(last)) for first, last in found.fetchall()]


def _inputs(
    folder: Path, read: Callable[[str], Any]
) -> tuple[nw.LazyFrame[Any], dict[str, nw.LazyFrame[Any]], Moment]:
    storages = storages_on(ON)
    frames = {
        item: standing(nw.from_native(read(f"{folder}/{item}.parquet")), ON, AT)
        for item in storages
    }
    register: nw.LazyFrame[Any] = nw.from_native(read(f"{folder}/enterprises.parquet"))
    return register, frames, Moment(ON, storages, frozenset(storages), ALL_CLASSES)


def output_columns(model: ScoreModel) -> list[str]:
    """The columns both write."""
    codes = scored_codes(model)
    own = [f"{kind}_{code}" for code in codes for kind in ("v", "l")]
    points = [f"p_{line.indicator}" for line in model.lines]
    return ["ent_id", *own, *points, "points", "grade"]


def checksum(target: Path) -> tuple[Any, ...]:
    """Count, points and a sum over every cell of an output, whatever the order of its rows."""
    connection = duckdb.connect()
    names = [f'"{row[0]}"' for row in connection.execute(f"DESCRIBE FROM '{target}'").fetchall()]
    texts = ", ".join(f"coalesce({name}::VARCHAR, '-')" for name in sorted(names))
    found = connection.execute(
        f"SELECT count(*), sum(points), sum(hash({texts}) % 1000000007) FROM '{target}'"
    ).fetchone()
    return tuple(found or ())


def measured(enterprises: int, records: int) -> tuple[dict[str, dict[str, Any]], bool]:
    """Generate, do every run in its own process; return what each took, and whether the outputs are the same.

    Runs that nothing is compared with may fail for want of memory; what they took is then the reason.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, enterprises, records)
        taken = {}
        for which in RUNS:
            command = [sys.executable, "-m", __spec__.name, "--run", which, name]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode and which in COMPARED:
                raise SystemExit(done.stderr)
            taken[which] = json.loads(done.stdout) if not done.returncode else _told(done.stderr)
        sums = {checksum(folder / f"out_{which}.parquet") for which in COMPARED}
    return taken, len(sums) == 1


def _told(stderr: str) -> dict[str, Any]:
    lines = [line for line in stderr.splitlines() if "Error" in line or "Exception" in line]
    return {"failed": (lines or ["?"])[-1][:160]}


def main(arguments: Sequence[str]) -> int:
    """Measure every size, print the tables and how they grow; 1 when outputs differ."""
    if arguments[:1] == ["--run"]:
        sys.stdout.write(json.dumps(run(arguments[1], Path(arguments[2]))))
        return 0
    numbers = [int(argument) for argument in arguments]
    enterprises, sizes = (numbers[:1] or [ENTERPRISES])[0], numbers[1:] or list(RECORDS)
    before: tuple[int, dict[str, dict[str, Any]]] | None = None
    worst = 0
    for records in sizes:
        taken, same = measured(enterprises, records)
        limit = taken["hand"]["cpu"]
        sys.stdout.write(f"{enterprises:,} 户, {records:,} 条记录\n")
        for which, label in RUNS.items():
            if "failed" in taken[which]:
                sys.stdout.write(f"  {label:12} 没有完成：{taken[which]['failed']}\n")
                continue
            cpu, wall, peak = (taken[which][key] for key in ("cpu", "wall", "peak_mb"))
            growth = ""
            if before is not None and "cpu" in before[1][which]:
                ratio = cpu / before[1][which]["cpu"]
                growth = f"  指数 {log(ratio) / log(records / before[0]):5.2f}"
            sys.stdout.write(
                f"  {label:12} cpu {cpu:7.1f} s  wall {wall:6.1f} s  peak {peak:5} MB  "
                f"x{cpu / limit:.2f}{growth}\n"
            )
        sys.stdout.write(f"  结果逐格相同:{'是' if same else '否'}\n")
        sys.stdout.flush()
        before, worst = (records, taken), max(worst, int(not same))
    return worst


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
