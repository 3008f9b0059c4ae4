"""What those invited answer: sign up with a need or with tables, decline, sign in at the door.

By signing up an enterprise agrees that the institutions it is seated with learn its name and its need; nothing else of
it is shown to anybody, and no record of it is read.

Source: domain note 4.2 (masked pool), 4.3; trust note P3.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from marketplace.audit import audit_record, enterprise_stream
from marketplace.domain.errors import NotFound, Refused
from marketplace.models import User
from matching.domain.event import COMING, INVITATION, MOST_TABLES
from matching.domain.event_fit import wishes_checked
from matching.models import EventDesk, EventInvitation, EventMeeting, FinancingDemand
from matching.policies.event import (
    own_invitations,
    roles_towards_invitation,
    staffed_invitations,
)
from matching.selectors.event import (
    event_rules,
    institutions_coming,
    needs_coming,
    needs_to_bring,
)


@transaction.atomic
def invitation_sign_up(
    *,
    invitation_id: uuid.UUID,
    demand_id: uuid.UUID | None = None,
    tables: int | None = None,
    wishes: Sequence[str] = (),
    actor: User,
    at: datetime,
) -> EventInvitation:
    """Sign up to an event; a later sign-up replaces an earlier one.

    Args:
        invitation_id: public id.
        demand_id: which of its published needs an enterprise brings.
        tables: how many an institution brings.
        wishes: public ids of the other side's invitations, the dearest first.
        actor: of the enterprise or the institution.
        at: now, aware.

    Raises:
        NotFound: the invitation is not the actor's.
        TransitionRefused: the event is not open for sign-up.
        Refused: ``EVENT_NEED``, ``EVENT_TABLES``, ``EVENT_WISH_UNKNOWN``, ``EVENT_WISHES_TOO_MANY`` with fields.

    Writes: ``EventInvitation``, ``EventDesk``, audit; locks the invitation. The same answer again changes nothing.
    """
    row = _locked(invitation_id, actor)
    step = INVITATION.advance(row.state, "SIGN_UP", *_situation(row, actor, at))
    before = _answer(row)
    if row.institution_id is None:
        row.demand = _need(row, demand_id, at)
        offered = [entry.public_id for entry in institutions_coming(row.event)]
    else:
        _desk(row, tables)
        offered = [entry.public_id for entry, _ in needs_coming(row.event, at)]
    most = event_rules(at).most_wishes
    row.wishes = list(wishes_checked(wishes, [str(key) for key in offered], most))
    row.state = step.target
    if _answer(row) == before:
        return row
    row.answered_at = at
    row.save(update_fields=["state", "demand", "wishes", "answered_at"])
    _audit(row, "sign_up", actor, at)
    return row


@transaction.atomic
def invitation_decline(*, invitation_id: uuid.UUID, actor: User, at: datetime) -> EventInvitation:
    """Decline an invitation, or take a sign-up back before the seats are confirmed.

    Raises:
        NotFound: the invitation is not the actor's.
        TransitionRefused: the seats are confirmed.

    Writes: ``EventInvitation``, its desk and the meetings assigned so far, audit; locks the invitation. A second time
    nothing.
    """
    row = _locked(invitation_id, actor)
    if row.state == "DECLINED":
        return row
    step = INVITATION.advance(row.state, "DECLINE", *_situation(row, actor, at))
    EventMeeting.objects.filter(Q(guest=row) | Q(desk__invitation=row)).delete()
    EventDesk.objects.filter(invitation=row).delete()
    row.state, row.wishes, row.demand, row.answered_at = step.target, [], None, at
    row.save(update_fields=["state", "wishes", "demand", "answered_at"])
    _audit(row, "stay_away", actor, at)
    return row


@transaction.atomic
def invitation_sign_in(*, invitation_id: uuid.UUID, actor: User, at: datetime) -> EventInvitation:
    """Sign in on the day: the guest itself, or the district's staff at the door.

    Raises:
        NotFound: the invitation is neither the actor's nor of an event of the actor's district.
        TransitionRefused: the event is not being held, or nobody signed up.
        NotPermitted: the actor reads only.

    Writes: ``EventInvitation``, audit; locks the invitation. A second time nothing.
    """
    row = _locked(invitation_id, actor, staff=True)
    roles, facts = _situation(row, actor, at)
    if row.state == "SIGNED_IN" and roles:
        return row
    row.state = INVITATION.advance(row.state, "SIGN_IN", roles, facts).target
    row.signed_in_at = at
    row.save(update_fields=["state", "signed_in_at"])
    _audit(row, "sign_in", actor, at)
    return row


def _locked(key: uuid.UUID, actor: User, *, staff: bool = False) -> EventInvitation:
    own = Q(pk__in=own_invitations(actor).values("pk"))
    if staff:
        own |= Q(pk__in=staffed_invitations(actor).values("pk"))
    row = (
        EventInvitation.objects.filter(own)
        .select_for_update(of=("self",))
        .select_related("event", "institution", "enterprise__account")
        .filter(public_id=key)
        .first()
    )
    if row is None:
        raise NotFound
    return row


def _situation(
    row: EventInvitation, actor: User, at: datetime
) -> tuple[frozenset[str], dict[str, object]]:
    event = row.event
    facts = {"event_state": event.state, "sign_up_open": at <= event.sign_up_until}
    return roles_towards_invitation(actor, row), facts


def _need(row: EventInvitation, key: uuid.UUID | None, at: datetime) -> FinancingDemand:
    for need in needs_to_bring(row, at):
        if need.public_id == key:
            return need
    sentence = "请选择一项已发布、仍在有效期内的融资需求。"
    raise Refused("EVENT_NEED", sentence, {"demand": sentence})


def _desk(row: EventInvitation, tables: int | None) -> None:
    if tables is None or not 1 <= tables <= MOST_TABLES:
        sentence = f"席位数应在 1 至 {MOST_TABLES} 之间。"
        raise Refused("EVENT_TABLES", sentence, {"tables": sentence})
    desk = EventDesk.objects.filter(invitation=row).first() or EventDesk(invitation=row)
    desk.tables = tables
    desk.save()


def _answer(row: EventInvitation) -> tuple[object, ...]:
    tables = EventDesk.objects.filter(invitation=row).values_list("tables", flat=True).first()
    return row.state, row.demand_id, tuple(row.wishes), tables


def _audit(row: EventInvitation, verb: str, actor: User, at: datetime) -> None:
    stream = {"stream": enterprise_stream(row.enterprise.uscc)} if row.enterprise else {}
    audit_record(
        action=f"matching.event.{verb}",
        subject_kind="EventInvitation",
        subject_id=row.public_id,
        actor=actor,
        at=at,
        payload={
            "event": str(row.event.public_id),
            "state": row.state,
            "coming": row.state in COMING,
        },
        **stream,
    )
