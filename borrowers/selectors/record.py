"""Reads of credit records as they stood at a moment, with the way back to the delivered file.

Source: design law 5 (traceable, reproducible); domain note 2.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Exists, Max, Q, QuerySet

from borrowers.models import CatalogueItem, CreditRecord, Enterprise, IngestBatch, Objection
from borrowers.selectors.archived import archived_items, archived_versions
from borrowers.selectors.catalogue import specs_known
from marketplace.statements import Question, Statement

UNCONFIRMED = "UNCONFIRMED"
COLUMNS = (
    "enterprise_id",
    "public_id",
    "item_id",
    "natural_key",
    "event_date",
    "received_at",
    "payload",
    "batch_id",
    "row_number",
    "repaired_at",
    "disputed_at",
)


class RecordRow(NamedTuple):
    """One credit record as it stood at the moment of reading.

    Attributes:
        public_id: of the stored record.
        item_code, item_name: catalogue item.
        data_class: two-digit class of the shared-data list.
        event_date: when it happened; None when the item has no date.
        received_at: when the marketplace learned of it, aware.
        payload: field code to stored value.
        unit_code, unit_name: who delivered it.
        batch_id: public id of the batch.
        file_name, row_number: where in the delivery it stood, the first row being 1.
        disputed: an objection was open.
        repaired: credit repair was complete; such a record is neither shown nor used.
        consent_required: reading it needs the enterprise's consent.
        voided: stays on file and never counts (void invoice).
    """

    public_id: str
    item_code: str
    item_name: str
    data_class: str
    event_date: date | None
    received_at: datetime
    payload: Mapping[str, Any]
    unit_code: str
    unit_name: str
    batch_id: str
    file_name: str
    row_number: int
    disputed: bool
    repaired: bool
    consent_required: bool
    voided: bool

    @property
    def source_unit(self) -> str:
        """Return the name of the delivering unit."""
        return self.unit_name

    @property
    def batch(self) -> str:
        """Return the public id of the batch."""
        return self.batch_id

    @property
    def public(self) -> bool:
        """Return whether the item is open to everybody."""
        return not self.consent_required


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How much there is of one data class: records in use, and whether reading any of it needs consent."""

    data_class: str
    count: int
    consent_required: bool


class _Batch(NamedTuple):
    """A batch with its unit and item, as every record of it shares them."""

    public_id: str
    file_name: str
    unit_code: str
    unit_name: str
    item_code: str
    item_name: str
    data_class: str
    consent_required: bool
    void_field: str
    void_values: tuple[Any, ...]
    some_archived: bool


BATCH_COLUMNS = (
    "pk",
    "public_id",
    "file_name",
    "unit__code",
    "unit__name",
    "item__code",
    "item__name",
    "item__data_class",
    "item__consent_required",
    "item__spec_digest",
    "some_archived",
)
"""The last is no batch's own: whether the archive alone keeps any item, said here to spare a statement."""


def records_as_at(
    enterprise: Enterprise,
    at: datetime,
    data_classes: Collection[str] | None = None,
    *,
    with_disputes: bool = True,
) -> list[RecordRow]:
    """Return the records of an enterprise as they stood at a moment, in order of reception.

    A record stood at the moment when it had been received and not yet been superseded or withdrawn. Whether it was
    disputed or repaired is answered for that moment too. Repaired records are in the list, marked: the reader leaves
    them out. Consent is the reader's to check.

    Args:
        enterprise: whose records.
        at: aware moment.
        data_classes: only these classes; None for all.
        with_disputes: answer whether each was disputed; without, none reads as disputed and no objection is asked for.

    Queries: two, whatever the number of records (records, batches with unit and item), and up to five more where the
        archive alone keeps some item; one more for the objections where a record carries the mark of one, past or
        present, and one when a declaration is met for the first time in this process.
    """
    if data_classes is None:
        of_records, of_batches = records_questions(enterprise, at)
        rows = of_records.rows()
        batches = _batches(of_batches.rows()) if rows else {}
        rows, batches = _completed(rows, batches, [enterprise.pk], at, None)
        found = _found(rows, batches, at, with_disputes=with_disputes)
    else:
        found = records_as_at_many([enterprise], at, data_classes, with_disputes=with_disputes)
    return found.get(enterprise.pk, [])


def records_questions(enterprise: Enterprise, at: datetime) -> tuple[Question[Any], Question[Any]]:
    """Return what ``records_as_at`` asks of all classes, to be asked together with others: records, their batches."""
    of_batches = _BATCHES_OF_ONE.question(enterprise=enterprise.pk)
    return _OF_ONE.question(enterprise=enterprise.pk, at=at), of_batches


