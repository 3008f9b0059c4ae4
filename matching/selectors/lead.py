"""Reads of the pool and of leads: what a lender may know of a need before the enterprise consents, and nothing more.

Rows of the pool are read by column: a name, a credit code or a contact is never loaded.

Source: domain note 4.2 (need summary: sector, district, amount).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Count,
    Exists,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from borrowers.domain.industry import SECTION_LABELS
from lenders.models import BranchPosting
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.errors import NotFound
from marketplace.domain.roles import Role
from marketplace.domain.vocabulary import GUARANTEE_LABELS, Guarantee
from marketplace.domain.workdays import local_date
from marketplace.policies import Reader
from marketplace.selectors import parameters_in_force
from matching.domain.demand import OPEN_DEMAND_STATES
from matching.domain.lead import HOLDING_STATES, OPEN_LEAD_STATES, slots_free
from matching.domain.parameters import shipped
from matching.models import DemandLead, FinancingDemand, LeadEvent
from matching.policies.application import officer_serves
from matching.policies.lead import (
    lender_leads,
    own_leads,
    pool_demands,
    searching_demands,
    supervised_leads,
)

NEED_COLUMNS = (
    "id",
    "public_id",
    "enterprise__industry_section",
    "enterprise__district_id",
    "amount_yuan",
    "term_months",
    "guarantee",
    "pool_until",
    "state",
    "dispatch_due_at",
    "free",
    "duplicate",
)
"""Everything that is read of a need for others than its enterprise."""

_NEEDED = (
    "demand__enterprise__account",
    "institution__organisation",
    "product",
    "branch",
    "officer",
    "application",
)


@dataclass(frozen=True)
class MaskedNeed:
    """A need as everybody but its enterprise sees it.

    Attributes:
        sector: name of the industry section (门类).
        guarantee: what the enterprise can offer, in words.
        slots_free: how many lenders may still take it from the pool.
        is_duplicate: the same enterprise had another need open when this one was published.
    """

    id: uuid.UUID
    sector: str
    district: str
    amount_yuan: Decimal
    term_months: int
    guarantee: str
    closes_at: datetime | None
    slots_free: int
    is_duplicate: bool


def masked(row: Mapping[str, Any]) -> MaskedNeed:
    """Return a row of ``NEED_COLUMNS`` as it may be shown."""
    return MaskedNeed(
        id=row["public_id"],
        sector=SECTION_LABELS.get(row["enterprise__industry_section"], "行业未知"),
        district=DISTRICT_LABELS.get(row["enterprise__district_id"] or "", "未登记所在区"),
        amount_yuan=row["amount_yuan"],
        term_months=row["term_months"],
        guarantee=GUARANTEE_LABELS[Guarantee(row["guarantee"])],
        closes_at=row["pool_until"],
        slots_free=slots_free(row["free"], 0),
        is_duplicate=row["duplicate"],
    )


def pool_list(
    user: Reader, at: datetime, *, district_code: str = "", guarantee: str = ""
) -> QuerySet[Any, Any]:
    """Return the needs that can be taken now, the window that ends first at the top, as rows for `masked`.

    Queries: one when iterated, after that for the memberships and one for the parameters.
    """
    found = marked(pool_demands(user).filter(pool_until__gt=at), at).filter(free__gt=0)
    if district_code:
        found = found.filter(enterprise__district=district_code)
    if guarantee:
        found = found.filter(guarantee=guarantee)
    return found.order_by("pool_until", "id").values(*NEED_COLUMNS)


def pool_get(user: Reader, public_id: uuid.UUID) -> FinancingDemand:
    """Return a need of the pool for a service or for comparing with products; pages show `masked` only.

    Raises:
        NotFound: it is not in the pool for this reader.

    Queries: one, after that for the memberships.
    """
    row = pool_demands(user).select_related("enterprise").filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return row


def searching_list(user: Reader, at: datetime, state: str = "") -> QuerySet[Any, Any]:
    """Return the needs that look for a lender, for the operator, as rows for `masked`; the next due first.

    Queries: one when iterated, after that for the memberships and one for the parameters.
    """
    found = searching_demands(user).filter(state__in=OPEN_DEMAND_STATES)
    if state:
        found = found.filter(state=state)
    ordered = marked(found, at).order_by(F("dispatch_due_at").asc(nulls_last=True), "id")
    return ordered.values(*NEED_COLUMNS)


def searching_get(user: Reader, public_id: uuid.UUID) -> FinancingDemand:
    """Return a need the operator watches over, for the suggestions; pages show `masked` only.

    Raises:
        NotFound: there is none such for this reader.

    Queries: one, after that for the memberships.
    """
    row = searching_demands(user).select_related("enterprise").filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return row


def masked_get(demand: FinancingDemand, at: datetime) -> MaskedNeed:
    """Return one need as others see it. Queries: one, and one for the parameters."""
    return masked_many([demand.pk], at)[demand.pk]


def masked_many(pks: list[int], at: datetime) -> dict[int, MaskedNeed]:
    """Return some needs as others see them, by primary key. Queries: one, and one for the parameters."""
    rows = marked(FinancingDemand.objects.filter(pk__in=pks), at).values(*NEED_COLUMNS)
    return {row["id"]: masked(row) for row in rows}


def marked(found: QuerySet[FinancingDemand], at: datetime) -> QuerySet[Any, Any]:
    """Return needs with ``free`` (slots) and ``duplicate`` (the mark) annotated.

    Queries: one for the parameters.
    """
    days = parameters_in_force(shipped()).value_on("demand.duplicate_days", local_date(at))
    holding = (
        DemandLead.objects.filter(demand=OuterRef("pk"), state__in=HOLDING_STATES, origin="POOL")
        .order_by()
        .values("demand")
        .annotate(count=Count("pk"))
        .values("count")
    )
    others = FinancingDemand.objects.filter(
        Q(closed_at=None) | Q(closed_at__gt=OuterRef("published_at")),
        Q(published_at__lt=OuterRef("published_at"))
        | Q(published_at=OuterRef("published_at"), pk__lt=OuterRef("pk")),
        enterprise=OuterRef("enterprise"),
        published_at__gte=ExpressionWrapper(
            OuterRef("published_at") - timedelta(days=int(days)),
            output_field=FinancingDemand._meta.get_field("published_at"),
        ),
    )
    free = Coalesce("pool_slots", 0) - Coalesce(Subquery(holding), 0)
    return found.annotate(
        free=ExpressionWrapper(free, output_field=IntegerField()),
        duplicate=Exists(others),
    )


def lead_list(user: Reader, *, is_open: bool = True) -> QuerySet[DemandLead]:
    """Return a lender's leads, the earliest deadline first; with ``is_open`` False those that ended, latest first.

    Queries: one when iterated, after that for the memberships.
    """
    found = lender_leads(user).select_related(*_NEEDED)
    if not is_open:
        return found.exclude(state__in=OPEN_LEAD_STATES).order_by("-ended_at", "-id")
    return found.filter(state__in=OPEN_LEAD_STATES).order_by(
        F("clock_due_at").asc(nulls_last=True), "id"
    )


def lead_get(user: Reader, public_id: uuid.UUID) -> DemandLead:
    """Return a lead the reader works on for a lender.

    Raises:
        NotFound: it is not there for this reader.

    Queries: one, after that for the memberships.
    """
    return _one(lender_leads(user), public_id)


def lead_get_own(user: Reader, public_id: uuid.UUID) -> DemandLead:
    """Return a lead of one of the reader's own needs, as `lead_get` does."""
    return _one(own_leads(user), public_id)


