"""What a page says of loans that end soon: when, and where to start renewing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from marketplace.web.templatetags.market import wan
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
            gettext("“%(product)s”%(amount)s将于 %(day)s 到期，还有 %(days_left)s 天。")
            % {
                "product": entry.loan.application.product.name,
                "amount": wan(entry.loan.amount_yuan),
                "day": entry.matures_on,
                "days_left": entry.days_left,
            },
            f"{reverse('matching:need-create')}?{RENEW}={entry.loan.public_id}",
        )
        for entry in found
    ]
