"""Reads of financing needs."""

from __future__ import annotations

import uuid

from django.db.models import Count, Q, QuerySet

from marketplace.domain.errors import NotFound
from marketplace.models import User
from matching.domain.application import LIVE_STATES
from matching.models import FinancingDemand, LoanApplication
from matching.policies.application import visible_demands


def demand_list(user: User) -> QuerySet[FinancingDemand]:
    """Return the needs of the reader's enterprises, latest first, with ``open_count`` and ``application_count``.

    Queries: one when iterated, after that for the memberships.
    """
    is_open = Q(applications__state__in=LIVE_STATES)
    return (
        visible_demands(user)
        .annotate(
            application_count=Count("applications"),
            open_count=Count("applications", filter=is_open),
        )
        .order_by("-id")
    )


def demand_get(user: User, public_id: uuid.UUID) -> FinancingDemand:
    """Return one of the reader's needs, with its enterprise.

    Raises:
        NotFound: it is not theirs.

    Queries: one, after that for the memberships.
    """
    row = (
        visible_demands(user)
        .select_related("enterprise__account", "enterprise__district", "enterprise__register_batch")
        .filter(public_id=public_id)
        .first()
    )
    if row is None:
        raise NotFound
    return row


def applications_of(demand: FinancingDemand) -> list[LoanApplication]:
    """Return what was applied for with a need, latest first. Queries: one."""
    found = demand.applications.select_related("product", "institution__organisation")
    return list(found.order_by("-id"))
