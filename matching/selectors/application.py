"""Reads of loan applications: one's own, the lender's queue, the approver's desk, the operator's watch list.

Source: domain note 4.2 (who sees what).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Case, F, Q, QuerySet, When

from lenders.models import BranchPosting
from marketplace.domain.errors import NotFound
from marketplace.domain.grant import GrantKind
from marketplace.domain.roles import Role
from marketplace.models import ExceptionalGrant, User
from marketplace.policies import grants_held, organisation_ids
from marketplace.statements import Statement
from matching.domain.application import CLOSED_STATES, LIVE_STATES, TO_DO_STATES
from matching.models import ApplicationEvent, LoanApplication
from matching.policies.application import (
    applications_handled,
    borrower_applications,
    lender_applications,
    lender_standing,
    officer_left,
    officer_serving,
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
_OFFICERS_TURN = sorted(TO_DO_STATES - {"SUPPLEMENT"})
_TURN = Case(
    When(state__in=_OFFICERS_TURN, then=0), When(state__in=sorted(LIVE_STATES), then=1), default=2
)
"""Whose turn it is: an officer's, somebody else's, nobody's but the borrower's who repays."""

BORROWERS_TURN = ("SUPPLEMENT", "SUSPENDED")
"""To supply what was asked for; to consent anew."""
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
        .annotate(is_officer_serving=officer_serving())
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
    found = borrower_applications(user).select_related(*_LISTED)
    return found.annotate(is_officer_serving=officer_serving()).order_by("-id")


def waits_for_borrower(user: User) -> QuerySet[LoanApplication]:
    """Return the applications in which the next step is the borrower's, the earliest deadline first.

    Queries: one when iterated, after that for the memberships.
    """
    found = borrower_applications(user).select_related(*_LISTED).filter(state__in=BORROWERS_TURN)
    return found.order_by(F("clock_due_at").asc(nulls_last=True), "id")


def of_enterprise(text: str, path: str = "enterprise") -> Q:
    """Return the condition of an enterprise by part of its name or credit code; none for an empty text.

    Args:
        text: as typed.
        path: where the enterprise is from the rows asked for.
    """
    words = text.strip()
    if not words:
        return Q()
    return Q(**{f"{path}__name__icontains": words}) | Q(**{f"{path}__uscc__icontains": words})


def queue_list(
    user: User, scope: QueueScope, state: str = "", text: str = ""
) -> QuerySet[LoanApplication]:
    """Return a lender's applications: what waits for an officer, then what waits for others, then loans in repayment.

    Among each the earliest deadline comes first, those without one last.

    Args:
        user: an officer or approver.
        scope: MINE those with a step for an officer that the reader took on, and those of the reader's branch that
            nobody took yet or whose officer left; BRANCH all that may be worked on; DONE the closed ones, latest first.
        state: only this state; empty for all.
        text: part of the enterprise's name or credit code; empty for all.

    Queries: one when iterated, after that for memberships.
    """
    found = lender_applications(user).select_related(*_LISTED)
    found = found.annotate(is_officer_serving=officer_serving()).filter(of_enterprise(text))
    if state:
        found = found.filter(state=state)
    if scope is QueueScope.DONE:
        return found.filter(state__in=CLOSED_STATES).order_by(
            F("closed_at").desc(nulls_last=True), "-id"
        )
    found = found.exclude(state__in=CLOSED_STATES)
    if scope is QueueScope.MINE:
        nobodys = Q(state="PENDING_ACCEPT", officer=None) | officer_left()
        found = found.filter(Q(officer=user) | nobodys, state__in=TO_DO_STATES)
    return found.order_by(_TURN, F("clock_due_at").asc(nulls_last=True), "id")


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


def approval_list(user: User, text: str = "") -> QuerySet[LoanApplication]:
    """Return what waits for the approver's decision, the earliest deadline first.

    Args:
        user: the approver.
        text: part of the enterprise's name or credit code; empty for all.

    Queries: one when iterated, after that for memberships.
    """
    found = lender_applications(user).filter(
        of_enterprise(text),
        state="IN_APPROVAL",
        institution__organisation__in=organisation_ids(user, Role.APPROVER),
    )
    found = found.select_related(*_LISTED).annotate(is_officer_serving=officer_serving())
    return found.order_by(F("clock_due_at").asc(nulls_last=True), "id")


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


def serving_officer(application: LoanApplication) -> User | None:
    """Return who works on a case for the lender: None before acceptance, and when its officer left the lender.

    Queries: none for an application read by this module, else one, and one for the officer.
    """
    if application.officer_id is None:
        return None
    serves: bool | None = getattr(application, "is_officer_serving", None)
    if serves is None:
        serves = LoanApplication.objects.filter(officer_serving(), pk=application.pk).exists()
    return application.officer if serves else None


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
    found = found.select_related(*_NEEDED).annotate(is_officer_serving=officer_serving())
    row = found.filter(public_id=public_id).first()
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