def records_as_at_many(
    enterprises: Collection[Enterprise],
    at: datetime,
    data_classes: Collection[str] | None = None,
    *,
    only_public: bool = False,
    with_disputes: bool = True,
) -> dict[int, list[RecordRow]]:
    """Return what ``records_as_at`` returns for each of some enterprises, by primary key.

    Args:
        enterprises: some hundreds at once; those without records are absent from the answer.
        at: aware moment.
        data_classes: only these classes; None for all.
        only_public: leave out items that need consent, before they are read.
        with_disputes: as for ``records_as_at``.

    Queries: as for ``records_as_at``.
    """
    pks = [enterprise.pk for enterprise in enterprises]
    stood = records_stood(at, data_classes, only_public=only_public).filter(enterprise__in=pks)
    rows = list(_received(stood))
    named = IngestBatch.objects.filter(pk__in={row[7] for row in rows})
    batches = _batches(_described(named)) if rows else {}
    if not only_public:
        rows, batches = _completed(rows, batches, pks, at, data_classes)
    return _found(rows, batches, at, with_disputes=with_disputes)


def _completed(
    rows: list[Any],
    batches: dict[int, _Batch],
    pks: Collection[int],
    at: datetime,
    data_classes: Collection[str] | None,
) -> tuple[list[Any], dict[int, _Batch]]:
    """Return records of the database and their batches with those that the archive alone keeps."""
    if not _may_be_archived(batches):
        return rows, batches
    rows = _with_archived(rows, pks, at, data_classes)
    further = {row[7] for row in rows} - batches.keys()
    if not further:
        return rows, batches
    named = _described(IngestBatch.objects.filter(pk__in=further))
    return rows, batches | _batches(named)


def _may_be_archived(batches: Mapping[int, _Batch]) -> bool:
    """Return whether the archive alone keeps any item, as the batches' statement said; true where there was none."""
    return not batches or any(batch.some_archived for batch in batches.values())


def _with_archived(
    rows: list[tuple[Any, ...]],
    pks: Collection[int],
    at: datetime,
    data_classes: Collection[str] | None,
) -> list[tuple[Any, ...]]:
    """Return records read from the database with those that the archive alone keeps; of the open ones it keeps none."""
    standing = {(row[7], row[8]) for row in rows}
    archived = [
        (
            version.row.enterprise_id,
            version.row.public_id,
            version.row.item_id,
            version.row.natural_key,
            version.row.event_date,
            version.received_at,
            version.row.payload,
            version.row.batch_id,
            version.row.row_number,
            None,
            None,
        )
        for version in archived_versions(pks, data_classes=data_classes, standing=standing)
        if version.stood(at)
    ]
    if not archived:
        return rows
    return sorted([*rows, *archived], key=lambda row: (row[5], row[7], row[8]))


def records_stood(
    at: datetime, data_classes: Collection[str] | None = None, *, only_public: bool = False
) -> QuerySet[CreditRecord]:
    """Return the records of all enterprises that stood at a moment, as ``records_as_at`` says.

    Args:
        at: aware moment.
        data_classes: only these classes; None for all.
        only_public: leave out items that need consent.
    """
    stood = _stood_at(CreditRecord.objects.all(), at)
    if data_classes is not None:
        stood = stood.filter(item__data_class__in=[str(code) for code in data_classes])
    return stood.filter(item__consent_required=False) if only_public else stood


def items_fed(at: datetime) -> dict[str, datetime]:
    """Return item code to the moment of its latest finished delivery, of any enterprise, up to a moment.

    Queries: one.
    """
    delivered = IngestBatch.objects.filter(
        kind="RECORDS", received_at__lte=at, finished_at__isnull=False
    )
    latest = delivered.order_by().values_list("item__code").annotate(Max("received_at"))
    return {str(code): moment for code, moment in latest}


def items_fed_by_unit(codes: Collection[str], at: datetime) -> list[tuple[str, str, datetime]]:
    """Return item code, name of the unit and moment of its latest finished delivery of the item, up to a moment.

    Args:
        codes: of the items.
        at: aware moment.

    Queries: one.
    """
    delivered = IngestBatch.objects.filter(
        item__code__in=codes, kind="RECORDS", received_at__lte=at, finished_at__isnull=False
    )
    latest = delivered.order_by("item__code", "unit__code").values_list("item__code", "unit__name")
    return [(code, unit, moment) for code, unit, moment in latest.annotate(Max("received_at"))]


def classes_available(enterprise: Enterprise, at: datetime) -> list[ClassCount]:
    """Return how many records in use each data class holds at a moment, classes without records left out.

    Queries: two, and three more where the archive alone keeps some.
    """
    stood = _stood_at(CreditRecord.objects.filter(enterprise=enterprise), at)
    in_use = stood.exclude(repaired_at__lte=at)
    found = in_use.values_list("item__data_class", "item__consent_required")
    counts: Counter[str] = Counter()
    needs: set[str] = set()
    for data_class, consent_required in [*found.order_by(), *_archived_classes(enterprise, at)]:
        counts[data_class] += 1
        if consent_required:
            needs.add(data_class)
    return [ClassCount(code, counts[code], code in needs) for code in sorted(counts)]


