"""Reads of the workbooks with which the catalogue is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from borrowers.domain.catalogue import item_from_mapping
from borrowers.domain.catalogue_diff import Difference, differences
from borrowers.models import CatalogueImport, CatalogueItemVersion
from borrowers.policies import visible_imports
from marketplace.domain.errors import NotFound
from marketplace.policies import Reader


@dataclass(frozen=True)
class EntryLine:
    """What an import changes of one item; a new item has no differences, everything in it is new."""

    code: str
    name: str
    is_new: bool
    is_active: bool
    changes: tuple[Difference, ...]


def catalogue_import_list(user: Reader) -> QuerySet[CatalogueImport]:
    """Return the workbooks that were read, latest first, without what they would change."""
    found = visible_imports(user).select_related("read_by", "applied_by")
    return found.defer("entries", "errors", "units")


def catalogue_import_get(user: Reader, public_id: UUID) -> CatalogueImport:
    """Return one workbook that was read.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = visible_imports(user).select_related("read_by", "applied_by")
    row = found.filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return row


def entry_lines(entries: Iterable[Mapping[str, Any]]) -> list[EntryLine]:
    """Return some entries of an import with what they change.

    Args:
        entries: a page of ``CatalogueImport.entries``.

    Queries: one.
    """
    wanted = list(entries)
    versions = CatalogueItemVersion.objects.filter(item__code__in=[e["code"] for e in wanted])
    known = {
        (code, version): (spec, active)
        for code, version, spec, active in versions.values_list(
            "item__code", "version", "spec", "is_active"
        )
    }
    return [_line(entry, known.get((entry["code"], entry["before"]))) for entry in wanted]


def _line(entry: Mapping[str, Any], before: tuple[Any, bool] | None) -> EntryLine:
    after = item_from_mapping(entry["spec"])
    changes: tuple[Difference, ...] = ()
    if before:
        spec, was_active = before
        changes = differences(item_from_mapping(spec), after)
        if was_active != entry["is_active"]:
            words = {True: "是", False: "否"}
            changes += (Difference("启用", words[was_active], words[entry["is_active"]]),)
    return EntryLine(after.code, after.name, before is None, entry["is_active"], changes)
