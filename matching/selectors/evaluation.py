"""Evaluation runs and the current evaluation of an enterprise."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Subquery

from borrowers.models import Enterprise
from marketplace.domain.errors import NotFound
from marketplace.models import User
from matching.domain.evaluation import PublishedEvaluation, lines_from, reasons_of
from matching.domain.evaluation_lines import score_from_kept
from matching.domain.records import AsOf
from matching.domain.redaction import Audience
from matching.models import CreditEvaluation, EvaluationRun
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


def grade_counts(runs: Iterable[EvaluationRun]) -> dict[int, dict[str, int]]:
    """Return run pk to grade to how many enterprises got it; the empty grade is "not scored". Queries: one."""
    rows = CreditEvaluation.objects.filter(run__in=list(runs)).order_by("run", "grade")
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for run_pk, grade, count in rows.values_list("run", "grade").annotate(n=Count("pk")):
        found[run_pk][grade] = count
    return dict(found)


def subjects_count(at: datetime) -> int:
    """Return how many enterprises were in the register at a moment. Queries: one."""
    return Enterprise.objects.filter(created_at__lte=at).count()


def evaluation_current(enterprise: Enterprise) -> CreditEvaluation | None:
    """Return the enterprise's latest published evaluation. Queries: one."""
    return (
        CreditEvaluation.objects.filter(enterprise=enterprise, run__state="PUBLISHED")
        .select_related("run")
        .order_by("-run__month", "-run_id")
        .first()
    )


def reasons_read(row: CreditEvaluation) -> list[dict[str, Any]]:
    """Return the lines of an evaluation with their sentences, as `matching.domain.evaluation.reasons_of` writes them.

    They are made anew of what the run kept, by the declarations and the model of its day. Rows from before values were
    kept hold the sentences themselves.

    Queries: one when the run is at hand.
    """
    if row.reasons and isinstance(row.reasons[0], dict):
        return list(row.reasons)
    day = AsOf.from_moment(row.run.as_of).day
    models = score_models()
    result = score_from_kept(row.reasons, row.run.snapshot.get("codes", ()), day, models)
    return reasons_of(result) if result else []


def evaluation_reading(enterprise: Enterprise, audience: Audience) -> PublishedEvaluation | None:
    """Return the enterprise's latest published evaluation as an audience may see it.

    The caller has checked that the reader is the enterprise, or reads an application of it.

    Queries: one.
    """
    row = evaluation_current(enterprise)
    if row is None:
        return None
    whole = PublishedEvaluation(
        month=row.run.month,
        as_of=row.run.as_of,
        model_version=row.run.model_version,
        points=row.score_points,
        grade=row.grade,
        lines=lines_from(reasons_read(row)),
    )
    return whole.seen_by(audience)


def grades_current(enterprises: Iterable[Enterprise]) -> dict[int, str]:
    """Return enterprise pk to grade in the latest published run; not scored ones are absent. Queries: one."""
    latest = (
        EvaluationRun.objects.filter(state="PUBLISHED").order_by("-month", "-pk").values("pk")[:1]
    )
    rows = CreditEvaluation.objects.filter(
        run=Subquery(latest), enterprise__in=list(enterprises)
    ).exclude(grade="")
    return dict(rows.values_list("enterprise_id", "grade"))
