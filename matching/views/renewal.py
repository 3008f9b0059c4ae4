"""What a page says of loans that end soon: when, and where to start renewing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse

from marketplace.domain.money import display_wan
from matching.selectors.renewal import MaturingLoan

RENEW = "renew"
"""Query parameter of the need's form: the loan it renews."""


@dataclass(frozen=True)
class RenewalLine:
    """One loan that ends soon, in a sentence, with the form that renews it."""

    sentence: str
    url: str


def renewal_lines(found: Iterable[MaturingLoan]) -> list[RenewalLine]:
    """Return loans that end soon in words. Queries: none."""
    return [
        RenewalLine(
            f"“{entry.loan.application.product.name}”{display_wan(entry.loan.amount_yuan)}"
            f"将于 {entry.matures_on} 到期，还有 {entry.days_left} 天。",
            f"{reverse('matching:need-create')}?{RENEW}={entry.loan.public_id}",
        )
        for entry in found
    ]
