"""Reads of issued documents: one's own, and what anybody may learn by a code or by the file itself.

Source: domain note 2.12 (verification shows number, name, date, hash, valid or void, no content); trust note 3.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from exports.domain.numbering import DOCUMENT_KIND_LABELS, DocumentKind, code_from
from exports.models import IssuedDocument
from exports.policies import visible_documents
from marketplace.crypto import keyed_digest
from marketplace.domain import uscc as uscc_rules
from marketplace.domain.errors import NotFound
from marketplace.domain.masking import mask_person_name
from marketplace.domain.workdays import local_date
from marketplace.models import User
from matching.domain.whitelist import WhitelistState
from matching.models import Whitelist

CODE_PURPOSE = "exports.verification_code"
UNKNOWN_CODE = "没有找到与该验证码对应的文件，请核对后重试。"
UNKNOWN_FILE = "该文件不是本平台出具的，或内容已被改动。"


@dataclass(frozen=True)
class VerifiedDocument:
    """What anybody may learn of an issued document; never what it says.

    Attributes:
        subject: name of whom it is about, masked for natural persons in business.
        content_hash, file_sha256: to compare with what is printed, and with the file.
        voided_on: None while it is valid.
        list_standing: where the whitelist it is about stands now: a state of its machine, or one of ``REPLACED``,
            ``EXPIRED`` and ``DISCARDED``; empty for every other document.
    """

    number: str
    kind_label: str
    subject: str
    issued_on: date
    content_hash: str
    file_sha256: str
    voided_on: date | None
    list_standing: str = ""

    @property
    def is_valid(self) -> bool:
        """Return whether the document stands."""
        return self.voided_on is None

    @property
    def is_list_in_force(self) -> bool:
        """Return whether it is about no whitelist, or about one that is published now."""
        return self.list_standing in ("", WhitelistState.PUBLISHED)

    @property
    def state_label(self) -> str:
        """Return the state in words."""
        return "有效" if self.is_valid else "已作废"


def code_digest(code: str) -> str:
    """Return the keyed digest by which a code is found."""
    return keyed_digest(code, CODE_PURPOSE)


def document_verify_code(text: str, at: datetime) -> VerifiedDocument:
    """Return what may be learned of the document with a code.

    Args:
        text: as typed.
        at: now; a document issued later does not exist yet.

    Raises:
        Refused: ``VERIFY_CODE_INVALID``, it cannot be a code.
        NotFound: ``DOCUMENT_UNKNOWN``, in the same words for every code that was not given out.

    Queries: one, of a whitelist two.
    """
    found = IssuedDocument.objects.filter(code_digest=code_digest(code_from(text)))
    return _verified(found.filter(issued_at__lte=at).first(), UNKNOWN_CODE, at)


def document_verify_file(chunks: Iterable[bytes], at: datetime) -> VerifiedDocument:
    """Return what may be learned of the document with exactly these bytes.

    Raises:
        NotFound: ``DOCUMENT_UNKNOWN``; a single changed bit is another file.

    Queries: one, of a whitelist two.
    """
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    found = IssuedDocument.objects.filter(file_sha256=digest.hexdigest(), issued_at__lte=at)
    return _verified(found.first(), UNKNOWN_FILE, at)


def document_list(user: User) -> QuerySet[IssuedDocument]:
    """Return the documents the user holds or that are about the user's enterprise, latest first."""
    return visible_documents(user).select_related("issued_to", "issued_for").order_by("-id")


def document_get(user: User, public_id: uuid.UUID) -> IssuedDocument:
    """Return one of these documents.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = document_list(user).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def subject_shown(document: IssuedDocument) -> str:
    """Return the name of a document's subject as everybody may see it."""
    kind = uscc_rules.subject_type(document.subject_uscc) if document.subject_uscc else None
    is_person = kind is uscc_rules.SubjectType.INDIVIDUAL
    return mask_person_name(document.subject_name) if is_person else document.subject_name


def _verified(document: IssuedDocument | None, unknown: str, at: datetime) -> VerifiedDocument:
    if document is None:
        raise NotFound("DOCUMENT_UNKNOWN", unknown)
    return VerifiedDocument(
        number=document.number,
        kind_label=DOCUMENT_KIND_LABELS[DocumentKind(document.kind)],
        subject=subject_shown(document),
        issued_on=local_date(document.issued_at),
        content_hash=document.content_hash,
        file_sha256=document.file_sha256,
        voided_on=local_date(document.voided_at) if document.voided_at else None,
        list_standing=_list_standing(document, at),
    )


def _list_standing(document: IssuedDocument, at: datetime) -> str:
    if document.kind != DocumentKind.WHITELIST_XLSX or document.subject_ref is None:
        return ""
    found = Whitelist.objects.filter(public_id=document.subject_ref).first()
    if found is None:
        return "DISCARDED"
    if found.created_at > document.issued_at:
        return "REPLACED"
    is_over = found.expires_at is not None and found.expires_at <= at
    if found.state in (WhitelistState.PUBLISHED, WhitelistState.RECALLED):
        return "EXPIRED" if is_over and found.state == WhitelistState.PUBLISHED else found.state
    return WhitelistState.DRAFT  # how far the district's own work on it is nobody else's business
