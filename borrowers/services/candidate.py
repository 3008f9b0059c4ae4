"""Rows that wait for a person to say whose they are: held when a delivery is kept, accepted or refused later.

Accepted, a row goes through the same intake as any other, by a batch of its own that has the file, unit and row it had:
what an earlier moment knew stays as it was, and no closed batch changes. Refused, it stays a rejected row.

Source: `borrowers.domain.candidate`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from borrowers.domain.candidate import CANDIDATE, TO_REVIEW, recounted, settled_reason
from borrowers.domain.record import CleanRow, compile_item, content_digest
from borrowers.models import (
    CatalogueItem,
    Enterprise,
    IngestBatch,
    IngestReject,
    RejectedRow,
    SubjectCandidate,
)
from borrowers.selectors.candidate import HeldRow, held_row, proposals, same_file
from borrowers.selectors.catalogue import item_spec
from borrowers.selectors.record_version import versions_of_key
from borrowers.services.batch import SENTENCE_LENGTH
from borrowers.services.ingest import batch_keep, batch_open
from marketplace.audit import audit_record, enterprise_stream
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import require_role


@transaction.atomic
def candidate_accept(*, public_id: UUID, uscc: str, actor: User, at: datetime) -> SubjectCandidate:
    """Take a waiting row into the records of the enterprise a person names.

    Args:
        public_id: of the candidate.
        uscc: of one of the enterprises that are proposed.
        actor: an operator.
        at: when, aware; from now on the record is known.

    Raises:
        NotPermitted: the actor is no operator.
        NotFound: there is no such row.
        TransitionRefused: it does not wait.
        Refused: ``CANDIDATE_ROW_GONE``, ``CANDIDATE_NOT_PROPOSED``, ``CANDIDATE_ROW_INVALID``.
        Conflict: ``CANDIDATE_OVERTAKEN`` when the unit delivered the same matter since, with other content.

    Writes: ``SubjectCandidate``, a batch of kind REVIEW as `batch_keep` does, ``IngestReject`` and counts of the
        batches of the same file, removes the held row, audit ``borrowers.candidate.accept``; locks the item's row and
        the candidate's.
    """
    require_role(actor, Role.OPERATOR)
    candidate = _locked(public_id)
    step = CANDIDATE.advance(candidate.state, "ACCEPT", {Role.OPERATOR}, {})
    held = held_row(candidate)
    if held is None:
        raise Refused("CANDIDATE_ROW_GONE", "这一行的原文已过保留期限，请来源单位重新报送。")
    enterprise = _proposed(held, uscc)
    cells = held.reader.with_subject(held.cells, enterprise.uscc)
    _refuse_overtaken(candidate, enterprise, cells)
    candidate.kept_batch = _kept(candidate, cells, actor, at)
    candidate.enterprise = enterprise
    _decide(candidate, step.target, actor, at)
    held_copies = RejectedRow.objects.filter(batch__in=same_file(candidate.batch))
    held_copies.filter(row_number=candidate.row_number).delete()
    _audit(candidate, "accept", actor, at, stream=enterprise_stream(enterprise.uscc))
    return candidate


@transaction.atomic
def candidate_refuse(
    *, public_id: UUID, reason: str, actor: User, at: datetime
) -> SubjectCandidate:
    """Leave a waiting row out of the records: it cannot be said whose it is.

    Args:
        public_id: of the candidate.
        reason: why; goes back to the unit with the row.
        actor: an operator.
        at: when, aware.

    Raises:
        NotPermitted: the actor is no operator.
        NotFound: there is no such row.
        TransitionRefused: it does not wait.
        Refused: ``REASON_REQUIRED``.

    Writes: ``SubjectCandidate``, ``IngestReject`` and counts of the batches of the same file, audit
        ``borrowers.candidate.refuse``; locks as `candidate_accept`.
    """
    require_role(actor, Role.OPERATOR)
    candidate = _locked(public_id)
    step = CANDIDATE.advance(candidate.state, "REFUSE", {Role.OPERATOR}, {})
    candidate.reason = reason.strip()[:200]
    if not candidate.reason:
        sentence = "请填写退回的原因，来源单位会在更正表里看到。"
        raise Refused("REASON_REQUIRED", sentence, {"reason": sentence})
    _decide(candidate, step.target, actor, at)
    _audit(candidate, "refuse", actor, at)
    return candidate


def candidates_lapse(batches: QuerySet[IngestBatch]) -> int:
    """Let go of the rows of some batches that still wait; the rows themselves are about to be erased.

    Writes: ``SubjectCandidate``, counts of the batches.
    """
    waiting = SubjectCandidate.objects.filter(batch__in=batches, state="WAITING")
    lapsed = waiting.update(state="LAPSED")
    batches.filter(waiting__gt=0).update(waiting=0)
    return lapsed


def _locked(public_id: UUID) -> SubjectCandidate:
    """Lock the item, which every batch of it locks first, then the candidate."""
    item = CatalogueItem.objects.select_for_update().only("pk")
    found = SubjectCandidate.objects.filter(public_id=public_id).values_list(
        "batch__item", flat=True
    )
    list(item.filter(pk__in=list(found)))
    locked = SubjectCandidate.objects.select_for_update(of=("self",))
    candidate = (
        locked.select_related("batch__item", "batch__unit").filter(public_id=public_id).first()
    )
    if candidate is None:
        raise NotFound
    return candidate


def _proposed(held: HeldRow, uscc: str) -> Enterprise:
    for proposal in proposals(held.clues):
        if proposal.enterprise.uscc == uscc.strip().upper():
            return proposal.enterprise
    sentence = "请从列出的市场主体中选择一户。"
    raise Refused("CANDIDATE_NOT_PROPOSED", sentence, {"uscc": sentence})


def _refuse_overtaken(
    candidate: SubjectCandidate, enterprise: Enterprise, cells: dict[str, str]
) -> None:
    """Refuse a row about which something newer is on record: an old row must not correct it."""
    batch = candidate.batch
    assert batch.item is not None  # noqa: S101 - a batch with candidates has one
    clean = compile_item(item_spec(batch.item), list(cells))(cells, candidate.row_number)
    if not isinstance(clean, CleanRow):
        raise Refused("CANDIDATE_ROW_INVALID", f"这一行现在不能入库：{clean[0].sentence}")
    digest = content_digest(clean.payload)
    versions = versions_of_key(enterprise, batch.item, clean.natural_key)
    standing = [version for version in versions if version.superseded_at is None]
    if any(
        version.received_at >= batch.received_at and version.content_digest != digest
        for version in standing
    ):
        sentence = "此后已收到同一事项的记录，内容不同；不能用这一行覆盖，请退回。"
        raise Conflict("CANDIDATE_OVERTAKEN", sentence)


def _kept(
    candidate: SubjectCandidate, cells: dict[str, str], actor: User, at: datetime
) -> IngestBatch:
    batch = candidate.batch
    assert batch.item is not None  # noqa: S101 - a batch with candidates has one
    assert batch.unit is not None  # noqa: S101
    opened = batch_open(
        item=batch.item,
        unit=batch.unit,
        file_name=batch.file_name,
        file_sha256=batch.file_sha256,
        actor=actor,
        at=at,
        kind="REVIEW",
    )
    kept = batch_keep(opened, [(candidate.row_number, cells)])
    reject = IngestReject.objects.filter(batch=kept).first()
    if reject is not None:
        raise Refused("CANDIDATE_ROW_INVALID", f"这一行现在不能入库：{reject.sentence}")
    return kept


def _decide(candidate: SubjectCandidate, state: str, actor: User, at: datetime) -> None:
    candidate.state, candidate.decided_by, candidate.decided_at = state, actor, at
    candidate.save()
    IngestBatch.objects.filter(pk=candidate.batch_id).update(waiting=F("waiting") - 1)
    settled = settled_reason(state, candidate.reason)
    if settled:
        _settle(candidate, *settled)


def _settle(candidate: SubjectCandidate, code: str, sentence: str) -> None:
    """Write in the place of "waits for a person" what the person said, in every delivery of the file."""
    waits = IngestReject.objects.filter(row_number=candidate.row_number, code=TO_REVIEW)
    for batch in same_file(candidate.batch).select_for_update().order_by("pk"):
        if waits.filter(batch=batch).update(code=code, sentence=sentence[:SENTENCE_LENGTH]):
            batch.reasons = recounted(batch.reasons, code)
            batch.save(update_fields=["reasons"])


def _audit(
    candidate: SubjectCandidate, verb: str, actor: User, at: datetime, **further: Any
) -> None:
    audit_record(
        action=f"borrowers.candidate.{verb}",
        subject_kind="SubjectCandidate",
        subject_id=candidate.public_id,
        actor=actor,
        at=at,
        payload={"batch": str(candidate.batch.public_id), "row": candidate.row_number},
        **further,
    )
