"""Reads of matchmaking events: as their district makes them, and as those invited see them.

Source: domain note 4.2, 4.3; design section 5.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from borrowers.models import Enterprise
from lenders.models import Institution
from marketplace.domain.errors import NotFound
from marketplace.models import District, User
from marketplace.selectors import parameters_in_force
from matching.domain.demand import OPEN_DEMAND_STATES
from matching.domain.event import COMING, FollowUpStatus, Outcome
from matching.domain.event_fit import FitRules, fit_rules
from matching.domain.parameters import shipped
from matching.models import (
    EventDesk,
    EventFollowUp,
    EventInvitation,
    EventMeeting,
    FinancingDemand,
    MatchmakingEvent,
    Whitelist,
    WhitelistEntry,
)
from matching.policies.event import (
    own_invitations,
    staffed_events,
    staffed_invitations,
    visible_follow_ups,
    visible_meetings,
)
from matching.policies.whitelist import held_districts, institutions_serving
from matching.selectors.lead import MaskedNeed, masked_many

_GUEST = ("enterprise__account__organisation", "institution__organisation", "demand")
_MEETING = (
    "guest__event__district",
    "guest__enterprise__account",
    "guest__demand__enterprise__account",
    "desk__invitation__institution__organisation",
    "intention__lead__application",
)


@dataclass(frozen=True)
class EventFigures:
    """What an event has come to.

    Attributes:
        enterprises, institutions: invited.
        needs: enterprises that signed up.
        tables: brought by institutions that signed up.
        signed_in: of both sides.
        meetings: seated.
        outcomes: of the meetings, by code; those without one under an empty code.
        intended_yuan: sum of the intentions.
        open_follow_ups: without a report.
        disbursed: intentions that ended in a loan.
    """

    enterprises: int
    institutions: int
    needs: int
    tables: int
    signed_in: int
    meetings: int
    outcomes: Counter[str]
    intended_yuan: Decimal
    open_follow_ups: int
    disbursed: int

    @property
    def unrecorded(self) -> int:
        """Return how many meetings have no outcome yet."""
        return self.outcomes[""]

    @property
    def intended(self) -> int:
        """Return how many meetings ended with an intention."""
        return self.outcomes[Outcome.INTENDED.value]


def event_districts(user: User) -> list[District]:
    """Return the districts for which the user makes events. Queries: one."""
    return list(held_districts(user))


def event_list(user: User) -> QuerySet[MatchmakingEvent]:
    """Return the events whose making the user may see, the latest first."""
    return (
        staffed_events(user).select_related("district", "created_by").order_by("-starts_at", "-id")
    )


def event_get(user: User, public_id: uuid.UUID) -> MatchmakingEvent:
    """Return one of these events.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = event_list(user).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def event_figures(event: MatchmakingEvent) -> EventFigures:
    """Return what an event has come to. Queries: four."""
    rows = EventInvitation.objects.filter(event=event).values_list("institution_id", "state")
    states: list[tuple[int | None, str]] = list(rows)
    meetings = EventMeeting.objects.filter(guest__event=event)
    by_outcome = meetings.order_by().values_list("outcome").annotate(count=Count("pk"))
    desks = EventDesk.objects.filter(invitation__event=event, invitation__state__in=COMING)
    follow_ups = EventFollowUp.objects.filter(intention__meeting__guest__event=event)
    later = follow_ups.aggregate(
        open=Count("pk", filter=Q(status="")),
        disbursed=Count("intention", filter=Q(status=FollowUpStatus.DISBURSED), distinct=True),
    )
    sums = meetings.aggregate(yuan=Sum("intention__amount_yuan"))
    outcomes = Counter[str](dict(by_outcome))
    return EventFigures(
        enterprises=sum(bank is None for bank, _ in states),
        institutions=sum(bank is not None for bank, _ in states),
        needs=sum(bank is None and state in COMING for bank, state in states),
        tables=desks.aggregate(tables=Sum("tables"))["tables"] or 0,
        signed_in=sum(state == "SIGNED_IN" for _, state in states),
        meetings=outcomes.total(),
        outcomes=outcomes,
        intended_yuan=sums["yuan"] or Decimal(0),
        open_follow_ups=later["open"],
        disbursed=later["disbursed"],
    )


def event_rules(at: datetime) -> FitRules:
    """Return what fit is made of and how many wishes there are at a moment. Queries: one."""
    return fit_rules(parameters_in_force(shipped()), at)


def invitations_of(event: MatchmakingEvent) -> QuerySet[EventInvitation]:
    """Return the invitations to an event, institutions first, with names and desks loaded."""
    found = EventInvitation.objects.filter(event=event).select_related(*_GUEST, "desk", "event")
    return found.order_by("enterprise_id", "id")


