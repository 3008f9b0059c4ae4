"""The register of market entities from sheets; known entities are brought up to date, none is removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from uuid import uuid4

from django.db import transaction

from borrowers.domain.register import REGISTER_COLUMNS, RegisterRow, compile_register
from borrowers.domain.rows import RowError
from borrowers.domain.size_class import size_class
from borrowers.models import Enterprise, IngestBatch
from borrowers.services.batch import BatchBook, Progress
from marketplace.audit import audit_record
from marketplace.bulk import db_moment, insert_rows, update_rows
from marketplace.domain.money import WAN
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.sheets import titles_of

CHUNK_ROWS = 2000
COMPARED = (
    "name",
    "registration_no",
    "entity_type",
    "legal_form",
    "status",
    "established_date",
    "ended_date",
    "capital_amount",
    "capital_currency",
    "capital_text",
    "industry_code",
    "industry_section",
    "business_scope",
    "district_id",
    "address",
    "legal_representative",
    "employees",
)
WRITTEN = [
    *(name.removesuffix("_id") for name in COMPARED),
    "name_normalized",
    "size_class",
    "register_batch",
    "register_row",
    "updated_at",
]
INSERTED = (
    "public_id",
    "uscc",
    *(name.removesuffix("_id") for name in COMPARED),
    "name_normalized",
    "size_class",
    "register_batch",
    "register_row",
    "created_at",
    "updated_at",
)
ONLY_WHEN_STATED = frozenset(
    {"industry_code", "industry_section", "employees", "legal_representative", "registration_no"}
)
"""What a sheet without the column must not wipe out."""


@transaction.atomic
def register_import_rows(
    *,
    rows: Iterable[tuple[int, Mapping[str, str]]],
    file_name: str,
    file_sha256: str,
    actor: User | None,
    at: datetime,
    progress: Progress | None = None,
) -> IngestBatch:
    """Keep the rows of one sheet of the register.

    A code that comes twice in the sheet is kept once: the same content is a duplicate, other content is rejected,
    because nothing tells which row is right.

    Args:
        rows: row number and title to text; the titles of the sheet, else of the first row, hold for all.
        file_name: as delivered.
        file_sha256: of the delivered bytes.
        actor: who handed it in; None for the marketplace's own jobs.
        at: when it was received, aware.
        progress: told the number of rows read.

    Returns:
        The closed batch; accepted + rejected + duplicates = rows read.

    Raises:
        Refused: ``SHEET_COLUMN_MISSING``.

    Writes: ``IngestBatch``, ``Enterprise`` (bulk), ``IngestReject`` (bulk), audit ``borrowers.register.import``.
    """
    batch = IngestBatch.objects.create(
        kind="REGISTER",
        file_name=file_name[:200],
        file_sha256=file_sha256,
        received_at=at,
        received_by=actor,
    )
    book = BatchBook(batch, progress)
    seen: dict[str, tuple[object, ...]] = {}
    for chunk in _parsed_chunks(rows, book, at):
        _keep(chunk, seen, book, at)
    book.close(at)
    audit_record(
        action="borrowers.register.import",
        subject_kind="IngestBatch",
        subject_id=batch.public_id,
        actor=actor,
        at=at,
        payload={"read": book.read, "accepted": book.accepted, "rejected": book.rejected},
    )
    return batch


def _parsed_chunks(
    rows: Iterable[tuple[int, Mapping[str, str]]], book: BatchBook, at: datetime
) -> Iterator[list[tuple[int, RegisterRow]]]:
    waiting = iter(rows)
    first = next(waiting, None)
    if first is None:
        return
    titles = titles_of(rows, first[1])
    book.columns_bound(REGISTER_COLUMNS, titles)
    read_row = compile_register(titles, local_date(at))
    whole = chain([first], waiting)
    while chunk := list(islice(whole, CHUNK_ROWS)):
        parsed: list[tuple[int, RegisterRow]] = []
        for row_number, mapping in chunk:
            book.row_read()
            found = read_row(mapping, row_number)
            if isinstance(found, RegisterRow):
                parsed.append((row_number, found))
            else:
                book.reject(found)
        yield parsed


def _keep(
    chunk: list[tuple[int, RegisterRow]],
    seen: dict[str, tuple[object, ...]],
    book: BatchBook,
    at: datetime,
) -> None:
    known = Enterprise.objects.in_bulk({row.uscc for _, row in chunk}, field_name="uscc")
    new: list[tuple[object, ...]] = []
    changed: list[Enterprise] = []
    for row_number, row in chunk:
        values = _values(row)
        content = tuple(values[name] for name in COMPARED)
        if row.uscc in seen:
            _repeat(row_number, content == seen[row.uscc], book)
            continue
        seen[row.uscc] = content
        enterprise = known.get(row.uscc)
        if enterprise is None:
            new.append(_as_inserted(row, content, row_number, book, at))
        elif _differs(enterprise, values):
            changed.append(_fill(enterprise, row, values, row_number, book, at))
        else:
            book.duplicates += 1
    insert_rows(Enterprise, INSERTED, new)
    update_rows(changed, WRITTEN)
    book.accepted += len(new) + len(changed)
    book.superseding += len(changed)


def _as_inserted(
    row: RegisterRow, content: tuple[object, ...], row_number: int, book: BatchBook, at: datetime
) -> tuple[object, ...]:
    """Return a new enterprise as the database takes it, in the order of ``INSERTED``."""
    size = _size(row.industry_code, row.employees, None, None, row.subject_type, at)
    moment = db_moment(at)
    plain = (str(value) if isinstance(value, Decimal | date) else value for value in content)
    return (
        uuid4().hex,
        row.uscc,
        *plain,
        row.name_key,
        size,
        book.batch.pk,
        row_number,
        moment,
        moment,
    )


def _repeat(row_number: int, is_same: bool, book: BatchBook) -> None:
    if is_same:
        book.duplicates += 1
        return
    sentence = "同一文件中该统一社会信用代码已出现，且内容不同，无法判断以哪一行为准。"
    book.reject([RowError(row_number, "统一社会信用代码", "KEY_CONFLICT_IN_FILE", sentence)])


def _values(row: RegisterRow) -> dict[str, object]:
    """Return the fields of the enterprise that the register row states."""
    capital = row.capital
    return {
        "name": row.name,
        "registration_no": row.registration_no,
        "entity_type": row.subject_type.value,
        "legal_form": row.legal_form,
        "status": row.status.value,
        "established_date": row.established_date,
        "ended_date": row.ended_date,
        "capital_amount": capital.amount,
        "capital_currency": capital.currency or "",
        "capital_text": capital.text[:100],
        "industry_code": row.industry_code,
        "industry_section": row.industry_section,
        "business_scope": row.business_scope,
        "district_id": row.district_code,
        "address": row.address,
        "legal_representative": row.legal_representative,
        "employees": row.employees,
    }


def _differs(enterprise: Enterprise, values: Mapping[str, object]) -> bool:
    return any(
        getattr(enterprise, name) != values[name]
        for name in COMPARED
        if values[name] or name not in ONLY_WHEN_STATED
    )


def _fill(
    enterprise: Enterprise,
    row: RegisterRow,
    values: Mapping[str, object],
    row_number: int,
    book: BatchBook,
    at: datetime,
) -> Enterprise:
    for name, value in values.items():
        if value or name not in ONLY_WHEN_STATED:
            setattr(enterprise, name, value)
    enterprise.name_normalized = row.name_key
    enterprise.register_batch = book.batch
    enterprise.register_row = row_number
    enterprise.updated_at = at
    size_refresh(enterprise, at)
    return enterprise


def size_refresh(enterprise: Enterprise, at: datetime) -> None:
    """Set the size class on the instance from what it holds; unknown where data lacks."""
    enterprise.size_class = _size(
        enterprise.industry_code,
        enterprise.employees,
        enterprise.revenue_yuan,
        enterprise.assets_yuan,
        enterprise.entity_type,
        at,
    )


def _size(
    industry_code: str,
    employees: int | None,
    revenue_yuan: Decimal | None,
    assets_yuan: Decimal | None,
    entity_type: str,
    at: datetime,
) -> str:
    finding = size_class(
        industry_code=industry_code,
        employees=employees,
        revenue_wan=None if revenue_yuan is None else revenue_yuan / WAN,
        assets_wan=None if assets_yuan is None else assets_yuan / WAN,
        entity_type=entity_type,
        on=local_date(at),
    )
    return finding.cls.value
