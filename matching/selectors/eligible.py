"""Which products suit a need by what the pool shows of it, and nothing else: no record of the enterprise is looked at.

A lender may take a need when one of its products on the shelf is not excluded by amount, term, purpose, guarantee,
district or sector, and a branch takes the district.

Source: domain note 4.1 (抢单, 派单), 4.2 (masked pool).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lenders.models import Institution
from lenders.selectors import (
    PublishedProduct,
    branch_for,
    product_published_list,
    product_published_of,
)
from marketplace.domain.errors import Conflict
from marketplace.domain.verdict import Outcome
from marketplace.domain.workdays import local_date
from matching.domain.fit import Fact, FeatureFacts, FitResult, Seen, fit
from matching.models import FinancingDemand


@dataclass(frozen=True)
class EligibleOffer:
    """A product that suits a need as the pool shows it."""

    offer: PublishedProduct
    result: FitResult

    @property
    def share(self) -> Decimal:
        """Return which share of the product's rules is met for certain, 0 to 1."""
        rules = len(self.result.verdicts)
        return Decimal(self.result.fits) / rules if rules else Decimal(1)


def facts_of_pool(demand: FinancingDemand) -> FeatureFacts:
    """Return what is known of a need without asking the enterprise. Queries: none with the enterprise loaded."""
    enterprise = demand.enterprise
    known = {
        "amount_yuan": demand.amount_yuan,
        "term_months": demand.term_months,
        "purpose": demand.purpose,
        "guarantee": (demand.guarantee,),
        "district_code": enterprise.district_id,
        "industry_section": enterprise.industry_section,
    }
    return {code: Fact.of(value) for code, value in known.items() if value}


def eligible_offers(demand: FinancingDemand, at: datetime) -> list[EligibleOffer]:
    """Return every product on the shelf that suits a need, the surest first. Queries: two."""
    return suited(demand, product_published_list(at), at)


def eligible_offers_of(
    institution: Institution, demand: FinancingDemand, at: datetime
) -> list[EligibleOffer]:
    """Return the products of one lender that suit a need and its district, the surest first.

    Queries: at most four.
    """
    try:
        branch_for(institution, demand.enterprise.district_id or "")
    except Conflict:
        return []
    return suited(demand, product_published_of(institution, at), at)


def suited(
    demand: FinancingDemand, offers: list[PublishedProduct], at: datetime
) -> list[EligibleOffer]:
    """Return those of some products that suit a need, the surest first. Queries: none."""
    facts, on = facts_of_pool(demand), local_date(at)
    seen: Seen = {}
    judged = (
        EligibleOffer(offer, fit(offer.terms, offer.rules, facts, on, seen=seen))
        for offer in offers
    )
    found = [entry for entry in judged if entry.result.outcome is not Outcome.DOES_NOT_FIT]
    return sorted(found, key=lambda entry: -entry.share)
