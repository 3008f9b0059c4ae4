"""The catalogue entered from a workbook: read and compared first, applied in a second step.

Source: issue of the catalogue (import as a sheet with preview; forbidden fields refused with the article).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from borrowers.domain.catalogue import UnitSpec, item_from_mapping, item_to_mapping
from borrowers.domain.catalogue_columns import ITEM_SHEET, UNIT_NAME
from borrowers.domain.catalogue_sheet import CellError, SheetItem
from borrowers.ingest.catalogue_sheets import open_catalogue
from borrowers.ingest.delivered import Source, sha256_of
from borrowers.models import CatalogueImport, CatalogueItem, SourceUnit
from borrowers.policies import can_handle_data, require
from borrowers.selectors.catalogue import item_spec
from borrowers.services.catalogue_entry import ItemEntry, as_stored, items_enter, units_enter
from marketplace.audit import audit_record
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.models import User
from marketplace.sheets import IMPORT_LIMITS, SheetLimits

ERRORS_KEPT = 1000
UNIT_HEADING = "来源单位代码"
NAME_LENGTH = 100


@transaction.atomic
def catalogue_import_read(
    *,
    source: Source,
    file_name: str,
    actor: User | None,
    at: datetime,
    limits: SheetLimits = IMPORT_LIMITS,
) -> CatalogueImport:
    """Read a workbook of the catalogue and keep what it would change; the catalogue itself stays as it is.

    Items the workbook does not name stay untouched; an item is taken out of use by 启用 = 否.

    Args:
        source: path or bytes of an xlsx with the sheets 信息项 and 字段.
        file_name: as delivered.
        actor: an operator; None for a command on the machine.
        at: when, aware.
        limits: how large the file may be.

    Returns:
        The import, with its differences or with its errors.

    Raises:
        NotPermitted: the actor is no operator.
        Refused: ``SHEET_*``, ``CATALOGUE_SHEET_MISSING``, ``FILE_NOT_FOUND``.

    Queries: two, however many items.
    Writes: ``CatalogueImport``, audit ``borrowers.catalogue.upload``.
    """
    _require_handler(actor)
    found = open_catalogue(source, file_name, limits=limits)
    units, errors = _new_units(found.items)
    entries = _entries(found.items)
    errors = found.errors + errors
    row = CatalogueImport.objects.create(
        file_name=file_name[:200],
        file_sha256=sha256_of(source),
        items_read=found.read,
        created=sum(entry["before"] == 0 for entry in entries),
        changed=sum(entry["before"] > 0 for entry in entries),
        entries=entries,
        units=units,
        errors=[error._asdict() for error in errors[:ERRORS_KEPT]],
        error_count=len(errors),
        read_by=actor,
        read_at=at,
    )
    _audit("upload", row, actor, at)
    return row


@transaction.atomic
def catalogue_import_apply(
    *, public_id: uuid.UUID, actor: User | None, at: datetime
) -> CatalogueImport:
    """Enter what a read workbook would change, all of it or nothing.

    Raises:
        NotPermitted: the actor is no operator.
        NotFound: there is no such import.
        Refused: ``CATALOGUE_IMPORT_ERRORS``, the workbook has errors.
        Conflict: ``CATALOGUE_IMPORT_APPLIED``, it was applied before; ``CATALOGUE_MOVED``, the catalogue changed since
            it was read.

    Writes: ``SourceUnit``, ``CatalogueItem``, ``CatalogueItemVersion``, ``CatalogueImport``, audit
        ``borrowers.catalogue.import``; locks the import, then the catalogue.
    """
    _require_handler(actor)
    row = CatalogueImport.objects.select_for_update().filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    if row.applied_at is not None:
        raise Conflict("CATALOGUE_IMPORT_APPLIED", "这份目录表已经生效。")
    if row.error_count:
        sentence = f"表中还有 {row.error_count} 处错误，更正后重新上传。"
        raise Refused("CATALOGUE_IMPORT_ERRORS", sentence)
    items = CatalogueItem.objects.select_for_update().order_by("pk")
    versions = dict(items.values_list("code", "version"))
    if any(versions.get(entry["code"], 0) != entry["before"] for entry in row.entries):
        raise Conflict("CATALOGUE_MOVED", "读入之后目录又有变更，请重新上传并核对差异。")
    units_enter(UnitSpec(unit["code"], unit["name"], "") for unit in row.units)
    declared = [
        ItemEntry(item_from_mapping(entry["spec"]), entry["is_active"]) for entry in row.entries
    ]
    items_enter(declared, actor=actor, at=at)
    row.applied_by, row.applied_at = actor, at
    row.save(update_fields=["applied_by", "applied_at"])
    _audit("import", row, actor, at)
    return row


def _entries(items: Iterable[SheetItem]) -> list[dict[str, Any]]:
    """Return what would change, in the order of the sheet."""
    known = {item.code: item for item in CatalogueItem.objects.all()}
    entries = []
    for found in items:
        item = known.get(found.spec.code)
        if item and item.is_active == found.is_active and item_spec(item) == found.spec:
            continue
        entries.append(
            {
                "code": found.spec.code,
                "before": item.version if item else 0,
                "is_active": found.is_active,
                "spec": as_stored(item_to_mapping(found.spec)),
            }
        )
    return entries


def _new_units(items: Iterable[SheetItem]) -> tuple[list[dict[str, str]], list[CellError]]:
    """Return the units a sheet introduces by name, and what is wrong with those it names."""
    known = dict(SourceUnit.objects.values_list("code", "name"))
    new: dict[str, str] = {}
    errors: list[CellError] = []
    for found in items:
        code, name = found.spec.source_unit, found.unit_name
        stands = known.get(code) or new.get(code)
        if stands is None and not name:
            sentence = f"没有代码为“{code}”的来源单位；新单位请填写{UNIT_NAME}。"
            errors.append(CellError(ITEM_SHEET, found.row, UNIT_HEADING, "UNIT_UNKNOWN", sentence))
        elif stands is None and len(name) > NAME_LENGTH:
            sentence = f"单位名称超过 {NAME_LENGTH} 个字。"
            errors.append(CellError(ITEM_SHEET, found.row, UNIT_NAME, "TEXT_TOO_LONG", sentence))
        elif stands is None:
            new[code] = name
        elif name and name != stands:
            sentence = f"代码“{code}”的单位名称是“{stands}”，与此处不同。"
            error = CellError(ITEM_SHEET, found.row, UNIT_NAME, "UNIT_NAME_DIFFERS", sentence)
            errors.append(error)
    return [{"code": code, "name": name} for code, name in new.items()], errors


def _audit(verb: str, row: CatalogueImport, actor: User | None, at: datetime) -> None:
    audit_record(
        action=f"borrowers.catalogue.{verb}",
        subject_kind="CatalogueImport",
        subject_id=row.public_id,
        actor=actor,
        at=at,
        payload={
            "file_sha256": row.file_sha256,
            "items": row.items_read,
            "created": row.created,
            "changed": row.changed,
            "errors": row.error_count,
        },
    )


def _require_handler(actor: User | None) -> None:
    if actor is not None:
        require(can_handle_data(actor))