def _archived_classes(enterprise: Enterprise, at: datetime) -> list[tuple[str, bool]]:
    """Return class and whether consent is needed of every record in use that the archive alone keeps."""
    items = [
        version.row.item_id for version in archived_versions([enterprise.pk]) if version.stood(at)
    ]
    known = CatalogueItem.objects.in_bulk(set(items)) if items else {}
    return [(known[pk].data_class, known[pk].consent_required) for pk in items]


def _stood_at(records: QuerySet[CreditRecord], at: datetime) -> QuerySet[CreditRecord]:
    until = Q(superseded_at=None) | Q(superseded_at__gt=at)
    return records.filter(until, received_at__lte=at)


def _received(records: QuerySet[CreditRecord]) -> QuerySet[CreditRecord, Any]:
    return records.order_by("received_at", "batch_id", "row_number", "id").values_list(*COLUMNS)


def _described(batches: QuerySet[IngestBatch]) -> QuerySet[IngestBatch, Any]:
    told = batches.annotate(some_archived=Exists(archived_items()))
    return told.order_by().values_list(*BATCH_COLUMNS)


_OF_ONE: Statement[Any] = Statement(
    lambda enterprise, at: _received(records_stood(at).filter(enterprise=enterprise))
)
_BATCHES_OF_ONE: Statement[Any] = Statement(
    lambda enterprise: _described(
        IngestBatch.objects.filter(
            pk__in=CreditRecord.objects.filter(enterprise=enterprise).order_by().values("batch_id")
        )
    )
)
"""Every batch that brought the enterprise something, also what was superseded since: no list of keys to spell."""


def _found(
    rows: Iterable[Any], batches: Mapping[int, _Batch], at: datetime, *, with_disputes: bool
) -> dict[int, list[RecordRow]]:
    """Return rows of ``COLUMNS`` as records, by enterprise."""
    marked = {row[0] for row in rows if row[-1] is not None} if with_disputes else ()
    disputed = _disputed_at(marked, at) if marked else frozenset()
    found: dict[int, list[RecordRow]] = {}
    for values in rows:
        enterprise_id, _, item_id, natural_key = values[:4]
        is_disputed = bool(disputed) and (enterprise_id, item_id, natural_key) in disputed
        row = _row(values, batches[values[7]], at, disputed=is_disputed)
        found.setdefault(enterprise_id, []).append(row)
    return found


def _batches(described: Iterable[Any]) -> dict[int, _Batch]:
    found: dict[int, _Batch] = {}
    rows = list(described)
    specs = specs_known({row[-2] for row in rows})
    for values in rows:
        pk, public_id, file_name, unit_code, unit_name = values[:5]
        code, name, data_class, consent_required, digest, some_archived = values[5:]
        found[pk] = _Batch(
            public_id=str(public_id),
            file_name=file_name,
            unit_code=unit_code or "",
            unit_name=unit_name or "",
            item_code=code,
            item_name=name,
            data_class=data_class,
            consent_required=consent_required,
            void_field=specs[digest].void_field,
            void_values=specs[digest].void_values,
            some_archived=some_archived,
        )
    return found


def _disputed_at(pks: Collection[int], at: datetime) -> set[tuple[int, int, str]]:
    """Return enterprise, item and natural key of the records that carried an objection's mark.

    Corrected versions of a record share all three. What could not be confirmed keeps its mark (条例 art. 25).
    """
    standing = Q(answered_at=None) | Q(answered_at__gt=at) | Q(state=UNCONFIRMED)
    marked = Objection.objects.filter(
        standing, record__enterprise__in=pks, submitted_at__lte=at
    ).order_by()
    key = ("record__enterprise_id", "record__item_id", "record__natural_key")
    return set(marked.values_list(*key))


def _row(values: Sequence[Any], batch: _Batch, at: datetime, *, disputed: bool) -> RecordRow:
    _, public_id, _, _, event_date, received_at, payload, _, row_number, repaired_at, _ = values
    return RecordRow(
        public_id=str(public_id),
        item_code=batch.item_code,
        item_name=batch.item_name,
        data_class=batch.data_class,
        event_date=event_date,
        received_at=received_at,
        payload=payload,
        unit_code=batch.unit_code,
        unit_name=batch.unit_name,
        batch_id=batch.public_id,
        file_name=batch.file_name,
        row_number=row_number,
        disputed=disputed,
        repaired=repaired_at is not None and repaired_at <= at,
        consent_required=batch.consent_required,
        voided=bool(batch.void_field) and payload.get(batch.void_field) in batch.void_values,
    )
