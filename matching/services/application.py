"""An application begins: one need, one product, one consent, all in one transaction; and goes on under a new consent.

Source: domain note 4.1, 2.6 (fields of a consent); anchors note 1.2 (a consent bound to one application).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from borrowers.models import Consent, Enterprise
from borrowers.services import consent_grant
from lenders.selectors import PublishedProduct, branch_for, product_get_published, published_of
from marketplace.domain.errors import Conflict, NotPermitted, TransitionRefused
from marketplace.domain.vocabulary import QueryPurpose
from marketplace.models import User
from marketplace.queue import enqueue
from matching.domain.application import APPLICATION, CLOSED_STATES, LIVE_STATES, SUSPENDABLE_STATES
from matching.domain.fit import fit_to_json
from matching.models import FinancingDemand, LoanApplication
from matching.policies.application import (
    BORROWER_ROLES,
    VERIFIED,
    roles_towards,
    visible_applications,
)
from matching.selectors.consent_offer import consent_periods
from matching.selectors.fit import frozen_fit
from matching.services.application_facts import feedback_revoked_at
from matching.services.application_notices import feedback_notify
from matching.services.demand import demand_check_open, demand_lock
from matching.services.portrait import portrait_freeze
from matching.services.transition import LockedCase, case_lock, step

DUPLICATE = "贵企业对该产品已有在办的申请，请先在“我的申请”中查看或撤回。"


@dataclass(frozen=True)
class ConsentChoice:
    """What the enterprise ticked on the consent screen.

    Attributes:
        data_classes: codes of the data classes, exactly those ticked.
        valid_months: how long the lender may read, one of ``VALID_MONTHS``.
        feedback_clause: the separate box: the lender may report what becomes of the loan.
    """

    data_classes: tuple[str, ...]
    valid_months: int
    feedback_clause: bool


@transaction.atomic
def application_submit(
    *,
    demand: FinancingDemand,
    product_id: uuid.UUID,
    consent: ConsentChoice,
    actor: User,
    at: datetime,
) -> LoanApplication:
    """Put a need to a product: draft, consent, frozen portrait and fit, submission, all or nothing.

    Args:
        demand: a published need of the actor's enterprise.
        product_id: public id of the product.
        consent: what was ticked.
        actor: owner or agent of the enterprise.
        at: when, aware.

    Raises:
        NotFound: the need is not the actor's, or the product is not on the shelf.
        Refused: ``DEMAND_NOT_OPEN``, ``DEMAND_EXPIRED``, ``CONSENT_MONTHS``, and what the consent itself refuses.
        Conflict: ``APPLICATION_EXISTS``, ``BRANCH_MISSING``.
        TransitionRefused: ``GUARD_REFUSED``: amount outside the product's range, enterprise not verified.

    Writes: ``LoanApplication``, ``ApplicationEvent``, ``Consent``, ``CreditPortrait``, the need, notices, audit,
        outbox ``matching.application_route``; locks the enterprise, then the need.
    """
    enterprise_lock(demand.enterprise_id)
    need = demand_lock(demand_id=demand.public_id, actor=actor)
    demand_check_open(need, at)
    offer = product_get_published(product_id, at)
    branch_for(offer.institution, need.enterprise.district_id or "")
    application = _draft(need, offer, actor, at)
    try:
        with transaction.atomic():
            case = LockedCase(application, [])
            _bind(case, offer, consent, actor=actor, at=at)
            step(case, "SUBMIT", {"product_published": True}, actor=actor, at=at)
    except IntegrityError as clash:
        if _has_live(need, offer):
            raise Conflict("APPLICATION_EXISTS", DUPLICATE) from clash
        raise
    enqueue(
        "matching.application_route", application_id=str(application.public_id), at=at.isoformat()
    )
    return application


@transaction.atomic
def application_route(*, application_id: uuid.UUID, at: datetime) -> LoanApplication:
    """Hand a submitted application to the branch that takes the enterprise's district; done twice, once is enough.

    Writes: as `application_transition`; nothing when it was routed already.
    """
    case = case_lock(application_id, None)
    application = case.application
    if application.state != "SUBMITTED":
        return application
    try:
        application.branch = branch_for(
            application.institution, application.enterprise.district_id or ""
        )
    except Conflict:  # the branch went since: every officer of the institution sees it
        application.branch = None
    step(case, "ROUTE", {}, actor=None, at=at)
    return application


@transaction.atomic
def application_consent_again(
    *, application_id: uuid.UUID, consent: ConsentChoice, actor: User, at: datetime
) -> LoanApplication:
    """Grant a new consent for a suspended application, which resumes where it stood.

    The portrait is frozen anew under the new consent, so that what the lender reads is what was granted now; the old
    one stays with the events.

    Raises:
        NotFound: the application is not the actor's to see.
        NotPermitted: the actor is not on the enterprise's side.
        TransitionRefused: the application is not suspended.
        Refused: ``CONSENT_MONTHS``, and what the consent itself refuses.

    Writes: ``Consent``, ``CreditPortrait``, ``LoanApplication``, ``ApplicationEvent``, notices, audit; locks the
        enterprise, then the application.
    """
    known = visible_applications(actor).filter(public_id=application_id)
    enterprise_lock(known.values_list("enterprise_id", flat=True).first())
    case = case_lock(application_id, actor)
    application = case.application
    if not roles_towards(actor, application) & set(BORROWER_ROLES):
        raise NotPermitted
    if application.state != "SUSPENDED":
        label = APPLICATION.labels[application.state]
        raise TransitionRefused(
            application.state, "RESUME", f"当前状态为“{label}”，不需要重新授权。"
        )
    offer = published_of(application.product_version)
    _bind(case, offer, consent, actor=actor, at=at)
    kept = {
        "consent": str(application.consent.public_id) if application.consent else "",
        "portrait": str(application.portrait.public_id) if application.portrait else "",
    }
    step(case, "RESUME", kept, actor=actor, at=at, as_system=True)
    return application


@transaction.atomic
def application_suspend(*, application_id: uuid.UUID, reason: str, at: datetime) -> bool:
    """Stop work on an application whose consent ended; return whether it was stopped now.

    Writes: as `application_transition`; nothing when the state cannot be suspended.
    """
    case = case_lock(application_id, None)
    if case.application.state not in SUSPENDABLE_STATES:
        return False
    step(case, "SUSPEND", {"suspension_reason": reason}, actor=None, at=_not_before(case, at))
    return True


def consent_ended(*, consent_ref: uuid.UUID, at: datetime) -> int:
    """Suspend the live applications bound to a consent that was revoked; return how many were.

    Reading stops by the consent's own dates; this stops the work. Safe to run twice.

    Writes: as `application_suspend`, one transaction per application.
    """
    bound = LoanApplication.objects.filter(
        consent__public_id=consent_ref, consent__revoked_at__isnull=False, state__in=LIVE_STATES
    )
    keys = list(bound.values_list("public_id", "consent__revoked_at"))
    return sum(
        application_suspend(application_id=key, reason="企业撤回授权", at=revoked_at or at)
        for key, revoked_at in keys
    )


def feedback_ended(*, consent_ref: uuid.UUID) -> int:
    """Tell the lender of living loans that their outcomes may no longer be reported; return of how many.

    Reporting stops by the consent's own dates; this tells the officer. Safe to run twice.

    Writes: ``Notification`` rows, at the moment the clause ended.
    """
    lent = LoanApplication.objects.filter(consent__public_id=consent_ref, loan__isnull=False)
    told = 0
    for application in lent.exclude(state__in=CLOSED_STATES).select_related(
        "consent", "enterprise", "institution"
    ):
        ended = feedback_revoked_at(application.consent)
        if ended is not None:
            feedback_notify(application, ended)
            told += 1
    return told


def enterprise_lock(pk: int | None) -> None:
    """Lock an enterprise until commit: it comes first in every order of locks; granting a consent takes it too."""
    if pk is not None:
        Enterprise.objects.select_for_update().filter(pk=pk).first()


def _draft(
    need: FinancingDemand, offer: PublishedProduct, actor: User, at: datetime
) -> LoanApplication:
    if _has_live(need, offer):
        raise Conflict("APPLICATION_EXISTS", DUPLICATE)
    if need.enterprise.account.state != VERIFIED:
        raise NotPermitted("ENTERPRISE_NOT_VERIFIED", "企业身份尚未核验，暂不能提交申请。")
    return LoanApplication.objects.create(
        demand=need,
        enterprise=need.enterprise,
        product=offer.product,
        product_version=offer.version,
        institution=offer.institution,
        state=APPLICATION.initial,
        created_by=actor,
        created_at=at,
    )


def _has_live(need: FinancingDemand, offer: PublishedProduct) -> bool:
    return LoanApplication.objects.filter(
        enterprise=need.enterprise_id, product=offer.product, state__in=LIVE_STATES
    ).exists()


def _bind(
    case: LockedCase,
    offer: PublishedProduct,
    choice: ConsentChoice,
    *,
    actor: User,
    at: datetime,
) -> None:
    """Grant the consent, and freeze portrait and fit under it; the step that follows saves them."""
    application = case.application
    application.consent = _grant(application, choice, actor, at)
    application.portrait = portrait_freeze(
        enterprise=application.enterprise,
        application=application,
        consent=application.consent,
        actor=actor,
        at=at,
    )
    application.frozen_fit = fit_to_json(frozen_fit(application.portrait, offer, at))


def _grant(
    application: LoanApplication, choice: ConsentChoice, actor: User, at: datetime
) -> Consent:
    periods = consent_periods(choice.valid_months, at)
    return consent_grant(
        enterprise=application.enterprise,
        lender=application.institution.organisation,
        purpose=QueryPurpose.APPLICATION_REVIEW,
        application_ref=application.public_id,
        data_classes=choice.data_classes,
        data_from=periods.data_from,
        data_to=periods.data_to,
        valid_from=periods.valid_from,
        valid_until=periods.valid_until,
        data_life_days=periods.data_life_days,
        feedback_clause=choice.feedback_clause,
        actor=actor,
        at=at,
    )


def _not_before(case: LockedCase, at: datetime) -> datetime:
    latest = case.events[-1].at if case.events else at
    return max(latest, at)
