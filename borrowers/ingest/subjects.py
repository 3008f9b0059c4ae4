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
from borrowers.ingest.lane import subject_codes
from borrowers.ingest.staging import ENTERPRISES, REGISTER, Lane
from borrowers.models import Enterprise, SourceUnit, SubjectAlias

ASKED_AT_ONCE = 5_000
SOUGHT_BY_CODE = 20_000
"""More codes than this, and the whole register is read once instead."""

CODE_LENGTH = 18
ROWS_IN_ONE_TEXT = 50_000


def subjects_known(
    unit: SourceUnit, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Return subject kind and code to the enterprise's pk, of some thousand rows. Queries: two at most."""
    usccs = {code for kind, code in wanted if kind == "USCC"}
    own = {code for kind, code in wanted if kind == "LOCAL"}
    found = {("USCC", code): pk for code, pk in _by_uscc(sorted(usccs))}
    found.update({("LOCAL", code): pk for code, pk in _by_alias(unit, sorted(own))})
    return found


def enterprises_bring(lane: Lane, unit: SourceUnit, folder: Path) -> None:
    """Tell the engine of a staged file what the codes of its subject field mean.

    Args:
        lane: staged.
        unit: who delivered the file.
        folder: for a passing copy of the register.

    Queries: one per five thousand codes, or one over the register; none where a piece before brought that.
    Writes in the engine: ``enterprises``; ``register`` where it is brought whole.
    """
    if not _register_brought(lane, folder / "register.csv"):
        enterprises_are(lane.connection, _subject_arrays(lane, unit))
        return
    lane.connection.execute(f"CREATE VIEW {ENTERPRISES} AS SELECT * FROM {REGISTER}")  # noqa: S608


def enterprises_are(engine: duckdb.DuckDBPyConnection, arrays: Mapping[str, Any]) -> None:
    """Tell an engine of enterprises: arrays ``code`` and ``ent_id``."""
    engine.register("subject_arrays", dict(arrays))
    engine.execute(f"CREATE TABLE {ENTERPRISES} AS SELECT * FROM subject_arrays")  # noqa: S608
    engine.unregister("subject_arrays")


def _register_brought(lane: Lane, path: Path) -> bool:
    """Bring the whole register where many codes are sought; return whether the engine has it."""
    if lane.item.subject is not Subject.USCC or connection.vendor != "postgresql":
        return False
    if lane.one(f"SELECT count(*) FROM duckdb_tables() WHERE table_name = '{REGISTER}'"):  # noqa: S608
        return True
    many = f"SELECT approx_count_distinct({lane.subject.column}) FROM staged"  # noqa: S608
    if lane.one(many) <= SOUGHT_BY_CODE:
        return False
    _whole_register(lane.connection, path)
    return True


def _subject_arrays(lane: Lane, unit: SourceUnit) -> Mapping[str, Any]:
    subject = lane.item.subject
    codes = subject_codes(lane)
    pairs: list[tuple[str, int]] = []
    if subject is not Subject.USCC:
        pairs += _by_alias(unit, [code for code in codes if len(code) != CODE_LENGTH])
    pairs += _by_uscc([code for code in codes if len(code) == CODE_LENGTH])
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


def _whole_register(engine: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Read the register in a few long texts: the driver takes as much for every row as the engine for a hundred."""
    table = Enterprise._meta.db_table
    with connection.cursor() as cursor, path.open("w") as target:
        cursor.execute(
            f"SELECT string_agg(uscc || ',' || id, E'\\n') FROM {table} GROUP BY id / {ROWS_IN_ONE_TEXT}"  # noqa: S608
        )
        for (text,) in cursor:
            target.write(f"{text}\n")
    engine.execute(
        f"CREATE TABLE {REGISTER} AS SELECT * FROM read_csv('{path}', header = false, auto_detect = false, "  # noqa: S608
        "columns = {'code': 'VARCHAR', 'ent_id': 'BIGINT'})"
    )
    path.unlink()
