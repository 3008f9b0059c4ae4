"""Which products fit a need, with every reason: computed from facts and dated rules at the moment of asking.

Source: design law 1; domain note 1.4.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from lenders.selectors import PublishedProduct, product_published_list
from marketplace.domain.verdict import Outcome
from marketplace.domain.workdays import local_date
from marketplace.models import User
from matching.domain.fit import Audience, FeatureFacts, FitResult, Seen, fit
from matching.domain.fit_facts import facts_for_fit
from matching.domain.subject import ConsentFacts
from matching.models import CreditPortrait, FinancingDemand
from matching.policies.application import visible_demands
from matching.selectors.portrait import facts_for, portrait_content

OUTCOME_ORDER = (Outcome.FITS, Outcome.CANNOT_TELL, Outcome.DOES_NOT_FIT)


@dataclass(frozen=True)
class ProductFit:
    """A product on the shelf and how it fits."""

    product: PublishedProduct
    result: FitResult


def demand_fit(user: User, demand: FinancingDemand, at: datetime) -> list[ProductFit]:
    """Return how every product on the shelf fits one of the reader's own needs: fits, cannot tell, does not.

    The enterprise judges by all of its own data. Within a group the cheaper stated all-in rate comes first.

    Args:
        user: owner or agent of the enterprise.
        demand: whichever need; that of somebody else gives nothing.
        at: moment of asking.

    The sentences are written to the enterprise.

    Queries: two for the products, those of ``facts_for``, one for the policy.
    """
    if not visible_demands(user).filter(pk=demand.pk).exists():
        return []
    facts = facts_for(demand.enterprise, demand, at, ConsentFacts.own())
    seen: Seen = {}
    found = [
        ProductFit(offer, fit_of(offer, facts, at, seen, Audience.BORROWER))
        for offer in product_published_list(at)
    ]
    return sorted(found, key=lambda entry: OUTCOME_ORDER.index(entry.result.outcome))


def product_fit(
    demand: FinancingDemand,
    offer: PublishedProduct,
    at: datetime,
    consent: ConsentFacts,
    audience: Audience = Audience.OFFICER,
) -> FitResult:
    """Return how one product fits a need now.

    Args:
        demand: with its enterprise loaded.
        offer: the version to judge by.
        at: moment of asking.
        consent: what the reader may look at; the enterprise itself at everything.
        audience: whom the sentences are written for.

    Queries: those of ``facts_for``.
    """
    facts = facts_for(demand.enterprise, demand, at, consent)
    return fit_of(offer, facts, at, audience=audience)


def frozen_fit(portrait: CreditPortrait, offer: PublishedProduct, at: datetime) -> FitResult:
    """Return how a product fits by a frozen portrait, so that both rest on the same records. Queries: none."""
    return fit_of(offer, facts_for_fit(portrait_content(portrait)), at)


def in_words(result: FitResult) -> FitResult:
    """Return the result with its sentences alone, for pages: the sentence already says own value and limit."""
    spoken = (replace(verdict, own_value=None, limit=None) for verdict in result.verdicts)
    return replace(result, verdicts=tuple(spoken))


def fit_of(
    offer: PublishedProduct,
    facts: FeatureFacts,
    at: datetime,
    seen: Seen | None = None,
    audience: Audience = Audience.OFFICER,
) -> FitResult:
    """Return how a product on the shelf fits facts at a moment; see `matching.domain.fit.fit`. Queries: none."""
    version = f"v{offer.version.number}"
    on = local_date(at)
    return fit(offer.terms, offer.rules, facts, on, version=version, seen=seen, audience=audience)
