"""Who may do what with matchmaking events: their district makes them, the city reads, those invited answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matching.domain.assignment import Method
from matching.models import MatchmakingEvent
from matching.services.event_assign import event_assign
from matching.services.event_follow_up import follow_up_report
from tests.access import (
    CITY,
    DISTRICT,
    ENTERPRISE,
    LENDER,
    OFFICERS,
    OTHER_DISTRICT,
    RIVAL_ENTERPRISE,
    RIVAL_LENDER,
    Call,
    Row,
    World,
    each,
    members,
)
from tests.factories.events import (
    DISTRICT as CODE,
)
from tests.factories.events import (
    desk_of,
    follow_up_of,
    guest_of,
    make_event,
    meeting_of,
)

LEAD = members("district_lead")
STAFF = DISTRICT | OTHER_DISTRICT
SHOWN = DISTRICT | CITY
GUESTS = ENTERPRISE | RIVAL_ENTERPRISE | LENDER | RIVAL_LENDER
RECORDING = OFFICERS | DISTRICT
PLAN = {
    "title": "示例对接会",
    "venue": "示例会议中心",
    "starts_at": "2026-12-01T09:00+08:00",
    "sign_up_until": "2026-11-30T18:00+08:00",
    "slots": 4,
    "slot_minutes": 20,
    "most_meetings": 2,
}
PAGE_PLAN = PLAN | {"starts_at": "2026-12-01T09:00", "sign_up_until": "2026-11-30T18:00"}


# --- What requests need ---------------------------------------------------------------------------


def on(
    state: str, thing: Callable[[MatchmakingEvent], Any] | None = None, **body: Any
) -> Callable[[World], Call]:
    """An event in a state, or a thing of it, with a body."""

    def make(world: World) -> Call:
        event = make_event(world.cast, state, world.at)
        return Call({"public_id": (thing(event) if thing else event).public_id}, body)

    return make


def assigned(world: World) -> Call:
    event = make_event(world.cast, "SIGN_UP", world.at)
    event_assign(event=event, method=Method.OPTIMAL, actor=world.cast.district_clerk, at=world.at)
    return Call({"public_id": event.public_id})


def followed(world: World) -> Call:
    """Every look at the intention reported, so that the event may be closed."""
    event = make_event(world.cast, "FOLLOW_UP", world.at)
    key = follow_up_of(event).public_id
    follow_up_report(follow_up_id=key, status="ENDED", actor=world.cast.officer, at=world.at)
    return Call({"public_id": event.public_id})


def guest_signing(world: World) -> Call:
    event = make_event(world.cast, "SIGN_UP", world.at)
    guest = guest_of(event)
    assert guest.demand is not None
    return Call({"public_id": guest.public_id}, {"demand": str(guest.demand.public_id)})


# --- The rows -------------------------------------------------------------------------------------


def both(part: str) -> list[str]:
    """The page and its API."""
    return [f"matching:event-{part}", f"api:event-{part}"]


def step(part: str, allowed: frozenset[str], make: Callable[[World], Call]) -> list[Row]:
    """What the district does to its own event; the city sees it and may not."""
    return each(both(part), "POST", allowed=allowed, refused=SHOWN - allowed, make=make)


BOARD = [
    *each(both("list"), allowed=STAFF | CITY, stranger=403),
    Row("matching:event-create", allowed=STAFF, stranger=403),
    Row(
        "matching:event-create",
        "POST",
        allowed=DISTRICT,
        stranger=403,
        otherwise=dict.fromkeys(OTHER_DISTRICT, 422),
        make=lambda world: Call(body=PAGE_PLAN | {"district": CODE}),
    ),
    Row(
        "api:event-list",
        "POST",
        allowed=DISTRICT,
        stranger=403,
        otherwise=dict.fromkeys(OTHER_DISTRICT, 404),
        make=lambda world: Call(body=PLAN | {"district": CODE}),
    ),
    *each(both("detail"), allowed=SHOWN, make=on("PREPARING")),
    *each(both("plan"), allowed=SHOWN, make=on("SIGN_UP")),
    *each(both("results"), allowed=SHOWN, make=on("FOLLOW_UP")),
    Row("matching:event-sheet", allowed=SHOWN, make=on("ARRANGED")),
]

STEPS = [
    *step("invite", DISTRICT, on("PREPARING", whom="LENDERS")),
    *step("publish", DISTRICT, on("PREPARING")),
    *step("assign", DISTRICT, on("SIGN_UP", method="OPTIMAL")),
    *step("confirm", LEAD, assigned),
    *step("rearrange", DISTRICT, on("ARRANGED")),
    *step("hold", DISTRICT, on("ARRANGED")),
    *step("finish", DISTRICT, on("HELD")),
    *step("track", DISTRICT, on("INTENTION")),
    *step("complete", LEAD, followed),
    *step("cancel", LEAD, on("SIGN_UP", reason="示例原因")),
    *step("sign-in", DISTRICT, on("HELD", guest_of)),
]

INVITED = [
    *each(both("invitations"), allowed=GUESTS, stranger=403),
    *each(both("invitation"), allowed=ENTERPRISE, make=on("ARRANGED", guest_of)),
    *each(both("invitation"), allowed=LENDER, make=on("ARRANGED", desk_of)),
    *each(both("sign-up"), "POST", allowed=ENTERPRISE, make=guest_signing),
    *each(both("sign-up"), "POST", allowed=LENDER, make=on("SIGN_UP", desk_of, tables=2)),
    *each(both("decline"), "POST", allowed=ENTERPRISE, make=on("SIGN_UP", guest_of)),
    *each(both("arrive"), "POST", allowed=LENDER, make=on("HELD", desk_of)),
]

AFTERWARDS = [
    *each(both("meeting"), allowed=LENDER | SHOWN, make=on("HELD", meeting_of)),
    *each(
        both("meeting"),
        "POST",
        allowed=RECORDING,
        refused=(LENDER | SHOWN) - RECORDING,
        make=on("HELD", meeting_of, outcome="NO_INTENT"),
    ),
    *each(both("follow-up"), allowed=LENDER | SHOWN, make=on("FOLLOW_UP", follow_up_of)),
    *each(
        both("follow-up"),
        "POST",
        allowed=RECORDING,
        refused=(LENDER | SHOWN) - RECORDING,
        make=on("FOLLOW_UP", follow_up_of, status="IN_TALKS"),
    ),
]

ROWS = [*BOARD, *STEPS, *INVITED, *AFTERWARDS]
