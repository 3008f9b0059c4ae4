"""Reads of the catalogue, its units, and the files they delivered."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import (
    Count,
    Exists,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
)
from django.db.models.functions import Cast

from borrowers.domain.catalogue import ItemSpec, item_from_mapping
from borrowers.domain.catalogue_diff import Difference, differences
from borrowers.models import (
    CatalogueItem,
    CatalogueItemVersion,
    IngestBatch,
    IngestReject,
    RejectedRow,
    SourceUnit,
    SubjectAlias,
)
from borrowers.policies import Asker, visible_batches, visible_items, visible_units
from marketplace.domain.errors import NotFound, Refused
from marketplace.policies import Reader
from marketplace.statements import Question, Statement

_SPECS: dict[str, ItemSpec] = {}
"""Digest of a declaration's text to the declaration; never stale, since the digest changes with the text."""


@dataclass(frozen=True)
class ItemFilter:
    """Which items are wanted; empty means all."""

    text: str = ""
    data_class: str = ""
    administration: str = ""
    unit: str = ""
    active: str = ""


def catalogue_list(user: Reader, wanted: ItemFilter) -> QuerySet[CatalogueItem]:
    """Return the items the reader asked for with their responsible unit and latest delivery; for keyset pages by code.

    Args:
        user: reader.
        wanted: ``text`` is the beginning of a code or a part of a name; ``unit`` the code of a unit that may deliver.
    """
    found = visible_items(user).select_related("source_unit")
    if wanted.text:
        named = Q(name__icontains=wanted.text) | Q(code__istartswith=wanted.text)
        found = found.filter(named)
    if wanted.data_class:
        found = found.filter(data_class=wanted.data_class)
    if wanted.administration:
        found = found.filter(administration=wanted.administration)
    if wanted.unit:
        delivers = CatalogueItem.units.through.objects.filter(
            catalogueitem=OuterRef("pk"), sourceunit__code=wanted.unit
        )
        found = found.filter(Exists(delivers))
    if wanted.active:
        found = found.filter(is_active=wanted.active == "1")
    batches = IngestBatch.objects.filter(item=OuterRef("pk")).order_by()
    latest = batches.values("item").annotate(latest=Max("received_at")).values("latest")
    return found.annotate(latest_at=Subquery(latest))


def class_counts(user: Reader) -> dict[str, int]:
    """Return class to how many items in force it has. Queries: one."""
    items = visible_items(user).filter(is_active=True).order_by()
    return dict(items.values_list("data_class").annotate(count=Count("pk")))


def catalogue_items() -> list[CatalogueItem]:
    """Return every item with its responsible unit, by class and code; for the workbook. Queries: one."""
    return list(CatalogueItem.objects.select_related("source_unit").order_by("data_class", "code"))


@dataclass(frozen=True)
class VersionStep:
    """One version of an item and in what it differs from the one before."""

    version: CatalogueItemVersion
    changes: tuple[Difference, ...]
    batches: int


def version_steps(item: CatalogueItem) -> list[VersionStep]:
    """Return the versions of an item, latest first, each with its differences and how many files it was used for.

    The first version has no differences: everything in it is new.

    Queries: two.
    """
    versions = list(item.versions.select_related("changed_by").order_by("version"))
    used = IngestBatch.objects.filter(item=item).order_by().values_list("item_version")
    counts = dict(used.annotate(count=Count("pk")))
    steps: list[VersionStep] = []
    before: CatalogueItemVersion | None = None
    for version in versions:
        changes = _changes(before, version) if before else ()
        steps.append(VersionStep(version, changes, counts.get(version.version, 0)))
        before = version
    return steps[::-1]


def _changes(before: CatalogueItemVersion, after: CatalogueItemVersion) -> tuple[Difference, ...]:
    found = differences(item_from_mapping(before.spec), item_from_mapping(after.spec))
    if before.is_active != after.is_active:
        words = {True: "是", False: "否"}
        found += (Difference("启用", words[before.is_active], words[after.is_active]),)
    return found


def catalogue_specs() -> list[ItemSpec]:
    """Return the declarations of the items in force, by class and code; for rules. Queries: one."""
    items = CatalogueItem.objects.filter(is_active=True).order_by("data_class", "code")
    return [_spec_of(text) for text in items.values_list(Cast("spec", TextField()), flat=True)]


