"""Temporary tables of what the gates read of a district's enterprises and what they answer, for any number at once.

Rows wait beside the tables they are made from and are found by joins, never by a list of values, so that five hundred
enterprises and five thousand take the same statements. What is looked up of an enterprise that wants finance is looked
up by its primary key: of a district's enterprises only some do.

Source: domain note 2.2, 2.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from borrowers.models import Enterprise
from borrowers.selectors.record import records_stood
from marketplace.crypto import encrypt
from marketplace.domain import uscc as uscc_rule
from matching.domain.whitelist_contact import contact_text
from matching.selectors.evaluation import grades_now
from matching.selectors.whitelist_asking import (
    SAID_ON_PLATFORM,
    facts_registered,
    needs_latest,
    statements_latest,
)
from matching.selectors.whitelist_candidates import (
    CHUNK_ROWS,
    LIST_CLASSES,
    ListKnowledge,
    accounts_verified,
)

FACTS, ANSWERS = "whitelist_facts", "whitelist_answers"
HALVES = {"first_key": ("register", "lists", "willing"), "last_key": ("size", "age", "grade")}
"""Column of the facts to the parts of the gates whose keys it holds: each half has one part with many answers."""

ANSWER_COLUMNS = ("half", "key", "refuses", "passes", "reasons", "marks", "late_marks")
NOT_JUDGED = "-"
_BROKEN, _MARK = "#", "|"
_SAID_COLUMNS = (*SAID_ON_PLATFORM, "street", "contact")
_SAID = ", ".join(_SAID_COLUMNS)
_LOOK_UP = {
    "postgresql": "CROSS JOIN LATERAL (SELECT * FROM e WHERE e.id = s.enterprise_id OFFSET 0) AS e",
    "sqlite": "JOIN e ON e.id = s.enterprise_id",
}
"""By primary key, whatever PostgreSQL believes of how many there are: the register of a district is wide."""

_TABLES = {
    FACTS: (
        "place integer NOT NULL, enterprise_id bigint NOT NULL, said_on date NOT NULL, amount_yuan numeric(18, 2), "
        "term_months smallint, purpose varchar(24) NOT NULL, street varchar(300) NOT NULL, contact text NOT NULL, "
        "is_need boolean NOT NULL, uscc varchar(18) NOT NULL, name varchar(200) NOT NULL, sector varchar(1) NOT NULL, "
        "established_date date, first_key varchar(96) NOT NULL, last_key varchar(96) NOT NULL"
    ),
    ANSWERS: (
        "half varchar(16) NOT NULL, key varchar(96) NOT NULL, refuses boolean NOT NULL, passes {json} NOT NULL, "
        "reasons {json} NOT NULL, marks {json} NOT NULL, late_marks {json} NOT NULL"
    ),
}


@dataclass(frozen=True)
class Amounts:
    """Bounds of the stated need in yuan; None for none."""

    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True)
class Group:
    """Enterprises that one half of the gates answers alike.

    Attributes:
        key: in the table of facts.
        keys: of the half's parts, in their order.
        count: of enterprises.
        first, latest: dates of establishment.
    """

    key: str
    keys: tuple[str, ...]
    count: int
    first: date | None
    latest: date | None


@contextmanager
def facts_tables() -> Iterator[None]:
    """Give the connection the tables of one run: the facts of those who ask, and the gates' answers.

    The facts hold one row for each enterprise by its place in the list, with a key for each half of the gates; the
    answers are found by half and key. The tables are gone afterwards.
    """
    json_type = "jsonb" if connection.vendor == "postgresql" else "text"
    with connection.cursor() as cursor:
        for table, columns in _TABLES.items():
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
            cursor.execute(f"CREATE TEMPORARY TABLE {table} ({columns.format(json=json_type)})")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {FACTS}")
        cursor.execute(f"DROP TABLE {ANSWERS}")


def facts_gather(
    enterprises: QuerySet[Enterprise], amounts: Amounts, district: str, known: ListKnowledge
) -> None:
    """Fill the table of facts with the enterprises that want finance, in the order of their primary keys.

    What an enterprise said on the platform goes before what the district wrote down of it.

    Args:
        enterprises: among whom to look.
        amounts: enterprises that named another amount are left out.
        district: code, of whose uploads are read.
        known: of the run.

    Writes: the temporary tables.
    """
    said, values = _said(district, known)
    registered, more = facts_registered(enterprises, known.as_of.day).query.sql_with_params()
    keys, of_keys = _keys(known)
    bounds = {">=": amounts.low, "<=": amounts.high}
    asked = {sign: str(amount) for sign, amount in bounds.items() if amount is not None}
    fits = "".join(
        f" AND (s.amount_yuan IS NULL OR s.amount_yuan {sign} CAST(%s AS numeric))"
        for sign in asked
    )
    columns = ", ".join(f"s.{column}" for column in _SAID_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {said}, e (id, uscc, name, sector, status, size_class, established_date, age_key) "  # noqa: S608
            f"AS ({registered}) INSERT INTO {FACTS} (place, {_SAID}, is_need, uscc, name, sector, "
            f"established_date, {', '.join(HALVES)}) SELECT row_number() OVER (ORDER BY e.id), {columns}, s.is_need, "
            f"e.uscc, e.name, e.sector, e.established_date, {keys} FROM said AS s {_LOOK_UP[connection.vendor]} "
            f"WHERE true{fits}",
            [*values, *more, *of_keys, *asked.values()],
        )
    _contacts_seal()


def facts_grouped(half: str) -> list[Group]:
    """Return the different keys of a half that occur.

    Args:
        half: one of `HALVES`.

    Queries: one.
    """
    columns = f"{half}, count(*), min(established_date), max(established_date)"
    rows = _rows(f"SELECT {columns} FROM {FACTS} GROUP BY {half}")  # noqa: S608
    return [
        Group(key, tuple(key.rsplit(_MARK, 2)), count, _day(first), _day(latest))
        for key, count, first, latest in rows
    ]


def codes_broken() -> dict[str, str]:
    """Take out of the facts what is not judged of an enterprise whose credit code is none; return these codes.

    Returns: code by the key that its register part has now.

    Queries: one, and one more for each such enterprise.
    """
    rows = _rows(f"SELECT enterprise_id, uscc, said_on FROM {FACTS}")  # noqa: S608
    broken = [row for row in rows if not uscc_rule.is_valid(row[1])]
    found = {f"{_BROKEN}{pk}": code for pk, code, _ in broken}
    keys = [
        (_MARK.join((key, NOT_JUDGED, str(said_on))), NOT_JUDGED, pk)
        for key, (pk, _, said_on) in zip(found, broken, strict=True)
    ]
    sql = f"UPDATE {FACTS} SET first_key = %s, last_key = %s WHERE enterprise_id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, keys)
    return found


def _said(district: str, known: ListKnowledge) -> tuple[str, tuple[Any, ...]]:
    """Return the query ``said`` of what enterprises said, the need on the platform first, with its values."""
    needs, values = needs_latest(district, known).query.sql_with_params()
    written, more = statements_latest(district, known).query.sql_with_params()
    columns = ", ".join(SAID_ON_PLATFORM)
    sql = (
        f"need ({columns}) AS ({needs}), written ({_SAID}, is_willing) AS ({written}), "  # noqa: S608
        f"said ({_SAID}, is_need) AS (SELECT {columns}, '', '', true FROM need UNION ALL SELECT {_SAID}, false "
        "FROM written WHERE is_willing AND enterprise_id NOT IN (SELECT enterprise_id FROM need))"
    )
    return sql, (*values, *more)


def _keys(known: ListKnowledge) -> tuple[str, tuple[Any, ...]]:
    """Return the expressions of both halves' keys with their values; a public record is a key of its own."""
    records = records_stood(known.at, LIST_CLASSES, only_public=True)
    record, values = _one_of(records.values_list("enterprise_id", "pk"))
    grade, more = _one_of(grades_now())
    listed = f"CASE WHEN {record} IS NULL THEN '' ELSE {_text('e.id')} END"
    keys = (
        ("e.status", listed, _text("s.said_on")),
        ("e.size_class", "coalesce(e.age_key, '')", f"coalesce({grade}, '')"),
    )
    return ", ".join(f" || '{_MARK}' || ".join(parts) for parts in keys), (*values, *more)


