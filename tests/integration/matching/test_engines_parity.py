"""One declaration, four engines: the same Parquet files give the same cells on DuckDB, polars, Spark and in pandas."""

from __future__ import annotations

import hashlib
import json
import random
from functools import cache

import narwhals as nw
import polars as pl
import pytest

from matching.domain.declaration import declarations_on
from matching.domain.measures import ratio_bp
from matching.scoring import distributed
from matching.scoring.batch import Moment
from matching.scoring.distributed import (
    Files,
    SparkMissing,
    parquet_files,
    spark_scored,
    spark_session,
)
from matching.scoring.engine import connect, scored_table
from matching.scoring.expressions import ratio_bp as column_ratio
from matching.scoring.expressions import standing
from matching.scoring.points import scored_plan
from tests.factories.columns import storages_on
from tests.factories.oracle import oracle_rows
from tests.factories.records import ALL_CLASSES, ITEMS
from tests.performance.evaluation import AT, ON, generate, today_model

ENTERPRISES, RECORDS = 150, 5000
DECLARED = declarations_on(ON)
STORAGES = storages_on(ON)
MODEL = today_model()
UNFED = ("SERIOUS_BREACH_LIST", "HONOR", "CUSTOMS_RATING")
AUTHORIZED = ALL_CLASSES[:-3]
"""Some lists are not delivered and some classes not authorized, so that every reason occurs."""
UNCOMPILED = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}

ITEMS_READ = tuple(
    item
    for item in STORAGES
    if item not in UNFED
    and (not ITEMS[item].consent_required or ITEMS[item].data_class.value in AUTHORIZED)
)
MOMENT = Moment(ON, STORAGES, frozenset(set(STORAGES) - set(UNFED)), AUTHORIZED)
COLUMNS = [
    "ent_id",
    *(f"{kind}_{entry.code}" for entry in DECLARED for kind in "vml"),
    *(f"p_{line.indicator}" for line in MODEL.lines),
    "points",
    "grade",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Generated files of a small city."""
    made = tmp_path_factory.mktemp("archive")
    generate(made, ENTERPRISES, RECORDS)
    return made


@pytest.fixture(scope="module")
def on(folder):
    """Engine to rows by enterprise; each engine runs once."""
    ways = {"duckdb": on_duckdb, "polars": on_polars, "pandas": on_pandas}
    return cache(lambda engine: ways[engine](folder))


@pytest.fixture(scope="module")
def spark():
    """One session for all tests: starting one takes longer than most of them.

    It plans once and compiles nothing: both pay where rows are many, and here a page would hold them.
    """
    with spark_session() as session:
        for name, value in UNCOMPILED.items():
            session.conf.set(name, value)
        yield session


def on_duckdb(folder):
    with connect() as connection:

        def read(name):
            return nw.from_native(connection.read_parquet(f"{folder}/{name}.parquet"))

        frames = {item: standing(read(item), ON, AT) for item in ITEMS_READ}
        table = scored_table(connection, read("enterprises"), frames, DECLARED, MOMENT, MODEL)
        return by_key(table.select(*COLUMNS).to_native().fetchall())


def on_polars(folder):
    def read(name):
        return nw.from_native(pl.scan_parquet(f"{folder}/{name}.parquet"))

    frames = {item: standing(read(item), ON, AT) for item in ITEMS_READ}
    table = scored_plan(read("enterprises"), frames, DECLARED, MOMENT, MODEL)
    return by_key(table.select(*COLUMNS).to_native().collect().rows())


def on_spark(session, folder):
    files = Files(f"{folder}/enterprises.parquet", parquet_files(folder, ITEMS_READ))
    table = spark_scored(session, files, DECLARED, MOMENT, AT, MODEL)
    return by_key(tuple(row) for row in table.select(*COLUMNS).to_native().collect())


def on_pandas(folder):
    rows = oracle_rows(folder, ITEMS_READ, DECLARED, MOMENT, AT, MODEL)
    return {key: tuple(row[name] for name in COLUMNS) for key, row in rows.items()}


def by_key(rows):
    return {row[0]: tuple(row) for row in rows}


def checksum(rows):
    """One hash over every cell in one order."""
    text = json.dumps([rows[key] for key in sorted(rows)], ensure_ascii=False, default=int)
    return hashlib.sha256(text.encode()).hexdigest()


def differing(one, other):
    """The first cells that are not the same, by name."""
    assert one.keys() == other.keys()
    cells = (
        (key, name, a, b)
        for key in one
        for name, a, b in zip(COLUMNS, one[key], other[key], strict=True)
        if a != b
    )
    return [cell for cell, _ in zip(cells, range(20), strict=False)]


class TestEngines:
    @pytest.mark.parametrize("engine", ["polars", "pandas"])
    def test_give_what_duckdb_gives(self, on, engine):
        assert differing(on("duckdb"), on(engine)) == []
        assert checksum(on(engine)) == checksum(on("duckdb"))

    @pytest.mark.spark
    def test_spark_gives_what_duckdb_polars_and_pandas_give(self, on, spark, folder):
        found = on_spark(spark, folder)

        assert differing(on("duckdb"), found) == []
        sums = {checksum(on(engine)) for engine in ("duckdb", "polars", "pandas")}
        assert sums == {checksum(found)}

    def test_are_compared_on_every_reason_and_every_grade(self, on):
        rows = on("duckdb").values()
        missing = {row[n] for row in rows for n, name in enumerate(COLUMNS) if name[:2] == "m_"}

        assert len(rows) == ENTERPRISES
        assert missing == {0, 1, 2, 3}
        assert len({row[-1] for row in rows}) > 2


class TestSparkArithmetic:
    @pytest.mark.spark
    def test_ratios_are_exact_where_floating_point_is_not(self, spark):
        chance = random.Random(7)
        whole = [chance.randrange(1, 9 * 10**16) for _ in range(300)]
        part = [chance.randrange(-(10**14), 10**14) for _ in range(300)]
        part += [10**14 - 1, 10**14 - 1, 1, 9 * 10**13 + 3]
        whole += [1, 3, 9 * 10**16, 7]
        pairs = list(zip(range(len(part)), part, whole, strict=True))
        frame = nw.from_native(spark.createDataFrame(pairs, ["n", "part", "whole"]))
        found = frame.select("n", column_ratio(nw.col("part"), nw.col("whole")).alias("bp"))
        rows = sorted(tuple(row) for row in found.to_native().collect())

        assert [bp for _, bp in rows] == [ratio_bp(*pair) for pair in zip(part, whole, strict=True)]


class TestWithoutSpark:
    def test_says_what_is_missing_and_how_to_get_it(self, monkeypatch):
        monkeypatch.setattr(distributed.importlib.util, "find_spec", lambda name: None)

        with pytest.raises(SparkMissing, match="make extra"), spark_session():
            pass

    def test_says_that_java_is_missing(self, monkeypatch):
        monkeypatch.setattr(distributed.importlib.util, "find_spec", lambda name: object())
        monkeypatch.setattr(distributed.shutil, "which", lambda name: None)

        with pytest.raises(SparkMissing, match="Java 17"), spark_session():
            pass
