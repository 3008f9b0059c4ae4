"""Reads of loan applications: one's own, the lender's queue, the approver's desk, the operator's watch list.

Source: domain note 4.2 (who sees what).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import F, QuerySet

from lenders.models import BranchPosting
from marketplace.domain.errors import NotFound
from marketplace.domain.grant import GrantKind
from marketplace.domain.roles import Role
from marketplace.models import ExceptionalGrant, User
from marketplace.policies import grants_held, organisation_ids
from marketplace.statements import Statement
from matching.domain.application import CLOSED_STATES, LIVE_STATES
from matching.models import ApplicationEvent, LoanApplication
from matching.policies.application import (
    applications_handled,
    borrower_applications,
    lender_applications,
    lender_standing,
    supervised_applications,
    visible_applications,
)
from matching.policies.grant import reviewed_applications

WATCHED_EVENTS = ("ESCALATE", "URGE")
"""Events that put a case on the watch list (督办)."""

HISTORY_SHOWN = 20
_NEEDED = (
    "demand",
    "enterprise__account",
    "enterprise__district",
    "enterprise__register_batch",
    "product",
    "product_version",
    "institution__organisation",
    "branch",
    "officer",
    "consent",
    "portrait",
    "credit_line",
    "loan",
)
_LISTED = ("demand", "enterprise", "product", "institution__organisation", "branch", "officer")


class QueueScope(StrEnum):
    """Which part of the queue a lender's person looks at."""

    MINE = "mine"
    BRANCH = "branch"
    DONE = "done"


@dataclass(frozen=True)
class ReviewedCase:
    """An application as somebody may open its review page.

    Attributes:
        application: with everything beside it.
        grant: the grant by which a named reviewer reads it; None for those who work on it.
    """

    application: LoanApplication
    grant: ExceptionalGrant | None = None


def application_get(user: User, public_id: uuid.UUID) -> LoanApplication:
    """Return an application with everything beside it, for whoever may open it.

    Raises:
        NotFound: it is not there for this reader.

    Queries: one, after that for the memberships.
    """
    return _one(visible_applications(user), public_id)


def application_get_own(user: User, public_id: uuid.UUID) -> LoanApplication:
    """Return an application of the reader's own enterprise, as `application_get` does."""
    return _one(borrower_applications(user), public_id)


def application_get_handled(user: User, public_id: uuid.UUID) -> LoanApplication:
    """Return an application the reader works on for a lender, as `application_get` does."""
    row = next(iter(_HANDLED.rows(**lender_standing(user), public_id=public_id)), None)
    if row is None:
        raise NotFound
    _meet(row)
    return row


_HANDLED = Statement(
    lambda decided, handled, person, public_id: (
        applications_handled(decided, handled, person)
        .select_related(*_NEEDED)
        .filter(public_id=public_id)
    )
)


def application_get_reviewed(user: User, public_id: uuid.UUID, at: datetime) -> ReviewedCase:
    """Return an application the reader works on for a lender, or was named reviewer of.

    Args:
        user: the reader.
        public_id: of the application.
        at: the moment of reading, aware; a grant that is over or revoked opens nothing.

    Raises:
        NotFound: it is not there for this reader.

    Queries: one, after that for the memberships; for a named reviewer three more.
    """
    try:
        return ReviewedCase(application_get_handled(user, public_id))
    except NotFound:
        application = _one(reviewed_applications(user, at), public_id)
    held = grants_held(user, at).filter(kind=GrantKind.REVIEWER, subject_id=str(public_id))
    return ReviewedCase(application, held.first())


def application_list(user: User) -> QuerySet[LoanApplication]:
    """Return the applications of the reader's enterprises, latest first.

    Queries: one when iterated, after that for the memberships.
    """
    return borrower_applications(user).select_related(*_LISTED).order_by("-id")


def queue_list(user: User, scope: QueueScope, state: str = "") -> QuerySet[LoanApplication]:
    """Return a lender's applications, the earliest deadline first, those without one last.

    Args:
        user: an officer or approver.
        scope: MINE those the reader took on, and those nobody took yet in the reader's branch; BRANCH all that may
            be worked on; DONE the closed ones, latest first.
        state: only this state; empty for all.

    Queries: one when iterated, after that for memberships.
    """
    found = lender_applications(user).select_related(*_LISTED)
    if state:
        found = found.filter(state=state)
    if scope is QueueScope.DONE:
        return found.filter(state__in=CLOSED_STATES).order_by(
            F("closed_at").desc(nulls_last=True), "-id"
        )
    found = found.exclude(state__in=CLOSED_STATES)
    if scope is QueueScope.MINE:
        found = found.filter(officer=user) | found.filter(state="PENDING_ACCEPT", officer=None)
    return found.order_by(F("clock_due_at").asc(nulls_last=True), "id")


