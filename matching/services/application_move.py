"""Move an application to another lender with its evidence: withdraw here, consent anew, submit there, in one step.

What the enterprise supplied goes along as its own list of papers; what the first lender wrote, thought or decided does
not, and neither lender learns of the other. Data is frozen anew under the new consent, which names the new lender.

Source: domain note 4.1 (WITHDRAWN), trust note P3 (one consent per lender).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from lenders.selectors import product_get_published
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.models import User
from matching.domain.application import APPLICATION, BEFORE_APPROVAL
from matching.models import ApplicationEvent, LoanApplication
from matching.policies.application import BORROWER_ROLES, borrower_applications, roles_towards
from matching.services.application import ConsentChoice, application_submit, enterprise_lock
from matching.services.transition import LockedCase, case_lock, event_append, step

ENDED = frozenset({"REJECTED", "WITHDRAWN", "EXPIRED"})
"""States of an application that ended without money, from which its papers may still go elsewhere."""

MOVABLE_STATES = (BEFORE_APPROVAL - {"DRAFT"}) | ENDED
WHY = "企业转向其他机构申请。"


@transaction.atomic
def application_move(
    *,
    application_id: uuid.UUID,
    product_id: uuid.UUID,
    consent: ConsentChoice,
    actor: User,
    at: datetime,
) -> LoanApplication:
    """Withdraw an application and submit the same need to another lender's product, papers and all.

    Args:
        application_id: public id, of the actor's enterprise, not yet approved, or ended without money.
        product_id: public id of a product of another lender.
        consent: what was ticked for the new lender.
        actor: owner or agent.
        at: when.

    Returns:
        The new application, ``moved_from`` the old one.

    Raises:
        NotFound: it is not the actor's, or the product is not on the shelf.
        TransitionRefused: it was approved, or is past that.
        Conflict: ``ALREADY_MOVED``, and those of `application_submit`.
        Refused: ``SAME_LENDER``, and those of `application_submit`.

    Writes: as `application_transition` and `application_submit`, and an event that lists the papers; locks the
        enterprise, the application, the need.
    """
    known = borrower_applications(actor).filter(public_id=application_id)
    found = known.first()
    if found is None:
        raise NotFound
    enterprise_lock(found.enterprise_id)
    case = case_lock(application_id, actor)
    old = case.application
    if not roles_towards(actor, old) & set(BORROWER_ROLES):
        raise NotPermitted
    _check(old, product_id, at)
    if old.state not in ENDED:
        step(case, "WITHDRAW", {"note": WHY}, actor=actor, at=at)
    moved = application_submit(
        demand=old.demand, product_id=product_id, consent=consent, actor=actor, at=at
    )
    moved.moved_from = old
    moved.save(update_fields=["moved_from"])
    _carry(moved, case.events, actor, at)
    return moved


def papers_of(events: Sequence[ApplicationEvent]) -> list[str]:
    """Return what the enterprise supplied with an application: papers asked for and handed in, and its own words.

    Papers that were asked for and not supplied are left out.
    """
    papers: list[str] = []
    asked: list[str] = []
    for event in events:
        if event.event == "REQUEST_SUPPLEMENT":
            asked = [str(entry) for entry in event.payload.get("document_list", [])]
        elif event.event == "SUPPLY":
            papers += [*asked, str(event.payload.get("supplied_note") or "").strip()]
            asked = []
        elif event.event == "CARRY":
            papers += [str(entry) for entry in event.payload.get("carried", [])]
    return [paper for paper in dict.fromkeys(papers) if paper]


def _check(old: LoanApplication, product_id: uuid.UUID, at: datetime) -> None:
    if old.state not in MOVABLE_STATES:
        label = APPLICATION.labels[old.state]
        raise TransitionRefused(old.state, "MOVE", f"当前状态为“{label}”，不能转至其他机构。")
    if LoanApplication.objects.filter(moved_from=old).exists():
        raise Conflict("ALREADY_MOVED", "该申请已转至其他机构。")
    offer = product_get_published(product_id, at)
    if offer.institution.pk == old.institution_id:
        raise Refused(
            "SAME_LENDER", "请选择其他机构的产品。", {"product": "请选择其他机构的产品。"}
        )


def _carry(
    moved: LoanApplication, events: Sequence[ApplicationEvent], actor: User, at: datetime
) -> None:
    papers = papers_of(events)
    if not papers:
        return
    case = LockedCase(moved, list(moved.events.order_by("seq")))
    role = min(roles_towards(actor, moved) & set(BORROWER_ROLES))
    payload = {"carried": papers}
    state = moved.state
    event_append(case, "CARRY", state, state, payload=payload, actor=actor, role=role, at=at)
