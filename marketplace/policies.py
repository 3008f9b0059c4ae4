"""Who is who: live memberships and the roles they give, and what exceptional grants open beyond them.

The only place that reads memberships, and the only caller of django-guardian.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, Q, QuerySet
from guardian.shortcuts import assign_perm, get_objects_for_user, remove_perm

from marketplace.domain.account import TEMPORARY_DAYS
from marketplace.domain.errors import NotPermitted
from marketplace.domain.grant import GRANT_TERMS, GrantKind
from marketplace.domain.roles import ROLES_OF_KIND, STAFF_ROLES, OrganisationKind, Role
from marketplace.models import Authenticator, ExceptionalGrant, Membership, Organisation, User

Reader = User | AnonymousUser
Row = TypeVar("Row", bound=Model)
MEMBERSHIPS_LIVE = (
    Membership.objects.filter(ended_at=None, organisation__is_active=True)
    .select_related("organisation", "organisation__district")
    .order_by("id")
)
"""Memberships that have not ended, of active organisations, in order of granting; asked for on every request."""
_LIVE = "_memberships_live"
UNREAD = "_notices_unread"
"""Where the count of unread notices is remembered on the person of a session."""
AUTHENTICATORS_IN_USE = Authenticator.objects.filter(confirmed=True)
_AUTHENTICATOR = "_authenticator_in_use"


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
    cached: list[Membership] | None = getattr(user, _LIVE, None)
    if cached is None:
        cached = list(MEMBERSHIPS_LIVE.filter(user=user.pk))
        memberships_remember(user, cached)
    return cached


def memberships_remember(user: User, found: Sequence[Membership]) -> None:
    """Let ``memberships_live`` answer on this instance from their rows of ``MEMBERSHIPS_LIVE``, read already."""
    setattr(user, _LIVE, list(found))


def memberships_forget(user: User) -> None:
    """Drop what ``memberships_live`` remembers on this instance, after roles changed."""
    if hasattr(user, _LIVE):
        delattr(user, _LIVE)


def authenticator_in_use(user: Reader) -> int | None:
    """Return the key of the authenticator whose code the user has to give at sign-in, None for nobody's.

    Queries: none for the person of a session who acts for somebody, else one for each user instance.
    """
    if not isinstance(user, User):
        return None
    if not hasattr(user, _AUTHENTICATOR):
        held = AUTHENTICATORS_IN_USE.filter(user=user.pk).values_list("pk", flat=True)
        authenticator_remember(user, held.first())
    found: int | None = getattr(user, _AUTHENTICATOR)
    return found


def authenticator_remember(user: User, found: int | None) -> None:
    """Let ``authenticator_in_use`` answer on this instance from what was read already."""
    setattr(user, _AUTHENTICATOR, found)


def authenticator_forget(user: User) -> None:
    """Drop what ``authenticator_in_use`` remembers on this instance, after it changed."""
    if hasattr(user, _AUTHENTICATOR):
        delattr(user, _AUTHENTICATOR)


def is_staff_member(user: Reader) -> bool:
    """Return whether the user works with other people's data: for a lender, a district or the city."""
    return has_role(user, *STAFF_ROLES)


def second_factor_required(user: Reader) -> bool:
    """Return whether the user may do nothing without an authenticator (``MFA_REQUIRED``)."""
    return bool(settings.MFA_REQUIRED) and is_staff_member(user)


def recovers_by_code(user: User) -> bool:
    """Return whether the user may choose a new password by a code sent to them: staff only beside an authenticator.

    Source: ASVS 6.4.3.
    """
    if authenticator_in_use(user) is not None:
        return True
    return not (is_staff_member(user) or user.is_staff or user.is_superuser)


def temporary_over(user: User, at: datetime) -> bool:
    """Return whether the user's password was made by somebody else and not changed within ``TEMPORARY_DAYS``."""
    if not user.must_change_password or user.password_since is None:
        return False
    return at > user.password_since + timedelta(days=TEMPORARY_DAYS)


