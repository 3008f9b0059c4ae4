"""The evaluation beyond one machine: the same declarations over the same files, on Spark.

Spark is optional and is looked for only when a session is asked for. What runs on it is the plan every engine runs:
nothing here says how an indicator or a score is made.

Source: design §4 (beyond one machine); performance note, B.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import narwhals as nw

from matching.domain.declaration import IndicatorDeclaration
from matching.domain.scorecard_model import ScoreModel
from matching.scoring.batch import Moment
from matching.scoring.expressions import standing
from matching.scoring.family import Frame
from matching.scoring.points import scored_plan

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

LOCAL = "local[2]"


class SparkMissing(RuntimeError):
    """What Spark needs and this machine lacks, and how to get it."""


@dataclass(frozen=True)
class Files:
    """Where the inputs lie, as paths that every worker can read.

    Attributes:
        enterprises: Parquet with `matching.scoring.batch.ENTERPRISE_COLUMNS`.
        records: item code to Parquet files or folders with the columns `matching.scoring.record_columns` describes;
            readable items only.
    """

    enterprises: str
    records: Mapping[str, Sequence[str]]


def spark_lacks() -> str:
    """Return what is missing for Spark in Chinese, empty when nothing is."""
    if importlib.util.find_spec("pyspark") is None:
        return "没有安装 pyspark，请运行 make extra。"
    if shutil.which("java") is None:
        return "没有找到 Java，请安装 Java 17。"
    return ""


@contextmanager
def spark_session(master: str = LOCAL, partitions: int = 2) -> Iterator[SparkSession]:
    """Yield a session, and end it.

    Args:
        master: address of a cluster, or ``local[n]`` for n processors of this machine.
        partitions: into how many parts a shuffle cuts the rows; some per processor.

    Raises:
        SparkMissing: pyspark or Java is not there.
    """
    if lacks := spark_lacks():
        raise SparkMissing(lacks)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("credit-evaluation").master(master)
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": str(partitions),
        "spark.sql.ansi.enabled": "true",  # a number that leaves 64 bits fails instead of wrapping around
    }
    if master.startswith("local"):
        settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()


def spark_scored(
    session: SparkSession,
    files: Files,
    declarations: Sequence[IndicatorDeclaration],
    moment: Moment,
    known_at: datetime,
    model: ScoreModel,
) -> Frame:
    """Return the plan of indicators, points and grades of all enterprises on Spark.

    Args:
        session: from `spark_session`.
        files: inputs.
        declarations: to be computed.
        moment: day, storages, deliveries, authorization.
        known_at: what was received, corrected or repaired later does not count, aware.
        model: the model in force.
    """
    frames = {
        item: standing(nw.from_native(session.read.parquet(*paths)), moment.day, known_at)
        for item, paths in files.records.items()
    }
    enterprises: Frame = nw.from_native(session.read.parquet(files.enterprises))
    return scored_plan(enterprises, frames, declarations, moment, model)


def parquet_files(folder: Path, items: Sequence[str]) -> dict[str, list[str]]:
    """Return the files of items in a folder: ``ITEM.parquet``, or all of ``ITEM/``; absent items have no records."""
    found = {item: [folder / f"{item}.parquet", folder / item] for item in items}
    return {
        item: [str(path) for path in paths if path.exists()]
        for item, paths in found.items()
        if any(path.exists() for path in paths)
    }
