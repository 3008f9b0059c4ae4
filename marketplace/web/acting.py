"""For whom somebody acts who belongs to several organisations: chosen once, kept in the session."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from marketplace.domain.errors import NotFound
from marketplace.domain.roles import ROLE_LABELS, Role
from marketplace.models import Membership, Organisation
from marketplace.policies import memberships_live, memberships_prefer
from marketplace.web.language import listed

SESSION_KEY = "acting_organisation"


@dataclass(frozen=True)
class Seat:
    """An organisation the user belongs to, with the roles held in it."""

    organisation: Organisation
    roles: tuple[Role, ...]

    @property
    def role_words(self) -> str:
        """Return the roles in words."""
        return listed(ROLE_LABELS[role] for role in self.roles)


def seats_of(request: HttpRequest) -> list[Seat]:
    """Return where the user may sit, the chosen organisation first. Queries: at most one a request."""
    grouped: dict[int, list[Membership]] = {}
    for row in memberships_live(request.user):
        grouped.setdefault(row.organisation_id, []).append(row)
    return [
        Seat(rows[0].organisation, tuple(Role(row.role) for row in rows))
        for rows in grouped.values()
    ]


def acting_seat(request: HttpRequest) -> Seat | None:
    """Return where the user sits now: the chosen seat, or the only one, or the first."""
    return next(iter(seats_of(request)), None)


def sit_down(request: HttpRequest, public_id: str) -> Seat:
    """Keep the chosen organisation in the session and return its seat.

    Raises:
        NotFound: the user does not belong to it.
    """
    for seat in seats_of(request):
        if str(seat.organisation.public_id) == public_id:
            request.session[SESSION_KEY] = public_id
            memberships_prefer(request.user, public_id)
            return seat
    raise NotFound


def chosen(request: HttpRequest) -> str:
    """Return the public id kept in the session, empty when nothing was chosen."""
    session = getattr(request, "session", None)
    return str(session.get(SESSION_KEY, "")) if session is not None else ""
