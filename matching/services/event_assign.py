"""Seats of an event: assigned by one of two ways, confirmed, taken back.

Source: domain note 1.4 (5); `matching.scoring.assignment`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from marketplace.domain.errors import Conflict
from marketplace.models import User
from matching.domain.assignment import Assignment, Method, why_not
from matching.models import EventMeeting, MatchmakingEvent
from matching.selectors.event_plan import EventCase, EventWays, event_ways
from matching.services.event import (
    event_audit,
    event_is_past,
    event_locked,
    event_moved,
    event_step,
)
from matching.services.event_notices import event_tell_guests, event_tell_seated


@transaction.atomic
def event_assign(
    *, event: MatchmakingEvent, method: Method, actor: User, at: datetime
) -> MatchmakingEvent:
    """Seat everybody who signed up, in place of an earlier assignment.

    Args:
        event: open for sign-up.
        method: which of the two ways.
        actor: clerk or lead of the district.
        at: now, aware.

    Raises:
        NotFound: the event is not the actor's.
        TransitionRefused, NotPermitted: by the table; both sides must have signed up.

    Writes: ``EventMeeting`` rows, ``MatchmakingEvent`` method and figures, audit; locks the event. The same seats
    again change nothing.
    """
    row = event_locked(event, actor)
    event_step(row, "ASSIGN", actor, at)
    ways = event_ways(row, at)
    if row.method == method and _is_current(row, ways):
        return row
    figures = figures_of(ways, method)
    EventMeeting.objects.filter(guest__event=row).delete()
    EventMeeting.objects.bulk_create(_meetings(ways.case, ways.of(method)))
    row.method, row.figures = method.value, figures
    row.save(update_fields=["method", "figures"])
    event_audit(row, "assign", actor, at, {"method": method.value, **figures})
    return row


@transaction.atomic
def event_confirm(*, event: MatchmakingEvent, actor: User, at: datetime) -> MatchmakingEvent:
    """Confirm the seats: those seated learn whom they meet, and when.

    Raises:
        NotFound, TransitionRefused, NotPermitted: as `event_assign`; only a lead confirms, and only seats there are.
        Conflict: ``EVENT_SEATS_STALE``, the seats would come out differently now.

    Writes: ``MatchmakingEvent`` state, audit, notices; locks the event. A second time nothing.
    """
    row = event_locked(event, actor)
    if event_is_past(row, "CONFIRM", actor):
        return row
    step = event_step(row, "CONFIRM", actor, at)
    if not _is_current(row, event_ways(row, at)):
        raise Conflict("EVENT_SEATS_STALE", "排座之后报名或产品有变化，请重新排座后再确认。")
    row.confirmed_at = at
    event_moved(row, step, actor, at, ("confirmed_at",), {"method": row.method})
    event_tell_seated(row, at)
    return row


@transaction.atomic
def event_rearrange(*, event: MatchmakingEvent, actor: User, at: datetime) -> MatchmakingEvent:
    """Take a confirmation back, to seat anew; those seated are told.

    Raises:
        NotFound, TransitionRefused, NotPermitted: as `event_assign`.

    Writes: ``MatchmakingEvent`` state, audit, notices; locks the event.
    """
    row = event_locked(event, actor)
    step = event_step(row, "REARRANGE", actor, at)
    row.confirmed_at = None
    event_moved(row, step, actor, at, ("confirmed_at",))
    event_tell_guests(row, f"对接会将重新排座：{row.title}", "rearranged", at)
    return row


def figures_of(ways: EventWays, method: Method) -> dict[str, Any]:
    """Return what is kept of an assignment beside its meetings: why needs were left out, and wishes not met."""
    found = ways.of(method)
    left_out = zip(found.unmet, found.unmet_why, strict=True)
    return {
        "covered": found.covered,
        "needs": len(ways.case.guests),
        "meetings": len(found.chosen),
        "utility": found.utility,
        "envy": found.envy,
        "blocking": found.blocking,
        "cost_bp": ways.cost_bp if method is Method.STABLE else 0,
        "unmet": {str(ways.case.guests[need].public_id): why.value for need, why in left_out},
        "missed": _missed(ways.case, found),
    }


def _missed(case: EventCase, found: Assignment) -> dict[str, dict[str, str]]:
    """Return why each enterprise does not meet the institutions it wished for, by invitations."""
    places = {str(desk.invitation.public_id): place for place, desk in enumerate(case.desks)}
    missed: dict[str, dict[str, str]] = {}
    for need, guest in enumerate(case.guests):
        asked = ((wish, places[wish]) for wish in guest.wishes if wish in places)
        reasons = {wish: why_not(case.problem, found, need, place) for wish, place in asked}
        told = {wish: why.value for wish, why in reasons.items() if why is not None}
        if told:
            missed[str(guest.public_id)] = told
    return missed


def _meetings(case: EventCase, found: Assignment) -> Iterable[EventMeeting]:
    for option, slot, table, why in zip(
        found.chosen, found.slot, found.table, found.why, strict=True
    ):
        fit = case.fits[option]
        yield EventMeeting(
            guest=case.guests[case.problem.need[option]],
            desk=case.desks[case.problem.place[option]],
            slot=slot,
            table=table,
            utility=fit.points,
            fit=fit.sentence,
            why=why.value,
        )


def _is_current(row: MatchmakingEvent, ways: EventWays) -> bool:
    """Return whether the seats kept are those that the same way gives now."""
    if not row.method or row.figures != figures_of(ways, Method(row.method)):
        return False
    columns = ("guest_id", "desk_id", "slot", "table", "utility", "why")
    kept = EventMeeting.objects.filter(guest__event=row).values_list(*columns)
    seats = _meetings(ways.case, ways.of(Method(row.method)))
    return set(kept) == {tuple(getattr(seat, name) for name in columns) for seat in seats}
