"""Whose a row is: credit codes through the register, units' own codes through confirmed aliases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from django.db import connection

from borrowers.domain.item_spec import Subject
from borrowers.models import Enterprise, SourceUnit, SubjectAlias

ASKED_AT_ONCE = 5_000
SOUGHT_BY_CODE = 20_000
"""More codes than this, and the whole register is read once instead."""

CODE_LENGTH = 18


def subjects_known(
    unit: SourceUnit, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Return subject kind and code to the enterprise's pk, of some thousand rows. Queries: two at most."""
    usccs = {code for kind, code in wanted if kind == "USCC"}
    own = {code for kind, code in wanted if kind == "LOCAL"}
    found = {("USCC", code): pk for code, pk in _by_uscc(sorted(usccs))}
    found.update({("LOCAL", code): pk for code, pk in _by_alias(unit, sorted(own))})
    return found


def subject_arrays(
    engine: duckdb.DuckDBPyConnection,
    unit: SourceUnit,
    subject: Subject,
    codes: Sequence[str],
    folder: Path,
) -> Mapping[str, Any]:
    """Return the arrays ``code`` and ``ent_id`` of the enterprises that codes of a file can mean.

    Args:
        engine: reads the register where it is large.
        unit: who delivered the file.
        subject: by which code the item names enterprises.
        codes: distinct codes of the file.
        folder: for a passing copy of the register.

    Queries: one per five thousand codes, or one over the register.
    """
    pairs: list[tuple[str, int]] = []
    if subject is not Subject.USCC:
        pairs += _by_alias(unit, [code for code in codes if len(code) != CODE_LENGTH])
    official = [code for code in codes if len(code) == CODE_LENGTH]
    if connection.vendor == "postgresql" and len(official) > SOUGHT_BY_CODE and not pairs:
        return _whole_register(engine, folder / "register.csv")
    pairs += _by_uscc(official)
    return {
        "code": np.array([code for code, _ in pairs], dtype=object),
        "ent_id": np.array([pk for _, pk in pairs], dtype=np.int64),
    }


def _by_uscc(codes: Sequence[str]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    waiting = iter(codes)
    while piece := list(islice(waiting, ASKED_AT_ONCE)):
        found += Enterprise.objects.filter(uscc__in=piece).values_list("uscc", "pk")
    return found


def _by_alias(unit: SourceUnit, codes: Sequence[str]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    waiting = iter(codes)
    while piece := list(islice(waiting, ASKED_AT_ONCE)):
        aliases = SubjectAlias.objects.filter(unit=unit, local_code__in=piece)
        found += aliases.values_list("local_code", "enterprise_id")
    return found


def _whole_register(engine: duckdb.DuckDBPyConnection, path: Path) -> Mapping[str, Any]:
    table = Enterprise._meta.db_table
    select = f"SELECT uscc, id FROM {table}"  # noqa: S608
    with (
        connection.cursor() as cursor,
        path.open("wb") as target,
        cursor.copy(f"COPY ({select}) TO STDOUT (FORMAT csv)") as copy,
    ):
        for piece in copy:
            target.write(piece)
    engine.execute(
        f"SELECT * FROM read_csv('{path}', header = false, auto_detect = false, "  # noqa: S608
        "columns = {'code': 'VARCHAR', 'ent_id': 'BIGINT'})"
    )
    found: Mapping[str, Any] = engine.fetchnumpy()
    path.unlink()
    return found
