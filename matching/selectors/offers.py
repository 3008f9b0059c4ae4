"""The fit list of a need: every product with reasons, what would make it fit, its cost and its place in the order.

Source: design law 1; issue of matching (fit, what would make it fit, ranking).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from lenders.selectors import PublishedProduct, product_published_list
from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import DataClass
from marketplace.domain.workdays import local_date
from matching.domain.fit import Audience, FitResult, Seen
from matching.domain.fit_changes import ChangeSet, SeenChanges, changes_to_fit
from matching.domain.fit_standing import Standing
from matching.domain.ranking import (
    LoanCost,
    Rank,
    RankingRules,
    SeenMargins,
    fit_margin,
    loan_cost,
    rank,
    ranking_rules,
)
from matching.domain.records import AsOf
from matching.domain.subject import ConsentFacts
from matching.models import FinancingDemand
from matching.selectors.fit import fit_of
from matching.selectors.portrait import declared_facts, portrait_inputs
from matching.selectors.prospects import (
    COUNTED_PENALTIES,
    Prospect,
    Views,
    change_prospects,
    circumstances_of,
    consent_prospects,
    penalty_prospects,
    views_of,
)
from matching.selectors.track_record import TrackRecords, track_records


class FitGroup(StrEnum):
    """How near a product is."""

    FITS = "FITS"
    ALMOST = "ALMOST"
    CANNOT_TELL = "CANNOT_TELL"
    DOES_NOT_FIT = "DOES_NOT_FIT"


LIST_FEATURES = frozenset({"industry_chains", "thematic_lists"})
"""What only the thematic lists can tell; they are not asked when no product does."""


@dataclass(frozen=True)
class RankedOffer:
    """A product on the shelf for a need.

    Attributes:
        product: as on the shelf.
        result: by all data of the enterprise, in words to it.
        changes: what would make it fit, authorisations first.
        cost: at most, on the need's amount and term.
        rank: points and the sentence that explains them.
    """

    product: PublishedProduct
    result: FitResult
    changes: ChangeSet
    cost: LoanCost
    rank: Rank

    @cached_property
    def group(self) -> FitGroup:
        """Return how near it is: what breaks a rule is almost there when the enterprise or time can mend it all."""
        if self.result.outcome is Outcome.DOES_NOT_FIT and self.changes.is_reachable:
            return FitGroup.ALMOST
        return FitGroup(self.result.outcome.value)

    @property
    def consent_classes(self) -> tuple[DataClass, ...]:
        """Return the data classes the institution would have to be authorised to read."""
        return self.changes.authorizes


@dataclass(frozen=True)
class DemandOffers:
    """The fit list of a need.

    Attributes:
        offers: by group, then in the order of the ranking.
        actions: what doing one thing would change, places in ``offers``.
        consents: what authorising would let institutions tell, places in ``offers``.
        told_without_consent: how many products institutions can tell without any authorisation.
    """

    offers: tuple[RankedOffer, ...]
    actions: tuple[Prospect, ...]
    consents: tuple[Prospect, ...]
    told_without_consent: int

    def of(self, group: FitGroup) -> list[RankedOffer]:
        """Return the products of one group in their order."""
        return [offer for offer in self.offers if offer.group is group]

    def among(self, product_ids: Collection[uuid.UUID]) -> list[RankedOffer]:
        """Return those of some products that are on the shelf, in the order of the list."""
        return [offer for offer in self.offers if offer.product.product.public_id in product_ids]


def demand_offers(demand: FinancingDemand, at: datetime) -> DemandOffers:
    """Return every product on the shelf for a need, judged by all of the enterprise's own data.

    Args:
        demand: read through `matching.selectors.demand.demand_get`, which lets only its own enterprise pass.
        at: moment of asking.

    Queries: two for the products, one for the institutions' records, those of ``portrait_inputs``.
    """
    declared = declared_facts(demand)
    products = product_published_list(at)
    asked = {rule.feature for product in products for rule in product.rules}
    inputs = portrait_inputs(
        demand.enterprise,
        consent=ConsentFacts.own(),
        declared=declared,
        at=at,
        with_disputes=False,
        with_lists=not asked.isdisjoint(LIST_FEATURES),
    )
    views = views_of(inputs, AsOf.from_moment(at))
    rules = ranking_rules(local_date(at))
    records = track_records(demand, rules, at)
    offers = sorted(_ranked(demand, products, views, rules, records, at), key=_order)
    shelf = [(offer.product.terms, offer.product.rules) for offer in offers]
    own = Standing(shelf, views.own, local_date(at))
    public = own.towards(views.public)
    penalties = penalty_prospects(views, own)
    skip = COUNTED_PENALTIES if penalties else ()
    changes = change_prospects([offer.changes for offer in offers], own, skip)
    return DemandOffers(
        tuple(offers),
        (*penalties, *changes),
        tuple(consent_prospects(views, public)),
        sum(outcome is not Outcome.CANNOT_TELL for outcome in public.outcomes),
    )


def _ranked(
    demand: FinancingDemand,
    products: Sequence[PublishedProduct],
    views: Views,
    rules: RankingRules,
    records: TrackRecords,
    at: datetime,
) -> list[RankedOffer]:
    on, around = local_date(at), circumstances_of(views)
    seen: Seen = {}
    changed: SeenChanges = {}
    margins: SeenMargins = {}
    found = []
    for product in products:
        cost = loan_cost(product.terms, demand.amount_yuan, demand.term_months)
        margin = fit_margin(product.terms, product.rules, views.own, on, margins)
        record = records.by_institution.get(product.institution.pk)
        changes = changes_to_fit(
            product.terms,
            product.rules,
            views.public,
            on,
            own=views.own,
            circumstances=around,
            seen=changed,
        )
        found.append(
            RankedOffer(
                product,
                fit_of(product, views.own, at, seen, Audience.BORROWER),
                changes,
                cost,
                rank(cost, record, records.pooled, margin, rules),
            )
        )
    return found


def _order(offer: RankedOffer) -> tuple[object, ...]:
    """Return the key of the order: group, how much has to change, points, cost, and at last the product's code."""
    missing = len(offer.changes.beyond_consent) + len(offer.changes.contradictory)
    return (
        list(FitGroup).index(offer.group),
        missing,
        -offer.rank.points,
        offer.cost.rate_bp,
        offer.product.terms.all_in_rate_max_bp or 0,
        offer.product.product.code,
    )
