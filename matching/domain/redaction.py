"""What of a portrait each audience sees.

Redaction only ever takes away: a hidden indicator keeps its name and says why it is not shown, and everything made of
it (series, contradictions, points, evidence) goes with it. The frozen portrait itself is not changed.

Source: domain note 4.2 (visibility matrix); trust note 4.1, 4.2 (个体工商户, names and addresses).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from marketplace.domain.masking import mask_address, mask_operator_name, mask_person_name, mask_uscc
from matching.domain.freshness import ClassFreshness, Freshness, class_of
from matching.domain.indicators import IndicatorValue, Missing
from matching.domain.portrait import BatchSource, Portrait, RecordSource
from matching.domain.scorecard import Contribution, ContributionKind, ScoreResult
from matching.domain.series import Series
from matching.domain.subject import INDIVIDUAL, ConsentFacts, DeclaredFacts, EnterpriseFacts


class Audience(StrEnum):
    """Who reads a portrait; whether they may read this one at all is the policy's business."""

    BORROWER = "BORROWER"
    OFFICER = "OFFICER"
    APPROVER = "APPROVER"
    OPERATOR = "OPERATOR"
    DISTRICT = "DISTRICT"
    OTHER_LENDER = "OTHER_LENDER"
    PUBLIC = "PUBLIC"


class ScoreDepth(StrEnum):
    """How much of the score is shown."""

    DETAIL = "DETAIL"
    SUMMARY = "SUMMARY"
    GRADE = "GRADE"
    NONE = "NONE"


@dataclass(frozen=True)
class Sight:
    """What one audience sees.

    Attributes:
        consented: non-public data within consent.
        declared: need and application.
        score: depth of the score.
        contact: address and representative as the register has them.
    """

    consented: bool
    declared: bool
    score: ScoreDepth
    contact: bool


SIGHTS = {
    Audience.BORROWER: Sight(True, True, ScoreDepth.DETAIL, True),
    Audience.OFFICER: Sight(True, True, ScoreDepth.SUMMARY, True),
    Audience.APPROVER: Sight(True, True, ScoreDepth.DETAIL, True),
    Audience.OPERATOR: Sight(False, True, ScoreDepth.DETAIL, False),
    Audience.DISTRICT: Sight(False, True, ScoreDepth.GRADE, False),
    Audience.OTHER_LENDER: Sight(False, False, ScoreDepth.NONE, False),
    Audience.PUBLIC: Sight(False, False, ScoreDepth.NONE, False),
}

NOT_SHOWN = "本次查看范围不含此项。"


def redact(
    portrait: Portrait, audience: Audience, granted: Collection[str] | None = None
) -> Portrait:
    """Return what the audience may see of a portrait.

    Args:
        portrait: as frozen.
        audience: who reads.
        granted: data classes of the consent as it stands now; officers and approvers see only classes that are both
            in the portrait's consent and here. None when the consent still stands whole.

    Returns:
        A portrait of the same form; its canonical text is not that of the frozen one.
    """
    sight = SIGHTS[audience]
    classes = _visible_classes(portrait, audience, granted)
    visible = frozenset(
        entry.code for entry in portrait.indicators if entry.public or entry.data_class in classes
    )
    indicators = tuple(
        entry if entry.code in visible else _hidden_indicator(entry)
        for entry in portrait.indicators
    )
    contradictions = tuple(
        entry for entry in portrait.contradictions if visible.issuperset(entry.indicators)
    )
    shown = replace(
        portrait,
        enterprise=_enterprise(portrait.enterprise.within(classes), sight),
        declared=portrait.declared if sight.declared else DeclaredFacts(),
        consent=portrait.consent if sight.consented else ConsentFacts(),
        indicators=indicators,
        score=_score(portrait.score, sight.score, visible),
        contradictions=contradictions if sight.declared else (),
        freshness=tuple(_freshness(entry, classes) for entry in portrait.freshness),
        series=tuple(
            entry if entry.data_class in classes else _hidden_series(entry)
            for entry in portrait.series
        ),
    )
    return replace(shown, lineage=_lineage(shown), batches=_batches(shown))


