"""Reads of exceptional grants where they are given: on a case, on a district's whitelists.

Source: design law 4.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import QuerySet

from lenders.models import BranchPosting
from marketplace.domain.errors import NotFound
from marketplace.domain.grant import GRANT_TERMS, GrantKind
from marketplace.domain.workdays import local_date
from marketplace.models import District, ExceptionalGrant, Membership, User
from marketplace.policies import revocable_grants
from marketplace.selectors import parameters_in_force
from matching.domain.parameters import shipped
from matching.models import LoanApplication
from matching.policies.grant import (
    approved_applications,
    led_districts,
    possible_delegates,
    possible_reviewers,
)


@dataclass(frozen=True)
class HolderChoice:
    """Somebody to whom a grant may be given, with the post that tells people of one name apart."""

    public_id: uuid.UUID
    name: str
    post: str


def application_to_open(user: User, public_id: uuid.UUID) -> LoanApplication:
    """Return an application for which the user may name a reviewer.

    Raises:
        NotFound: there is none for this user.

    Queries: one, after that for the memberships.
    """
    found = approved_applications(user).select_related("enterprise", "institution", "product")
    row = found.filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return row


def district_choices_to_delegate(user: User) -> list[District]:
    """Return the districts whose whitelists the user may delegate. Queries: one."""
    return list(led_districts(user))


def reviewer_choices(user: User, application: LoanApplication) -> list[HolderChoice]:
    """Return who may be named reviewer of an application, by branch and name. Queries: one."""
    postings = (
        BranchPosting.objects.filter(
            membership__user__in=possible_reviewers(application).exclude(pk=user.pk),
            membership__organisation=application.institution.organisation_id,
            membership__ended_at=None,
        )
        .select_related("membership__user", "branch")
        .order_by("branch__name", "membership__user__username")
    )
    return _choices((row.membership.user, row.branch.name) for row in postings)


def delegate_choices(user: User, districts: Iterable[District]) -> list[HolderChoice]:
    """Return to whom the drafting for any of some districts may be delegated, by office. Queries: one."""
    people = User.objects.none()
    for district in districts:
        people |= possible_delegates(district)
    rows = (
        Membership.objects.filter(
            user__in=people.exclude(pk=user.pk),
            role__in=GRANT_TERMS[GrantKind.DISTRICT].holders,
            ended_at=None,
        )
        .select_related("user", "organisation")
        .order_by("organisation__district", "user__username")
    )
    return _choices((row.user, row.organisation.name) for row in rows)


def grants_of(user: User, kind: GrantKind, subject_id: str = "") -> QuerySet[ExceptionalGrant]:
    """Return the grants of one kind that the user may revoke, on one thing when named, latest first."""
    found = revocable_grants(user).filter(kind=kind)
    if subject_id:
        found = found.filter(subject_id=subject_id)
    return found.select_related("holder", "granted_by", "revoked_by").order_by("-id")


def latest_day(kind: GrantKind, at: datetime) -> date:
    """Return the last day that a grant given now may have. Queries: one."""
    today = local_date(at)
    return today + timedelta(
        days=int(parameters_in_force(shipped()).value_on(GRANT_TERMS[kind].limit, today))
    )


def _choices(people: Iterable[tuple[User, str]]) -> list[HolderChoice]:
    found = {user.public_id: HolderChoice(user.public_id, str(user), post) for user, post in people}
    return list(found.values())
