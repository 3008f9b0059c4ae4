"""Matchmaking events of the demonstration city: one held and followed up, one to come and open for sign-up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from marketplace.config.demo.lending import SHOWN_LENDER, Lender
from marketplace.config.demo.people import SHOWN_DISTRICT, People
from marketplace.config.demo.searching import asked_again
from marketplace.config.demo.timeline import (
    Clock,
    Tale,
    at_hour,
    next_working_day,
    working_days_before,
)
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.errors import Refused
from marketplace.domain.workdays import local_date
from marketplace.models import User
from matching.domain.assignment import Method
from matching.domain.event import EventPlan, InviteSource
from matching.models import (
    EventFollowUp,
    EventInvitation,
    EventMeeting,
    FinancingDemand,
    MatchmakingEvent,
)
from matching.selectors.event import (
    enterprises_seeking,
    institutions_coming,
    invitations_of,
    meetings_of,
    needs_to_bring,
)
from matching.services.event import (
    event_create,
    event_finish,
    event_hold,
    event_invite,
    event_publish,
)
from matching.services.event_assign import event_assign, event_confirm
from matching.services.event_follow_up import event_track, follow_up_report
from matching.services.event_invitation import invitation_sign_in, invitation_sign_up
from matching.services.event_meeting import meeting_record

HELD_WORKING_DAYS_AGO, OPENED_WORKING_DAYS_AGO = 30, 1
"""Long enough ago that the first look at the intentions is over; yesterday, for the event to come."""
SIGN_UP_DAYS = 6
AN_HOUR = timedelta(hours=1)
LENDERS_COMING = 14
OUTCOMES = ("INTENDED", "INTENDED", "CONTINUE", "NO_INTENT", "ABSENT")
STATUSES = ("IN_TALKS", "APPLIED", "IN_TALKS", "ENDED")
HIDDEN = ("owner", "agent")
"""Whose invitation is left for the visitor to answer."""


def past_event(people: People, lenders: Sequence[Lender], today: date) -> Tale:
    """Hold an event in the district where most enterprises looked for finance, and follow its intentions up."""
    random = Random(5)
    day = working_days_before(today, HELD_WORKING_DAYS_AGO + SIGN_UP_DAYS)
    clock = Clock(at_hour(day, 9), random)
    yield clock.office(0)
    district = _busiest(clock.at)
    clerk, lead = people.clerks[district], people.leads[district]
    for need in _closed_needs(district, clock.at):
        asked_again(need, clock.at)
    event = _opened(district, people, clock.at)
    clock.at += AN_HOUR
    yield clock.at
    _signed_up(event, lenders, random, clock.at, spare=0)
    clock.at = event.sign_up_until + AN_HOUR
    yield clock.at
    try:
        event_assign(event=event, method=Method.OPTIMAL, actor=clerk, at=clock.at)
        event_confirm(event=event, actor=lead, at=clock.at)
    except Refused:
        return  # a city so small that nobody there looks for finance
    clock.at = event.starts_at
    yield clock.at
    event_hold(event=event, actor=clerk, at=clock.at)
    for row in invitations_of(event).filter(state="SIGNED_UP"):
        invitation_sign_in(invitation_id=row.public_id, actor=clerk, at=clock.at)
    clock.at += 2 * AN_HOUR
    yield clock.at
    for meeting in meetings_of(event):
        _recorded(meeting, lenders, random, clock.at)
    event_finish(event=event, actor=clerk, at=clock.at)
    yield clock.office(1)
    event_track(event=event, actor=clerk, at=clock.at)
    yield from _followed_up(event, lenders, clock)


def coming_event(people: People, lenders: Sequence[Lender], today: date) -> Tale:
    """Open the sign-up of an event of the shown district; the visitor's own invitations are left to answer."""
    random = Random(6)
    clock = Clock(at_hour(working_days_before(today, OPENED_WORKING_DAYS_AGO), 16), random)
    yield clock.at
    for need in _closed_needs(SHOWN_DISTRICT, clock.at):
        asked_again(need, clock.at)
    event = _opened(SHOWN_DISTRICT, people, clock.at)
    _signed_up(event, lenders, random, clock.at, spare=1)


def _busiest(at: datetime) -> str:
    """Return the district but the shown one in which most enterprises have looked for finance so far."""
    asked = FinancingDemand.objects.filter(created_at__lte=at).values_list(
        "enterprise__district", "enterprise"
    )
    counts = Counter(code for code, _ in set(asked) if code != SHOWN_DISTRICT)
    codes = [code for code in DISTRICT_LABELS if code != SHOWN_DISTRICT]
    return max(codes, key=lambda code: counts[code])


