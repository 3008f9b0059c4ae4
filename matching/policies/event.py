"""Who may see and do what with matchmaking events.

A district's staff make their own district's events, the city reads all. Those invited see an event once its sign-up is
published: an enterprise its own invitation and meetings, an institution its own desk. Until the seats are confirmed
institutions see needs without names. A stranger gets an empty answer, which interfaces turn into 404.

Source: domain note 4.2 (masked pool), 4.3; design section 5.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import User
from marketplace.policies import Reader, memberships_live, organisation_ids, roles_in
from matching.domain.event import SEATED_STATES, SHOWN_STATES
from matching.models import EventFollowUp, EventInvitation, EventMeeting, MatchmakingEvent
from matching.policies.application import BORROWER_ROLES, LENDER_ROLES, VERIFIED
from matching.policies.whitelist import CITY_ROLES, DISTRICT_ROLES


def staffed_events(user: Reader) -> QuerySet[MatchmakingEvent]:
    """Return the events whose making the user may see: the own districts', all for the city."""
    rows = memberships_live(user)
    if any(row.role in CITY_ROLES for row in rows):
        return MatchmakingEvent.objects.all()
    codes = [
        row.organisation.district_id
        for row in rows
        if row.organisation.kind == OrganisationKind.DISTRICT and row.role in DISTRICT_ROLES
    ]
    return MatchmakingEvent.objects.filter(district__in=codes)


def own_invitations(user: Reader) -> QuerySet[EventInvitation]:
    """Return the invitations of the user's own verified enterprises and institutions to events that are shown."""
    enterprise = Q(
        enterprise__account__organisation__in=organisation_ids(user, *BORROWER_ROLES),
        enterprise__account__state=VERIFIED,
    )
    institution = Q(institution__organisation__in=organisation_ids(user, *LENDER_ROLES))
    return EventInvitation.objects.filter(
        enterprise | institution, event__state__in=SHOWN_STATES
    ).distinct()


def staffed_invitations(user: Reader) -> QuerySet[EventInvitation]:
    """Return the invitations to the events whose making the user may see."""
    return EventInvitation.objects.filter(event__in=staffed_events(user))


def visible_meetings(user: Reader) -> QuerySet[EventMeeting]:
    """Return the meetings of the events the user makes or watches, and the confirmed ones of the own institution."""
    desk = Q(
        desk__invitation__institution__organisation__in=organisation_ids(user, *LENDER_ROLES),
        guest__event__state__in=SEATED_STATES,
    )
    return EventMeeting.objects.filter(desk | Q(guest__event__in=staffed_events(user)))


def visible_follow_ups(user: Reader) -> QuerySet[EventFollowUp]:
    """Return the follow-ups of the meetings the user may see."""
    return EventFollowUp.objects.filter(intention__meeting__in=visible_meetings(user))


def roles_towards_event(user: Reader, district_code: str) -> frozenset[str]:
    """Return the roles in which the user may act on a district's events: those held for it, nobody else's."""
    return frozenset(
        row.role
        for row in memberships_live(user)
        if row.organisation.kind == OrganisationKind.DISTRICT
        and row.organisation.district_id == district_code
        and row.role in DISTRICT_ROLES
    )


def roles_towards_invitation(user: User, invitation: EventInvitation) -> frozenset[str]:
    """Return the roles in which the user may answer an invitation: the guest's, or the district's at the door.

    Args:
        user: who acts.
        invitation: with event, institution and the enterprise's account loaded.
    """
    staff = roles_towards_event(user, invitation.event.district_id)
    if invitation.institution is not None:
        own = roles_in(user, invitation.institution.organisation_id) & set(LENDER_ROLES)
    else:
        account = getattr(invitation.enterprise, "account", None)
        own = roles_in(user, account.organisation_id) if account else frozenset[Role]()
        own = own & set(BORROWER_ROLES)
    return frozenset(own | staff)


def can_record(user: User, meeting: EventMeeting) -> bool:
    """Return whether the user may say what came of a meeting: the institution's officers, the district's staff.

    Args:
        user: who acts.
        meeting: with desk, institution and event loaded.
    """
    institution = meeting.desk.invitation.institution
    officer = institution is not None and Role.OFFICER in roles_in(
        user, institution.organisation_id
    )
    return officer or bool(roles_towards_event(user, meeting.guest.event.district_id))
