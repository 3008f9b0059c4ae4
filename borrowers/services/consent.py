"""Consents given, taken back, and ended with what they served.

Source: domain note 0.1, 0.3, 2.6; anchors note 1.2; 个人信息保护法 第十四、十五、二十三条;
征信业管理条例 第十八、二十九条.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction

from borrowers.domain.consent import (
    CONSENT_ENDING_LABELS,
    ConsentNames,
    ConsentTerms,
    canonical_json,
    refuse_unfair_terms,
    text_for,
)
from borrowers.domain.consent_text import LATEST_VERSION
from borrowers.models import Consent, Enterprise
from borrowers.policies import ENTERPRISE_ROLES, can_act_for, visible_consents
from borrowers.selectors.consent import (
    SIGNATURE_PURPOSE,
    consent_artefact,
    feedback_ended_at,
)
from borrowers.selectors.parameter import consent_parameters
from marketplace.audit import audit_record, enterprise_stream
from marketplace.crypto import keyed_digest
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.roles import ROLE_LABELS, OrganisationKind, Role
from marketplace.domain.workdays import local_date
from marketplace.models import Organisation, User
from marketplace.policies import memberships_live
from marketplace.queue import enqueue

REASON_LENGTH = 200


@transaction.atomic
def consent_grant(
    *,
    enterprise: Enterprise,
    lender: Organisation,
    purpose: str,
    application_ref: UUID,
    data_classes: Collection[str],
    data_from: date,
    data_to: date,
    valid_from: datetime,
    valid_until: datetime,
    data_life_days: int,
    feedback_clause: bool,
    actor: User,
    at: datetime,
) -> Consent:
    """Sign a consent to one lender, for one purpose and one application.

    An earlier consent of the same kind whose time is over makes room; a live one is not replaced silently.

    Args:
        enterprise: verified, of the actor.
        lender: an active institution's organisation.
        purpose: value of ``QueryPurpose``.
        application_ref: public id of the application.
        data_classes: class numbers, at least one, never "all" by default.
        data_from, data_to: days the data are about, both included.
        valid_from, valid_until: aware, end not included.
        data_life_days: how long the lender may keep what it read.
        feedback_clause: the second clause, on outcomes of the loan.
        actor: owner or agent of the enterprise; signs.
        at: when, aware.

    Raises:
        NotFound: the enterprise is not one the actor acts for, verified.
        Refused: ``CONSENT_LENDER``; ``CONSENT_TERMS_UNFAIR`` with a sentence per field.
        Conflict: ``CONSENT_LIVE``.

    Writes: ``Consent``, audit ``borrowers.consent.grant``; locks the enterprise's row.
    """
    if not can_act_for(actor, enterprise):
        raise NotFound
    Enterprise.objects.select_for_update().get(pk=enterprise.pk)
    if lender.kind != OrganisationKind.INSTITUTION or not lender.is_active:
        sentence = "被授权机构不是有效的入驻金融机构。"
        raise Refused("CONSENT_LENDER", sentence, {"lender": sentence})
    terms = ConsentTerms(
        subject=enterprise.uscc,
        lender=str(lender.public_id),
        purpose=str(purpose),
        application_ref=str(application_ref),
        data_classes=tuple(sorted({str(code) for code in data_classes})),
        data_from=data_from,
        data_to=data_to,
        valid_from=valid_from,
        valid_until=valid_until,
        data_life_days=data_life_days,
        feedback_clause=feedback_clause,
        text_version=LATEST_VERSION,
    )
    refuse_unfair_terms(terms, local_date(at), consent_parameters())
    _make_room(enterprise, lender, terms, application_ref, at)
    consent = _signed(enterprise, lender, terms, actor, at)
    consent.save(force_insert=True)
    payload = {
        "lender": lender.public_id,
        "application": application_ref,
        "classes": terms.data_classes,
        "feedback": feedback_clause,
        "text_sha256": consent.text_sha256,
    }
    _audit("grant", consent, actor, at, payload)
    return consent


@transaction.atomic
def consent_revoke(*, consent_id: UUID, reason: str, actor: User, at: datetime) -> Consent:
    """Take a consent back; from this moment nothing can be read by it. What was read before stays read.

    Args:
        consent_id: public id.
        reason: may be empty; nobody has to give reasons.
        actor: owner or agent of the enterprise.
        at: when, aware.

    Raises:
        NotFound: it is not a consent of the actor's enterprise.
        Conflict: ``CONSENT_ENDED`` when it had ended.

    Writes: ``Consent`` ending, audit ``borrowers.consent.revoke``, outbox ``matching.consent_ended`` and, as the second
        clause ends with it, ``matching.feedback_ended``; locks the row.
    """
    row = _own_locked(consent_id, actor)
    _end(row, "ENTERPRISE", reason, actor, at, "revoke")
    enqueue("matching.consent_ended", consent_ref=str(row.public_id))
    if row.feedback_clause and row.feedback_revoked_at is None:
        enqueue("matching.feedback_ended", consent_ref=str(row.public_id))
    return row


@transaction.atomic
def feedback_revoke(*, consent_id: UUID, reason: str, actor: User, at: datetime) -> Consent:
    """Take back the second clause alone: from this moment the lender may report nothing more of the loan.

    Reading goes on or has ended as it was. What was reported before stays, and may still be put right.

    Args:
        consent_id: public id, also of a consent whose reading has ended.
        reason: may be empty; nobody has to give reasons.
        actor: owner or agent of the enterprise.
        at: when, aware.

    Raises:
        NotFound: it is not a consent of the actor's enterprise.
        Refused: ``FEEDBACK_NOT_GIVEN``, the consent was given without the clause.
        Conflict: ``FEEDBACK_ENDED`` when the clause had ended.

    Writes: ``Consent`` ending of the clause, audit ``borrowers.consent.revoke_feedback``, outbox
        ``matching.feedback_ended``; locks the row.
    """
    row = _own_locked(consent_id, actor)
    if not row.feedback_clause:
        raise Refused("FEEDBACK_NOT_GIVEN", "该授权没有同意反馈贷款结果，无须撤回。")
    if feedback_ended_at(row) is not None:
        raise Conflict("FEEDBACK_ENDED", "反馈条款此前已经撤回。")
    row.feedback_revoked_at = at
    row.feedback_end_reason = reason.strip()[:REASON_LENGTH]
    row.save(update_fields=["feedback_revoked_at", "feedback_end_reason"])
    _audit("revoke_feedback", row, actor, at, {})
    enqueue("matching.feedback_ended", consent_ref=str(row.public_id))
    return row


@transaction.atomic
def consent_close(
    *, consent: Consent, ended_by: str, reason: str, at: datetime, actor: User | None
) -> Consent:
    """End a consent whose purpose is done; one that has ended stays as it ended.

    Args:
        consent: any.
        ended_by: key of ``CONSENT_ENDING_LABELS``, e.g. ``APPLICATION``.
        reason: Chinese, what ended it.
        at: when, aware.
        actor: who caused it; None for the marketplace.

    Raises:
        Refused: ``CONSENT_ENDING_UNKNOWN``.

    Writes: ``Consent`` ending, audit ``borrowers.consent.close``; locks the row.
    """
    if ended_by not in CONSENT_ENDING_LABELS:
        raise Refused("CONSENT_ENDING_UNKNOWN", "授权终止的原因不明。")
    row = _locked(consent.public_id)
    if row.revoked_at is None:
        _end(row, ended_by, reason, actor, at, "close")
    return row


def _make_room(
    enterprise: Enterprise,
    lender: Organisation,
    terms: ConsentTerms,
    application_ref: UUID,
    at: datetime,
) -> None:
    held = Consent.objects.filter(
        enterprise=enterprise,
        lender=lender,
        purpose=terms.purpose,
        application_ref=application_ref,
        revoked_at=None,
    ).first()
    if held is None:
        return
    if held.valid_until > at:
        raise Conflict("CONSENT_LIVE", "对该机构的这笔申请已有生效中的授权，请先撤回再重新授权。")
    _end(held, "EXPIRY", "", None, at, "close")


def _signed(
    enterprise: Enterprise, lender: Organisation, terms: ConsentTerms, actor: User, at: datetime
) -> Consent:
    role = _signing_role(enterprise, actor)
    names = ConsentNames(
        enterprise=enterprise.name,
        lender=lender.name,
        signer=str(actor),
        signer_role=ROLE_LABELS[role],
    )
    text = text_for(terms, names)
    consent = Consent(
        public_id=uuid4(),
        enterprise=enterprise,
        lender=lender,
        purpose=terms.purpose,
        application_ref=terms.application_ref,
        data_classes=list(terms.data_classes),
        data_from=terms.data_from,
        data_to=terms.data_to,
        valid_from=terms.valid_from,
        valid_until=terms.valid_until,
        data_life_days=terms.data_life_days,
        feedback_clause=terms.feedback_clause,
        text_version=text.version,
        text_sha256=text.sha256,
        names=asdict(names),
        terms=canonical_json(terms),
        signed_by=actor,
        signer_role=role.value,
        signed_at=at,
    )
    consent.signature = keyed_digest(consent_artefact(consent), SIGNATURE_PURPOSE)
    return consent


def _signing_role(enterprise: Enterprise, actor: User) -> Role:
    held = [
        Role(row.role)
        for row in memberships_live(actor)
        if row.organisation.uscc == enterprise.uscc and row.role in ENTERPRISE_ROLES
    ]
    return min(held, key=ENTERPRISE_ROLES.index)


def _end(
    row: Consent, ended_by: str, reason: str, actor: User | None, at: datetime, verb: str
) -> None:
    if row.revoked_at is not None:
        raise Conflict("CONSENT_ENDED", "该授权此前已经终止。")
    row.revoked_at, row.ended_by = at, ended_by
    row.end_reason = reason.strip()[:REASON_LENGTH]
    row.save(update_fields=["revoked_at", "ended_by", "end_reason"])
    _audit(verb, row, actor, at, {"ended_by": ended_by})


def _own_locked(consent_id: UUID, actor: User) -> Consent:
    row = _locked(consent_id)
    mine = visible_consents(actor).filter(pk=row.pk).exists()
    if not mine or not can_act_for(actor, row.enterprise):
        raise NotFound
    return row


def _locked(consent_id: UUID) -> Consent:
    row = (
        Consent.objects.select_for_update(of=("self",))
        .select_related("enterprise", "lender")
        .filter(public_id=consent_id)
        .first()
    )
    if row is None:
        raise NotFound
    return row


def _audit(
    verb: str, consent: Consent, actor: User | None, at: datetime, payload: dict[str, object]
) -> None:
    audit_record(
        action=f"borrowers.consent.{verb}",
        subject_kind="Consent",
        subject_id=consent.public_id,
        actor=actor,
        at=at,
        stream=enterprise_stream(consent.enterprise.uscc),
        payload=payload,
    )