def leads_of(demand: FinancingDemand) -> list[DemandLead]:
    """Return the leads of a need for its enterprise or the operator, oldest first. Queries: one."""
    return list(demand.leads.select_related(*_NEEDED).order_by("id"))


def leads_supervised(user: Reader, at: datetime, *, is_late: bool = False) -> QuerySet[DemandLead]:
    """Return open leads with their clocks for the operator, the earliest deadline first.

    Queries: one when iterated, after that for the memberships.
    """
    found = supervised_leads(user).filter(state__in=OPEN_LEAD_STATES)
    if is_late:
        found = found.filter(clock_due_at__lt=at)
    return found.select_related(*_NEEDED).order_by(F("clock_due_at").asc(nulls_last=True), "id")


def lead_events(lead: DemandLead) -> list[LeadEvent]:
    """Return every event of a lead, oldest first. Queries: one."""
    return list(lead.events.select_related("actor").order_by("seq"))


def lead_staff_ids(lead: DemandLead) -> list[int]:
    """Return whom to tell about a lead: who took it and still serves, else the branch's officers.

    Queries: at most two.
    """
    if lead.officer_id is not None and officer_serves(
        lead.officer_id, lead.institution.organisation_id
    ):
        return [lead.officer_id]
    return _posted(lead, Role.OFFICER)


def lead_approver_ids(lead: DemandLead) -> list[int]:
    """Return the approvers of a lead's institution. Queries: one."""
    return _posted(lead, Role.APPROVER)


def _posted(lead: DemandLead, role: Role) -> list[int]:
    postings = BranchPosting.objects.filter(
        membership__organisation=lead.institution.organisation_id,
        membership__role=role,
        membership__ended_at=None,
        membership__user__is_active=True,
    )
    if role is Role.OFFICER and lead.branch_id is not None:
        postings = postings.filter(branch=lead.branch_id)
    return sorted(postings.values_list("membership__user_id", flat=True))


def _one(found: QuerySet[DemandLead], public_id: uuid.UUID) -> DemandLead:
    row = found.select_related(*_NEEDED).filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return row