def invitation_list(user: User) -> QuerySet[EventInvitation]:
    """Return the reader's own invitations, the latest event first."""
    found = own_invitations(user).select_related(*_GUEST, "event__district", "desk")
    return found.order_by("-event__starts_at", "-id")


def invitation_get(user: User, public_id: uuid.UUID) -> EventInvitation:
    """Return one of the reader's own invitations.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = invitation_list(user).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def invitation_staffed(user: User, public_id: uuid.UUID) -> EventInvitation:
    """Return an invitation to an event whose making the reader may see.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = staffed_invitations(user).select_related(*_GUEST, "event")
    row = found.filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return row


def meetings_of(event: MatchmakingEvent) -> QuerySet[EventMeeting]:
    """Return the meetings of an event by slot, institution and table, with names loaded."""
    return (
        EventMeeting.objects.filter(guest__event=event)
        .select_related(*_MEETING)
        .order_by("slot", "desk__invitation__institution__code", "table")
    )


def meetings_own(invitation: EventInvitation) -> QuerySet[EventMeeting]:
    """Return the meetings of one guest or of one desk, by slot and table."""
    side = (
        Q(guest=invitation) if invitation.institution_id is None else Q(desk__invitation=invitation)
    )
    found = EventMeeting.objects.filter(side).select_related(*_MEETING)
    return found.order_by("slot", "table")


def meeting_get(user: User, public_id: uuid.UUID) -> EventMeeting:
    """Return one meeting the reader may see.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = visible_meetings(user).select_related(*_MEETING)
    row = found.filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return row


def follow_ups_of(meetings: QuerySet[EventMeeting]) -> QuerySet[EventFollowUp]:
    """Return the follow-ups of some meetings, the earliest due first."""
    return (
        EventFollowUp.objects.filter(intention__meeting__in=meetings)
        .select_related(
            "intention__meeting__guest__enterprise",
            "intention__meeting__desk__invitation__institution__organisation",
            "intention__lead__application",
        )
        .order_by("due_at", "id")
    )


def follow_up_get(user: User, public_id: uuid.UUID) -> EventFollowUp:
    """Return one follow-up the reader may see.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = visible_follow_ups(user).select_related(
        *(f"intention__meeting__{name}" for name in _MEETING[:-1]), "intention__lead__application"
    )
    row = found.filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return row


def needs_to_bring(invitation: EventInvitation, at: datetime) -> list[FinancingDemand]:
    """Return the needs an invited enterprise may bring: published and not expired. Queries: one."""
    found = FinancingDemand.objects.filter(
        enterprise=invitation.enterprise_id, state__in=OPEN_DEMAND_STATES
    )
    return list(found.filter(Q(expires_at=None) | Q(expires_at__gt=at)).order_by("-id"))


def institutions_coming(event: MatchmakingEvent) -> list[EventInvitation]:
    """Return the institutions invited that did not decline: those an enterprise may wish for. Queries: one."""
    found = EventInvitation.objects.filter(event=event, institution__isnull=False)
    rows = found.exclude(state="DECLINED").select_related("institution__organisation")
    return list(rows.order_by("institution__code"))


def needs_coming(event: MatchmakingEvent, at: datetime) -> list[tuple[EventInvitation, MaskedNeed]]:
    """Return the needs signed up without their names: those an institution may wish for. Queries: three."""
    rows = list(
        EventInvitation.objects.filter(
            event=event, demand__isnull=False, state__in=COMING
        ).order_by("id")
    )
    needs = masked_many([row.demand_id for row in rows if row.demand_id], at)
    return [(row, needs[row.demand_id]) for row in rows if row.demand_id]


def whitelists_to_invite(user: User, event: MatchmakingEvent) -> list[Whitelist]:
    """Return the published whitelists of the event's district, the latest first. Queries: one."""
    if not staffed_events(user).filter(pk=event.pk).exists():
        return []
    found = Whitelist.objects.filter(district=event.district_id, state="PUBLISHED")
    return list(found.order_by("-published_at", "-id"))


def enterprises_listed(whitelist: Whitelist) -> QuerySet[Enterprise]:
    """Return the enterprises admitted to a whitelist."""
    listed = WhitelistEntry.objects.filter(whitelist=whitelist, status="ADMITTED")
    return Enterprise.objects.filter(pk__in=listed.values("enterprise")).order_by("pk")


def enterprises_seeking(district_code: str, at: datetime) -> QuerySet[Enterprise]:
    """Return the district's enterprises with a published need that has not expired."""
    needs = FinancingDemand.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=at), state__in=OPEN_DEMAND_STATES
    )
    found = Enterprise.objects.filter(district=district_code, pk__in=needs.values("enterprise"))
    return found.order_by("pk")


def lenders_to_invite(district_code: str) -> Iterable[Institution]:
    """Return the admitted institutions that serve a district."""
    return institutions_serving(district_code).order_by("pk")
