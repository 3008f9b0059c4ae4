"""Whom to dispatch a need to: lenders with a suitable product, ordered by district, fit and load.

Source: domain note 4.1 (派单: operator picks by district, product fit, lender's load).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet

from lenders.models import Branch, BranchPosting, Institution
from marketplace.domain.roles import Role
from marketplace.wall import whole_market
from matching.domain.application import SUSPENDABLE_STATES
from matching.domain.lead import OPEN_LEAD_STATES, Candidate, LeadState, dispatch_order
from matching.models import DemandLead, FinancingDemand, LoanApplication
from matching.selectors.eligible import EligibleOffer, eligible_offers

AGAIN = (LeadState.RETURNED, LeadState.LAPSED)
"""States of a lead after which an operator may dispatch to the same lender again."""


@dataclass(frozen=True)
class Suggestion:
    """A lender a need may go to, with why it stands where it does.

    Attributes:
        best: its product that suits the need best.
        before: the Chinese state of an earlier lead of this need at the lender, empty without one.
    """

    institution: Institution
    candidate: Candidate
    best: EligibleOffer
    before: str = ""

    @property
    def sentence(self) -> str:
        """Return the reason for its place in words."""
        place = "有网点服务该区" if self.candidate.serves_district else "由兜底网点服务"
        return (
            f"{place}；{self.candidate.products} 个产品适合，条件已知符合 "
            f"{self.candidate.fit_share:.0%}；人均在办 {self.candidate.load:.1f} 件"
        )


@whole_market("whom a need may go to depends on how much lies before each lender, in counts")
def dispatch_suggestions(demand: FinancingDemand, at: datetime) -> list[Suggestion]:
    """Return the lenders a need may be dispatched to, the first to choose at the top.

    Left out are those that have the need before them now, or had it and were not chosen.

    Args:
        demand: with its enterprise loaded.
        at: moment of asking.

    Queries: six.
    """
    offers: defaultdict[int, list[EligibleOffer]] = defaultdict(list)
    for entry in eligible_offers(demand, at):
        offers[entry.offer.institution.pk].append(entry)
    district = demand.enterprise.district_id or ""
    own, default = serving_institutions(district)
    known = dict(demand.leads.values_list("institution_id", "state"))
    applied = set(demand.applications.values_list("institution_id", flat=True))
    load = _load()
    found = []
    for pk, entries in offers.items():
        is_out = pk in applied or (pk in known and known[pk] not in AGAIN)
        if is_out or pk not in own | default:
            continue
        institution, best = entries[0].offer.institution, entries[0]
        candidate = Candidate(
            institution.code, pk in own, len(entries), best.share, load.get(pk, Decimal(0))
        )
        before = _BEFORE.get(known.get(pk, ""), "")
        found.append(Suggestion(institution, candidate, best, before))
    return sorted(found, key=lambda entry: (bool(entry.before), *dispatch_order(entry.candidate)))


def serving_institutions(district_code: str) -> tuple[set[int], set[int]]:
    """Return the institutions with a branch of their own for the district, and those with one for whatever is left.

    Queries: one.
    """
    serving = Q(districts=district_code, is_default=False)
    found = Branch.objects.filter(serving | Q(is_default=True))
    pairs = set(found.values_list("institution_id", "is_default"))
    return (
        {pk for pk, is_default in pairs if not is_default},
        {pk for pk, is_default in pairs if is_default},
    )


_BEFORE = {LeadState.RETURNED.value: "曾退回", LeadState.LAPSED.value: "曾超时"}


def _counted(found: QuerySet[Any]) -> QuerySet[Any, Any]:
    counted: QuerySet[Any, Any] = (
        found.order_by().values_list("institution_id").annotate(count=Count("pk"))
    )
    return counted


def _load() -> dict[int, Decimal]:
    """Return how much lies before each officer of each institution now. Queries: two."""
    work: Counter[int] = Counter()
    leads = DemandLead.objects.filter(state__in=OPEN_LEAD_STATES)
    cases = LoanApplication.objects.filter(state__in=SUSPENDABLE_STATES)
    for pk, count in _counted(leads).union(_counted(cases), all=True):
        work[pk] += count
    staff = (
        BranchPosting.objects.filter(membership__role=Role.OFFICER, membership__ended_at=None)
        .order_by()
        .values_list("branch__institution_id")
        .annotate(count=Count("pk"))
    )
    officers = dict(staff)
    return {pk: Decimal(count) / max(1, officers.get(pk, 1)) for pk, count in work.items()}
