"""A published monthly evaluation as somebody reads it: points, grade, and the lines that add up to them.

Source: domain note 2.11, 4.2 (grade and summary for the officer, details for the approver and the enterprise itself).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from marketplace.domain.period import add_months, month_start
from matching.domain.redaction import SIGHTS, Audience, ScoreDepth
from matching.domain.scorecard import ScoreResult


@dataclass(frozen=True)
class EvaluationLine:
    """One line of an evaluation; ``kind`` as in `matching.domain.scorecard.ContributionKind`."""

    kind: str
    dimension: str
    label: str
    value: str
    points: int
    sentence: str


@dataclass(frozen=True)
class Rescore:
    """That an evaluation was scored again after it was published.

    Attributes:
        at: what was known up to then counts.
        cause: Chinese.
        before_points, before_grade: as they stood until then.
    """

    at: datetime
    cause: str
    before_points: int | None
    before_grade: str


@dataclass(frozen=True)
class PublishedEvaluation:
    """One enterprise's evaluation of one month.

    Attributes:
        month: first day of the month.
        as_of: records received later do not count.
        model_version: name and date of the model.
        points: sum of the lines; None when not scored.
        grade: empty when not scored.
        lines: empty for readers who see the grade alone.
        rescore: the latest re-score these points come from; None when they are the published ones, or not shown.
    """

    month: date
    as_of: datetime
    model_version: str
    points: int | None
    grade: str
    lines: tuple[EvaluationLine, ...]
    rescore: Rescore | None = None

    def seen_by(self, audience: Audience) -> PublishedEvaluation | None:
        """Return what an audience sees of it, None when nothing."""
        depth = SIGHTS[audience].score
        if depth is ScoreDepth.NONE:
            return None
        if depth is ScoreDepth.DETAIL:
            return self
        points = self.points if depth is ScoreDepth.SUMMARY else None
        return replace(self, points=points, lines=(), rescore=None)


def evaluation_months(day: date) -> tuple[date, date]:
    """Return the months that may be evaluated on a day, the latest first: its own and the one before.

    >>> evaluation_months(date(2026, 1, 15))
    (datetime.date(2026, 1, 1), datetime.date(2025, 12, 1))
    """
    this = month_start(day)
    return this, add_months(this, -1)


def reasons_of(result: ScoreResult) -> list[dict[str, Any]]:
    """Return the lines of a score as JSON values; their points add up to the score."""
    return [
        {**vars(line), "kind": line.kind.value, "evidence_ids": list(line.evidence_ids)}
        for line in result.contributions
    ]


def lines_from(reasons: Iterable[Mapping[str, Any]]) -> tuple[EvaluationLine, ...]:
    """Return the lines that `reasons_of` wrote."""
    return tuple(
        EvaluationLine(
            kind=str(entry["kind"]),
            dimension=str(entry["dimension"]),
            label=str(entry["label"]),
            value=str(entry["value"]),
            points=int(entry["points"]),
            sentence=str(entry["sentence"]),
        )
        for entry in reasons
    )
