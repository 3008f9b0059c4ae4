"""What a lender's person sees when a case is opened: the frozen portrait and fit, and today's beside them.

Nothing leaves before the consent of this very moment is asked and the reading is logged; with the consent gone, only
the case's own events are left.

Source: domain note 4.2; design §1 ("the officer sees exactly what was frozen, with today's changes beside it").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from borrowers.models import Consent
from lenders.selectors import published_of
from marketplace.domain.errors import NotPermitted
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.text import half_width
from marketplace.domain.verdict import Verdict
from marketplace.domain.vocabulary import QueryPurpose
from marketplace.models import User
from matching.domain.fit import FitResult, fit_from_json
from matching.domain.fit_facts import facts_for_fit
from matching.domain.portrait import Portrait, assemble
from matching.domain.records import AsOf
from matching.domain.redaction import redact
from matching.models import LoanApplication
from matching.policies.application import can_read_portrait
from matching.selectors.fit import fit_of, in_words
from matching.selectors.portrait import consent_facts, declared_facts, portrait_inputs
from matching.selectors.score_model import portrait_rules
from matching.services.portrait import PortraitReading, portrait_read

BEFORE_ACCEPTANCE = "受理后可查看信用画像、匹配理由与联系方式；查看会留痕，企业可见。"
AFTER_CLOSING = "申请已办结，授权随之终止，不再展示信用画像与联系方式。"


@dataclass(frozen=True)
class FitChange:
    """A rule whose finding is another today than when the application was submitted."""

    frozen: Verdict | None
    today: Verdict | None


@dataclass(frozen=True)
class ValueChange:
    """A value of the portrait that is another today, both as people read them."""

    label: str
    frozen: str
    today: str


@dataclass(frozen=True)
class Review:
    """What may be shown now; with ``closed_because`` there is no portrait, and the sentence says why.

    Attributes:
        reading: the frozen portrait, redacted for the reader.
        frozen_fit: as submitted.
        today_fit: by today's records, within the consent.
        changes: where both differ.
        value_changes: values of the portrait that are others today, within the same consent; grade and points first.
    """

    closed_because: str = ""
    reading: PortraitReading | None = None
    frozen_fit: FitResult | None = None
    today_fit: FitResult | None = None
    changes: tuple[FitChange, ...] = ()
    value_changes: tuple[ValueChange, ...] = ()


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
    if application.consent is None:
        return Review("", reading, frozen)
    portrait = _today(application, application.consent, at, reading.models)
    offer = published_of(application.product_version)
    today = in_words(fit_of(offer, facts_for_fit(portrait), at))
    seen = redact(portrait, reading.audience, application.consent.data_classes)
    return Review(
        "",
        reading,
        frozen,
        today,
        fit_changes(frozen, today),
        value_changes(reading.portrait, seen),
    )


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
        if then is None or now is None or half_width(then.sentence) != half_width(now.sentence)
    )


def value_changes(frozen: Portrait, today: Portrait) -> tuple[ValueChange, ...]:
    """Return what a reader sees otherwise today than in the frozen portrait: grade, points, then indicators.

    Args:
        frozen, today: redacted for the same reader and the same classes.
    """
    found = [
        ValueChange("等级", frozen.score.grade or "—", today.score.grade or "—"),
        ValueChange("得分", _points(frozen), _points(today)),
    ]
    before = {value.code: value.display for value in frozen.indicators}
    found += [
        ValueChange(value.label, before[value.code], value.display)
        for value in today.indicators
        if value.code in before
    ]
    return tuple(change for change in found if change.frozen != change.today)


def _points(portrait: Portrait) -> str:
    return "—" if portrait.score.points is None else f"{portrait.score.points} 分"


def _today(
    application: LoanApplication, consent: Consent, at: datetime, models: ParameterSet
) -> Portrait:
    """Return the portrait as it would be frozen now, within the consent, disputes unmarked. Queries: four."""
    inputs = portrait_inputs(
        application.demand.enterprise,
        consent=consent_facts(consent),
        declared=declared_facts(application.demand),
        at=at,
        with_disputes=False,
    )
    return assemble(inputs, AsOf.from_moment(at), rules=portrait_rules(models))