def queue_chosen(user: User, public_ids: Collection[uuid.UUID]) -> list[LoanApplication]:
    """Return those of some applications that the reader works on, the earliest deadline first.

    Queries: one, after that for memberships.
    """
    found = lender_applications(user).filter(public_id__in=public_ids).select_related(*_LISTED)
    return list(found.order_by(F("clock_due_at").asc(nulls_last=True), "id"))


def lender_history(user: User, application: LoanApplication) -> list[LoanApplication]:
    """Return the enterprise's other applications to the same lender that the reader may open, latest first.

    Queries: one, after that for memberships.
    """
    found = lender_applications(user).filter(
        enterprise=application.enterprise_id, institution=application.institution_id
    )
    found = found.exclude(pk=application.pk).select_related("product", "demand", "credit_line")
    return list(found.order_by("-id")[:HISTORY_SHOWN])


def approval_list(user: User) -> QuerySet[LoanApplication]:
    """Return what waits for the approver's decision, the earliest deadline first.

    Queries: one when iterated, after that for memberships.
    """
    found = lender_applications(user).filter(
        state="IN_APPROVAL",
        institution__organisation__in=organisation_ids(user, Role.APPROVER),
    )
    return found.select_related(*_LISTED).order_by(F("clock_due_at").asc(nulls_last=True), "id")


def supervised_list(
    user: User, at: datetime, *, is_late: bool = False, institution_code: str = ""
) -> QuerySet[LoanApplication]:
    """Return open cases with their clocks for the operator, the earliest deadline first.

    Args:
        user: the operator; nobody else gets a row.
        at: now.
        is_late: only those past their deadline.
        institution_code: only this lender's.

    Queries: one when iterated, after that for memberships.
    """
    found = supervised_applications(user).filter(state__in=LIVE_STATES)
    if is_late:
        found = found.filter(clock_due_at__lt=at)
    if institution_code:
        found = found.filter(institution__code=institution_code)
    found = found.select_related(
        "enterprise__district", "product", "institution__organisation", "branch"
    )
    return found.order_by(F("clock_due_at").asc(nulls_last=True), "id")


def supervised_get(user: User, public_id: uuid.UUID) -> LoanApplication:
    """Return one case of the operator's watch list.

    Raises:
        NotFound: it is not there for this reader.

    Queries: one, after that for the memberships.
    """
    return _one(supervised_applications(user), public_id)


def events_of(application: LoanApplication) -> list[ApplicationEvent]:
    """Return every event of an application, oldest first, with who caused it.

    Queries: one.
    """
    return list(
        ApplicationEvent.objects.filter(application=application)
        .select_related("actor")
        .order_by("seq")
    )


def watched_counts(applications: list[LoanApplication]) -> dict[int, int]:
    """Return how often each of some cases was escalated or urged, by primary key.

    Queries: one.
    """
    keys = ApplicationEvent.objects.filter(
        application__in=[row.pk for row in applications], event__in=WATCHED_EVENTS
    ).values_list("application_id", flat=True)
    counts: dict[int, int] = {}
    for key in keys:
        counts[key] = counts.get(key, 0) + 1
    return counts


def staff_ids(application: LoanApplication, role: Role) -> list[int]:
    """Return the users to tell about an application: the branch's officers, or the institution's approvers.

    Queries: one.
    """
    postings = BranchPosting.objects.filter(
        membership__organisation=application.institution.organisation_id,
        membership__role=role,
        membership__ended_at=None,
        membership__user__is_active=True,
    )
    if role is Role.OFFICER and application.branch_id is not None:
        postings = postings.filter(branch=application.branch_id)
    return sorted(postings.values_list("membership__user_id", flat=True))


def _one(found: QuerySet[LoanApplication], public_id: uuid.UUID) -> LoanApplication:
    row = found.select_related(*_NEEDED).filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    _meet(row)
    return row


def _meet(row: LoanApplication) -> None:
    """Let what stands beside an application share its rows: each is read, and joined, once.

    The need's enterprise, the version's product and the consent's lender are the application's own; a row of another
    key is left to be read when it is asked for.
    """
    if row.demand.enterprise_id == row.enterprise_id:
        row.demand.enterprise = row.enterprise
    if row.product_version.product_id == row.product_id:
        row.product_version.product = row.product
    if row.product.institution_id == row.institution_id:
        row.product.institution = row.institution
    if row.consent and row.consent.lender_id == row.institution.organisation_id:
        row.consent.lender = row.institution.organisation
