"""Handing out a document: its number and code are drawn first, since they are printed in it; its row is written last.

Source: domain note 2.12; trust note 3 (verification code), Z1 (what leaves is registered).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from exports.domain.numbering import (
    ENTROPY_BYTES,
    DocumentKind,
    code_shown,
    document_number,
    verification_code,
)
from exports.models import IssuedDocument
from exports.selectors.document import code_digest
from marketplace.audit import SYSTEM_STREAM, audit_record, enterprise_stream
from marketplace.domain.workdays import local_date
from marketplace.models import Organisation, User


@dataclass(frozen=True)
class Ticket:
    """What is printed in a document before it exists.

    Attributes:
        code: verification code, without separators.
        url: where anybody verifies it.
    """

    kind: DocumentKind
    number: str
    code: str
    url: str

    @property
    def lines(self) -> tuple[str, ...]:
        """Return number and code as they stand at the foot of a sheet."""
        shown = code_shown(self.code)
        return (f"文件编号 {self.number}，验证码 {shown}，核验地址 {self.url}",)


@dataclass(frozen=True)
class Subject:
    """Whom or what a document is about; without credit code it is about no enterprise."""

    name: str
    ref: UUID | None = None
    uscc: str = ""


def ticket_draw(kind: DocumentKind, at: datetime) -> Ticket:
    """Return a number and a code that nothing else has. Queries: one."""
    number = document_number(kind, local_date(at), secrets.token_bytes(ENTROPY_BYTES))
    while IssuedDocument.objects.filter(number=number).exists():
        number = document_number(kind, local_date(at), secrets.token_bytes(ENTROPY_BYTES))
    code = verification_code(secrets.token_bytes(ENTROPY_BYTES))
    path = reverse("exports:verify-code", kwargs={"code": code})
    return Ticket(kind, number, code, f"{settings.PUBLIC_BASE_URL.rstrip('/')}{path}")


@transaction.atomic
def document_record(
    *,
    ticket: Ticket,
    subject: Subject,
    content: bytes,
    content_hash: str,
    issued_for: Organisation,
    actor: User,
    at: datetime,
) -> IssuedDocument:
    """Register a finished file before it leaves.

    Args:
        ticket: printed in the file.
        content: the file.
        content_hash: of what the file says, whoever reads it.
        issued_for: for whom the actor acts.
        at: when, aware.

    Writes: ``IssuedDocument``, audit ``exports.document.issue``.
    """
    document = IssuedDocument.objects.create(
        number=ticket.number,
        code_digest=code_digest(ticket.code),
        kind=ticket.kind.value,
        subject_name=subject.name[:200],
        subject_uscc=subject.uscc,
        subject_ref=subject.ref,
        content_hash=content_hash,
        file_sha256=hashlib.sha256(content).hexdigest(),
        issued_to=actor,
        issued_for=issued_for,
        issued_at=at,
    )
    audit_record(
        action="exports.document.issue",
        subject_kind="IssuedDocument",
        subject_id=document.public_id,
        actor=actor,
        at=at,
        stream=enterprise_stream(subject.uscc) if subject.uscc else SYSTEM_STREAM,
        payload={
            "number": document.number,
            "kind": document.kind,
            "subject": subject.ref,
            "file_sha256": document.file_sha256,
        },
    )
    return document
