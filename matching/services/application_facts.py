"""What guards are told when an application is to move: its own rows, the consent of the moment, and the payload.

A payload says only what its event asks for; it can never state a fact the marketplace finds out itself.

Source: domain note 0.1 (second clause), 4.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from borrowers.models import Consent
from borrowers.selectors import consent_live, feedback_ended_at
from marketplace.domain.errors import Refused
from marketplace.domain.roles import SYSTEM, Role
from marketplace.domain.vocabulary import QueryPurpose
from marketplace.domain.workdays import local_date
from marketplace.models import User
from matching.models import ApplicationEvent, CreditLine, LoanApplication
from matching.policies.application import VERIFIED

LONGEST_TEXT = 1000

PAYLOADS: Mapping[str, tuple[str, ...]] = {
    "SUBMIT": ("product_published",),
    "ROUTE": (),
    "ACCEPT": (),
    "CONTACT": ("contact_note",),
    "START_DUE_DILIGENCE": (),
    "REQUEST_SUPPLEMENT": ("document_list", "note"),
    "SUPPLY": ("supplied_note",),
    "SUBMIT_FOR_APPROVAL": ("file_complete", "opinion"),
    "RETURN": ("opinion",),
    "APPROVE": (
        "amount_yuan",
        "annual_rate_bp",
        "term_months",
        "guarantee",
        "valid_until",
        "opinion",
    ),
    "REJECT": ("refusal_code", "refusal_note"),
    "WITHDRAW": ("note",),
    "SIGN": (
        "contract_no",
        "signed_date",
        "amount_yuan",
        "repayment",
        "is_first_loan",
        "is_renewal",
    ),
    "EXPIRE": ("clock", "clock_expired"),
    "SUSPEND": ("suspension_reason",),
    "RESUME": ("portrait", "consent"),
    "LAPSE": (),
}
"""Event to what its payload may hold; outcome events carry the facts of the loan's ledger."""

RENAMED = {"amount_yuan": "approved_amount_yuan", "valid_until": "limit_valid_until"}
"""How an approval's payload is called among the facts."""


def check_payload(event: str, payload: Mapping[str, Any]) -> None:
    """Refuse a payload that holds something its event does not ask for, or a text too long to keep.

    Raises:
        Refused: ``PAYLOAD_INVALID`` with one sentence per field.
    """
    allowed = PAYLOADS.get(event)
    if allowed is None:
        return
    fields = {name: "此操作没有这一项。" for name in payload if name not in allowed}
    for name, value in payload.items():
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            fields[name] = f"文字不能超过 {LONGEST_TEXT} 字。"
    if fields:
        raise Refused("PAYLOAD_INVALID", "提交的内容有误，请按提示修改。", fields)


def facts_of(
    application: LoanApplication,
    events: Sequence[ApplicationEvent],
    event: str,
    payload: Mapping[str, Any],
    *,
    actor: User | None,
    at: datetime,
) -> dict[str, Any]:
    """Return the facts of an event about to happen.

    Args:
        application: locked, with enterprise, account, institution, demand, product version and consent loaded.
        events: its events so far, oldest first.
        event: what is to happen.
        payload: checked by `check_payload`.
        actor: who acts; None for the marketplace.
        at: when.

    Queries: at most two, the consent in force and the credit line.
    """
    version = application.product_version
    given = {RENAMED.get(name, name): value for name, value in payload.items()}
    if event != "APPROVE":
        given = dict(payload)
    line = credit_line_of(application)
    found: dict[str, Any] = {
        "actor_id": actor.pk if actor else SYSTEM,
        "officer_id": application.officer_id,
        "handled_by_ids": {row.actor_id for row in events if row.actor_role == Role.OFFICER},
        "enterprise_verified": application.enterprise.account.state == VERIFIED,
        "amount_yuan": application.demand.amount_yuan,
        "product_min_yuan": version.amount_min_yuan,
        "product_max_yuan": version.amount_max_yuan,
        "product_rate_max_bp": version.annual_rate_max_bp,
        "product_term_max_months": version.term_max_months,
        "product_guarantees": version.guarantees,
        "approved_on": local_date(line.approved_at) if line else None,
        "suspended_from": application.suspended_from,
        "limit_valid_until": line.valid_until if line else None,
        "on": local_date(at),
    }
    found |= given
    found["consent_live"] = consent_in_force(application, at) is not None
    found["feedback_consent"] = feedback_agreed(application.consent)
    return found


def consent_in_force(application: LoanApplication, at: datetime) -> Consent | None:
    """Return the enterprise's consent to this lender for this application as it stands at a moment.

    Queries: one.
    """
    return consent_live(
        enterprise=application.enterprise,
        lender=application.institution.organisation,
        purpose=QueryPurpose.APPLICATION_REVIEW,
        application_ref=application.public_id,
        at=at,
    )


def feedback_agreed(consent: Consent | None, at: datetime | None = None) -> bool:
    """Return whether the enterprise lets the lender report what becomes of the loan, or let it at a past moment.

    Source: as `borrowers.domain.consent.feedback_end`.
    """
    if consent is None or not consent.feedback_clause:
        return False
    ended = feedback_ended_at(consent)
    return ended is None or (at is not None and at <= ended)


def feedback_revoked_at(consent: Consent | None) -> datetime | None:
    """Return when the enterprise took the clause back that it had given, None when it did not."""
    return feedback_ended_at(consent) if consent is not None and consent.feedback_clause else None


def credit_line_of(application: LoanApplication) -> CreditLine | None:
    """Return what was approved, None before approval. Queries: one unless loaded."""
    return getattr(application, "credit_line", None)