def catalogue_delivered(at: datetime) -> tuple[list[ItemSpec], dict[str, datetime]]:
    """Return `catalogue_specs` and `borrowers.selectors.record.items_fed` of a moment together.

    A declaration is read once in this process and known again by its digest, which is made of its content.

    Queries: one, and one more when declarations are met for the first time.
    """
    found = catalogue_delivered_question(at).rows()
    active = [digest for _, is_active, digest, _ in found if is_active]
    known = specs_known(active)
    fed = {code: fed_at for code, _, _, fed_at in found if fed_at is not None}
    return [known[digest] for digest in active], fed


def catalogue_delivered_question(at: datetime) -> Question[Any]:
    """Return what ``catalogue_delivered`` asks, to be asked together with others."""
    return _DELIVERED.question(at=at)


def _delivered(at: datetime) -> QuerySet[CatalogueItem, Any]:
    delivered = IngestBatch.objects.filter(
        item=OuterRef("pk"), kind="RECORDS", received_at__lte=at, finished_at__isnull=False
    )
    latest = delivered.order_by("-received_at").values("received_at")[:1]
    return CatalogueItem.objects.order_by("data_class", "code").values_list(
        "code", "is_active", "spec_digest", Subquery(latest)
    )


_DELIVERED: Statement[Any] = Statement(_delivered)


def specs_known(digests: Collection[str]) -> Mapping[str, ItemSpec]:
    """Return declarations by the digest of their stored text, among others that were read before.

    Queries: one when some of them are met for the first time in this process, else none.
    """
    new = [digest for digest in digests if digest not in _SPECS]
    if new:
        items = CatalogueItem.objects.filter(spec_digest__in=new).order_by()
        for digest, text in items.values_list("spec_digest", Cast("spec", TextField())):
            _SPECS[digest] = _spec_of(text)
    return _SPECS


def item_spec(item: CatalogueItem) -> ItemSpec:
    """Return an item's declaration, typed; each content is read once in this process. Queries: none."""
    return _spec_of(json.dumps(item.spec))


@lru_cache(maxsize=8192)
def _spec_of(text: str) -> ItemSpec:
    return item_from_mapping(json.loads(text))


def item_get(user: Asker, code: str) -> CatalogueItem:
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


def unit_named(user: Reader, code: str) -> SourceUnit:
    """Return the source unit an address names.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    unit = visible_units(user).filter(code=code).first()
    if unit is None:
        raise NotFound
    return unit


def batch_list(
    user: Asker, kind: str = "", text: str = "", *, rejected: bool = False
) -> QuerySet[IngestBatch]:
    """Return the delivered files the user may see.

    Args:
        user: whoever asks.
        kind: only of this kind; empty for all.
        text: part of the item's name, the unit's name or the file's name, or the item's code; empty for all.
        rejected: only those of which rows were refused.
    """
    found = visible_batches(user).select_related("item", "unit", "received_by", "unit_token")
    if kind:
        found = found.filter(kind=kind)
    if text:
        named = Q(item__name__icontains=text) | Q(item__code__iexact=text)
        found = found.filter(named | Q(unit__name__icontains=text) | Q(file_name__icontains=text))
    return found.filter(rejected__gt=0) if rejected else found


def batch_get(user: Asker, public_id: UUID) -> IngestBatch:
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


def rejected_rows(batch: IngestBatch) -> Iterator[tuple[list[str], list[IngestReject]]]:
    """Yield the cells of every rejected row that is held, with all reasons against it, streamed. Queries: two."""
    reasons = groupby(reject_list(batch).iterator(2000), key=lambda reject: reject.row_number)
    number, found = next(reasons, (0, iter(())))
    for row in RejectedRow.objects.filter(batch=batch).order_by("row_number").iterator(2000):
        while number < row.row_number:
            number, found = next(reasons, (row.row_number, iter(())))
        yield json.loads(row.cells), list(found)


def reject_lines(batch: IngestBatch) -> Iterator[tuple[str, str, str, str]]:
    """Yield row number, field, code and sentence of every reject, streamed. Queries: one."""
    columns = ("row_number", "field", "code", "sentence")
    for row_number, *rest in reject_list(batch).values_list(*columns).iterator(2000):
        field, code, sentence = rest
        yield str(row_number), field, code, sentence