def _visible_classes(
    portrait: Portrait, audience: Audience, granted: Collection[str] | None
) -> frozenset[str]:
    if not SIGHTS[audience].consented:
        return frozenset()
    own = frozenset(portrait.consent.data_classes)
    if audience is Audience.BORROWER or granted is None:
        return own
    return own & frozenset(str(entry) for entry in granted)


def _enterprise(facts: EnterpriseFacts, sight: Sight) -> EnterpriseFacts:
    if sight.contact:
        return facts
    masked = replace(
        facts,
        uscc=mask_uscc(facts.uscc),
        legal_representative=mask_operator_name(facts.uscc, facts.legal_representative),
    )
    if facts.entity_type != INDIVIDUAL:
        return masked
    return replace(
        masked,
        address=mask_address(facts.address),
        legal_representative=mask_person_name(facts.legal_representative),
    )


def _hidden_indicator(value: IndicatorValue) -> IndicatorValue:
    return replace(
        value,
        value=None,
        missing=Missing.NOT_AUTHORIZED,
        disputed=False,
        latest_date=None,
        evidence_ids=(),
        evidence_count=0,
        evidence_rows=(),
    )


def _hidden_series(series: Series) -> Series:
    return replace(series, missing=Missing.NOT_AUTHORIZED, points=())


def _freshness(entry: ClassFreshness, classes: Collection[str]) -> ClassFreshness:
    """Hide what delivery times and counts of consent-bound items would tell."""
    if entry.data_class in classes or entry.state is Freshness.NOT_AUTHORIZED:
        return entry
    items = tuple(
        item
        if item.public
        else replace(
            item,
            state=Freshness.NOT_AUTHORIZED,
            records=0,
            latest_event_date=None,
            latest_received_at=None,
        )
        for item in entry.items
    )
    return class_of(entry.data_class, items)


def _score(result: ScoreResult, depth: ScoreDepth, visible: Collection[str]) -> ScoreResult:
    if depth is ScoreDepth.DETAIL:
        return replace(result, contributions=_merged(result.contributions, visible))
    if depth is ScoreDepth.SUMMARY:
        return replace(result, contributions=())
    bare = replace(
        result, points=None, contributions=(), dimensions=(), floors=(), sentence=NOT_SHOWN
    )
    bare = replace(bare, indicators_known=0)
    return bare if depth is ScoreDepth.GRADE else replace(bare, grade="", model_version="")


def _merged(lines: Iterable[Contribution], visible: Collection[str]) -> tuple[Contribution, ...]:
    """Join the lines of hidden indicators into one per dimension, so that the sum still is the score."""
    shown: list[Contribution] = []
    hidden: dict[str, list[Contribution]] = {}
    for line in lines:
        if line.kind is ContributionKind.INDICATOR and line.indicator not in visible:
            hidden.setdefault(line.dimension, []).append(line)
        else:
            shown.append(line)
    for dimension, group in hidden.items():
        points = sum(line.points for line in group)
        sentence = f"{len(group)} 项未获授权查看的指标合计 {points:+d} 分。"
        shown.append(
            Contribution(
                ContributionKind.INDICATOR,
                "",
                dimension,
                "未获授权查看的指标",
                "",
                "",
                points,
                sentence,
            )
        )
    return tuple(shown)


def _lineage(shown: Portrait) -> tuple[RecordSource, ...]:
    """Keep the sources of records that are still named."""
    named = {record_id for value in shown.indicators for record_id in value.evidence_ids}
    named |= {entry.record_id for listed in shown.lists for entry in listed.entries}
    return tuple(entry for entry in shown.lineage if entry.record_id in named)


def _batches(shown: Portrait) -> tuple[BatchSource, ...]:
    named = {ref.batch for value in shown.indicators for ref in value.evidence_rows}
    return tuple(entry for entry in shown.batches if entry.batch in named)
