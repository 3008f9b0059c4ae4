"""Reads of records that the archive alone keeps, of one enterprise or some, by primary key.

A version that the database holds as well, since a person objected to it, is the database's to tell. Which files there
are, what was corrected since and what the database holds is read by one statement, so that they are of one moment.

Source: performance note, recommendation 2; `docs/archive.md`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import duckdb
from django.db.models import (
    BigIntegerField,
    CharField,
    DateTimeField,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Value,
)
from django.db.models.functions import Cast

from borrowers.domain.archive import (
    BEIJING,
    EPOCH_DAY,
    KeptIn,
    day_number,
    moment_number,
    unpacked,
)
from borrowers.domain.item_spec import FieldType
from borrowers.domain.record import content_digest
from borrowers.models import (
    ArchivedEnd,
    ArchiveSegment,
    CatalogueItem,
    CreditRecord,
    Enterprise,
    IngestBatch,
)
from borrowers.selectors.archive import archive_frames, fields_ever, segment_path

MEMORY = "300MB"
FETCHED_AT_ONCE = 2_000
FILE, END, TWIN = "FILE", "END", "TWIN"
Place = tuple[int, int]
"""Batch (primary key) and row: what names a record in both stores."""

_ENGINES: dict[int, duckdb.DuckDBPyConnection] = {}


class ArchivedRow(NamedTuple):
    """One record as a file of the archive holds it.

    Attributes:
        item_id, enterprise_id, batch_id: primary keys.
        row_number: in the batch's file.
        public_id, natural_key, event_date, payload: as `CreditRecord` has them.
        digest: first 60 bits of the content's digest.
    """

    item_id: int
    enterprise_id: int
    batch_id: int
    row_number: int
    public_id: UUID
    natural_key: str
    event_date: date | None
    payload: Mapping[str, Any]
    digest: int

    @property
    def place(self) -> Place:
        """Return batch and row."""
        return self.batch_id, self.row_number


@dataclass(frozen=True, slots=True)
class ArchivedVersion:
    """One version of a record that the archive alone keeps.

    Attributes:
        row: what the file holds.
        received_at: aware.
        superseded_at: when it was corrected; None while it stands.
        corrected_by: batch and row of the correction.
    """

    row: ArchivedRow
    received_at: datetime
    superseded_at: datetime | None
    corrected_by: Place | None

    def stood(self, at: datetime) -> bool:
        """Return whether it was in force at a moment."""
        is_open = self.superseded_at is None or self.superseded_at > at
        return self.received_at <= at and is_open


class _State(NamedTuple):
    files: dict[int, list[str]]
    ends: dict[Place, tuple[datetime, Place | None]]
    twins: dict[Place, datetime | None]


def archived_items() -> QuerySet[CatalogueItem]:
    """Return the items whose records the archive alone keeps."""
    return CatalogueItem.objects.filter(kept_in=KeptIn.ARCHIVE)


def held_keys(item: CatalogueItem) -> set[tuple[int, str]]:
    """Return enterprise and natural key of the records of an item that the database holds for an objection or a repair.

    Queries: one.
    """
    concerned = Q(objections__isnull=False) | Q(repairs__isnull=False)
    found = CreditRecord.objects.filter(concerned, item=item).order_by()
    return set(found.values_list("enterprise_id", "natural_key"))


def segments_of(
    item: CatalogueItem, first: int | None = None, last: int | None = None
) -> list[ArchiveSegment]:
    """Return an item's files in force, those that hold none of a stretch of enterprises left out. Queries: one."""
    found = ArchiveSegment.objects.filter(item=item, retired_at=None, rows__gt=0)
    if first is not None:
        found = found.filter(Q(last_enterprise__gte=first) | Q(last_enterprise=None))
    if last is not None:
        found = found.filter(Q(first_enterprise__lte=last) | Q(first_enterprise=None))
    return list(found.order_by("id"))


