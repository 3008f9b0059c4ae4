"""The fit list on the page of a need: what helps most on top, then products by how near they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from lenders.domain.shelf import MOST_COMPARED
from marketplace.domain.verdict import Outcome, Verdict
from marketplace.domain.vocabulary import DATA_CLASS_LABELS
from marketplace.domain.workdays import local_date
from marketplace.web.components import Pick, Tone
from marketplace.web.language import listed, listed_first
from marketplace.web.templatetags.market import rate, wan, yuan
from matching.domain.fit_changes import Change
from matching.domain.fit_levers import FEASIBILITY_LABELS, Feasibility
from matching.models import FinancingDemand, LoanApplication
from matching.selectors.fit import in_words
from matching.selectors.offers import DemandOffers, FitGroup, RankedOffer, demand_offers
from matching.selectors.prospects import Prospect

GROUPS = {
    FitGroup.FITS: ("符合", Tone.GOOD, "全部准入条件都符合，授权后可直接申请。"),
    FitGroup.ALMOST: (
        "差一点",
        Tone.WARN,
        "有条件不符合，但企业自己可以办到，或等到某一天即可；列出的都做到就符合，少一样都不行。",
    ),
    FitGroup.CANNOT_TELL: (
        "无法判断",
        Tone.NEUTRAL,
        "没有不符合的条件，但有些条件缺少数据，机构可能请您补充。",
    ),
    FitGroup.DOES_NOT_FIT: (
        "不符合",
        Tone.BAD,
        "至少一项条件目前不能靠企业操作改变；差得最少的在前。",
    ),
}
FEASIBILITY_TONES = {
    Feasibility.BY_ENTERPRISE: Tone.GOOD,
    Feasibility.BY_WAITING: Tone.INFO,
    Feasibility.UNCERTAIN: Tone.NEUTRAL,
    Feasibility.NOT_AT_ALL: Tone.BAD,
}
NAMES_SHOWN, FIRST_SHOWN = 3, 12
Applied = Mapping[int, LoanApplication]
"""Primary key of a product to the application for it that is under way."""
NOTHING: Applied = {}
COMPARE = "compare"
"""Id of the form to which the boxes of products belong."""


@dataclass(frozen=True)
class ChangeLine:
    """One change in words, and in whose hands it is."""

    sentence: str
    label: str
    tone: str


@dataclass(frozen=True)
class FitLine:
    """One product: what stands in the way, what would help, why it stands where it does.

    Attributes:
        offer: product, reasons, cost and rank.
        obstacles: verdicts that are not fits, in words.
        changes: beside authorisations.
        consent: classes to authorise when applying, joined; empty for none.
        pick: the box that chooses it for comparison.
        url: consent screen with every reason; empty when nothing can be applied for.
        applied_url: the application for it that is under way, in the place of ``url``; empty for none.
    """

    offer: RankedOffer
    obstacles: tuple[Verdict, ...]
    changes: tuple[ChangeLine, ...]
    consent: str
    pick: Pick
    url: str
    applied_url: str = ""

    # Said here rather than in the template: a page has a hundred and more of these lines.

    @property
    def cost_words(self) -> SafeString:
        """Return what the product costs at most."""
        cost = self.offer.cost
        sentence = gettext(
            "综合年化最高 <b>%(rate)s</b>，%(amount)s、%(term_months)s 个月的利息和费用最多 <b>%(cost)s</b>"
        )
        return SafeString(
            sentence
            % {
                "rate": rate(cost.rate_bp),
                "amount": wan(cost.amount_yuan),
                "term_months": cost.term_months,
                "cost": yuan(cost.cost_yuan),
            }
        )

    @property
    def days_words(self) -> str:
        """Return how soon the institution decides, as the product says."""
        days = self.offer.product.terms.decision_days
        return gettext("资料齐全后 %(days)s 个工作日内审批") % {"days": days}

    @property
    def count_words(self) -> str:
        """Return how many conditions stand in the way, else the points of the ranking."""
        result = self.offer.result
        told = []
        if result.does_not_fit:
            told.append(gettext("不符合 %(count)s 条") % {"count": result.does_not_fit})
        if result.cannot_tell:
            told.append(gettext("无法判断 %(count)s 条") % {"count": result.cannot_tell})
        if not self.obstacles:
            told.append(gettext("%(points)s 分") % {"points": self.offer.rank.points})
        return gettext("，").join(told)

    @property
    def fits_words(self) -> str:
        """Return how many conditions are met."""
        words = gettext("另有 %(count)s 条符合。") if self.obstacles else ""
        return (words or gettext("%(count)s 条准入条件全部符合。")) % {
            "count": self.offer.result.fits
        }


@dataclass(frozen=True)
class LineGroup:
    """Products that are equally near.

    Attributes:
        code: value of the `FitGroup`.
        label: in words.
        tone: colour.
        text: what the group means.
        count: of all its products.
        lines: the first of them.
        rest: the others, when they were asked for.
    """

    code: str
    label: str
    tone: str
    text: str
    count: int
    lines: Sequence[FitLine]
    rest: Sequence[FitLine]

    @property
    def rest_count(self) -> int:
        """Return how many are not among the first."""
        return self.count - len(self.lines)


@dataclass(frozen=True)
class StepLine:
    """One thing to do and how many products it helps with.

    Attributes:
        sentence: what to do.
        effect: what it does for products.
        names: some of them.
        when: from when, or that it can be done now.
        url: where to do it; empty when there is no page for it or it is too early.
    """

    sentence: str
    effect: str
    names: str
    when: str
    url: str


def fit_context(
    demand: FinancingDemand,
    now: datetime,
    *,
    is_open: bool,
    rest: str = "",
    applied: Applied = NOTHING,
) -> dict[str, Any]:
    """Return what the page of a need shows of products: the first of each group, and the rest of one.

    Args:
        demand: the need.
        now: moment of asking.
        is_open: whether it can be applied for.
        rest: value of the `FitGroup` that is shown whole.
        applied: applications with the need that are under way, by product.

    Queries: those of ``demand_offers``.
    """
    offers = demand_offers(demand, now)
    on = local_date(now)
    return {
        "groups": [
            _group(
                group,
                offers,
                demand,
                is_open=is_open,
                is_whole=group.value == rest,
                applied=applied,
            )
            for group in FitGroup
        ],
        "steps": [_step(offers, prospect, on) for prospect in offers.actions],
        "consents": [_consent(offers, prospect) for prospect in offers.consents],
        "told_without_consent": offers.told_without_consent,
        "offer_count": len(offers.offers),
        "most_compared": MOST_COMPARED,
    }


def _group(
    group: FitGroup,
    offers: DemandOffers,
    demand: FinancingDemand,
    *,
    is_open: bool,
    is_whole: bool,
    applied: Applied,
) -> LineGroup:
    label, tone, text = GROUPS[group]
    found = offers.of(group)
    shown = found if is_whole else found[:FIRST_SHOWN]
    lines = [fit_line(offer, demand, is_open=is_open, applied=applied) for offer in shown]
    return LineGroup(
        group.value, label, tone.value, text, len(found), lines[:FIRST_SHOWN], lines[FIRST_SHOWN:]
    )


def fit_line(
    offer: RankedOffer, demand: FinancingDemand, *, is_open: bool, applied: Applied = NOTHING
) -> FitLine:
    """Return one product of a need in words, with the way to apply while the need is open, or the application.

    Queries: none.
    """
    application = applied.get(offer.product.product.pk)
    verdicts = in_words(offer.result).verdicts
    keys = [demand.public_id, offer.product.product.public_id]
    return FitLine(
        offer=offer,
        obstacles=tuple(found for found in verdicts if found.outcome is not Outcome.FITS),
        changes=tuple(_change(change) for change in offer.changes.beyond_consent),
        consent=listed(DATA_CLASS_LABELS[entry] for entry in offer.consent_classes),
        pick=Pick(offer.product.product.public_id, COMPARE, offer.product.product.name),
        url=reverse("matching:application-create", args=keys)
        if is_open and application is None
        else "",
        applied_url=reverse("matching:application-detail", args=[application.public_id])
        if application
        else "",
    )


def _change(change: Change) -> ChangeLine:
    return ChangeLine(
        change.sentence,
        FEASIBILITY_LABELS[change.feasibility],
        FEASIBILITY_TONES[change.feasibility].value,
    )


def _step(offers: DemandOffers, prospect: Prospect, on: date) -> StepLine:
    effect = gettext("多符合 %(count)s 个产品") % {"count": len(prospect.gained)}
    if prospect.lost:
        effect = gettext("多符合 %(gained)s 个产品，但有 %(lost)s 个不再符合") % {
            "gained": len(prospect.gained),
            "lost": len(prospect.lost),
        }
    url = ""
    if prospect.record_id and prospect.on_date is not None and prospect.on_date <= on:
        url = reverse("borrowers:repair-create", args=[prospect.record_id])
    names = _names(offers, prospect.gained)
    return StepLine(prospect.sentence, effect, names, _when(prospect, on), url)


def _consent(offers: DemandOffers, prospect: Prospect) -> StepLine:
    effect = gettext("机构可多判断 %(told)s 个产品，其中 %(gained)s 个符合") % {
        "told": len(prospect.told),
        "gained": len(prospect.gained),
    }
    return StepLine(prospect.sentence, effect, _names(offers, prospect.gained), "", "")


def _when(prospect: Prospect, on: date) -> str:
    if not prospect.record_id or prospect.on_date is None:
        return ""
    if prospect.on_date <= on:
        return "现在即可申请修复"
    return gettext("最早 %(day)s 可申请修复") % {"day": prospect.on_date.isoformat()}


def _names(offers: DemandOffers, places: Sequence[int]) -> str:
    some = [offers.offers[place].product.product.name for place in places[: NAMES_SHOWN + 1]]
    return listed_first(some, NAMES_SHOWN)
