"""Records read out of a unit's database into a csv file, which then comes in like any other.

A source is declared by the operator in a TOML file (``RECORD_SOURCES``): which environment variable holds the
database's address, the SELECT, and, where its columns do not bear the item's titles or field codes, which title each
means::

    [tax_core]
    url = "TAX_CORE_URL"
    select = "SELECT uscc, kind, paid_on FROM payments ORDER BY id"
    columns = { kind = "征收项目", paid_on = "入库日期" }

The connection only reads; rows come through a cursor of the server, a bounded number at a time.
"""

from __future__ import annotations

import csv
import os
import re
import sqlite3
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings

from marketplace.domain.errors import Refused

FETCHED_AT_ONCE = 5_000
_SELECT = re.compile(r"\s*(SELECT|WITH)\b[^;]*\Z", re.IGNORECASE)


@dataclass(frozen=True)
class RecordSource:
    """A unit's database: its address, what is read from it, and which title its columns mean."""

    name: str
    url: str
    select: str
    columns: Mapping[str, str]


def source_declared(name: str) -> RecordSource:
    """Return a source by its name.

    Raises:
        Refused: ``RECORD_SOURCE_UNKNOWN``; ``RECORD_SOURCE_INVALID``: no address in the environment, of another kind of
            database, or something else than one SELECT.
    """
    path = settings.RECORD_SOURCES
    declared = tomllib.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    found = declared.get(name)
    if not isinstance(found, dict):
        raise Refused("RECORD_SOURCE_UNKNOWN", f"没有声明名为“{name[:48]}”的数据源。")
    url, select = os.environ.get(str(found.get("url", "")), ""), str(found.get("select", ""))
    if urlsplit(url).scheme not in READERS:
        raise _invalid(name, "环境变量里没有 postgres:// 或 sqlite:// 的地址")
    if not _SELECT.match(select):
        raise _invalid(name, "只能是一条 SELECT，末尾不带分号")
    return RecordSource(name, url, select, dict(found.get("columns", {})))


def source_to_csv(source: RecordSource, path: Path) -> int:
    """Write what a source holds as csv with a header, and return how many rows there are.

    Raises:
        Refused: ``RECORD_SOURCE_FAILED`` where the database cannot be reached or refuses the SELECT.
    """
    rows = 0
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            found = READERS[urlsplit(source.url).scheme](source)
            writer.writerow([source.columns.get(name, name) for name in next(found)])
            for row in found:
                writer.writerow([_text(value) for value in row])
                rows += 1
    except (psycopg.Error, sqlite3.Error) as error:
        kind = type(error).__name__  # its text may hold the address
        sentence = f"数据源“{source.name}”读取失败（{kind}）。"
        raise Refused("RECORD_SOURCE_FAILED", sentence) from error
    return rows


def _from_postgresql(source: RecordSource) -> Iterator[Sequence[Any]]:
    """Yield the names of the columns, then the rows."""
    options = "-c default_transaction_read_only=on"
    with (
        psycopg.connect(source.url, options=options) as connection,
        connection.cursor("pull_records") as cursor,
    ):
        cursor.itersize = FETCHED_AT_ONCE
        cursor.execute(source.select.encode())
        yield [column.name for column in cursor.description or ()]
        yield from cursor


def _from_sqlite(source: RecordSource) -> Iterator[Sequence[Any]]:
    """Yield the names of the columns, then the rows."""
    file = Path(urlsplit(source.url).path).as_uri()
    with closing(sqlite3.connect(f"{file}?mode=ro", uri=True)) as connection:
        cursor = connection.execute(source.select)
        yield [column[0] for column in cursor.description]
        while rows := cursor.fetchmany(FETCHED_AT_ONCE):
            yield from rows


READERS: Mapping[str, Callable[[RecordSource], Iterator[Sequence[Any]]]] = {
    "postgres": _from_postgresql,
    "postgresql": _from_postgresql,
    "sqlite": _from_sqlite,
}


def _text(value: Any) -> str:
    """Return a value as a delivered file spells it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def _invalid(name: str, why: str) -> Refused:
    return Refused("RECORD_SOURCE_INVALID", f"数据源“{name[:48]}”的声明有误：{why}。")
