"""Reads of institutions, their branches and their people."""

from __future__ import annotations

import uuid
from typing import TypeVar

from django.db.models import Q, QuerySet

from lenders.models import Branch, BranchPosting, Institution
from lenders.policies import (
    LENDER_ROLES,
    visible_branches,
    visible_institutions,
    visible_postings,
)
from marketplace.domain.errors import Conflict, NotFound
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import Reader, acting_organisation

T = TypeVar("T")


def institution_admitted_list() -> QuerySet[Institution]:
    """Return the institutions open to everybody, by code.

    Queries: one when iterated.
    """
    return (
        Institution.objects.filter(state="ADMITTED").select_related("organisation").order_by("code")
    )


def institution_list(user: Reader, state: str = "", text: str = "") -> QuerySet[Institution]:
    """Return the institutions whose administration the reader may see, latest application first.

    Args:
        user: the reader.
        state: a code of ``InstitutionState``; empty for all.
        text: a part of the name, the institution's code or its credit code; empty for all.

    Queries: one when iterated, after that for the memberships.
    """
    found = visible_institutions(user).select_related("organisation")
    if text:
        named = Q(organisation__name__contains=text) | Q(code__iexact=text)
        found = found.filter(named | Q(organisation__uscc__iexact=text))
    return (found.filter(state=state) if state else found).order_by("-applied_at", "-id")


def institution_get(user: Reader, public_id: uuid.UUID) -> Institution:
    """Return an institution whose administration the reader may see.

    Raises:
        NotFound: there is none such for the reader.

    Queries: one, after that for the memberships.
    """
    found = visible_institutions(user).select_related("organisation", "admitted_by")
    return _one(found.filter(public_id=public_id).first())


def institution_of(user: Reader) -> Institution:
    """Return the institution the user works for; the chosen one when there are several.

    Raises:
        NotPermitted: the user is no lender's officer or approver.

    Queries: one, after that for the memberships.
    """
    organisation = acting_organisation(user, *LENDER_ROLES)
    found = Institution.objects.select_related("organisation")
    return _one(found.filter(organisation=organisation).first())


def branch_list(institution: Institution) -> list[Branch]:
    """Return an institution's branches, the default one first, districts at hand.

    Queries: two.
    """
    found = Branch.objects.filter(institution=institution).prefetch_related("districts")
    return list(found.order_by("-is_default", "name"))


def branch_get(user: Reader, public_id: uuid.UUID) -> Branch:
    """Return a branch the reader may see the staff of.

    Raises:
        NotFound: there is none such for the reader.

    Queries: one, after that for the memberships.
    """
    found = visible_branches(user).select_related("institution__organisation")
    return _one(found.filter(public_id=public_id).first())


def branch_for(institution: Institution, district_code: str) -> Branch:
    """Return the branch that takes the applications of a district: one that serves it, else the default one.

    Of several that serve it, one that is not the default comes first, then the oldest.

    Raises:
        Conflict: ``BRANCH_MISSING``, no branch serves the district and there is no default one.

    Queries: at most two.

    Source: domain note 4.1 (router: product's branch by district).
    """
    branches = Branch.objects.filter(institution=institution)
    serving = branches.filter(districts=district_code).order_by("is_default", "id").first()
    branch = serving or branches.filter(is_default=True).first()
    if branch is None:
        raise Conflict("BRANCH_MISSING", "该机构没有服务此区域的网点，暂不能受理。")
    return branch


def branch_of(user: User, institution: Institution) -> Branch | None:
    """Return the branch where the user works for the institution, None when not posted to one.

    Queries: one.
    """
    posting = (
        BranchPosting.objects.filter(
            membership__user=user, membership__ended_at=None, branch__institution=institution
        )
        .select_related("branch")
        .order_by("id")
        .first()
    )
    return posting.branch if posting else None


def officers_of(branch: Branch) -> list[User]:
    """Return the officers who work at a branch now, by account name.

    Queries: one.
    """
    found = User.objects.filter(
        memberships__posting__branch=branch,
        memberships__ended_at=None,
        memberships__role=Role.OFFICER,
        is_active=True,
    )
    return list(found.order_by("username"))


def staff_list(institution: Institution) -> list[BranchPosting]:
    """Return who works for the institution now: person, role, branch; by branch, role and account name.

    Queries: one.
    """
    found = BranchPosting.objects.filter(
        branch__institution=institution, membership__ended_at=None
    ).select_related("membership__user", "branch")
    return list(found.order_by("branch__name", "membership__role", "membership__user__username"))


def posting_get(user: Reader, public_id: uuid.UUID) -> BranchPosting:
    """Return a live posting the reader may see.

    Raises:
        NotFound: there is none such for the reader.

    Queries: one, after that for the memberships.
    """
    found = visible_postings(user).select_related(
        "membership__user", "branch__institution__organisation"
    )
    return _one(found.filter(public_id=public_id).first())


def _one(found: T | None) -> T:
    if found is None:
        raise NotFound
    return found
