"""The life of a matchmaking event: prepared, published, seated, held, followed up, closed; and who is invited.

A second press of the same button changes nothing. Enterprises and institutions are told what concerns them, once.

Source: domain note 4.3 (筹备→报名→举行→意向→跟踪); design law 2.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from marketplace.audit import audit_record
from marketplace.domain.errors import NotFound, NotPermitted, Refused
from marketplace.domain.machine import Transition
from marketplace.domain.text import clean
from marketplace.domain.workdays import local_date
from marketplace.models import User
from matching.domain.event import EVENT, EventPlan, InviteSource, plan_problems
from matching.models import EventInvitation, MatchmakingEvent, Whitelist
from matching.policies.event import roles_towards_event, staffed_events
from matching.selectors.event import (
    enterprises_listed,
    enterprises_seeking,
    event_districts,
    event_figures,
    lenders_to_invite,
    whitelists_to_invite,
)
from matching.services.event_notices import event_tell_guests, event_tell_invited

LONGEST_REASON = 200
INVITING_STATES = ("PREPARING", "SIGN_UP")


@transaction.atomic
def event_create(*, district: str, plan: EventPlan, actor: User, at: datetime) -> MatchmakingEvent:
    """Prepare an event of a district.

    Args:
        district: code; the actor works for it.
        plan: what the event is to be.
        actor: clerk or lead of the district.
        at: now, aware.

    Raises:
        NotFound: the district is none of the actor's.
        Refused: ``EVENT_INVALID`` with sentences at the fields.

    Writes: ``MatchmakingEvent``, audit ``matching.event.create``.
    """
    if district not in {row.code for row in event_districts(actor)}:
        raise NotFound
    if problems := plan_problems(plan, at):
        raise Refused("EVENT_INVALID", "活动信息填写有误，请按提示修改。", problems)
    values = asdict(plan) | {"title": clean(plan.title), "venue": clean(plan.venue)}
    row = MatchmakingEvent.objects.create(
        district_id=district, created_by=actor, created_at=at, **values
    )
    event_audit(row, "create", actor, at)
    return row


@transaction.atomic
def event_invite(
    *,
    event: MatchmakingEvent,
    source: InviteSource,
    whitelist_id: uuid.UUID | None = None,
    actor: User,
    at: datetime,
) -> int:
    """Invite everybody of one source who was not invited yet; return how many were.

    Args:
        event: of the actor's district, in preparation or open for sign-up.
        source: enterprises of a whitelist, enterprises of the district with a need, or the institutions serving it.
        whitelist_id: of a published whitelist of the district, with that source.

    Raises:
        NotFound: the event or the whitelist is not the actor's.
        NotPermitted: the actor reads only.
        Refused: ``EVENT_NOT_INVITING``, seats are assigned already; ``EVENT_WHITELIST``, no whitelist was named.

    Writes: ``EventInvitation`` rows, audit, notices when the event is published; locks the event.
    """
    row = event_locked(event, actor)
    if not roles_towards_event(actor, row.district_id):
        raise NotPermitted
    if row.state not in INVITING_STATES:
        raise Refused("EVENT_NOT_INVITING", "只有筹备或报名阶段可以邀请。")
    fresh = _invited(row, source, whitelist_id, actor, at)
    if fresh and row.state == "SIGN_UP":
        event_tell_invited(row, [entry.pk for entry in fresh], at)
    if fresh:
        event_audit(row, "invite", actor, at, {"source": source.value, "count": len(fresh)})
    return len(fresh)


@transaction.atomic
def event_publish(*, event: MatchmakingEvent, actor: User, at: datetime) -> MatchmakingEvent:
    """Open the sign-up and tell everybody invited.

    Raises:
        NotFound: the event is not the actor's.
        TransitionRefused, NotPermitted: by the table; somebody of both sides must be invited.
        Refused: ``EVENT_TOO_LATE``, the sign-up would have ended already.

    Writes: ``MatchmakingEvent`` state, audit, notices; locks the event. A second time nothing.
    """
    row = event_locked(event, actor)
    if event_is_past(row, "PUBLISH", actor):
        return row
    step = event_step(row, "PUBLISH", actor, at)
    if row.sign_up_until <= at:
        raise Refused("EVENT_TOO_LATE", "报名截止时间已过，请另建活动。")
    row.published_at = at
    event_moved(row, step, actor, at, ("published_at",))
    event_tell_invited(row, row.invitations.values_list("pk", flat=True), at)
    return row


@transaction.atomic
def event_hold(*, event: MatchmakingEvent, actor: User, at: datetime) -> MatchmakingEvent:
    """Open the doors on the day: sign-in and outcomes may be recorded.

    Raises: as `event_publish`; not before the day of the event.

    Writes: ``MatchmakingEvent`` state, audit; locks the event. A second time nothing.
    """
    row = event_locked(event, actor)
    if event_is_past(row, "HOLD", actor):
        return row
    step = event_step(row, "HOLD", actor, at)
    row.held_at = at
    return event_moved(row, step, actor, at, ("held_at",))


@transaction.atomic
def event_finish(*, event: MatchmakingEvent, actor: User, at: datetime) -> MatchmakingEvent:
    """End the meetings; outcomes still missing may be recorded.

    Raises: as `event_publish`.

    Writes: ``MatchmakingEvent`` state, audit; locks the event. A second time nothing.
    """
    row = event_locked(event, actor)
    if event_is_past(row, "FINISH", actor):
        return row
    return event_moved(row, event_step(row, "FINISH", actor, at), actor, at)


@transaction.atomic
def event_complete(*, event: MatchmakingEvent, actor: User, at: datetime) -> MatchmakingEvent:
    """Close an event whose intentions were all followed up.

    Raises: as `event_publish`; a follow-up without report keeps it open.

    Writes: ``MatchmakingEvent`` state, audit; locks the event. A second time nothing.
    """
    row = event_locked(event, actor)
    if event_is_past(row, "COMPLETE", actor):
        return row
    step = event_step(row, "COMPLETE", actor, at)
    row.ended_at = at
    return event_moved(row, step, actor, at, ("ended_at",))


@transaction.atomic
def event_cancel(
    *, event: MatchmakingEvent, reason: str, actor: User, at: datetime
) -> MatchmakingEvent:
    """Cancel an event before its day and tell whoever knew of it.

    Raises: as `event_publish`; a reason is needed.

    Writes: ``MatchmakingEvent`` state and reason, audit, notices; locks the event. A second time nothing.
    """
    row = event_locked(event, actor)
    if event_is_past(row, "CANCEL", actor):
        return row
    row.cancel_reason = clean(reason)[:LONGEST_REASON]
    step = event_step(row, "CANCEL", actor, at, reason=row.cancel_reason)
    was_shown = row.published_at is not None
    row.ended_at = at
    event_moved(row, step, actor, at, ("cancel_reason", "ended_at"))
    if was_shown:
        event_tell_guests(row, f"对接会已取消：{row.title}", "cancelled", at, row.cancel_reason)
    return row


def event_locked(event: MatchmakingEvent, actor: User) -> MatchmakingEvent:
    """Return an event locked until commit.

    Raises:
        NotFound: it is not one the actor makes or watches.
    """
    found = staffed_events(actor).select_for_update(of=("self",)).select_related("district")
    row = found.filter(pk=event.pk).first()
    if row is None:
        raise NotFound
    return row


def event_is_past(row: MatchmakingEvent, event: str, actor: User) -> bool:
    """Return whether the event of the table has brought the row here already, so that nothing is left to do.

    Raises:
        NotPermitted: the actor may not cause it.
    """
    steps = [step for step in EVENT.transitions if step.event == event]
    if row.state not in {step.target for step in steps} - {step.source for step in steps}:
        return False
    roles = roles_towards_event(actor, row.district_id)
    if not any(step.roles & roles for step in steps):
        raise NotPermitted
    return True


def event_step(
    row: MatchmakingEvent, event: str, actor: User, at: datetime, *, reason: str = ""
) -> Transition:
    """Return the transition an event of the table causes now.

    Raises:
        TransitionRefused, NotPermitted: by the table.

    Queries: four, after those for memberships.
    """
    figures = event_figures(row)
    facts: Mapping[str, Any] = {
        "enterprises": figures.enterprises,
        "institutions": figures.institutions,
        "needs": figures.needs,
        "tables": figures.tables,
        "meetings": figures.meetings,
        "day_come": local_date(at) >= local_date(row.starts_at),
        "unrecorded": figures.unrecorded,
        "open_follow_ups": figures.open_follow_ups,
        "reason": reason,
    }
    return EVENT.advance(row.state, event, roles_towards_event(actor, row.district_id), facts)


def event_moved(
    row: MatchmakingEvent,
    step: Transition,
    actor: User,
    at: datetime,
    fields: Sequence[str] = (),
    payload: Mapping[str, Any] | None = None,
) -> MatchmakingEvent:
    """Write a step with the fields that go with it. Writes: ``MatchmakingEvent``, audit."""
    row.state = step.target
    row.save(update_fields=["state", *fields])
    event_audit(row, step.event.lower(), actor, at, payload)
    return row


def event_audit(
    row: MatchmakingEvent,
    verb: str,
    actor: User | None,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Write what was done to an event into the audit log."""
    audit_record(
        action=f"matching.event.{verb}",
        subject_kind="MatchmakingEvent",
        subject_id=row.public_id,
        actor=actor,
        at=at,
        payload={"district": row.district_id, "state": row.state, **(payload or {})},
    )


