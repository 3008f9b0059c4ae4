"""Who is told what of a matchmaking event; no enterprise's name goes to an institution before the seats are confirmed.

Source: domain note 4.2 (masked pool), 4.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse

from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import Organisation
from marketplace.services import notify_role
from matching.models import EventFollowUp, EventInvitation, MatchmakingEvent
from matching.policies.application import BORROWER_ROLES, LENDER_ROLES
from matching.policies.whitelist import DISTRICT_ROLES


def event_tell_invited(event: MatchmakingEvent, keys: Iterable[int], at: datetime) -> None:
    """Invite: tell both sides of some invitations. Writes: ``Notification`` rows."""
    found = _loaded(event).filter(pk__in=list(keys))
    _tell(found, f"邀请参加对接会：{event.title}", "invited", at, f"地点：{event.venue}")


def event_tell_guests(
    event: MatchmakingEvent, title: str, verb: str, at: datetime, body: str = ""
) -> None:
    """Tell everybody who did not decline. Writes: ``Notification`` rows."""
    _tell(_loaded(event).exclude(state="DECLINED"), title, verb, at, body)


def event_tell_seated(event: MatchmakingEvent, at: datetime) -> None:
    """Tell those who take part that the seats are confirmed. Writes: ``Notification`` rows."""
    found = _loaded(event).filter(state="SIGNED_UP")
    _tell(found, f"对接会排座已确认：{event.title}", "seated", at)


def follow_up_remind(row: EventFollowUp, at: datetime) -> None:
    """Tell the institution's officers that an intention is to be followed up. Writes: ``Notification`` rows."""
    institution = row.intention.meeting.desk.invitation.institution
    if institution is None:
        return
    notify_role(
        organisations=[institution.organisation_id],
        roles=[Role.OFFICER],
        kind="event.follow_up",
        title=f"对接会意向待跟踪（会后 {row.after_days} 日）：{_guest(row)}"[:120],
        at=at,
        path=reverse("matching:event-follow-up", args=[row.public_id]),
    )


def follow_up_escalate(row: EventFollowUp, at: datetime) -> None:
    """Tell the district's staff that a follow-up is overdue. Writes: ``Notification`` rows."""
    event = row.intention.meeting.guest.event
    offices = Organisation.objects.filter(
        kind=OrganisationKind.DISTRICT, district=event.district_id, is_active=True
    )
    notify_role(
        organisations=offices,
        roles=DISTRICT_ROLES,
        kind="event.follow_up_late",
        title=f"督办：对接会意向逾期未反馈（会后 {row.after_days} 日）：{_guest(row)}"[:120],
        at=at,
        path=reverse("matching:event-results", args=[event.public_id]),
    )


def _guest(row: EventFollowUp) -> str:
    enterprise = row.intention.meeting.guest.enterprise
    return enterprise.name if enterprise else ""


def _loaded(event: MatchmakingEvent) -> QuerySet[EventInvitation]:
    return EventInvitation.objects.filter(event=event).select_related(
        "institution", "enterprise__account"
    )


def _tell(
    invitations: Iterable[EventInvitation], title: str, verb: str, at: datetime, body: str = ""
) -> None:
    for row in invitations:
        if row.institution is not None:
            organisation, roles = row.institution.organisation_id, LENDER_ROLES
        else:
            account = getattr(row.enterprise, "account", None)
            if account is None:
                continue
            organisation, roles = account.organisation_id, BORROWER_ROLES
        notify_role(
            organisations=[organisation],
            roles=roles,
            kind=f"event.{verb}",
            title=title[:120],
            body=body,
            at=at,
            path=reverse("matching:event-invitation", args=[row.public_id]),
        )
