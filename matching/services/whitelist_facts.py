"""Temporary tables of what a district's enterprises said and what the gates read of them, for any number at once.

Rows wait beside the tables they are made from and are found by joins, never by a list of values, so that five hundred
enterprises and five thousand take the same statements.

Source: domain note 2.2, 2.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from matching.domain.whitelist_parts import PARTS
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

SAID, FACTS, ANSWERS = "whitelist_said", "whitelist_facts", "whitelist_answers"
ANSWER_COLUMNS = ("part", "key", "refuses", "passes", "reasons", "softened", "warnings")
_SAID_COLUMNS = (*SAID_ON_PLATFORM, "street", "contact")
_KEY_COLUMNS = tuple(f"{part.name}_key" for part in PARTS)
_SAID, _KEYS = ", ".join(_SAID_COLUMNS), ", ".join(_KEY_COLUMNS)
_SAID_TYPED = (
    "enterprise_id bigint NOT NULL, said_on date NOT NULL, amount_yuan numeric(18, 2), term_months smallint, "
    "purpose varchar(24) NOT NULL, street varchar(300) NOT NULL, contact text NOT NULL, is_need boolean NOT NULL"
)
_TABLES = {
    SAID: _SAID_TYPED,
    FACTS: (
        f"place integer NOT NULL, {_SAID_TYPED}, uscc varchar(18) NOT NULL, name varchar(200) NOT NULL, "
        "sector varchar(1) NOT NULL, established_date date, "
        + ", ".join(f"{column} varchar(64)" for column in _KEY_COLUMNS)
    ),
    ANSWERS: (
        "part varchar(16) NOT NULL, key varchar(64) NOT NULL, refuses boolean NOT NULL, passes {json} NOT NULL, "
        "reasons {json} NOT NULL, softened {json} NOT NULL, warnings {json} NOT NULL"
    ),
}


@dataclass(frozen=True)
class Amounts:
    """Bounds of the stated need in yuan; None for none."""

    low: Decimal | None = None
    high: Decimal | None = None


@contextmanager
def facts_tables() -> Iterator[None]:
    """Give the connection the tables of one run: what was said, the facts of those who ask, the gates' answers.

    The facts hold one row for each enterprise by its place in the list, with a key for each part of the gates; the
    answers are found by part and key. The tables are gone afterwards.
    """
    json_type = "jsonb" if connection.vendor == "postgresql" else "text"
    with connection.cursor() as cursor:
        for table, columns in _TABLES.items():
            cursor.execute(f"DROP TABLE IF EXISTS {table}")
            cursor.execute(f"CREATE TEMPORARY TABLE {table} ({columns.format(json=json_type)})")
    yield
    with connection.cursor() as cursor:
        for table in _TABLES:
            cursor.execute(f"DROP TABLE {table}")


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
    _said_gather(district, known)
    _facts_gather(enterprises, amounts, known)
    _records_mark(known)
    _contacts_seal()


def facts_distinct(key: str, *values: str) -> list[tuple[Any, ...]]:
    """Return each value of a key that occurs, with further values made of all its rows.

    Args:
        key: column of the table of facts.
        values: SQL of aggregates.

    Queries: one.
    """
    columns = ", ".join((key, *values))
    return _rows(f"SELECT {columns} FROM {FACTS} WHERE {key} IS NOT NULL GROUP BY {key}")  # noqa: S608


def facts_recorded() -> list[int]:
    """Return the enterprises that have a public record, which is the key of their lists. Queries: one."""
    return [pk for (pk,) in _rows(f"SELECT enterprise_id FROM {FACTS} WHERE lists_key <> ''")]  # noqa: S608


def codes_broken() -> dict[int, str]:
    """Take out of the facts what is not judged of an enterprise whose credit code is none; return these codes.

    Returns: code by primary key, which is the key of its register part.

    Queries: one, and one more for each such enterprise.
    """
    rows = _rows(f"SELECT enterprise_id, uscc FROM {FACTS}")  # noqa: S608
    broken = {pk: code for pk, code in rows if not uscc_rule.is_valid(code)}
    kept = {"register_key", "willing_key"}
    others = ", ".join(f"{column} = NULL" for column in _KEY_COLUMNS if column not in kept)
    sql = f"UPDATE {FACTS} SET register_key = %s, {others} WHERE enterprise_id = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(str(pk), pk) for pk in broken])
    return broken


def answers_keep(rows: Iterable[Sequence[Any]]) -> None:
    """Put rows into the table of answers.

    Args:
        rows: in the order of ``ANSWER_COLUMNS``; written in bounded pieces.
    """
    names, places = ", ".join(ANSWER_COLUMNS), ", ".join(["%s"] * len(ANSWER_COLUMNS))
    waiting = iter(rows)
    with connection.cursor() as cursor:
        while piece := list(islice(waiting, CHUNK_ROWS)):
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {ANSWERS} ({names}) FROM STDIN") as copy:
                    for row in piece:
                        copy.write_row(row)
                continue
            cursor.executemany(f"INSERT INTO {ANSWERS} ({names}) VALUES ({places})", piece)  # noqa: S608
    _count_rows(ANSWERS, "key")


def _said_gather(district: str, known: ListKnowledge) -> None:
    needs, values = needs_latest(district, known).query.sql_with_params()
    written, more = statements_latest(district, known).query.sql_with_params()
    columns = ", ".join(SAID_ON_PLATFORM)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH q ({columns}) AS ({needs}) INSERT INTO {SAID} ({_SAID}, is_need) "  # noqa: S608
            f"SELECT {columns}, '', '', true FROM q",
            values,
        )
        cursor.execute(
            f"WITH q ({_SAID}, is_willing) AS ({written}) "  # noqa: S608
            f"INSERT INTO {SAID} ({_SAID}, is_need) SELECT {_SAID}, false FROM q "
            f"WHERE is_willing AND enterprise_id NOT IN (SELECT enterprise_id FROM {SAID})",
            more,
        )
    _count_rows(SAID, "enterprise_id")


def _facts_gather(
    enterprises: QuerySet[Enterprise], amounts: Amounts, known: ListKnowledge
) -> None:
    registered, values = facts_registered(enterprises, known.as_of.day).query.sql_with_params()
    graded = grades_now().order_by()
    grades, more = graded.query.sql_with_params()
    bounds = {">=": amounts.low, "<=": amounts.high}
    asked = {sign: str(amount) for sign, amount in bounds.items() if amount is not None}
    fits = "".join(
        f" AND (s.amount_yuan IS NULL OR s.amount_yuan {sign} CAST(%s AS numeric))"
        for sign in asked
    )
    said = ", ".join(f"s.{column}" for column in _SAID_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH e (id, uscc, name, sector, status, size_class, established_date, age_key) "  # noqa: S608
            f"AS ({registered}), g (enterprise_id, grade) AS ({grades}) "
            f"INSERT INTO {FACTS} (place, {_SAID}, is_need, uscc, name, sector, established_date, {_KEYS}) "
            f"SELECT row_number() OVER (ORDER BY e.id), {said}, s.is_need, e.uscc, e.name, e.sector, "
            "e.established_date, e.status, '', CAST(s.said_on AS varchar(64)), e.size_class, "
            f"coalesce(e.age_key, ''), coalesce(g.grade, '') FROM {SAID} AS s "
            "JOIN e ON e.id = s.enterprise_id LEFT JOIN g ON g.enterprise_id = s.enterprise_id "
            f"WHERE true{fits}",
            [*values, *more, *asked.values()],
        )


def _records_mark(known: ListKnowledge) -> None:
    stood = records_stood(known.at, LIST_CLASSES, only_public=True).order_by()
    recorded, values = stood.values("enterprise_id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {FACTS} SET lists_key = CAST(enterprise_id AS varchar(64)) "  # noqa: S608
            f"WHERE enterprise_id IN ({recorded})",
            values,
        )
    _count_rows(FACTS, "place")


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


def _count_rows(table: str, column: str) -> None:
    """Let the planner know how many rows there are; looking at one narrow column is enough for that."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {table} ({column})")
