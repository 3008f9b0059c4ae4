"""Who may see and do what with needs, applications and loans.

An enterprise sees its own; an officer those of the own branches; an approver those of the own institution; the city's
operator the state of every case and nothing of its amounts. A stranger gets an empty answer, which interfaces turn
into 404.

Source: domain note 4.2.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from borrowers.domain.consent import ConsentState, state_at, terms_from_json
from borrowers.models import Enterprise
from lenders.models import BranchPosting
from marketplace.domain.roles import SYSTEM, Role
from marketplace.models import Membership, User
from marketplace.policies import Reader, has_role, organisation_ids, roles_in
from matching.models import FinancingDemand, Loan, LoanApplication

BORROWER_ROLES = (Role.OWNER, Role.AGENT)
LENDER_ROLES = (Role.OFFICER, Role.APPROVER)
BEFORE_ROUTING = ("DRAFT", "SUBMITTED")
"""States in which a lender knows nothing of an application yet."""

BEFORE_ACCEPTANCE = (*BEFORE_ROUTING, "PENDING_ACCEPT")
"""States in which contact data and portrait are closed to the lender."""

VERIFIED = "VERIFIED"
NOTHING = Q(pk__in=())
"""The rows of somebody without a role."""


def visible_demands(user: Reader) -> QuerySet[FinancingDemand]:
    """Return the needs of the user's own verified enterprises."""
    return FinancingDemand.objects.filter(_own(user))


def visible_applications(user: Reader) -> QuerySet[LoanApplication]:
    """Return the applications the user may open: the own enterprise's, and those the own lender works on."""
    return LoanApplication.objects.filter(_own(user) | _handled(**lender_standing(user)))


def borrower_applications(user: Reader) -> QuerySet[LoanApplication]:
    """Return the applications of the user's own enterprises."""
    return LoanApplication.objects.filter(_own(user))


def lender_applications(user: Reader) -> QuerySet[LoanApplication]:
    """Return the applications the user may work on for a lender."""
    return applications_handled(**lender_standing(user))


def lender_standing(user: Reader) -> dict[str, Any]:
    """Return all of a user that decides which applications `applications_handled` opens.

    Queries: the memberships, once.
    """
    return {
        "decided": organisation_ids(user, Role.APPROVER),
        "handled": organisation_ids(user, Role.OFFICER),
        "person": _key(user),
    }


def applications_handled(
    decided: list[int], handled: list[int], person: int | None
) -> QuerySet[LoanApplication]:
    """Return the applications that somebody may work on for a lender.

    Args:
        decided, handled: lenders the person approves for, and works for as an officer; keys of their organisations.
        person: key of the user.
    """
    return LoanApplication.objects.filter(_handled(decided, handled, person))


def supervised_applications(user: Reader) -> QuerySet[LoanApplication]:
    """Return the cases whose clocks the user watches over: all for the operator, none for others."""
    found = LoanApplication.objects.exclude(state="DRAFT")
    return found if has_role(user, Role.OPERATOR) else found.none()


def visible_loans(user: Reader) -> QuerySet[Loan]:
    """Return the loans of the applications the user may open."""
    return Loan.objects.filter(application__in=visible_applications(user))


def roles_towards(user: User | None, application: LoanApplication) -> frozenset[str]:
    """Return the roles in which somebody may act on an application; the marketplace itself is ``SYSTEM``.

    Args:
        user: who acts; None for the marketplace.
        application: with institution and the enterprise's account loaded.
    """
    if user is None:
        return frozenset({SYSTEM})
    own = roles_in(user, application.enterprise.account.organisation_id)
    lender = roles_in(user, application.institution.organisation_id)
    return (own & set(BORROWER_ROLES)) | (lender & set(LENDER_ROLES))


