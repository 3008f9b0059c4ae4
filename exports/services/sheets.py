"""Handing out workbooks: statistics and whitelists, numbered like every other document.

Source: domain note 0.9, 2.3, 4.2.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from exports.domain.numbering import DocumentKind
from exports.domain.statistics_book import statistics_tables
from exports.domain.statistics_scope import Scope
from exports.domain.whitelist_book import WhitelistBook, whitelist_tables
from exports.models import IssuedDocument
from exports.selectors.statistics import statistics
from exports.selectors.whitelist import recommendation_book, whitelist_book
from exports.services.issue import Subject, document_record, ticket_draw
from exports.sheets import write_tables
from marketplace.domain.roles import Role
from marketplace.domain.table import SheetTable
from marketplace.models import Organisation, User
from marketplace.policies import acting_organisation
from matching.models import Whitelist
from matching.selectors.whitelist import whitelist_get

MAKERS = (Role.DISTRICT_CLERK, Role.DISTRICT_LEAD, Role.OPERATOR, Role.AUDITOR)
LENDERS = (Role.OFFICER, Role.APPROVER)


def statistics_xlsx(*, scope: Scope, at: datetime) -> bytes:
    """Return the statistics of a scope as a workbook without number, for visitors. Queries: as ``statistics``."""
    return _written(statistics_tables(statistics(scope, at).book(at)))


@transaction.atomic
def statistics_xlsx_issue(
    *, scope: Scope, user: User, at: datetime
) -> tuple[bytes, IssuedDocument]:
    """Hand out the statistics of a scope as a numbered workbook.

    Args:
        scope: from ``exports.policies``, for this user.
        user: member of some organisation.
        at: up to when is counted, aware.

    Raises:
        NotPermitted: the user acts for nobody.

    Writes: ``IssuedDocument``, audit.
    """
    book = statistics(scope, at).book(at)
    title = f"{book.title}（{book.scope}，截至 {book.as_of.isoformat()}）"
    return sheets_issue(
        DocumentKind.STATISTICS_XLSX,
        statistics_tables(book),
        Subject(title),
        acting_organisation(user, *Role),
        user,
        at,
    )


@transaction.atomic
def whitelist_xlsx_issue(
    *, whitelist_id: uuid.UUID, user: User, at: datetime
) -> tuple[bytes, IssuedDocument]:
    """Hand a whitelist to those who made it: all rows with their reasons.

    Raises:
        NotFound: its making is not the user's to see.

    Writes: ``IssuedDocument``, audit.
    """
    whitelist = whitelist_get(user, whitelist_id, at)
    book = whitelist_book(user, whitelist, at)
    return _issue_whitelist(whitelist, book, acting_organisation(user, *MAKERS), user, at)


@transaction.atomic
def recommendation_xlsx_issue(
    *, whitelist_id: uuid.UUID, user: User, at: datetime
) -> tuple[bytes, IssuedDocument]:
    """Hand a published whitelist to an institution it is put before: the admitted, without reasons.

    Raises:
        NotFound: it does not stand before the user's institutions.

    Writes: ``IssuedDocument``, audit.
    """
    whitelist, book = recommendation_book(user, whitelist_id, at)
    return _issue_whitelist(whitelist, book, acting_organisation(user, *LENDERS), user, at)


def _issue_whitelist(
    whitelist: Whitelist,
    book: WhitelistBook,
    issued_for: Organisation,
    user: User,
    at: datetime,
) -> tuple[bytes, IssuedDocument]:
    subject = Subject(book.name, whitelist.public_id)
    tables = whitelist_tables(book)
    return sheets_issue(DocumentKind.WHITELIST_XLSX, tables, subject, issued_for, user, at)


def sheets_issue(
    kind: DocumentKind,
    tables: Sequence[SheetTable],
    subject: Subject,
    issued_for: Organisation,
    user: User,
    at: datetime,
) -> tuple[bytes, IssuedDocument]:
    """Hand out tables as a numbered workbook; the caller holds the transaction.

    Writes: ``IssuedDocument``, audit.
    """
    ticket = ticket_draw(kind, at)
    fixed = [replace(table, rows=list(table.rows)) for table in tables]
    numbered = [replace(table, notes=(*table.notes, *ticket.lines)) for table in fixed]
    content = _written(numbered)
    document = document_record(
        ticket=ticket,
        subject=subject,
        content=content,
        content_hash=content_hash(fixed),
        issued_for=issued_for,
        actor=user,
        at=at,
    )
    return content, document


def _written(tables: Sequence[SheetTable]) -> bytes:
    stream = BytesIO()
    write_tables(tables, stream)
    return stream.getvalue()


def content_hash(tables: Sequence[SheetTable]) -> str:
    """Return the hash of what the sheets say: headings and rows, whoever takes them and when."""
    said = [
        [table.title, [column.heading for column in table.columns], list(table.rows)]
        for table in tables
    ]
    body = json.dumps(said, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()
