"""What a lender's person sees when a case is opened: the frozen portrait and fit, and today's fit beside it.

Nothing leaves before the consent of this very moment is asked and the reading is logged; with the consent gone, only
the case's own events are left.

Source: domain note 4.2; design §1 ("the officer sees exactly what was frozen, with today's changes beside it").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lenders.selectors import published_of
from marketplace.domain.errors import NotPermitted
from marketplace.domain.verdict import Verdict
from marketplace.domain.vocabulary import QueryPurpose
from marketplace.models import User
from matching.domain.fit import FitResult, fit_from_json
from matching.models import LoanApplication
from matching.policies.application import can_read_portrait
from matching.selectors.fit import in_words, product_fit
from matching.selectors.portrait import consent_facts
from matching.services.portrait import PortraitReading, portrait_read

BEFORE_ACCEPTANCE = "受理后可查看信用画像、匹配理由与联系方式;查看会留痕,企业可见。"
AFTER_CLOSING = "申请已办结,授权随之终止,不再展示信用画像与联系方式。"


@dataclass(frozen=True)
class FitChange:
    """A rule whose finding is another today than when the application was submitted."""

    frozen: Verdict | None
    today: Verdict | None


@dataclass(frozen=True)
class Review:
    """What may be shown now; with ``closed_because`` there is no portrait, and the sentence says why.

    Attributes:
        reading: the frozen portrait, redacted for the reader.
        frozen_fit: as submitted.
        today_fit: by today's records, within the consent.
        changes: where both differ.
    """

    closed_because: str = ""
    reading: PortraitReading | None = None
    frozen_fit: FitResult | None = None
    today_fit: FitResult | None = None
    changes: tuple[FitChange, ...] = ()


def review_open(
    *, application: LoanApplication, user: User, at: datetime, channel: str = "PAGE"
) -> Review:
    """Open a case's portrait and fit for one of the lender's people, logged before anything leaves.

    Args:
        application: fetched through the policy, with everything beside it.
        user: officer or approver of its lender.
        at: moment of reading, aware.
        channel: ``PAGE`` or ``API``.

    Writes: ``AccessRecord`` when a portrait is shown. Queries: about ten.
    """
    if not can_read_portrait(user, application):
        is_closed = application.closed_at is not None
        return Review(closed_because=AFTER_CLOSING if is_closed else BEFORE_ACCEPTANCE)
    try:
        reading = portrait_read(
            user=user,
            application=application,
            purpose=QueryPurpose.APPLICATION_REVIEW,
            at=at,
            channel=channel,
        )
    except NotPermitted as refused:
        return Review(closed_because=refused.sentence)
    frozen = in_words(fit_from_json(application.frozen_fit))
    today = _today(application, at)
    return Review("", reading, frozen, today, fit_changes(frozen, today))


def fit_changes(frozen: FitResult, today: FitResult | None) -> tuple[FitChange, ...]:
    """Return the rules whose finding changed, went or came, in the order of the frozen ones."""
    if today is None:
        return ()
    before = {verdict.rule_code: verdict for verdict in frozen.verdicts}
    after = {verdict.rule_code: verdict for verdict in today.verdicts}
    pairs = ((before.get(code), after.get(code)) for code in {**before, **after})
    return tuple(
        FitChange(then, now)
        for then, now in pairs
        if then is None or now is None or then.sentence != now.sentence
    )


def _today(application: LoanApplication, at: datetime) -> FitResult | None:
    if application.consent is None:
        return None
    offer = published_of(application.product_version)
    facts = consent_facts(application.consent)
    return in_words(product_fit(application.demand, offer, at, facts))