def can_act_for(user: Reader, enterprise: Enterprise) -> bool:
    """Return whether the user acts for the enterprise, verified or not."""
    account = getattr(enterprise, "account", None)
    return account is not None and bool(
        roles_in(user, account.organisation_id) & set(BORROWER_ROLES)
    )


def can_read_contact(user: Reader, application: LoanApplication, at: datetime) -> bool:
    """Return whether a lender may read whom to call: from acceptance on, while the consent is in force.

    The contact is a natural person; refused, withdrawn, suspended or expired, the lender reads the name no more.

    Args:
        user: who reads.
        application: with its consent loaded.
        at: moment of reading, aware.

    Source: domain note 4.2; trust note 4.2.
    """
    return can_read_portrait(user, application) and _consent_lives(application, at)


def can_read_portrait(user: Reader, application: LoanApplication) -> bool:
    """Return whether a lender may open the portrait: it opens with acceptance and closes with the application.

    Consent is asked for separately, at the moment of reading.
    """
    is_accepted = application.state not in BEFORE_ACCEPTANCE
    return is_accepted and application.closed_at is None and _works_on(user, application)


def can_rectify_outcomes(user: Reader, application: LoanApplication) -> bool:
    """Return whether the user may put right what the lender reported of a loan: its approvers may.

    That the one who reported it may not is asked of each outcome by the state machine.
    """
    return Role.APPROVER in roles_in(user, application.institution.organisation_id)


_SERVING: dict[str, Any] = {"role": Role.OFFICER, "ended_at": None, "user__is_active": True}


def officer_serving() -> Exists:
    """Return whether an application's officer still is one of its lender's, as a condition on applications.

    Where not, the case is its branch's again, as one that nobody took.
    """
    return Exists(
        Membership.objects.filter(
            user=OuterRef("officer"),
            organisation=OuterRef("institution__organisation"),
            **_SERVING,
        )
    )


def officer_serves(officer: int, organisation: int) -> bool:
    """Return whether somebody still is an officer of a lender, both by primary key. Queries: one."""
    found = Membership.objects.filter(user=officer, organisation=organisation, **_SERVING)
    return found.exists()


def officer_left() -> Q:
    """Return the condition of applications whose officer is one of the lender's no more."""
    return Q(officer__isnull=False) & ~Q(officer_serving())


def officer_branches(user: Reader) -> QuerySet[BranchPosting, int]:
    """Return the primary keys of the branches where the user works as an officer."""
    return _branches_of(_key(user))


def _branches_of(person: int | None) -> QuerySet[BranchPosting, int]:
    postings = BranchPosting.objects.filter(
        membership__user=person, membership__role=Role.OFFICER, membership__ended_at=None
    )
    return postings.values_list("branch_id", flat=True)


def _consent_lives(application: LoanApplication, at: datetime) -> bool:
    consent = application.consent
    if consent is None:
        return False
    return state_at(terms_from_json(consent.terms), consent.revoked_at, at) is ConsentState.LIVE


def _works_on(user: Reader, application: LoanApplication) -> bool:
    return bool(roles_in(user, application.institution.organisation_id) & set(LENDER_ROLES))


def _own(user: Reader) -> Q:
    owned = organisation_ids(user, *BORROWER_ROLES)
    if not owned:
        return NOTHING
    return Q(enterprise__account__organisation__in=owned, enterprise__account__state=VERIFIED)


def _handled(decided: list[int], handled: list[int], person: int | None) -> Q:
    # Officers see their branches, what is theirs, and what no branch takes; approvers the whole institution.
    # What a role the user does not hold would open is left out: the database need not join for it.
    seen = Q(institution__organisation__id__in=decided) if decided else NOTHING
    if handled:
        seen |= Q(institution__organisation__id__in=handled) & (
            Q(branch__in=_branches_of(person)) | Q(branch=None) | Q(officer=person)
        )
    return ~Q(state__in=BEFORE_ROUTING) & seen if decided or handled else NOTHING


def _key(user: Reader) -> int | None:
    return user.pk
