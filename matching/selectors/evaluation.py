"""Evaluation runs and the current evaluation of an enterprise."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import FilteredRelation, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from borrowers.models import Enterprise
from marketplace.domain.errors import NotFound
from marketplace.domain.parameters import ParameterSet
from marketplace.models import User
from marketplace.statements import Question, Statement
from matching.domain.drift import tally_from
from matching.domain.evaluation import PublishedEvaluation, Rescore, lines_from, reasons_of
from matching.domain.evaluation_lines import score_from_kept
from matching.domain.records import AsOf
from matching.domain.redaction import Audience
from matching.models import CreditEvaluation, EvaluationRescore, EvaluationRun
from matching.policies.portrait import visible_runs
from matching.selectors.score_model import score_models


def run_list(user: User) -> QuerySet[EvaluationRun]:
    """Return the runs the reader may see, latest month first."""
    return visible_runs(user).select_related("started_by", "published_by")


def run_get(user: User, public_id: uuid.UUID) -> EvaluationRun:
    """Return one run.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    run = run_list(user).filter(public_id=public_id).first()
    if run is None:
        raise NotFound
    return run


def grade_counts(run: EvaluationRun) -> dict[str, int]:
    """Return grades of a run, in order, to how many enterprises got each; the empty grade is "not scored".

    Each stretch of a run is counted as it is kept (``snapshot["tally"]``), so nothing is counted here. Queries: none.
    """
    return dict(sorted(tally_from(run.snapshot.get("tally", {})).grades.items()))


def subjects_count(at: datetime) -> int:
    """Return how many enterprises were in the register at a moment. Queries: one."""
    return Enterprise.objects.filter(created_at__lte=at).count()


def evaluation_current(enterprise: Enterprise) -> CreditEvaluation | None:
    """Return the enterprise's latest published evaluation, its latest re-score, if any, at hand as ``rescored``.

    Queries: one.
    """
    return next(iter(evaluation_question(enterprise).rows()), None)


def evaluation_question(enterprise: Enterprise) -> Question[Any]:
    """Return what ``evaluation_current`` asks, to be asked together with others."""
    return _CURRENT.question(enterprise=enterprise.pk)


_CURRENT = Statement(
    lambda enterprise: (
        CreditEvaluation.objects.filter(enterprise=enterprise, run__state="PUBLISHED")
        .annotate(rescored=FilteredRelation("rescores"))
        .select_related("run", "rescored")  # type: ignore[misc]
        .order_by("-run__month", "-run_id", "-rescored__pk")[:1]
    )
)


def reasons_read(
    row: CreditEvaluation,
    rescore: EvaluationRescore | None = None,
    models: ParameterSet | None = None,
) -> list[dict[str, Any]]:
    """Return the lines of an evaluation with their sentences, as `matching.domain.evaluation.reasons_of` writes them.

    They are made anew of what the run kept, by the declarations and the model of its day. Rows from before values were
    kept hold the sentences themselves.

    Args:
        row: with its run.
        rescore: whose lines are read instead.
        models: the score models when loaded already.

    Queries: one when the run is at hand, none with the models.
    """
    lines = (rescore or row).reasons
    if lines and isinstance(lines[0], dict):
        return list(lines)
    day = AsOf.from_moment(row.run.as_of).day
    result = score_from_kept(
        lines, row.run.snapshot.get("codes", ()), day, models or score_models()
    )
    return reasons_of(result) if result else []


def evaluation_reading(
    enterprise: Enterprise, audience: Audience, models: ParameterSet | None = None
) -> PublishedEvaluation | None:
    """Return the enterprise's latest published evaluation as an audience may see it.

    Points, grade and lines are those of the latest re-score where there is one. The caller has checked that the reader
    is the enterprise, or reads an application of it.

    Queries: two, one less with the score models given.
    """
    row = evaluation_current(enterprise)
    if row is None:
        return None
    rescore: EvaluationRescore | None = getattr(row, "rescored", None)
    latest = rescore or row
    whole = PublishedEvaluation(
        month=row.run.month,
        as_of=row.run.as_of,
        model_version=row.run.model_version,
        points=latest.score_points,
        grade=latest.grade,
        lines=lines_from(reasons_read(row, rescore, models)),
        rescore=_rescore_of(rescore) if rescore else None,
    )
    return whole.seen_by(audience)


def _rescore_of(row: EvaluationRescore) -> Rescore:
    return Rescore(
        at=row.at,
        cause=row.get_cause_display(),
        before_points=row.before_points,
        before_grade=row.before_grade,
    )


def grades_current(enterprises: Iterable[Enterprise]) -> dict[int, str]:
    """Return enterprise pk to grade in the latest published run, or as scored again since; not scored ones are absent.

    Queries: one.
    """
    return dict(grades_now().filter(enterprise__in=list(enterprises)))


def grades_now() -> QuerySet[CreditEvaluation, tuple[int, str]]:
    """Return enterprise pk and grade of the latest published run, or as scored again since; at most one of each."""
    latest = (
        EvaluationRun.objects.filter(state="PUBLISHED").order_by("-month", "-pk").values("pk")[:1]
    )
    again = EvaluationRescore.objects.filter(evaluation=OuterRef("pk")).order_by("-pk")
    rows = CreditEvaluation.objects.filter(run=Subquery(latest))
    graded = rows.annotate(now=Coalesce(Subquery(again.values("grade")[:1]), "grade"))
    return graded.exclude(now="").values_list("enterprise_id", "now")
