"""Delivered files: hashed, checked, and read into the register or into credit records.

A file is read in bounded memory. What makes a file unreadable as a whole is refused before anything is written; what is
wrong with a row is kept with the row.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from borrowers.ingest.delivered import Source, sha256_of
from borrowers.ingest.pull import source_declared, source_to_csv
from borrowers.ingest.readers import open_records, open_register
from borrowers.models import IngestBatch, UnitToken
from borrowers.policies import can_handle_data, require
from borrowers.selectors.catalogue import item_spec
from borrowers.services.batch import Progress
from borrowers.services.ingest import item_and_unit
from borrowers.services.landing import batch_land, batch_take_up
from borrowers.services.register import register_import_rows
from marketplace.domain.errors import NotPermitted
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.sheets import ALL_KINDS, IMPORT_LIMITS, SheetLimits


@transaction.atomic
def register_import(
    *,
    source: Source,
    file_name: str,
    actor: User | None,
    at: datetime,
    progress: Progress | None = None,
    kinds: Collection[str] = ALL_KINDS,
    limits: SheetLimits = IMPORT_LIMITS,
) -> IngestBatch:
    """Keep the rows of a file of the register (csv in UTF-8 or GB18030, also gzipped; xlsx; xls).

    Args:
        source: path or bytes.
        file_name: as delivered; the kind is found by content.
        actor: an operator; None for the marketplace's own jobs.
        at: when it was received, aware.
        progress: told the number of rows read.
        kinds, limits: what is accepted; the defaults are those of an operator on the machine.

    Returns:
        The closed batch; accepted + rejected + duplicates = rows read.

    Raises:
        NotPermitted: the actor is no operator.
        Refused: ``SHEET_*``, ``FILE_NOT_FOUND``, ``FORBIDDEN_FIELD``.

    Writes: as ``register_import_rows``; nothing when the file is refused, wherever in it that happens.
    """
    _require_handler(actor)
    sheet = open_register(source, file_name, kinds=kinds, limits=limits)
    return register_import_rows(
        rows=sheet,
        file_name=file_name,
        file_sha256=sha256_of(source),
        actor=actor,
        at=at,
        progress=progress,
    )


def records_ingest(
    *,
    item_code: str,
    unit_code: str,
    source: Source,
    file_name: str,
    actor: User | None,
    at: datetime,
    progress: Progress | None = None,
    kinds: Collection[str] = ALL_KINDS,
    limits: SheetLimits = IMPORT_LIMITS,
    token: UnitToken | None = None,
) -> IngestBatch:
    """Keep the rows of one file of one item from one unit as credit records.

    The file lands first, in a transaction of its own; killed afterwards, it is taken up again where it lies.

    Args:
        item_code: what the file holds.
        unit_code: who delivered it; must be a unit of the item.
        source, file_name, actor, at, progress, kinds, limits: as for ``register_import``.
        token: by which the unit's own system was let in, nobody acting then.

    Returns:
        The closed batch; accepted + rejected + duplicates = rows read.

    Raises:
        NotPermitted: the actor is no operator; ``UNIT_NOT_OWN``, the token is another unit's.
        Refused: ``CATALOGUE_ITEM_UNKNOWN``, ``UNIT_UNKNOWN``, ``UNIT_NOT_OF_ITEM``, ``SHEET_*``,
            ``FILE_NOT_FOUND``, ``FORBIDDEN_FIELD``; nothing is kept then.

    Writes: as ``batch_land`` and ``batch_take_up``.
    """
    _require_handler(actor)
    if token is not None and token.unit.code != unit_code:
        raise NotPermitted("UNIT_NOT_OWN", "令牌只能报送本单位的记录；unit 可以不填。")
    item, unit = item_and_unit(item_code, unit_code)
    open_records(item_spec(item), source, file_name, kinds=kinds, limits=limits)
    batch = batch_land(
        item=item,
        unit=unit,
        source=source,
        file_name=file_name,
        file_sha256=sha256_of(source),
        actor=actor,
        at=at,
        token=token,
    )
    return batch_take_up(batch, progress, limits)


def records_pull(
    *,
    item_code: str,
    unit_code: str,
    source_name: str,
    actor: User | None,
    at: datetime,
    progress: Progress | None = None,
) -> IngestBatch:
    """Read records of one item out of a unit's database and keep them as `records_ingest` does a file's.

    Args:
        item_code, unit_code, actor, at, progress: as for `records_ingest`.
        source_name: declared, see `borrowers.ingest.pull`; rows in the same order give the same file.

    Raises:
        NotPermitted: the actor is no operator.
        Refused: ``RECORD_SOURCE_*`` and as `records_ingest`; nothing is kept then.

    Writes: as `records_ingest`; the source is only read.
    """
    _require_handler(actor)
    item_and_unit(item_code, unit_code)
    source = source_declared(source_name)
    with TemporaryDirectory(prefix="pull-") as folder:
        path = Path(folder) / "pulled.csv"
        source_to_csv(source, path)
        return records_ingest(
            item_code=item_code,
            unit_code=unit_code,
            source=path,
            file_name=f"{source_name}-{local_date(at).isoformat()}.csv",
            actor=actor,
            at=at,
            progress=progress,
        )


def _require_handler(actor: User | None) -> None:
    if actor is not None:
        require(can_handle_data(actor))
