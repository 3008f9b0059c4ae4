"""Members of a thematic list from a sheet: every row is kept, a duplicate, or rejected with its reason.

Source: issue of borrowers (thematic lists).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice

from django.db import transaction

from borrowers.domain.list_member import MemberRow, compile_members
from borrowers.domain.rows import RowError
from borrowers.ingest.delivered import Source, sha256_of
from borrowers.ingest.readers import open_members
from borrowers.models import Enterprise, IngestBatch, ListMembership, ThematicList
from borrowers.services.batch import BatchBook
from borrowers.services.thematic import list_checked, list_locked
from marketplace.audit import audit_record
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.sheets import ALL_KINDS, IMPORT_LIMITS, SheetLimits

CHUNK_ROWS = 2_000


@transaction.atomic
def thematic_upload(
    *,
    code: str,
    source: Source,
    file_name: str,
    actor: User | None,
    at: datetime,
    kinds: Collection[str] = ALL_KINDS,
    limits: SheetLimits = IMPORT_LIMITS,
) -> IngestBatch:
    """Put the enterprises of a sheet onto a list, and end those whose day of removal it states.

    Who is on the list by an earlier sheet and not named in this one stays.

    Args:
        code: of the list.
        source, file_name, actor, at, kinds, limits: as for ``register_import``.

    Returns:
        The closed batch; accepted + rejected + duplicates = rows read.

    Raises:
        NotPermitted: the actor is no operator.
        NotFound: no such list.
        Refused: ``SHEET_*``, ``FILE_NOT_FOUND``, ``FORBIDDEN_FIELD``.

    Writes: ``IngestBatch``, ``IngestReject`` (bulk), ``ListMembership``, ``ThematicList``, audit
    ``borrowers.thematic.upload``; locks the list.
    """
    row = list_locked(code, actor)
    sheet = open_members(source, file_name, kinds=kinds, limits=limits)
    batch = IngestBatch.objects.create(
        kind="THEMATIC",
        file_name=file_name[:200],
        file_sha256=sha256_of(source),
        received_at=at,
        received_by=actor,
    )
    book = BatchBook(batch)
    seen: set[str] = set()
    for chunk in _parsed(sheet, sheet.titles, book, at):
        _keep(row, chunk, seen, book, at)
    book.close(at)
    list_checked(row, local_date(at), at)
    audit_record(
        action="borrowers.thematic.upload",
        subject_kind="ThematicList",
        subject_id=code,
        actor=actor,
        at=at,
        payload={"read": book.read, "accepted": book.accepted, "rejected": book.rejected},
    )
    return batch


def _parsed(
    rows: Iterable[tuple[int, Mapping[str, str]]],
    titles: Collection[str],
    book: BatchBook,
    at: datetime,
) -> Iterator[list[MemberRow]]:
    read_row = compile_members(titles, local_date(at))
    whole = iter(rows)
    while chunk := list(islice(whole, CHUNK_ROWS)):
        parsed: list[MemberRow] = []
        for number, cells in chunk:
            book.row_read()
            found = read_row(cells, number)
            if isinstance(found, MemberRow):
                parsed.append(found)
            else:
                book.reject(found)
        yield parsed


def _keep(
    row: ThematicList, chunk: list[MemberRow], seen: set[str], book: BatchBook, at: datetime
) -> None:
    known = Enterprise.objects.in_bulk({one.uscc for one in chunk}, field_name="uscc")
    held = {
        one.enterprise_id: one
        for one in ListMembership.objects.filter(
            thematic_list=row,
            origin="UPLOAD",
            until_date=None,
            enterprise__in=[enterprise.pk for enterprise in known.values()],
        )
    }
    for one in chunk:
        enterprise = known.get(one.uscc)
        if enterprise is None or one.uscc in seen:
            book.reject([_refusal(one, is_known=enterprise is not None)])
            continue
        seen.add(one.uscc)
        _enter(row, one, enterprise, held.get(enterprise.pk), book, at)


def _enter(
    row: ThematicList,
    one: MemberRow,
    enterprise: Enterprise,
    held: ListMembership | None,
    book: BatchBook,
    at: datetime,
) -> None:
    if held is not None and one.until_date is None:
        book.duplicates += 1
        return
    if held is not None:
        held.until_date = max(one.until_date or held.from_date, held.from_date)
        held.save(update_fields=["until_date"])
        book.superseding += 1
    else:
        ListMembership.objects.create(
            thematic_list=row,
            enterprise=enterprise,
            origin="UPLOAD",
            from_date=one.from_date,
            until_date=one.until_date,
            reason=one.reason,
            batch=book.batch,
            row_number=one.row_number,
            recorded_at=at,
        )
    book.accepted += 1


def _refusal(one: MemberRow, *, is_known: bool) -> RowError:
    if is_known:
        sentence = "同一文件中该统一社会信用代码已出现，只保留第一行。"
        return RowError(one.row_number, "统一社会信用代码", "KEY_TWICE_IN_FILE", sentence)
    sentence = f"登记库中没有代码为“{one.uscc}”的市场主体。"
    return RowError(one.row_number, "统一社会信用代码", "ENTERPRISE_NOT_IN_REGISTER", sentence)
