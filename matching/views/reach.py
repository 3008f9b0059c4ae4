"""How many enterprises a product version would let in, for those who write it and those who check it."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from lenders.policies import can_draft
from lenders.selectors import version_get
from lenders.views.lender_product import products_crumb
from marketplace.domain.verdict import OUTCOME_LABELS, Outcome
from marketplace.policies import signed_in
from marketplace.web.components import Crumb, Pair
from matching.domain.suppression import LEAST_SHOWN
from matching.selectors.reach import Reach, version_reach


@login_required
@require_GET
def version_reach_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Count the register's enterprises by what a version's rules say of them.

    Queries: at most eight, with those of the session and the page's frame.
    """
    user = signed_in(request.user)
    version = version_get(user, public_id)
    found = version_reach(version, timezone.now())
    context = {
        "version": version,
        "pairs": _pairs(found),
        "reach": found,
        "crumbs": [
            products_crumb(is_own=can_draft(user, version.product.institution)),
            Crumb(
                version.product.name,
                reverse("lenders:product-manage-detail", args=[version.product.public_id]),
            ),
            Crumb(
                gettext("第 %(number)s 版") % {"number": version.number},
                reverse("lenders:version-detail", args=[public_id]),
            ),
            Crumb("符合企业测算"),
        ],
    }
    return render(request, "matching/lender/version_reach.html", context)


def _pairs(found: Reach) -> list[Pair]:
    """Return the counts; where conditions are left open nobody can be said to fit, only not to be ruled out."""
    labels: dict[Outcome, str] = dict(OUTCOME_LABELS)
    counts = dict(found.counts)
    if found.left_open and not counts[Outcome.FITS]:
        del counts[Outcome.FITS]
        labels[Outcome.CANNOT_TELL] = "可能符合"
    return [Pair(labels[outcome], _counted(count)) for outcome, count in counts.items()]


def _counted(count: int | None) -> str:
    if count is None:
        few = gettext("不单独显示（少于 %(least)s 户，或可由此推出）")
        return few % {"least": LEAST_SHOWN}
    return gettext("%(count)s 户") % {"count": f"{count:,}"}