def _closed_needs(district: str, at: datetime) -> list[FinancingDemand]:
    """Return the latest need of each enterprise of a district that looks for nothing now, the visitor's left out."""
    found = FinancingDemand.objects.filter(enterprise__district=district).exclude(
        enterprise__in=enterprises_seeking(district, at)
    )
    rows = found.exclude(created_by__username__in=HIDDEN).order_by("pk")
    latest = {row.enterprise_id: row for row in rows.select_related("enterprise", "created_by")}
    return list(latest.values())


def _opened(district: str, people: People, at: datetime) -> MatchmakingEvent:
    """Prepare an event for six days later, invite enterprises with a need and the lenders, and open the sign-up."""
    label, clerk = DISTRICT_LABELS[district], people.clerks[district]
    day = next_working_day(local_date(at) + timedelta(days=SIGN_UP_DAYS - 1))
    plan = EventPlan(
        title=f"{label}小微企业银企对接会（示例）",
        venue=f"{label}示例会议中心一层",
        starts_at=at_hour(day, 9, 30),
        slots=6,
        slot_minutes=20,
        most_meetings=2,
        sign_up_until=at_hour(day - timedelta(days=1), 17),
    )
    event = event_create(district=district, plan=plan, actor=clerk, at=at)
    for source in (InviteSource.NEEDS, InviteSource.LENDERS):
        event_invite(event=event, source=source, actor=clerk, at=at)
    try:
        return event_publish(event=event, actor=clerk, at=at)
    except Refused:
        return event  # nobody to invite yet


def _signed_up(
    event: MatchmakingEvent,
    lenders: Sequence[Lender],
    random: Random,
    at: datetime,
    *,
    spare: int,
) -> None:
    """Let some lenders bring tables and the enterprises a need with wishes; the first so many lenders stay away."""
    if event.state != "SIGN_UP":
        return
    banks = institutions_coming(event)
    by_pk = {lender.institution.pk: lender for lender in lenders}
    shown = lenders[SHOWN_LENDER - 1].institution.pk
    random.shuffle(banks)
    banks.sort(key=lambda row: row.institution_id != shown)
    for row in banks[spare : spare + LENDERS_COMING]:
        officer = by_pk[row.institution_id or 0].officer
        invitation_sign_up(
            invitation_id=row.public_id, tables=random.randint(1, 2), actor=officer, at=at
        )
    for guest in invitations_of(event).filter(enterprise__isnull=False):
        _guest_signed_up(guest, banks[spare : spare + LENDERS_COMING], random, at)


def _guest_signed_up(
    guest: EventInvitation, banks: Sequence[EventInvitation], random: Random, at: datetime
) -> None:
    needs = [need for need in needs_to_bring(guest, at) if need.created_by.username not in HIDDEN]
    if not needs:
        return
    wishes = random.sample([str(bank.public_id) for bank in banks], k=min(2, len(banks)))
    invitation_sign_up(
        invitation_id=guest.public_id,
        demand_id=needs[0].public_id,
        wishes=wishes,
        actor=needs[0].created_by,
        at=at,
    )


def _recorded(
    meeting: EventMeeting, lenders: Sequence[Lender], random: Random, at: datetime
) -> None:
    outcome = random.choice(OUTCOMES)
    amount = meeting.guest.demand.amount_yuan if meeting.guest.demand else Decimal(0)
    meeting_record(
        meeting_id=meeting.public_id,
        outcome=outcome,
        amount_yuan=amount if outcome == "INTENDED" else None,
        actor=_officer(meeting, lenders),
        at=at,
    )


def _followed_up(event: MatchmakingEvent, lenders: Sequence[Lender], clock: Clock) -> Tale:
    """Report the first look at most intentions when it is due; the others are left open."""
    for row in EventFollowUp.objects.filter(
        intention__meeting__guest__event=event, after_days=30
    ).select_related("intention__meeting__desk__invitation__institution"):
        clock.at = max(clock.at, row.due_at - timedelta(days=1))
        yield clock.office(0.01)
        if clock.random.random() < 0.7:
            follow_up_report(
                follow_up_id=row.public_id,
                status=clock.random.choice(STATUSES),
                actor=_officer(row.intention.meeting, lenders),
                at=clock.at,
            )


def _officer(meeting: EventMeeting, lenders: Sequence[Lender]) -> User:
    by_pk = {lender.institution.pk: lender.officer for lender in lenders}
    return by_pk[meeting.desk.invitation.institution_id or 0]
