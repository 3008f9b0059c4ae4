"""A case whose officer left the lender is taken over by another officer of its branch (接手).

While nobody does, it stands before every officer of the branch; the firm reads of nobody it would call in vain.

Source: domain note 4.2 (who works on a case).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from marketplace.domain.errors import Conflict, NotPermitted, TransitionRefused
from marketplace.domain.roles import Role
from marketplace.models import Membership, User
from matching.domain.application import CLOSED_STATES, LIVE_STATES
from matching.models import LoanApplication
from matching.policies.application import roles_towards
from matching.selectors.application import serving_officer
from matching.services.application_notices import left_notify, taken_over_notify
from matching.services.transition import case_lock, event_append, step_audit

TAKE_OVER = "TAKE_OVER"


@transaction.atomic
def officer_left_tell(*, membership_id: int) -> None:
    """Tell how many cases an officer left whose duty was ended: approvers of all, each branch of its own; told once.

    Args:
        membership_id: primary key; of one that was not ended nothing is told.

    Writes: ``Notification`` rows.
    """
    left = Membership.objects.select_related("user").get(pk=membership_id)
    cases = LoanApplication.objects.filter(
        officer=left.user_id,
        institution__organisation=left.organisation_id,
        state__in=LIVE_STATES,
    )
    of_branch: dict[int | None, list[LoanApplication]] = {}
    for row in cases.select_related("institution"):
        of_branch.setdefault(row.branch_id, []).append(row)
    if left.ended_at is not None and of_branch:
        left_notify(left.user, of_branch.values(), left.ended_at)


@transaction.atomic
def application_take_over(
    *, application_id: uuid.UUID, actor: User, at: datetime
) -> LoanApplication:
    """Make the actor the officer of a case whose officer left the lender; where it stands does not change.

    Args:
        application_id: public id.
        actor: an officer of the lender.
        at: when, aware.

    Raises:
        NotFound: it is not the actor's to work on.
        NotPermitted: the actor is no officer of the lender.
        TransitionRefused: it has ended, or waits to be accepted.
        Conflict: ``OFFICER_SERVES``, its officer still is one of the lender's.

    Writes: ``LoanApplication.officer``, ``ApplicationEvent``, notices to the enterprise's people, audit; locks the
        application's row.
    """
    case = case_lock(application_id, actor)
    application = case.application
    if Role.OFFICER not in roles_towards(actor, application):
        raise NotPermitted
    state = application.state
    if state in CLOSED_STATES:
        raise TransitionRefused(state, TAKE_OVER, "申请已办结，不需接手。")
    if application.officer_id is None:
        raise TransitionRefused(state, TAKE_OVER, "申请尚未受理，请直接受理。")
    if serving_officer(application) is not None:
        raise Conflict("OFFICER_SERVES", "经办的客户经理仍在任，不能接手。")
    application.officer = actor
    application.save(update_fields=["officer"])
    event_append(case, TAKE_OVER, state, state, payload={}, actor=actor, role=Role.OFFICER, at=at)
    taken_over_notify(application, at)
    step_audit(case, TAKE_OVER, actor, at)
    return application
