"""The one way in which declarations enter the catalogue: by the thousand, each with its version.

Source: issue of the catalogue (versions with dates, room for 6,241 items).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from borrowers.domain.archive import KeptIn, Storage, storage_of
from borrowers.domain.catalogue import ItemSpec, UnitSpec, item_to_mapping
from borrowers.domain.item_spec import FieldType
from borrowers.models import CatalogueItem, CatalogueItemVersion, SourceUnit
from borrowers.selectors.archive import fields_ever
from borrowers.selectors.catalogue import item_spec
from marketplace.domain.errors import Refused
from marketplace.models import User

BATCH = 500
COLUMNS = (
    "name",
    "data_class",
    "source_unit",
    "consent_required",
    "sharing_mode",
    "legal_basis",
    "administration",
    "update_rhythm",
    "due_days",
    "spec",
    "version",
    "is_active",
)


@dataclass(frozen=True)
class ItemEntry:
    """One item to enter; without ``is_active`` it stays as it is, a new one is active."""

    spec: ItemSpec
    is_active: bool | None = None


def units_enter(units: Iterable[UnitSpec]) -> int:
    """Enter units, known ones brought up to date; return how many were new or changed.

    A new unit may deliver every item that any unit may deliver. Runs inside the caller's transaction.

    Writes: ``SourceUnit``, the units of such items.
    """
    known = {unit.code: unit for unit in SourceUnit.objects.all()}
    new: list[SourceUnit] = []
    changed: list[SourceUnit] = []
    for declared in units:
        row = known.get(declared.code)
        if row is None:
            values = {"name": declared.name, "legal_basis": declared.legal_basis}
            new.append(SourceUnit(code=declared.code, **values))
        elif (row.name, row.legal_basis) != (declared.name, declared.legal_basis):
            row.name, row.legal_basis = declared.name, declared.legal_basis
            changed.append(row)
    new = SourceUnit.objects.bulk_create(new)
    SourceUnit.objects.bulk_update(changed, ["name", "legal_basis"])
    if new:
        everywhere = CatalogueItem.objects.filter(spec__any_unit=True).values_list("pk", flat=True)
        _link({(item, unit.pk) for item in everywhere for unit in new})
    return len(new) + len(changed)


def items_enter(
    entries: Sequence[ItemEntry], *, actor: User | None, at: datetime
) -> tuple[int, int]:
    """Enter items; one whose declaration or activity differs gets the next version, the others stay untouched.

    Runs inside the caller's transaction; every unit named is known.

    Returns:
        How many items were new and how many changed.

    Raises:
        Refused: ``ITEM_NEEDS_DATABASE``: what the archive alone keeps stays closed, its fields of their types.

    Writes: ``CatalogueItem`` with units, ``CatalogueItemVersion``, all in bulk; locks the whole catalogue.
    """
    known = {item.code: item for item in CatalogueItem.objects.select_for_update().order_by("pk")}
    units = dict(SourceUnit.objects.values_list("code", "pk"))
    new: list[CatalogueItem] = []
    changed: list[CatalogueItem] = []
    for entry in entries:
        item = known.get(entry.spec.code)
        if item is None:
            active = entry.is_active is not False
            item = CatalogueItem(code=entry.spec.code, version=0, is_active=active)
            new.append(item)
        elif _is_same(item, entry):
            continue
        else:
            _refuse_unarchivable(item, entry)
            changed.append(item)
        _fill(item, entry, units)
    new = CatalogueItem.objects.bulk_create(new, batch_size=BATCH)
    CatalogueItem.objects.bulk_update(changed, COLUMNS, batch_size=BATCH)
    _versions_write([*new, *changed], actor, at)
    _units_set([*new, *changed], frozenset(units.values()))
    return len(new), len(changed)


def _refuse_unarchivable(item: CatalogueItem, entry: ItemEntry) -> None:
    """Refuse what the archive alone cannot follow: opening the item to everybody, or another type of a field."""
    if item.kept_in != KeptIn.ARCHIVE:
        return
    advice = "请先把记录移回数据库。"
    if not entry.spec.consent_required:
        sentence = f"“{item.name}”的记录只存归档，不能改为无须授权；{advice}"
        raise Refused("ITEM_NEEDS_DATABASE", sentence, {"item": sentence})
    before = fields_ever(item)
    for field in entry.spec.fields:
        if _reading(before.get(field.code, field.type)) != _reading(field.type):
            sentence = f"“{item.name}”的记录只存归档，“{field.label}”的类型不能改变；{advice}"
            raise Refused("ITEM_NEEDS_DATABASE", sentence, {"item": sentence})


def _reading(field_type: FieldType) -> tuple[Storage, bool]:
    """Return by what a filed value is read back: how it is stored, and whether as a truth value."""
    return storage_of(field_type), field_type is FieldType.BOOLEAN


def _is_same(item: CatalogueItem, entry: ItemEntry) -> bool:
    active = item.is_active if entry.is_active is None else entry.is_active
    return active == item.is_active and item_spec(item) == entry.spec


def _fill(item: CatalogueItem, entry: ItemEntry, units: dict[str, int]) -> None:
    spec = entry.spec
    item.name = spec.name
    item.data_class = spec.data_class.value
    item.source_unit_id = units[spec.source_unit]
    item.consent_required = spec.consent_required
    item.sharing_mode = spec.sharing_mode.value
    item.legal_basis = spec.legal_basis
    item.administration = spec.administration.value
    item.update_rhythm = spec.update_rhythm.value
    item.due_days = spec.due_days
    item.spec = as_stored(item_to_mapping(spec))
    item.version += 1
    if entry.is_active is not None:
        item.is_active = entry.is_active


def _versions_write(items: Iterable[CatalogueItem], actor: User | None, at: datetime) -> None:
    CatalogueItemVersion.objects.bulk_create(
        [
            CatalogueItemVersion(
                item=item,
                version=item.version,
                spec=item.spec,
                is_active=item.is_active,
                effective_from=at,
                changed_by=actor,
            )
            for item in items
        ],
        batch_size=BATCH,
    )


def _units_set(items: Sequence[CatalogueItem], every_unit: Collection[int]) -> None:
    """Let the units of each item be those that may deliver it now."""
    through = CatalogueItem.units.through
    wanted = {
        (item.pk, unit)
        for item in items
        for unit in (every_unit if item.spec["any_unit"] else (item.source_unit_id,))
    }
    touched = {item.pk for item in items}
    held = {
        (item, unit): pk
        for pk, item, unit in through.objects.values_list("pk", "catalogueitem_id", "sourceunit_id")
        if item in touched
    }
    gone = [pk for pair, pk in held.items() if pair not in wanted]
    for start in range(0, len(gone), BATCH):
        through.objects.filter(pk__in=gone[start : start + BATCH]).delete()
    _link(wanted - held.keys())


def _link(pairs: Collection[tuple[int, int]]) -> None:
    through = CatalogueItem.units.through
    rows = [through(catalogueitem_id=item, sourceunit_id=unit) for item, unit in sorted(pairs)]
    through.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)


def as_stored(plain: Any) -> Any:
    """Return plain values as JSON gives them back: lists for tuples."""
    if isinstance(plain, dict):
        return {key: as_stored(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [as_stored(value) for value in plain]
    return plain
