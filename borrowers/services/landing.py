"""Delivered files on their way in: landed before anything is read, kept once, taken up again after a crash.

A file lies below the landing folder from the moment its batch is entered until its rows are kept; then it goes, since
it may hold columns nobody may store. A process killed in between leaves the batch waiting, and whoever comes next
keeps it: `batches_resume`, or the next file of the same item, which must not be kept before it.
"""

from __future__ import annotations

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from borrowers.ingest.delivered import Source
from borrowers.models import CatalogueItem, IngestBatch, SourceUnit, UnitToken
from borrowers.services.batch import Progress
from borrowers.services.ingest import batch_keep, batch_open, brought_by
from borrowers.services.intake import LandedFile
from marketplace.audit import audit_record
from marketplace.domain.errors import Refused
from marketplace.models import User
from marketplace.sheets import IMPORT_LIMITS, SheetLimits

LANDING = "landing"
NOBODYS_AFTER = timedelta(days=1)


def landed_path(batch: IngestBatch) -> Path:
    """Return where the file of a waiting batch lies."""
    return Path(settings.ARCHIVE_DIR) / LANDING / batch.landed_name


@transaction.atomic
def batch_land(
    *,
    item: CatalogueItem,
    unit: SourceUnit,
    source: Source,
    file_name: str,
    file_sha256: str,
    actor: User | None,
    at: datetime,
    token: UnitToken | None = None,
) -> IngestBatch:
    """Copy a delivered file below the landing folder, durable, and enter its batch.

    Writes: ``IngestBatch`` in state LANDED, one file.
    """
    batch = batch_open(
        item=item,
        unit=unit,
        file_name=file_name,
        file_sha256=file_sha256,
        actor=actor,
        at=at,
        token=token,
    )
    batch.landed_name = f"{batch.public_id.hex}.landed"
    path = landed_path(batch)
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(source, bytes):
        path.write_bytes(source)
    else:
        shutil.copyfile(source, path)
    path.chmod(0o600)
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
    batch.save(update_fields=["landed_name"])
    return batch


def batch_take_up(
    batch: IngestBatch, progress: Progress | None = None, limits: SheetLimits = IMPORT_LIMITS
) -> IngestBatch:
    """Keep a waiting batch and those of its item that came before it; return it closed.

    A batch whose file turns out to be unreadable is taken out again, nothing of it kept.

    Args:
        batch: in state LANDED, or kept meanwhile by somebody else.
        progress: told the number of rows read of this batch.
        limits: of this batch's file.

    Raises:
        Refused: ``SHEET_*`` of this batch's own file.

    Writes: as `borrowers.services.ingest.batch_keep`, one transaction per batch; the landed files go.
    """
    earlier = IngestBatch.objects.filter(item=batch.item_id, state="LANDED", pk__lt=batch.pk)
    for pk in list(earlier.order_by("pk").values_list("pk", flat=True)):
        try:
            _keep_landed(pk, None, IMPORT_LIMITS)
        except Refused as refusal:
            batch_drop(pk, refusal.sentence)
    try:
        return _keep_landed(batch.pk, progress, limits)
    except Refused as refusal:
        batch_drop(batch.pk, refusal.sentence)
        raise


def batches_resume(*, at: datetime) -> list[IngestBatch]:
    """Keep every batch that waits, oldest first, and return them; files that belong to none are swept.

    Args:
        at: now, aware.

    Writes: as `batch_take_up`.
    """
    waiting = IngestBatch.objects.filter(state="LANDED").order_by("pk")
    kept: list[IngestBatch] = []
    for pk in list(waiting.values_list("pk", flat=True)):
        try:
            kept.append(_keep_landed(pk, None, IMPORT_LIMITS))
        except Refused as refusal:
            batch_drop(pk, refusal.sentence)
    _sweep(at)
    return kept


@transaction.atomic
def batch_drop(pk: int, sentence: str) -> None:
    """Take a waiting batch out whose file cannot be read.

    Writes: removes ``IngestBatch``, audit ``borrowers.records.refuse``; its file goes.
    """
    batch = IngestBatch.objects.select_for_update().filter(pk=pk, state="LANDED").first()
    if batch is None:
        return
    audit_record(
        action="borrowers.records.refuse",
        subject_kind="IngestBatch",
        subject_id=batch.public_id,
        actor=batch.received_by,
        at=batch.received_at,
        payload={"file": batch.file_sha256, "reason": sentence[:200], **brought_by(batch)},
    )
    path = landed_path(batch)
    batch.delete()
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


@transaction.atomic
def _keep_landed(pk: int, progress: Progress | None, limits: SheetLimits) -> IngestBatch:
    """Keep one waiting batch; the lock on its row makes two processes take it up one after the other."""
    locked = IngestBatch.objects.select_for_update(of=("self",)).select_related(
        "item", "unit", "unit_token"
    )
    batch = locked.get(pk=pk)
    if batch.state != "LANDED" or batch.item is None:
        return batch
    path = landed_path(batch)
    kept = batch_keep(batch, LandedFile(path, batch.file_name, limits), progress)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return kept


def _sweep(at: datetime) -> None:
    """Remove landed files whose batch is kept, and those of a day ago that belong to none.

    A younger one may be of a batch whose entering is not committed yet.
    """
    folder = Path(settings.ARCHIVE_DIR) / LANDING
    paths = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
    known = IngestBatch.objects.filter(landed_name__in=list(paths))
    states = dict(known.values_list("landed_name", "state"))
    long_ago = (at - NOBODYS_AFTER).timestamp()
    for name, path in paths.items():
        is_nobodys = name not in states and path.stat().st_mtime < long_ago
        if is_nobodys or states.get(name) == "KEPT":
            path.unlink(missing_ok=True)
