"""Who is who: live memberships and the roles they give. The only place that reads them."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from marketplace.domain.errors import NotPermitted
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import Membership, Organisation, User

Reader = User | AnonymousUser
_LIVE = "_memberships_live"


def signed_in(user: Reader) -> User:
    """Return the user of a request that requires a login, with the type that services ask for.

    Raises:
        NotPermitted: nobody is signed in.
    """
    if not isinstance(user, User):
        raise NotPermitted("NOT_SIGNED_IN", "请先登录。")
    return user


def memberships_live(user: Reader) -> list[Membership]:
    """Return the user's memberships that have not ended, of active organisations, in order of granting.

    Queries: one for each user instance; later calls answer from it.
    """
    if not isinstance(user, User) or not user.is_active:
        return []
    cached: list[Membership] | None = user.__dict__.get(_LIVE)
    if cached is None:
        cached = list(
            Membership.objects.filter(user=user, ended_at=None, organisation__is_active=True)
            .select_related("organisation", "organisation__district")
            .order_by("id")
        )
        user.__dict__[_LIVE] = cached
    return cached


def memberships_forget(user: User) -> None:
    """Drop what ``memberships_live`` remembers on this instance, after roles changed."""
    user.__dict__.pop(_LIVE, None)


def memberships_prefer(user: Reader, organisation_public_id: str) -> Reader:
    """Put the memberships of the chosen organisation first on this instance, and return the user.

    A choice among one's own organisations orders them; it never adds one.
    """
    memberships_live(user).sort(
        key=lambda row: str(row.organisation.public_id) != organisation_public_id
    )
    return user


def roles_in(user: Reader, organisation: Organisation | int) -> frozenset[Role]:
    """Return the roles the user holds in the organisation."""
    pk = organisation if isinstance(organisation, int) else organisation.pk
    return frozenset(Role(row.role) for row in memberships_live(user) if row.organisation_id == pk)


def has_role(user: Reader, *roles: Role) -> bool:
    """Return whether the user holds one of the roles anywhere."""
    return any(row.role in roles for row in memberships_live(user))


def organisation_ids(user: Reader, *roles: Role) -> list[int]:
    """Return the ids of the organisations in which the user holds one of the roles."""
    return [row.organisation_id for row in memberships_live(user) if row.role in roles]


def acting_organisation(user: Reader, *roles: Role) -> Organisation:
    """Return the first organisation in which the user holds one of the roles.

    Raises:
        NotPermitted: the user holds none of them.
    """
    for row in memberships_live(user):
        if row.role in roles:
            return row.organisation
    raise NotPermitted


def require_role(user: Reader, *roles: Role) -> None:
    """Refuse with 403 unless the user holds one of the roles somewhere."""
    if not has_role(user, *roles):
        raise NotPermitted


def district_codes(user: Reader) -> list[str]:
    """Return the codes of the districts for which the user works as district staff."""
    return [
        row.organisation.district_id
        for row in memberships_live(user)
        if row.organisation.kind == OrganisationKind.DISTRICT and row.organisation.district_id
    ]


def visible_organisations(user: Reader) -> QuerySet[Organisation]:
    """Return the organisations whose administration the user may see: all for the city, else the own ones."""
    if has_role(user, Role.OPERATOR, Role.AUDITOR):
        return Organisation.objects.all()
    return Organisation.objects.filter(
        pk__in=[row.organisation_id for row in memberships_live(user)]
    )
