"""What a batch holds by its item's quality rules, where a file of the archive holds it: counted in the file.

The same counts as `borrowers.selectors.quality` makes in the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from borrowers.domain.archive import KeptIn, Storage, day_number, storage_of
from borrowers.domain.item_spec import ItemSpec
from borrowers.domain.quality_rule import QualityKind, QualityRule
from borrowers.domain.rhythm import earliest_in_time
from borrowers.models import IngestBatch
from marketplace.calendars import work_calendar
from marketplace.domain.workdays import local_date

EVENTS = "events"
EVENTS_IN_TIME = "events_in_time"


def archived_counts(batch: IngestBatch, spec: ItemSpec, files: Sequence[Path]) -> dict[str, int]:
    """Return by name what is counted of a batch's records: `EVENTS`, `EVENTS_IN_TIME`, part and whole of every rule.

    Args:
        batch: closed.
        spec: declaration by which it was read.
        files: which hold its rows, written by the same declaration.
    """
    assert batch.item is not None  # noqa: S101 - it accepted rows
    received = local_date(batch.received_at)
    earliest = earliest_in_time(received, spec.due_days, work_calendar())
    dated = "dated" if batch.item.kept_in == KeptIn.ARCHIVE else _has_date(spec)
    in_time = f"count(*) FILTER ({dated} AND day >= {day_number(earliest)})"
    events = f"count(*) FILTER ({dated})"
    wanted = {EVENTS: events, EVENTS_IN_TIME: in_time}
    for place, rule in enumerate(spec.quality):
        part, whole = f"part_{place}", f"whole_{place}"
        if rule.kind is QualityKind.FILLED:
            wanted[part], wanted[whole] = f'count("{rule.field}")', "count(*)"
        elif rule.kind is QualityKind.IN_RANGE:
            wanted[part] = f"count(*) FILTER ({_within(rule, spec)})"
            wanted[whole] = f'count("{rule.field}")'
        elif rule.kind is QualityKind.RECENT:
            first = day_number(received - timedelta(days=rule.days))
            wanted[part], wanted[whole] = f"count(*) FILTER ({dated} AND day >= {first})", events
        elif rule.kind is QualityKind.IN_TIME:
            wanted[part], wanted[whole] = in_time, events
    columns = ", ".join(f"{counted} AS {name}" for name, counted in wanted.items())
    with duckdb.connect(config={"threads": 1}) as engine:
        found = engine.execute(
            f"SELECT {columns} FROM read_parquet($files, union_by_name = true) WHERE batch = {batch.pk}",  # noqa: S608
            {"files": [str(file) for file in files]},
        ).fetchone()
    return dict(zip(wanted, found or (), strict=True))


def _has_date(spec: ItemSpec) -> str:
    """Return the predicate of rows whose day is that of an event, of a file that does not say so."""
    return f'"{spec.event_date}" IS NOT NULL' if spec.event_date else "false"


def _within(rule: QualityRule, spec: ItemSpec) -> str:
    """Return the predicate of values within a rule's limits, in the unit the field is stored in."""
    scale = 100 if storage_of(spec.field(rule.field).type) is Storage.FEN else 1
    number = f'TRY_CAST("{rule.field}" AS DECIMAL(30, 6))'
    limits = [f"{number} IS NOT NULL"]
    if rule.low:
        limits.append(f"{number} >= {Decimal(rule.low) * scale:f}")
    if rule.high:
        limits.append(f"{number} <= {Decimal(rule.high) * scale:f}")
    return " AND ".join(limits)
