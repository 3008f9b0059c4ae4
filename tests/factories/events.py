"""Matchmaking events in every state, made through the services by the cast's district, enterprise and banks."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from matching.domain.assignment import Method
from matching.domain.event import EventPlan, InviteSource
from matching.models import EventFollowUp, EventInvitation, EventMeeting, MatchmakingEvent
from matching.services.event import (
    event_cancel,
    event_complete,
    event_create,
    event_finish,
    event_hold,
    event_invite,
    event_publish,
)
from matching.services.event_assign import event_assign, event_confirm
from matching.services.event_follow_up import event_track, follow_up_report
from matching.services.event_invitation import invitation_sign_up
from matching.services.event_meeting import meeting_record
from tests.cast import NOW, Cast
from tests.factories.leads import make_offers
from tests.factories.matching import make_demand

DISTRICT = "120103"
SOON = timedelta(hours=2)
WAY = (
    "PREPARING",
    "SIGN_UP",
    "ARRANGED",
    "HELD",
    "INTENTION",
    "FOLLOW_UP",
    "CLOSED",
)


def plan_of(at: datetime = NOW, **changed: Any) -> EventPlan:
    """A morning of four slots, later on the same day."""
    values: dict[str, Any] = {
        "title": "河西区示例对接会",
        "venue": "示例会议中心一层",
        "starts_at": at + SOON,
        "slots": 4,
        "slot_minutes": 20,
        "most_meetings": 2,
        "sign_up_until": at + SOON / 2,
    }
    return EventPlan(**values | changed)


def make_event(
    cast: Cast, state: str = "PREPARING", at: datetime = NOW, **changed: Any
) -> MatchmakingEvent:
    """An event of the cast's district, brought to a state: everybody signed up, one intention of the cast's bank."""
    event = event_create(
        district=DISTRICT, plan=plan_of(at, **changed), actor=cast.district_clerk, at=at
    )
    make_offers(cast, at)
    make_demand(cast, at)
    for source in (InviteSource.NEEDS, InviteSource.LENDERS):
        event_invite(event=event, source=source, actor=cast.district_clerk, at=at)
    if state == "CANCELLED":
        publish(event, cast, at)
        event_cancel(event=event, reason="场地原因", actor=cast.district_lead, at=at)
    else:
        for reached in WAY[1 : WAY.index(state) + 1]:
            _REACH[reached](event, cast, at)
    event.refresh_from_db()
    assert event.state == state
    return event


def guest_of(event: MatchmakingEvent) -> EventInvitation:
    """The invitation of the cast's enterprise."""
    return EventInvitation.objects.get(event=event, enterprise__isnull=False)


def desk_of(event: MatchmakingEvent, code: str = "B001") -> EventInvitation:
    """The invitation of a bank."""
    return EventInvitation.objects.get(event=event, institution__code=code)


def meeting_of(event: MatchmakingEvent, code: str = "B001") -> EventMeeting:
    """The meeting of the cast's enterprise at a bank."""
    return EventMeeting.objects.get(guest__event=event, desk__invitation__institution__code=code)


def follow_up_of(event: MatchmakingEvent) -> EventFollowUp:
    """The first look at the intention."""
    return EventFollowUp.objects.filter(intention__meeting__guest__event=event).order_by("due_at")[
        0
    ]


def sign_up_all(event: MatchmakingEvent, cast: Cast, at: datetime = NOW) -> None:
    """The enterprise signs up with its need, both banks with a table."""
    need = guest_of(event).enterprise.demands.latest("id")  # type: ignore[union-attr]
    invitation_sign_up(
        invitation_id=guest_of(event).public_id,
        demand_id=need.public_id,
        wishes=[str(desk_of(event, "B002").public_id)],
        actor=cast.owner,
        at=at,
    )
    for code, officer in (("B001", cast.officer), ("B002", cast.rival_officer)):
        invitation_sign_up(
            invitation_id=desk_of(event, code).public_id, tables=1, actor=officer, at=at
        )


def publish(event: MatchmakingEvent, cast: Cast, at: datetime) -> None:
    event_publish(event=event, actor=cast.district_clerk, at=at)
    sign_up_all(event, cast, at)


def arrange(event: MatchmakingEvent, cast: Cast, at: datetime) -> None:
    event_assign(event=event, method=Method.OPTIMAL, actor=cast.district_clerk, at=at)
    event_confirm(event=event, actor=cast.district_lead, at=at)


def hold(event: MatchmakingEvent, cast: Cast, at: datetime) -> None:
    event_hold(event=event, actor=cast.district_clerk, at=at)


def finish(event: MatchmakingEvent, cast: Cast, at: datetime) -> None:
    meeting_record(
        meeting_id=meeting_of(event).public_id,
        outcome="INTENDED",
        amount_yuan=Decimal(300_000),
        actor=cast.officer,
        at=at,
    )
    meeting_record(
        meeting_id=meeting_of(event, "B002").public_id,
        outcome="NO_INTENT",
        actor=cast.rival_officer,
        at=at,
    )
    event_finish(event=event, actor=cast.district_clerk, at=at)


def track(event: MatchmakingEvent, cast: Cast, at: datetime) -> None:
    event_track(event=event, actor=cast.district_clerk, at=at)


def close(event: MatchmakingEvent, cast: Cast, at: datetime) -> None:
    follow_up_report(
        follow_up_id=follow_up_of(event).public_id, status="ENDED", actor=cast.officer, at=at
    )
    event_complete(event=event, actor=cast.district_lead, at=at)


_REACH = {
    "SIGN_UP": publish,
    "ARRANGED": arrange,
    "HELD": hold,
    "INTENTION": finish,
    "FOLLOW_UP": track,
    "CLOSED": close,
}