def ended_places(
    item: CatalogueItem, first: int | None = None, last: int | None = None
) -> list[Place]:
    """Return the places of an item's versions that ended, of a stretch of enterprises where one is given.

    What is brought back between the two statements is in both, never in neither. Queries: two.
    """
    stretch: dict[str, Any] = {"item": item}
    if first is not None and last is not None:
        stretch |= {"enterprise__gte": first, "enterprise__lte": last}
    corrected = ArchivedEnd.objects.filter(**stretch).order_by()
    told = CreditRecord.objects.filter(**stretch, superseded_at__isnull=False).order_by()
    return [
        *corrected.values_list("batch_id", "row_number"),
        *told.values_list("batch_id", "row_number"),
    ]


def archived_versions(
    pks: Collection[int],
    *,
    item_id: int | None = None,
    data_classes: Collection[str] | None = None,
    standing: Collection[Place] | None = None,
) -> list[ArchivedVersion]:
    """Return the versions of the records of some enterprises that the archive alone keeps, in no order.

    Args:
        pks: primary keys of enterprises, some hundreds.
        item_id: only this item; None for all.
        data_classes: only these classes; None for all.
        standing: places of the standing records that were read from the database before, where they were: a version
            brought back into it in between is still told from the archive.

    Queries: one where no item is kept in the archive alone; else three, and one for an item met for the first time.
    """
    if not pks:
        return []
    alone = archived_items()
    if item_id is not None:
        alone = alone.filter(pk=item_id)
    if data_classes is not None:
        alone = alone.filter(data_class__in=[str(code) for code in data_classes])
    state = _state(pks, alone)
    if not state.files:
        return []
    items = CatalogueItem.objects.in_bulk(list(state.files))
    chosen = ", ".join(str(int(pk)) for pk in pks)
    found: list[ArchivedRow] = []
    for pk, names in state.files.items():
        found += archived_rows(items[pk], names, f"WHERE ent_id IN ({chosen})")
    batches = IngestBatch.objects.filter(pk__in={row.batch_id for row in found})
    received = dict(batches.order_by().values_list("pk", "received_at"))
    versions = []
    for row in found:
        if _is_told(row.place, state.twins, standing):
            continue
        ended, correction = state.ends.get(row.place, (None, None))
        versions.append(ArchivedVersion(row, received[row.batch_id], ended, correction))
    return versions


def _is_told(
    place: Place, twins: Mapping[Place, datetime | None], standing: Collection[Place] | None
) -> bool:
    """Return whether the database tells of a record that it holds as well."""
    if standing is not None and place in standing:
        return True
    return place in twins and (standing is None or twins[place] is not None)


def archived_records(versions: Sequence[ArchivedVersion]) -> list[CreditRecord]:
    """Return versions as unsaved records with enterprise, item, batch and unit, in the same order.

    Their ``superseded_by`` is not set. Queries: three; none for none.
    """
    if not versions:
        return []
    enterprises = Enterprise.objects.in_bulk({version.row.enterprise_id for version in versions})
    items = CatalogueItem.objects.in_bulk({version.row.item_id for version in versions})
    batches = IngestBatch.objects.select_related("unit").in_bulk(
        {version.row.batch_id for version in versions}
    )
    return [
        CreditRecord(
            public_id=version.row.public_id,
            enterprise=enterprises[version.row.enterprise_id],
            item=items[version.row.item_id],
            natural_key=version.row.natural_key,
            event_date=version.row.event_date,
            payload=dict(version.row.payload),
            content_digest=content_digest(version.row.payload),
            received_at=version.received_at,
            batch=batches[version.row.batch_id],
            row_number=version.row.row_number,
            superseded_at=version.superseded_at,
        )
        for version in versions
    ]


