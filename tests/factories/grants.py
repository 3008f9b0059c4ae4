"""Exceptional grants, and the people beyond the cast to whom they are given."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from lenders.models import Branch, BranchPosting
from marketplace.domain.grant import GrantKind
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.models import ExceptionalGrant, Membership, User
from matching.models import LoanApplication
from matching.services.grant import GrantOffer, grant_give
from tests.cast import NOW, Cast, make_user

DAYS = 10
DISTRICT = "120103"


def make_colleague(cast: Cast, at: datetime = NOW) -> User:
    """An officer of the cast's bank who works at another branch."""
    user = make_user("colleague")
    membership = Membership.objects.create(
        user=user, organisation=cast.institution.organisation, role=Role.OFFICER, granted_at=at
    )
    branch = Branch.objects.create(institution=cast.institution, name="示例二支行")
    BranchPosting.objects.create(membership=membership, branch=branch)
    return user


def reviewer_offer(
    application: LoanApplication, holder: User, at: datetime = NOW, **fields: Any
) -> GrantOffer:
    wanted: dict[str, Any] = {
        "kind": GrantKind.REVIEWER,
        "subject_id": str(application.public_id),
        "holder_id": holder.public_id,
        "last_day": local_date(at) + timedelta(days=DAYS),
        "reason": "示例：请行业专员审阅",
    }
    return GrantOffer(**(wanted | fields))


def district_offer(holder: User, at: datetime = NOW, **fields: Any) -> GrantOffer:
    wanted: dict[str, Any] = {
        "kind": GrantKind.DISTRICT,
        "subject_id": DISTRICT,
        "holder_id": holder.public_id,
        "last_day": local_date(at) + timedelta(days=DAYS),
        "reason": "示例：经办休假",
    }
    return GrantOffer(**(wanted | fields))


def name_reviewer(
    cast: Cast, application: LoanApplication, holder: User, at: datetime = NOW
) -> ExceptionalGrant:
    """The cast's approver names a reviewer for ten days."""
    return grant_give(offer=reviewer_offer(application, holder, at), actor=cast.approver, at=at)


def delegate_district(cast: Cast, at: datetime = NOW) -> ExceptionalGrant:
    """The cast's lead delegates the district's whitelists to the other district's clerk for ten days."""
    offer = district_offer(cast.other_district_clerk, at)
    return grant_give(offer=offer, actor=cast.district_lead, at=at)