def _invited(
    row: MatchmakingEvent,
    source: InviteSource,
    whitelist_id: uuid.UUID | None,
    actor: User,
    at: datetime,
) -> list[EventInvitation]:
    side = "institution_id" if source is InviteSource.LENDERS else "enterprise_id"
    known = set(row.invitations.values_list(side, flat=True))
    keys = [key for key in _keys(row, source, whitelist_id, actor, at) if key not in known]
    return EventInvitation.objects.bulk_create(
        EventInvitation(event=row, source=source.value, invited_at=at, **{side: key})
        for key in keys
    )


def _keys(
    row: MatchmakingEvent,
    source: InviteSource,
    whitelist_id: uuid.UUID | None,
    actor: User,
    at: datetime,
) -> Iterable[int]:
    if source is InviteSource.LENDERS:
        return [bank.pk for bank in lenders_to_invite(row.district_id)]
    if source is InviteSource.NEEDS:
        return enterprises_seeking(row.district_id, at).values_list("pk", flat=True)
    return enterprises_listed(_whitelist(row, whitelist_id, actor)).values_list("pk", flat=True)


def _whitelist(row: MatchmakingEvent, key: uuid.UUID | None, actor: User) -> Whitelist:
    if key is None:
        sentence = "请选择一期已发布的白名单。"
        raise Refused("EVENT_WHITELIST", sentence, {"whitelist": sentence})
    for whitelist in whitelists_to_invite(actor, row):
        if whitelist.public_id == key:
            return whitelist
    raise NotFound
