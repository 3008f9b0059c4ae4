"""Who may open a case or a district to one more person, to whom, and what that opens.

An approver names a reviewer of the own institution; a district's lead delegates the drafting of its whitelists to a
clerk of another district. What a grant opens is read by `reviewed_applications` and `delegated_districts`; both still
ask whether the holder holds the post that the grant presupposes.

Source: design law 4; domain note 4.2.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from lenders.models import BranchPosting
from marketplace.domain.grant import GRANT_TERMS, GrantKind
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import District, Membership, User
from marketplace.policies import Reader, granted_rows, has_role, memberships_live, organisation_ids
from matching.models import LoanApplication
from matching.policies.application import BEFORE_ROUTING

REVIEWER, DISTRICT = GRANT_TERMS[GrantKind.REVIEWER], GRANT_TERMS[GrantKind.DISTRICT]


def reviewed_applications(user: Reader, at: datetime) -> QuerySet[LoanApplication]:
    """Return the applications of the own institution that the user was named reviewer of: to read, not to act on.

    Queries: one; the answer is not evaluated.
    """
    own = LoanApplication.objects.filter(
        institution__organisation__in=organisation_ids(user, *REVIEWER.holders)
    ).exclude(state__in=BEFORE_ROUTING)
    return granted_rows(user, GrantKind.REVIEWER, own, "public_id", at)


def delegated_districts(user: Reader, at: datetime) -> QuerySet[District]:
    """Return the districts whose whitelists the user drafts by delegation: to see and draft, not to publish.

    Queries: one for clerks, none for others; the answer is not evaluated.
    """
    every = District.objects.all()
    if not has_role(user, *DISTRICT.holders):
        return every.none()
    return granted_rows(user, GrantKind.DISTRICT, every, "code", at)


def approved_applications(user: Reader) -> QuerySet[LoanApplication]:
    """Return the applications for which the user may name a reviewer: those of institutions the user approves for."""
    found = LoanApplication.objects.filter(
        institution__organisation__in=organisation_ids(user, REVIEWER.giver)
    )
    return found.exclude(state__in=BEFORE_ROUTING)


def led_districts(user: Reader) -> QuerySet[District]:
    """Return the districts whose whitelists the user may delegate: those led."""
    return District.objects.filter(
        code__in=[
            row.organisation.district_id
            for row in memberships_live(user)
            if row.organisation.kind == OrganisationKind.DISTRICT and row.role == DISTRICT.giver
        ]
    )


def possible_reviewers(application: LoanApplication) -> QuerySet[User]:
    """Return the officers of the application's institution who cannot open it as it is.

    Its own officer and branch, and all approvers, need no grant; a case that no branch took is open to every officer.
    """
    if application.branch_id is None:
        return User.objects.none()
    staff = Membership.objects.filter(
        organisation=application.institution.organisation_id, ended_at=None
    )
    at_branch = BranchPosting.objects.filter(
        branch=application.branch_id, membership__ended_at=None
    )
    return (
        User.objects.filter(pk__in=staff.filter(role=Role.OFFICER).values("user"), is_active=True)
        .exclude(pk__in=staff.filter(role=Role.APPROVER).values("user"))
        .exclude(pk__in=at_branch.values("membership__user"))
        .exclude(pk=application.officer_id or 0)
    )


def possible_delegates(district: District) -> QuerySet[User]:
    """Return the clerks of other districts who do not work for this one."""
    staff = Membership.objects.filter(
        organisation__kind=OrganisationKind.DISTRICT, organisation__is_active=True, ended_at=None
    )
    clerks = staff.filter(role__in=DISTRICT.holders)
    own = staff.filter(organisation__district=district)
    return User.objects.filter(
        Q(pk__in=clerks.values("user")) & ~Q(pk__in=own.values("user")), is_active=True
    )
