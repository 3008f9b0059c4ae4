"""Whether database and archive hold the same records, file by file and batch by batch.

Of every batch both sides give the number of records, the sum of their row numbers and enterprises, and the exclusive-or
of their contents' digests: one record more, less or other on either side shows. For items that the archive alone keeps,
what was noted of a batch when it was filed takes the place of the database.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import duckdb
from django.db import connection

from borrowers.domain.archive import KeptIn
from borrowers.ingest.archived import sums_of
from borrowers.ingest.forms import DIGEST_HEX, digest_number
from borrowers.ingest.staging import places_register
from borrowers.models import (
    ArchiveSegment,
    CatalogueItem,
    CreditRecord,
    IngestBatch,
)
from borrowers.selectors.archive import segment_path
from borrowers.selectors.archived import ended_places

_HASHED_AT_ONCE = 1 << 20
_KEY_FAULTS = {
    "KEY_STANDS_TWICE": "SELECT 1 FROM filed ANTI JOIN ended USING (batch, row) "
    "GROUP BY ent_id, natural_key HAVING count(*) > 1",
    "PUBLIC_ID_TWICE": "SELECT 1 FROM filed GROUP BY public_id HAVING count(*) > 1",
    "END_WITHOUT_RECORD": "SELECT 1 FROM ended ANTI JOIN filed USING (batch, row)",
}
_KEY_SENTENCES = {
    "KEY_STANDS_TWICE": "一个键有不止一个现行版本。",
    "PUBLIC_ID_TWICE": "公开编号重复。",
    "END_WITHOUT_RECORD": "更正所指的记录不在归档里。",
}


class Sums(NamedTuple):
    """What one side says of a batch."""

    records: int
    rows: int
    enterprises: int
    digests: int


@dataclass(frozen=True)
class ArchiveFault:
    """One difference: of which item, which file or batch, what it is (Chinese)."""

    item: str
    subject: str
    code: str
    sentence: str


@dataclass(frozen=True)
class ArchiveFinding:
    """What a check looked at and what it found."""

    segments: int
    batches: int
    records: int
    faults: tuple[ArchiveFault, ...]


def archive_check(*, with_hashes: bool = False) -> ArchiveFinding:
    """Compare every file in force with the manifest and with the records of the database.

    Args:
        with_hashes: hash every file again, which reads all of it.

    Returns:
        The counts and the differences; none means that both hold the same.

    Queries: two for the manifest, and one per item over its filed records, three where the archive alone keeps it.
    """
    in_force = ArchiveSegment.objects.filter(retired_at=None).select_related("item")
    by_item: dict[str, list[ArchiveSegment]] = defaultdict(list)
    for segment in in_force.order_by("item__code", "id"):
        by_item[segment.item.code].append(segment)
    faults = _lost_items(by_item.keys())
    batches = records = 0
    for code, segments in by_item.items():
        broken = [fault for one in segments if (fault := _file_fault(one, with_hashes=with_hashes))]
        faults += broken
        if broken:
            continue
        filed = _filed_sums(segments)
        if segments[0].item.kept_in == KeptIn.ARCHIVE:
            kept = _noted_sums(segments)
            faults += _differences(code, filed, kept, "清单")
            faults += archived_faults(segments[0].item, segments)
        else:
            kept = _kept_sums(segments)
            faults += _differences(code, filed, kept, "数据库")
        batches, records = batches + len(kept), records + sum(one.records for one in kept.values())
    return ArchiveFinding(sum(map(len, by_item.values())), batches, records, tuple(faults))


def _file_fault(segment: ArchiveSegment, *, with_hashes: bool) -> ArchiveFault | None:
    path = segment_path(segment.name)
    code = segment.item.code
    if not path.is_file():
        return ArchiveFault(code, segment.name, "SEGMENT_MISSING", "归档文件不在。")
    if path.stat().st_size != segment.size_bytes:
        return ArchiveFault(code, segment.name, "SEGMENT_SIZE", "归档文件的大小与清单不符。")
    if with_hashes:
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while piece := stream.read(_HASHED_AT_ONCE):
                digest.update(piece)
        if digest.hexdigest() != segment.sha256:
            return ArchiveFault(code, segment.name, "SEGMENT_HASH", "归档文件的哈希与清单不符。")
    return None


def _filed_sums(segments: Sequence[ArchiveSegment]) -> dict[int, Sums]:
    with duckdb.connect() as duck:
        found = sums_of(duck, [segment.name for segment in segments])
    return {batch: Sums(*sums) for batch, sums in found.items()}


def _lost_items(present: Collection[str]) -> list[ArchiveFault]:
    """Return the items that the archive alone keeps and has no file of, though batches of theirs were filed."""
    lost = IngestBatch.objects.filter(item__kept_in=KeptIn.ARCHIVE, archived_sums__0__gt=0)
    codes = set(lost.order_by().values_list("item__code", flat=True)) - set(present)
    sentence = "清单里没有一个在用的文件，而有批次归档过。"
    return [ArchiveFault(code, code, "SEGMENT_MISSING", sentence) for code in sorted(codes)]


def _noted_sums(segments: Sequence[ArchiveSegment]) -> dict[int, Sums]:
    """Return what was noted of the batches of some files in force, all of an item that the archive alone keeps."""
    noted = IngestBatch.objects.filter(segments__in=segments, archived_sums__isnull=False)
    pairs = noted.order_by().distinct().values_list("pk", "archived_sums")
    found = {pk: Sums(*sums) for pk, sums in pairs if sums}
    return {pk: sums for pk, sums in found.items() if sums.records}


def _kept_sums(segments: Sequence[ArchiveSegment]) -> dict[int, Sums]:
    filed = IngestBatch.objects.filter(segments__in=segments).order_by("id").distinct()
    pks = list(filed.values_list("pk", flat=True))
    if connection.vendor != "postgresql":
        rows = CreditRecord.objects.filter(batch__in=pks).order_by()
        columns = ("batch_id", "row_number", "enterprise_id", "content_digest")
        return _added(rows.values_list(*columns).iterator(chunk_size=10_000))
    table = CreditRecord._meta.db_table
    number = f"('x' || lpad(substr(content_digest, 1, {DIGEST_HEX}), 16, '0'))::bit(64)::bigint"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT batch_id, count(*), sum(row_number)::bigint, sum(enterprise_id)::bigint, "  # noqa: S608
            f"bit_xor({number}) FROM {table} WHERE batch_id = ANY(%s) GROUP BY batch_id",
            [pks],
        )
        return {batch: Sums(*sums) for batch, *sums in cursor.fetchall()}


def _added(rows: Iterable[tuple[int, int, int, str]]) -> dict[int, Sums]:
    found: dict[int, Sums] = {}
    for batch, number, enterprise, digest in rows:
        before = found.get(batch, Sums(0, 0, 0, 0))
        found[batch] = Sums(
            before.records + 1,
            before.rows + number,
            before.enterprises + enterprise,
            before.digests ^ digest_number(digest),
        )
    return found


def _differences(
    item: str, filed: dict[int, Sums], kept: dict[int, Sums], other_side: str
) -> list[ArchiveFault]:
    faults = []
    for batch in sorted(filed.keys() | kept.keys()):
        one, other = filed.get(batch), kept.get(batch)
        if one == other:
            continue
        have = (
            f"归档 {one.records if one else 0} 条，{other_side} {other.records if other else 0} 条"
        )
        sentence = f"批次 {batch} 两处不一致：{have}。"
        faults.append(ArchiveFault(item, f"{batch}", "RECORDS_DIFFER", sentence))
    return faults


def archived_faults(item: CatalogueItem, segments: Sequence[ArchiveSegment]) -> list[ArchiveFault]:
    """Return what is wrong among the keys of an item that the archive alone keeps.

    Under one key one version stands at most, no public id comes twice, and what is noted as corrected is there.
    """
    files = ", ".join(f"'{segment_path(segment.name)}'" for segment in segments)
    with duckdb.connect() as duck:
        places_register(duck, "ended", ended_places(item))
        keys = "SELECT ent_id, natural_key, public_id, batch, row"
        duck.execute(
            f"CREATE VIEW filed AS {keys} FROM read_parquet([{files}], union_by_name = true)"
        )
        counted = [len(duck.execute(query).fetchall()) for query in _KEY_FAULTS.values()]
    return [
        ArchiveFault(item.code, item.code, code, f"有 {count} 处：{_KEY_SENTENCES[code]}")
        for code, count in zip(_KEY_FAULTS, counted, strict=True)
        if count
    ]
