"""Reads of consents; whether one lives is decided from its dates at the moment of reading.

Source: design law 3; anchors note 1.2.
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from borrowers.domain.consent import (
    CONSENT_ENDING_LABELS,
    CONSENT_STATE_LABELS,
    FEEDBACK_LABELS,
    ConsentNames,
    ConsentState,
    ConsentText,
    feedback_end,
    state_at,
    terms_from_json,
    text_for,
)
from borrowers.models import Consent, Enterprise
from borrowers.policies import own_enterprises, visible_consents
from marketplace.crypto import keyed_digest
from marketplace.domain.errors import NotFound
from marketplace.domain.roles import Role
from marketplace.models import Organisation
from marketplace.policies import Reader, organisation_ids
from marketplace.statements import Statement

SIGNATURE_PURPOSE = "borrowers.consent"


def consent_live(
    *,
    enterprise: Enterprise,
    lender: Organisation,
    purpose: str,
    application_ref: UUID,
    at: datetime,
) -> Consent | None:
    """Return the consent that lives at a moment, None when there is none.

    Args:
        enterprise: who consented.
        lender: the one institution that wants to read.
        purpose: what it reads for; must be the purpose consented to.
        application_ref: the application it reads for.
        at: aware moment of reading; never cached.

    Queries: one.
    """
    found = _LIVE.rows(
        enterprise=enterprise.pk,
        lender=lender.pk,
        purpose=str(purpose),
        # a consent just signed has it as the text of its terms
        application_ref=UUID(f"{application_ref}"),
        at=at,
    )
    return next(iter(found), None)


_LIVE = Statement(
    lambda enterprise, lender, purpose, application_ref, at: Consent.objects.filter(
        Q(revoked_at=None) | Q(revoked_at__gt=at),
        enterprise=enterprise,
        lender=lender,
        purpose=purpose,
        application_ref=application_ref,
        valid_from__lte=at,
        valid_until__gt=at,
    ).order_by("-signed_at", "-id")[:1]
)


def consent_state(consent: Consent, at: datetime) -> ConsentState:
    """Return the state of a consent at a moment, from its dates alone."""
    return state_at(terms_from_json(consent.terms), consent.revoked_at, at)


def consent_state_label(consent: Consent, at: datetime) -> str:
    """Return the state in words; an ended consent says by what it ended."""
    state = consent_state(consent, at)
    if state is ConsentState.REVOKED:
        return CONSENT_ENDING_LABELS[consent.ended_by]
    return CONSENT_STATE_LABELS[state]


def feedback_ended_at(consent: Consent) -> datetime | None:
    """Return when the second clause ended, None while it holds; for a consent that has the clause."""
    return feedback_end(consent.feedback_revoked_at, consent.revoked_at, consent.ended_by)


def feedback_label(consent: Consent) -> str:
    """Return in a word how the enterprise stands to the second clause."""
    if not consent.feedback_clause:
        return FEEDBACK_LABELS["NOT_AGREED"]
    return FEEDBACK_LABELS["AGREED" if feedback_ended_at(consent) is None else "REVOKED"]


def consent_list_for_owner(user: Reader) -> QuerySet[Consent]:
    """Return the consents of the enterprises the user acts for, latest first."""
    mine = Consent.objects.filter(enterprise__in=own_enterprises(user))
    return mine.select_related("lender", "enterprise", "signed_by")


def consents_of_lender(user: Reader) -> QuerySet[Consent]:
    """Return the consents given to the lender the user works for, latest first."""
    lending = organisation_ids(user, Role.OFFICER, Role.APPROVER)
    given = Consent.objects.filter(lender__in=lending)
    return given.select_related("lender", "enterprise").order_by("-id")


def consents_of_reader(user: Reader) -> QuerySet[Consent]:
    """Return the consents the user may see, on whichever side, latest first."""
    return visible_consents(user).select_related("lender", "enterprise").order_by("-id")


def consent_get(user: Reader, public_id: UUID) -> Consent:
    """Return one consent the user may see.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    joined = visible_consents(user).select_related("lender", "enterprise", "signed_by")
    consent = joined.filter(public_id=public_id).first()
    if consent is None:
        raise NotFound
    return consent


def consent_text(consent: Consent) -> ConsentText:
    """Return the wording that was signed, made again from terms and names; its hash is the kept one."""
    return text_for(terms_from_json(consent.terms), ConsentNames(**consent.names))


def consent_artefact(consent: Consent) -> str:
    """Return the canonical JSON the signature is over: id, terms, text hash, signer and time."""
    plain = {
        "consent": str(consent.public_id),
        "terms": json.loads(consent.terms),
        "text_sha256": consent.text_sha256,
        "signer": str(consent.signed_by.public_id),
        "signer_role": consent.signer_role,
        "signed_at": consent.signed_at.timestamp(),
    }
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def consent_is_intact(consent: Consent) -> bool:
    """Return whether the signature holds and the text made again has the signed hash."""
    signature = keyed_digest(consent_artefact(consent), SIGNATURE_PURPOSE)
    return signature == consent.signature and consent_text(consent).sha256 == consent.text_sha256
