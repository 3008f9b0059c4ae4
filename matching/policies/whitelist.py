"""Who may see and do what with whitelists.

A district's staff see their own district's lists, a delegate drafts those of the delegated one, the city sees all.
Institutions see admitted entries of published lists of the districts that one of their branches serves: name, code,
district, sector and need, never the reasons, never anything non-public. A stranger gets an empty answer, which
interfaces turn into 404.

Source: domain note 0.4, 2.3, 4.2.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from lenders.models import Institution
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import District
from marketplace.policies import (
    Reader,
    district_codes,
    has_role,
    memberships_live,
    organisation_ids,
)
from matching.domain.whitelist_entry import EntryStatus
from matching.models import Whitelist, WhitelistContact, WhitelistEntry, WhitelistUpload
from matching.policies.grant import delegated_districts

DISTRICT_ROLES = (Role.DISTRICT_CLERK, Role.DISTRICT_LEAD)
LENDER_ROLES = (Role.OFFICER, Role.APPROVER)
CITY_ROLES = (Role.OPERATOR, Role.AUDITOR)
MAKING_ROLES = frozenset(DISTRICT_ROLES)
"""Who makes and discards drafts, by post or by delegation."""
REJUDGING_ROLES = frozenset({*DISTRICT_ROLES, Role.OPERATOR})
"""Who may check a published list again and read its contact data (logged)."""


def visible_whitelists(user: Reader, at: datetime) -> QuerySet[Whitelist]:
    """Return the whitelists whose making the user may see: the own and the delegated districts', all for the city."""
    if has_role(user, *CITY_ROLES):
        return Whitelist.objects.all()
    delegated = Q(district__in=delegated_districts(user, at))
    return Whitelist.objects.filter(Q(district__in=district_codes(user)) | delegated)


def visible_uploads(user: Reader, at: datetime) -> QuerySet[WhitelistUpload]:
    """Return the delivered sheets of the districts for which the user makes whitelists."""
    return WhitelistUpload.objects.filter(district__in=writable_districts(user, at))


def visible_entries(user: Reader, at: datetime) -> QuerySet[WhitelistEntry]:
    """Return the rows of those whitelists, kept out ones included."""
    return WhitelistEntry.objects.filter(whitelist__in=visible_whitelists(user, at))


def held_districts(user: Reader) -> QuerySet[District]:
    """Return the districts the user works for by a post of their own."""
    return District.objects.filter(
        code__in=[
            row.organisation.district_id
            for row in memberships_live(user)
            if row.organisation.kind == OrganisationKind.DISTRICT and row.role in DISTRICT_ROLES
        ]
    )


def writable_districts(user: Reader, at: datetime) -> QuerySet[District]:
    """Return the districts for which the user may make whitelists: the own and the delegated ones."""
    own, delegated = held_districts(user).values("pk"), delegated_districts(user, at)
    return District.objects.filter(Q(pk__in=own) | Q(pk__in=delegated))


def roles_towards(user: Reader, district_code: str, at: datetime) -> frozenset[str]:
    """Return the roles in which the user may act on a district's whitelists.

    Those held for it, the operator's, and a clerk's by delegation: drafting, checking and submitting, no more.
    """
    held = roles_held(user, district_code)
    if held or not delegated_districts(user, at).filter(pk=district_code).exists():
        return held
    return frozenset({Role.DISTRICT_CLERK.value})


def roles_held(user: Reader, district_code: str) -> frozenset[str]:
    """Return the roles the user's posts give towards a district's whitelists, delegation left out.

    Checking a published list again and reading its contact data need one of these.
    """
    held = {
        row.role
        for row in memberships_live(user)
        if row.organisation.kind == OrganisationKind.DISTRICT
        and row.organisation.district_id == district_code
    }
    return frozenset(held | ({Role.OPERATOR.value} if has_role(user, Role.OPERATOR) else set()))


def lending_institutions(user: Reader) -> QuerySet[Institution]:
    """Return the admitted institutions the user works for as officer or approver."""
    return Institution.objects.filter(
        organisation__in=organisation_ids(user, *LENDER_ROLES), state="ADMITTED"
    )


def institutions_serving(district_code: str) -> QuerySet[Institution]:
    """Return the admitted institutions with a branch that serves the district: those a list is put before."""
    return Institution.objects.filter(
        state="ADMITTED", branches__districts=district_code, organisation__is_active=True
    ).distinct()


def live_whitelists(at: datetime) -> QuerySet[Whitelist]:
    """Return the whitelists that are published and not expired at a moment."""
    return Whitelist.objects.filter(state="PUBLISHED", published_at__lte=at, expires_at__gt=at)


def recommended_entries(user: Reader, at: datetime) -> QuerySet[WhitelistEntry]:
    """Return the entries that stand before the user's institutions: admitted, of a live list, in a served district.

    Of several live lists with the same enterprise the latest entry stands for all.
    """
    live = live_whitelists(at)
    admitted = WhitelistEntry.objects.filter(whitelist__in=live, status=EntryStatus.ADMITTED)
    later = admitted.filter(enterprise=OuterRef("enterprise"), pk__gt=OuterRef("pk"))
    served = lending_institutions(user).values("branches__districts")
    return admitted.filter(~Exists(later), whitelist__district__in=served)


def visible_recommendations(user: Reader, at: datetime) -> QuerySet[WhitelistEntry]:
    """Return `recommended_entries`, and every entry the user's institutions took on, whatever became of it."""
    taken = WhitelistContact.objects.filter(institution__in=lending_institutions(user)).values(
        "entry"
    )
    recommended = recommended_entries(user, at).values("pk")
    return WhitelistEntry.objects.filter(Q(pk__in=recommended) | Q(pk__in=taken))


def is_live(entry: WhitelistEntry, at: datetime) -> bool:
    """Return whether the entry may still be worked on: admitted, its list published and not expired."""
    whitelist = entry.whitelist
    return (
        entry.status == EntryStatus.ADMITTED
        and whitelist.state == "PUBLISHED"
        and whitelist.expires_at is not None
        and whitelist.expires_at > at
    )
