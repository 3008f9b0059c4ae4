"""A portrait laid out for one screen: what the partials below ``matching/portrait/`` show, as plain values.

Every part has one line that says the most of it, and folds the rest away. Nothing is computed here that the portrait
does not say: lines, tables and charts are its own numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from marketplace.domain.vocabulary import DATA_CLASS_LABELS, QUERY_PURPOSE_LABELS, DataClass
from marketplace.web.components import Kind, Pair
from marketplace.web.language import listed
from matching.domain.evaluation import PublishedEvaluation
from matching.domain.freshness import Freshness
from matching.domain.listing import RecordList
from matching.domain.portrait import Portrait
from matching.domain.subject import ConsentFacts
from matching.services.portrait import PortraitReading
from matching.views.portrait_freshness import FreshnessPanel, freshness_panel
from matching.views.portrait_indicators import ClassGroup, class_groups, missing_pairs
from matching.views.portrait_score import (
    EvaluationPanel,
    ScorePanel,
    evaluation_panel,
    score_panel,
)
from matching.views.portrait_series import SeriesPanel, series_panel


@dataclass(frozen=True)
class ListPanel:
    """The published records of one kind, with a caution when data of their class are not up to date."""

    listed: RecordList
    caution: str

    @property
    def is_disputed(self) -> bool:
        """Return whether an objection is open about one of those listed."""
        return any(entry.disputed for entry in self.listed.entries)


@dataclass(frozen=True)
class PortraitScreen:
    """Everything the partial shows.

    Attributes:
        portrait: redacted for the reader.
        content_hash: of the frozen portrait; empty for one made now.
        score: grade, chart and lines.
        evaluation: the published monthly evaluation; None when there is none.
        freshness: how current each data class is.
        missing: why values are missing, each reason with the names, what helps beside it.
        groups: indicators by data class.
        lists: published records by kind.
        series: 36 months.
        consent: what the enterprise consented to.
        versions: parameters and formats it was made with.
    """

    portrait: Portrait
    content_hash: str
    score: ScorePanel
    evaluation: EvaluationPanel | None
    freshness: FreshnessPanel
    missing: tuple[Pair, ...]
    groups: tuple[ClassGroup, ...]
    lists: tuple[ListPanel, ...]
    series: SeriesPanel
    consent: Sequence[Pair]
    versions: Sequence[Pair]


def reading_screen(reading: PortraitReading | None) -> PortraitScreen | None:
    """Return a lender's reading laid out; None when nothing may be shown."""
    if reading is None:
        return None
    return portrait_screen(reading.portrait, reading.row.content_hash, reading.evaluation)


def portrait_screen(
    portrait: Portrait, content_hash: str = "", evaluation: PublishedEvaluation | None = None
) -> PortraitScreen:
    """Return a portrait laid out.

    Args:
        portrait: redacted for the reader.
        content_hash: of the frozen text, empty for a portrait made now.
        evaluation: as the reader may see it.
    """
    late = [entry for entry in portrait.freshness if entry.state is Freshness.STALE]
    cautions = {entry.data_class: entry.sentence for entry in late}
    return PortraitScreen(
        portrait=portrait,
        content_hash=content_hash,
        score=score_panel(portrait.score),
        evaluation=evaluation_panel(evaluation) if evaluation else None,
        freshness=freshness_panel(portrait.freshness),
        missing=missing_pairs(portrait),
        groups=class_groups(portrait, cautions),
        lists=tuple(
            ListPanel(entry, cautions.get(entry.data_class, "")) for entry in portrait.lists
        ),
        series=series_panel(portrait.series),
        consent=_consent(portrait.consent),
        versions=[Pair(_VERSION_LABELS.get(k, k), v) for k, v in portrait.versions.items()],
    )


_VERSION_LABELS = {
    "format": "画像格式",
    "indicators": "指标口径版本",
    "score_model": "评价模型版本",
}


def _consent(consent: ConsentFacts) -> list[Pair]:
    classes = listed(DATA_CLASS_LABELS[DataClass(code)] for code in consent.data_classes)
    if not consent.consent_id:
        return [
            Pair("用途", _purpose(consent.purpose)),
            Pair("信息类别", classes or "仅公开信息"),
        ]
    return [
        Pair("被授权机构", consent.lender_name),
        Pair("用途", _purpose(consent.purpose)),
        Pair("信息类别", classes),
        Pair(
            "数据期间",
            gettext("%(data_from)s 至 %(data_to)s")
            % {"data_from": consent.data_from or "不限", "data_to": consent.data_to or "不限"},
        ),
        Pair("授权生效", consent.valid_from, Kind.DATETIME),
        Pair("授权到期", consent.valid_until, Kind.DATETIME),
        Pair("反馈条款", "已同意" if consent.feedback_clause else "未同意"),
        Pair("授权书版本", consent.text_version),
        Pair("授权编号", consent.consent_id, Kind.CODE),
    ]


def _purpose(code: str) -> str:
    labels: Mapping[str, str] = {str(key): words for key, words in QUERY_PURPOSE_LABELS.items()}
    return labels.get(code, code)