def password_aged(user: Reader, at: datetime) -> bool:
    """Return whether the user must choose another password first (``PASSWORD_MAX_AGE_DAYS``; staff alone).

    Source: GB/T 22239-2019 8.1.4.1 a (定期更换).
    """
    days = int(settings.PASSWORD_MAX_AGE_DAYS)
    if not days or not isinstance(user, User) or not is_staff_member(user):
        return False
    return at - (user.password_since or user.date_joined) > timedelta(days=days)


def memberships_prefer(user: Reader, organisation_public_id: str) -> Reader:
    """Put the memberships of the chosen organisation first on this instance, and return the user.

    A choice among one's own organisations orders them; it never adds one.
    """
    memberships_live(user).sort(
        key=lambda row: str(row.organisation.public_id) != organisation_public_id
    )
    return user


def memberships_narrow(user: User, organisation: int) -> User:
    """Leave this instance the memberships of one organisation, for whom a token speaks alone, and return the user."""
    own = [row for row in memberships_live(user) if row.organisation_id == organisation]
    memberships_remember(user, own)
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


def organisations_asking(user: Reader) -> list[int] | None:
    """Return the ids of the organisations whose rows the second wall lets the user have; None for the city's, all."""
    if has_role(user, *ROLES_OF_KIND[OrganisationKind.CITY]):
        return None
    return sorted({row.organisation_id for row in memberships_live(user)})


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


def granted_rows(
    user: Reader, kind: GrantKind, rows: QuerySet[Row], key: str, at: datetime
) -> QuerySet[Row]:
    """Return the rows that exceptional grants open to the user at a moment.

    Both are asked: a grant that is neither revoked nor over, and the object permission that came with it. Permissions
    of groups, of superusers and on whole models open nothing.

    Args:
        user: who reads; a visitor has no grants.
        kind: what must be open.
        rows: those in question, e.g. of the user's own institution.
        key: field of the rows that the grant's ``subject_id`` names.
        at: the moment of reading, aware.

    Queries: one, none for visitors; the answer is not evaluated.
    """
    subjects = [row.subject_id for row in grants_held(user, at) if row.kind == kind]
    if not subjects:
        return rows.none()
    found: QuerySet[Row] = get_objects_for_user(
        user,
        GRANT_TERMS[kind].permission,
        klass=rows.filter(**{f"{key}__in": subjects}),
        use_groups=False,
        with_superuser=False,
        accept_global_perms=False,
    )
    return found


def grants_held(user: Reader, at: datetime) -> QuerySet[ExceptionalGrant]:
    """Return the grants the user may use at a moment, the latest first."""
    if not isinstance(user, User):
        return ExceptionalGrant.objects.none()
    return grants_live(at).filter(holder=user)


def grants_live(at: datetime) -> QuerySet[ExceptionalGrant]:
    """Return the grants that are neither revoked nor over at a moment, as `grant_state` tells it."""
    return ExceptionalGrant.objects.filter(
        Q(revoked_at=None) | Q(revoked_at__gt=at), granted_at__lte=at, valid_until__gt=at
    )


def visible_grants(user: Reader) -> QuerySet[ExceptionalGrant]:
    """Return the grants the user may know of: all for the auditor, else those held and those the user may revoke."""
    if has_role(user, Role.AUDITOR):
        return ExceptionalGrant.objects.all()
    return revocable_grants(user) | ExceptionalGrant.objects.filter(holder=user.pk)


def revocable_grants(user: Reader) -> QuerySet[ExceptionalGrant]:
    """Return the grants of the organisations in which the user holds the giver's role."""
    given = Q(pk__in=[])
    for kind, terms in GRANT_TERMS.items():
        given |= Q(kind=kind, organisation__in=organisation_ids(user, terms.giver))
    return ExceptionalGrant.objects.filter(given)


def permission_open(kind: GrantKind, holder: User, target: Model) -> None:
    """Give the object permission that goes with a grant."""
    assign_perm(GRANT_TERMS[kind].permission, holder, target)


def permission_close(kind: GrantKind, holder: User, target: Model) -> None:
    """Take the object permission that went with a grant."""
    remove_perm(GRANT_TERMS[kind].permission, holder, target)