def _one_of(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the expression that looks up the enterprise's row of some: its value, null for none.

    Args:
        rows: of an enterprise's primary key and a value.
    """
    found, values = rows.order_by().query.sql_with_params()
    sql = f"(WITH q (pk, v) AS ({found}) SELECT v FROM q WHERE q.pk = s.enterprise_id LIMIT 1)"  # noqa: S608
    return sql, values


def _contacts_seal() -> None:
    """Write whom to ask at an enterprise with a need on the platform; uploaded contacts are sealed already."""
    rest = iter([pk for (pk,) in _rows(f"SELECT enterprise_id FROM {FACTS} WHERE is_need")])  # noqa: S608
    sql = f"UPDATE {FACTS} SET contact = %s WHERE enterprise_id = %s"  # noqa: S608
    while chunk := list(islice(rest, CHUNK_ROWS)):
        accounts = accounts_verified(chunk)
        contacts = [
            (encrypt(contact_text(row.contact_name, row.contact_phone)), pk)
            for pk, row in accounts.items()
        ]
        with connection.cursor() as cursor:
            cursor.executemany(sql, contacts)


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _text(value: str) -> str:
    return f"CAST({value} AS varchar(64))"


def _day(value: date | str | None) -> date | None:
    """Return a date of a temporary table, which SQLite gives as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
