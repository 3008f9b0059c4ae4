"""The score of a portrait and the published evaluation, laid out: grade, dimensions, and lines that add up.

Nothing is computed here: points, grades and sentences are those of the score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from marketplace.web.charts import waterfall_chart
from marketplace.web.components import Chart, Column, Kind, Pair, Table, Tone
from marketplace.web.language import month_words
from matching.domain.evaluation import PublishedEvaluation
from matching.domain.scorecard import ScoreResult

GRADE_TONES = {"A": Tone.GOOD, "B": Tone.INFO, "C": Tone.WARN, "D": Tone.BAD}
SCORE_DEFINITION = (
    "各维度基础分，加上每项指标的加减分、维度上下限的调整和一票否决的封顶，合计即得分。"
)


@dataclass(frozen=True)
class ScorePanel:
    """A score as one panel shows it.

    Attributes:
        tone: of the grade's badge.
        chart: how the lines add up; None for readers who see the summary alone.
        lines: every line with its points, the sum last; None likewise.
    """

    tone: str
    chart: Chart | None
    lines: Table | None


@dataclass(frozen=True)
class EvaluationPanel:
    """The published monthly evaluation in one line, its particulars behind it.

    Attributes:
        month: as people read it.
        grade: with ``tone`` for the badge; empty when the enterprise is not scored.
        points: None when not scored or not shown.
        pairs: particulars.
        lines: its lines, the sum last; None for readers who see the grade alone.
    """

    month: str
    grade: str
    tone: str
    points: int | None
    pairs: Sequence[Pair]
    lines: Table | None


def score_panel(score: ScoreResult) -> ScorePanel:
    """Return the score laid out."""
    return ScorePanel(grade_tone(score.grade), _score_chart(score), _score_lines(score))


def evaluation_panel(evaluation: PublishedEvaluation) -> EvaluationPanel:
    """Return the published evaluation laid out."""
    return EvaluationPanel(
        month=month_words(evaluation.month),
        grade=evaluation.grade,
        tone=grade_tone(evaluation.grade),
        points=evaluation.points,
        pairs=_evaluation(evaluation),
        lines=_evaluation_lines(evaluation),
    )


def grade_tone(grade: str) -> str:
    """Return how a grade is meant."""
    return GRADE_TONES.get(grade, Tone.NEUTRAL).value


_LINE_COLUMNS = (
    Column("项目"),
    Column("取值"),
    Column("得分", Kind.NUMBER, SCORE_DEFINITION),
    Column("说明"),
)


def _score_chart(score: ScoreResult) -> Chart | None:
    if not score.contributions:
        return None
    parts = [(line.label, line.points) for line in score.contributions if line.points]
    return waterfall_chart(
        "portrait-score",
        "得分构成",
        parts=parts,
        label_name="项目",
        total_label="得分",
        definition=SCORE_DEFINITION,
    )


def _score_lines(score: ScoreResult) -> Table | None:
    if not score.contributions:
        return None
    rows: list[list[object]] = [
        [line.label, line.value or "—", line.points, line.sentence] for line in score.contributions
    ]
    total = sum(line.points for line in score.contributions)
    rows.append(["合计", "—", total, score.sentence])
    return Table(_LINE_COLUMNS, rows, caption="得分明细")


def _evaluation_lines(evaluation: PublishedEvaluation) -> Table | None:
    if not evaluation.lines or evaluation.points is None:
        return None
    rows: list[list[object]] = [
        [line.label, line.value or "—", line.points, line.sentence] for line in evaluation.lines
    ]
    rows.append(
        ["合计", "—", evaluation.points, gettext("等级 %(grade)s。") % {"grade": evaluation.grade}]
    )
    caption = gettext("%(month)s评价得分明细") % {"month": month_words(evaluation.month)}
    return Table(_LINE_COLUMNS, rows, caption=caption)


def _evaluation(evaluation: PublishedEvaluation) -> list[Pair]:
    scored = evaluation.grade or evaluation.points is not None
    again = evaluation.rescore
    rescored = (
        [
            Pair(
                "重评时间",
                again.at,
                Kind.DATETIME,
                note=gettext("因%(cause)s按评价日口径重新评分") % {"cause": again.cause},
            ),
            Pair(
                "重评前",
                gettext("%(grade)s %(points)s 分")
                % {"grade": again.before_grade or "未评价", "points": again.before_points or 0},
            ),
        ]
        if again
        else []
    )
    return [
        Pair("评价月份", month_words(evaluation.month)),
        Pair("等级", evaluation.grade if scored else "未评价（个体工商户及非存续主体不作评价）"),
        Pair("得分", evaluation.points, Kind.NUMBER),
        Pair("数据截至", evaluation.as_of, Kind.DATETIME),
        Pair("模型版本", evaluation.model_version),
        *rescored,
    ]
