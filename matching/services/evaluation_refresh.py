"""One enterprise's published evaluation scored again at once, when a repair, an objection or a correction changes it.

The day, the model and the indicators are those of the published run; only what is known differs. So a change of points
is the work of the correction alone, and what time does to windows waits for the next monthly run.

Source: domain note 2.11 (repair triggers re-score); 2.8 (repaired records are no longer used).
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

from django.db import transaction

from borrowers.models import Enterprise
from borrowers.selectors.record_batch import batch_subjects
from marketplace.audit import audit_record, enterprise_stream
from matching.domain.portrait_json import dump
from matching.domain.records import AsOf
from matching.models import CreditEvaluation, EvaluationRescore, EvaluationRun
from matching.selectors.evaluation import evaluation_current
from matching.selectors.evaluation_batch import EvaluationBasis, evaluation_basis, scores_one_by_one
from matching.selectors.score_model import score_model_on

MOST_ENTERPRISES = 200
"""Of one delivered batch; a larger one waits for the monthly run, which is made for it."""


@transaction.atomic
def evaluation_refresh(*, enterprise_id: int, cause: str, at: datetime) -> EvaluationRescore | None:
    """Score one enterprise's latest published evaluation again; nothing is written when nothing changed.

    Args:
        enterprise_id: primary key.
        cause: of ``RESCORE_CAUSES``.
        at: moment up to which records, repairs and objections count, aware.

    Writes: ``EvaluationRescore``, audit ``matching.evaluation.rescore`` in the enterprise's chain; locks the
        evaluation.
    """
    enterprise = Enterprise.objects.select_related("district", "register_batch").get(
        pk=enterprise_id
    )
    row = evaluation_current(enterprise)
    basis = _basis(row.run, at) if row else None
    if row is None or basis is None:
        return None
    return _refresh(row, enterprise, basis, cause)


@transaction.atomic
def evaluation_refresh_batch(*, batch_id: uuid.UUID, at: datetime) -> int:
    """Score again the enterprises of one delivered batch; return how many changed.

    Nothing happens for an item the model does not look at. A batch about more than ``MOST_ENTERPRISES`` is left to
    the monthly run, and the audit says so.

    Args:
        batch_id: public id.
        at: moment of reception, aware.

    Writes: as `evaluation_refresh`; audit ``matching.evaluation.leave`` for a batch that is too large.
    """
    run = EvaluationRun.objects.filter(state="PUBLISHED").order_by("-month", "-pk").first()
    basis = _basis(run, at) if run else None
    if basis is None:
        return 0
    concerned = batch_subjects(batch_id, list(basis.item_codes), MOST_ENTERPRISES + 1)
    if len(concerned) > MOST_ENTERPRISES:
        audit_record(
            action="matching.evaluation.leave",
            subject_kind="IngestBatch",
            subject_id=batch_id,
            actor=None,
            at=at,
            payload={"most": MOST_ENTERPRISES},
        )
        return 0
    found = [evaluation_refresh(enterprise_id=pk, cause="CORRECTION", at=at) for pk in concerned]
    return sum(1 for one in found if one is not None)


def _basis(run: EvaluationRun, at: datetime) -> EvaluationBasis | None:
    day = AsOf.from_moment(run.as_of).day
    model = score_model_on(day)
    return evaluation_basis(AsOf(day, max(at, run.as_of)), model) if model else None


def _refresh(
    row: CreditEvaluation, enterprise: Enterprise, basis: EvaluationBasis, cause: str
) -> EvaluationRescore | None:
    CreditEvaluation.objects.select_for_update().get(pk=row.pk)
    latest = row.rescores.order_by("-pk").first()
    before = latest or row
    scored = scores_one_by_one([enterprise], basis)[enterprise.pk]
    after = (scored.points, scored.grade, scored.lines)
    if after == (before.score_points, before.grade, before.reasons):
        return None
    rescore = EvaluationRescore.objects.create(
        evaluation=row,
        cause=cause,
        at=basis.as_of.known_at,
        before_points=before.score_points,
        before_grade=before.grade,
        score_points=scored.points,
        grade=scored.grade,
        reasons=scored.lines,
        input_hash=hashlib.sha256(dump(scored.lines).encode()).hexdigest(),
    )
    audit_record(
        action="matching.evaluation.rescore",
        subject_kind="EvaluationRun",
        subject_id=row.run.public_id,
        actor=None,
        at=basis.as_of.known_at,
        stream=enterprise_stream(enterprise.uscc),
        payload={"cause": cause, "month": row.run.month, "model": row.run.model_version},
    )
    return rescore
