"""Declaring an issued document void; it stays in the register, and verification says so from then on."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from exports.domain.numbering import LONGEST_REASON
from exports.models import IssuedDocument
from exports.policies import can_void, visible_documents
from marketplace.audit import SYSTEM_STREAM, audit_record, enterprise_stream
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.models import User


@transaction.atomic
def document_void(
    *, document_id: uuid.UUID, reason: str, actor: User, at: datetime
) -> IssuedDocument:
    """Declare a document void.

    Raises:
        NotFound: it is not the actor's to see.
        NotPermitted: the actor neither holds it nor runs the marketplace.
        Refused: ``VOID_REASON``, at ``reason``.
        Conflict: ``DOCUMENT_VOID``, it is void already.

    Writes: ``IssuedDocument``, audit ``exports.document.void``; locks the row.
    """
    found = visible_documents(actor).select_for_update().filter(public_id=document_id).first()
    if found is None:
        raise NotFound
    if not can_void(actor, found):
        raise NotPermitted
    if found.voided_at is not None:
        raise Conflict("DOCUMENT_VOID", "该文件已作废，不能重复作废。")
    found.voided_at, found.voided_by, found.void_reason = at, actor, _reason(reason)
    found.save(update_fields=["voided_at", "voided_by", "void_reason"])
    audit_record(
        action="exports.document.void",
        subject_kind="IssuedDocument",
        subject_id=found.public_id,
        actor=actor,
        at=at,
        stream=enterprise_stream(found.subject_uscc) if found.subject_uscc else SYSTEM_STREAM,
        payload={"number": found.number},
    )
    return found


def _reason(text: str) -> str:
    reason = text.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        sentence = f"请填写作废原因，不超过 {LONGEST_REASON} 字。"
        raise Refused("VOID_REASON", sentence, {"reason": sentence})
    return reason