def _state(pks: Collection[int], alone: QuerySet[CatalogueItem]) -> _State:
    """Return files in force, corrections and records that the database holds as well, of one moment."""
    first, last = min(pks), max(pks)
    files = ArchiveSegment.objects.filter(
        Q(first_enterprise=None) | Q(first_enterprise__lte=last),
        Q(last_enterprise=None) | Q(last_enterprise__gte=first),
        Exists(alone.filter(pk=OuterRef("item"))),
        retired_at=None,
        rows__gt=0,
    ).order_by()
    known = {"enterprise__in": list(pks), "item__in": alone}
    ends = ArchivedEnd.objects.filter(**known).order_by()
    twins = CreditRecord.objects.filter(**known).order_by()
    nothing, no_row = Cast(Value(None), BigIntegerField()), Cast(Value(None), IntegerField())
    no_moment = Cast(Value(None), DateTimeField())
    no_name = Value("", output_field=CharField())

    def told(kind: str) -> Value:
        return Value(kind, output_field=CharField())

    rows = files.values_list(
        told(FILE), "item_id", "name", nothing, no_row, no_moment, nothing, no_row
    ).union(
        ends.values_list(
            told(END),
            "item_id",
            no_name,
            "batch_id",
            "row_number",
            "superseded_at",
            "by_batch_id",
            "by_row",
        ),
        twins.values_list(
            told(TWIN),
            "item_id",
            no_name,
            "batch_id",
            "row_number",
            "superseded_at",
            nothing,
            no_row,
        ),
        all=True,
    )
    state = _State({}, {}, {})
    for kind, item_id, name, batch, row, moment, by_batch, by_row in rows:
        if kind == FILE:
            state.files.setdefault(item_id, []).append(name)
        elif kind == END:
            state.ends[batch, row] = (moment, None if by_batch is None else (by_batch, by_row))
        else:
            state.twins[batch, row] = moment
    return state


def archived_subjects(item: CatalogueItem, at: datetime, since: datetime | None) -> set[int]:
    """Return primary keys of the enterprises with a record of an item that stands and has happened.

    Args:
        item: kept in the archive alone.
        at: now, aware.
        since: received at this moment or later; None for any.

    Queries: as `archive_frames`.
    """
    today = day_number(at.astimezone(BEIJING).date())
    usable = f"superseded IS NULL AND repaired IS NULL AND day <= {today}"
    if since is not None:
        usable += f" AND received >= {moment_number(since)}"
    with duckdb.connect(config={"threads": 1, "memory_limit": MEMORY}) as engine:
        frame = archive_frames(engine, {item.code: []}, at).get(item.code)
        if frame is None:
            return set()
        return {pk for (pk,) in frame.filter(usable).project("ent_id").distinct().fetchall()}


def archived_rows(item: CatalogueItem, names: Sequence[str], where: str) -> Iterator[ArchivedRow]:
    """Yield what some files of an item hold, in no order.

    Args:
        item: kept in the archive alone.
        names: of its files.
        where: clause on the columns of a keyed segment, of this program's own making; empty for all rows.

    Queries: one for an item met for the first time.
    """
    fields = _fields(item.pk, item.spec_digest, item.version)
    files = [str(segment_path(name)) for name in sorted(names)]
    with _engine().cursor() as cursor:
        rows = cursor.execute(
            f"SELECT * FROM read_parquet($files, union_by_name = true) {where}",  # noqa: S608
            {"files": files},
        )
        at = {column[0]: place for place, column in enumerate(rows.description or ())}
        held = [(code, kind, at[code]) for code, kind in fields.items() if code in at]
        day, dated = at["day"], at["dated"]
        while piece := rows.fetchmany(FETCHED_AT_ONCE):
            for row in piece:
                payload = {
                    code: unpacked(kind, row[place])
                    for code, kind, place in held
                    if row[place] is not None
                }
                event = date.fromordinal(row[day] + EPOCH_DAY) if row[dated] else None
                yield ArchivedRow(
                    item_id=item.pk,
                    enterprise_id=row[at["ent_id"]],
                    batch_id=row[at["batch"]],
                    row_number=row[at["row"]],
                    public_id=row[at["public_id"]],
                    natural_key=row[at["natural_key"]],
                    event_date=event,
                    payload=payload,
                    digest=row[at["digest"]],
                )


@lru_cache(maxsize=1024)
def _fields(item_id: int, spec_digest: str, version: int) -> Mapping[str, FieldType]:
    """Return `fields_ever` of an item at a version, read once in this process."""
    return fields_ever(CatalogueItem.objects.get(pk=item_id))


def _engine() -> duckdb.DuckDBPyConnection:
    """Return this process's engine for reads of single enterprises; files' footers are kept by it."""
    engine = _ENGINES.get(os.getpid())
    if engine is None:
        engine = duckdb.connect(config={"threads": 1, "memory_limit": MEMORY})
        engine.execute("SET enable_progress_bar = false")
        engine.execute("SET parquet_metadata_cache = true")
        _ENGINES[os.getpid()] = engine
    return engine
