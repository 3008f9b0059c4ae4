"""Reads of the catalogue, its units, and the files they delivered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db.models import Max, Prefetch, Q, QuerySet, TextField
from django.db.models.functions import Cast

from borrowers.domain.catalogue import ItemSpec, item_from_mapping
from borrowers.models import CatalogueItem, IngestBatch, IngestReject, SourceUnit, SubjectAlias
from borrowers.policies import visible_batches, visible_items, visible_units
from marketplace.domain.errors import NotFound, Refused
from marketplace.domain.vocabulary import DATA_CLASS_LABELS
from marketplace.policies import Reader


@dataclass(frozen=True)
class ItemLine:
    """An item of the catalogue with its units and its latest delivery."""

    item: CatalogueItem
    units: tuple[str, ...]
    latest_at: datetime | None


@dataclass(frozen=True)
class ClassGroup:
    """The items of one data class."""

    data_class: str
    label: str
    lines: tuple[ItemLine, ...]


def catalogue_by_class(user: Reader) -> list[ClassGroup]:
    """Return the catalogue by class, every class of the list, also those without items.

    Queries: two.
    """
    units = Prefetch("units", queryset=SourceUnit.objects.order_by("code"))
    latest = Max("batches__received_at")
    items = visible_items(user).annotate(latest_at=latest).order_by("code").prefetch_related(units)
    grouped: dict[str, list[ItemLine]] = {code.value: [] for code in DATA_CLASS_LABELS}
    for item in items:
        names = tuple(unit.name for unit in item.units.all())
        grouped[item.data_class].append(ItemLine(item, names, item.latest_at))
    return [
        ClassGroup(code.value, label, tuple(grouped[code.value]))
        for code, label in DATA_CLASS_LABELS.items()
    ]


def catalogue_specs() -> list[ItemSpec]:
    """Return the declarations of the items in force, by class and code; for rules. Queries: one."""
    items = CatalogueItem.objects.filter(is_active=True).order_by("data_class", "code")
    return [_spec_of(text) for text in items.values_list(Cast("spec", TextField()), flat=True)]


def catalogue_delivered(at: datetime) -> tuple[list[ItemSpec], dict[str, datetime]]:
    """Return `catalogue_specs` and `borrowers.selectors.record.items_fed` of a moment together.

    Queries: one.
    """
    finished = Q(
        batches__kind="RECORDS", batches__received_at__lte=at, batches__finished_at__isnull=False
    )
    found = (
        CatalogueItem.objects.order_by("data_class", "code")
        .annotate(fed_at=Max("batches__received_at", filter=finished))
        .values_list("code", "is_active", Cast("spec", TextField()), "fed_at")
    )
    specs, fed = [], {}
    for code, is_active, text, fed_at in found:
        if is_active:
            specs.append(_spec_of(text))
        if fed_at is not None:
            fed[code] = fed_at
    return specs, fed


def item_spec(item: CatalogueItem) -> ItemSpec:
    """Return an item's declaration, typed; each content is read once in this process. Queries: none."""
    return _spec_of(json.dumps(item.spec))


@lru_cache(maxsize=1024)
def _spec_of(text: str) -> ItemSpec:
    return item_from_mapping(json.loads(text))


def item_get(user: Reader, code: str) -> CatalogueItem:
    """Return one item with its units.

    Raises:
        NotFound: there is none for this reader.

    Queries: two.
    """
    item = visible_items(user).prefetch_related("units").filter(code=code).first()
    if item is None:
        raise NotFound
    return item


def item_list(user: Reader) -> list[CatalogueItem]:
    """Return the items in force, by class and code. Queries: one."""
    return list(visible_items(user).filter(is_active=True).order_by("data_class", "code"))


def alias_list(user: Reader) -> QuerySet[SubjectAlias]:
    """Return the confirmed own codes of the units the user may see, latest first."""
    found = SubjectAlias.objects.filter(unit__in=visible_units(user))
    return found.select_related("unit", "enterprise", "confirmed_by").order_by("-id")


def unit_list(user: Reader) -> QuerySet[SourceUnit]:
    """Return the source units the user may see, by code."""
    return visible_units(user)


def unit_get(user: Reader, code: str) -> SourceUnit:
    """Return a source unit by code.

    Raises:
        Refused: ``UNIT_UNKNOWN``.

    Queries: one.
    """
    unit = visible_units(user).filter(code=code).first()
    if unit is None:
        sentence = f"没有代码为“{code[:32]}”的来源单位。"
        raise Refused("UNIT_UNKNOWN", sentence, {"unit": sentence})
    return unit


def batch_list(user: Reader, kind: str = "") -> QuerySet[IngestBatch]:
    """Return the delivered files the user may see, of one kind when asked."""
    found = visible_batches(user).select_related("item", "unit", "received_by")
    return found.filter(kind=kind) if kind else found


def batch_get(user: Reader, public_id: UUID) -> IngestBatch:
    """Return one delivered file.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    batch = batch_list(user).filter(public_id=public_id).first()
    if batch is None:
        raise NotFound
    return batch


def reject_list(batch: IngestBatch) -> QuerySet[IngestReject]:
    """Return why rows of the batch were not kept, in the order of the file; the caller may see the batch."""
    return IngestReject.objects.filter(batch=batch).order_by("row_number", "id")


def reject_lines(batch: IngestBatch) -> Iterator[tuple[str, str, str, str]]:
    """Yield row number, field, code and sentence of every reject, streamed. Queries: one."""
    columns = ("row_number", "field", "code", "sentence")
    for row_number, *rest in reject_list(batch).values_list(*columns).iterator(2000):
        field, code, sentence = rest
        yield str(row_number), field, code, sentence
