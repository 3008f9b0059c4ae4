"""The monthly public credit evaluation of every enterprise, from the portrait's own declarations, a stretch at a time.

A second person publishes it.

Every chunk of enterprises is a transaction of its own and holds the run's row: a run that was ended half-way goes on
where it stopped, and two workers on one run wait for each other.

Source: domain note 2.11; law 7 (no score of a natural person).
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from borrowers.models import Enterprise
from borrowers.selectors.record_batch import inputs_manifest
from borrowers.services.archive import archive_sync
from marketplace.audit import audit_record
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import require_role
from marketplace.queue import enqueue
from matching.domain.drift import lines_by_code, tally_from
from matching.domain.evaluation import evaluation_months
from matching.domain.evaluation_lines import scored_codes
from matching.domain.portrait_json import dump
from matching.domain.records import AsOf
from matching.domain.scorecard_model import ScoreModel
from matching.models import CreditEvaluation, EvaluationRun
from matching.policies.portrait import visible_runs
from matching.selectors.drift import evaluations_before, run_before
from matching.selectors.evaluation_batch import evaluation_basis, is_large, scores_of
from matching.selectors.score_model import score_model_on

CHUNK_ENTERPRISES = 10_000
"""Enterprises of one transaction: enough that planning costs little, few enough that a kill loses seconds."""

FILED_CHUNK = 50_000
"""The same where records come from the archive: opening its files costs more, reading them less."""

STRETCHES = 20
"""Into how many messages a run in the background is cut; each leaves its part behind when the next is lost."""

TASK = "matching.evaluation_continue"
Progress = Callable[[int], None]


def evaluation_run(
    *, month: date, actor: User, at: datetime, progress: Progress | None = None
) -> EvaluationRun:
    """Evaluate every registered enterprise on the public records known at the moment, and wait for the end.

    Only published records are used: no consent is asked for a public evaluation. A run of the month that was ended
    half-way goes on where it stopped, on the records known when it began.

    Args:
        month: any day of the evaluated month: that of the moment, or the one before.
        actor: an operator.
        at: now, aware; for a new run also the moment up to which records count.
        progress: told the number of enterprises evaluated.

    Raises:
        NotPermitted: not an operator.
        Conflict: ``EVALUATION_DONE`` when the month has a finished run of the model in force.
        Refused: ``EVALUATION_MONTH``; ``NO_SCORE_MODEL`` when no model is in force.

    Writes: as `evaluation_start` and `evaluation_continue`.
    """
    _file_first(at)
    run = _begin(month, actor, at)
    while run.state == "RUNNING":
        run = _chunk(run.pk, _chunk_size(), at)
        if progress:
            progress(run.evaluated)
    return run


@transaction.atomic
def evaluation_start(*, month: date, actor: User, at: datetime) -> EvaluationRun:
    """Begin a run, or wake one that was ended half-way, and leave the work to the background.

    Args, Raises: as `evaluation_run`.

    Writes: ``EvaluationRun``, audit ``matching.evaluation.start``, outbox ``matching.evaluation_continue``.
    """
    run = _begin(month, actor, at)
    enqueue(TASK, run_id=str(run.public_id))
    return run


@transaction.atomic
def evaluation_resume(*, public_id: uuid.UUID, actor: User, at: datetime) -> EvaluationRun:
    """Wake a run that stands still; one that is being worked on is not disturbed.

    Raises:
        NotPermitted: not an operator.
        NotFound: no such run.
        Conflict: ``EVALUATION_STATE`` when it is finished.

    Writes: audit ``matching.evaluation.resume``, outbox ``matching.evaluation_continue``.
    """
    run = visible_runs(actor).filter(public_id=public_id).first()
    if run is None:
        raise NotFound
    require_role(actor, Role.OPERATOR)
    if run.state != "RUNNING":
        raise Conflict("EVALUATION_STATE", "该评价批次已完成，不需要继续。")
    _audit("resume", run, actor, at)
    enqueue(TASK, run_id=str(run.public_id))
    return run


@transaction.atomic
def evaluation_continue(*, public_id: uuid.UUID, at: datetime) -> EvaluationRun:
    """Evaluate the next stretch of a run and ask for the one after; nothing happens when the run is finished.

    Args:
        public_id: of the run.
        at: now, aware; stamps the end.

    Raises:
        NotFound: no such run.

    Writes: ``CreditEvaluation`` (bulk), ``EvaluationRun``; with the last stretch audit ``matching.evaluation.run``;
        locks the run.
    """
    run = EvaluationRun.objects.filter(public_id=public_id).first()
    if run is None:
        raise NotFound
    if run.state != "RUNNING":
        return run
    if not run.evaluated:
        _file_first(at)
    size = max(_chunk_size(), -(-_subjects(run).count() // STRETCHES))
    target = run.evaluated + size
    while run.state == "RUNNING" and run.evaluated < target:
        run = _chunk(run.pk, _chunk_size(), at)
    if run.state == "RUNNING":
        enqueue(TASK, run_id=str(public_id))
    return run


@transaction.atomic
def evaluation_publish(*, public_id: uuid.UUID, actor: User, at: datetime) -> EvaluationRun:
    """Publish a finished run; only published runs are shown and used.

    Raises:
        NotPermitted: not an operator.
        NotFound: no such run for this reader.
        Conflict: ``EVALUATION_STATE`` when it is not finished or published already.
        Refused: ``SECOND_PERSON`` when the one who started it would publish it.

    Writes: ``EvaluationRun``, audit ``matching.evaluation.publish``; locks the row.
    """
    run = visible_runs(actor).select_for_update().filter(public_id=public_id).first()
    if run is None:
        raise NotFound
    require_role(actor, Role.OPERATOR)
    if run.state != "COMPLETED":
        raise Conflict("EVALUATION_STATE", "只有已完成、未发布的评价批次可以发布。")
    if run.started_by_id == actor.pk:
        raise Refused("SECOND_PERSON", "发布人不能与发起人为同一人。")
    run.state, run.published_by, run.published_at = "PUBLISHED", actor, at
    run.save(update_fields=["state", "published_by", "published_at"])
    _audit("publish", run, actor, at)
    return run


@transaction.atomic
def _begin(month: date, actor: User, at: datetime) -> EvaluationRun:
    require_role(actor, Role.OPERATOR)
    as_of = AsOf.from_moment(at)
    day = as_of.day
    first = month.replace(day=1)
    if first not in evaluation_months(day):
        sentence = "只能评价本月或上月。"
        raise Refused("EVALUATION_MONTH", sentence, {"month": sentence})
    model = _model_of(as_of)
    run, is_new = EvaluationRun.objects.get_or_create(
        month=first,
        model_version=model.version,
        defaults={
            "as_of": at,
            "started_by": actor,
            "started_at": at,
            "snapshot": _snapshot(model, first, at),
        },
    )
    if run.state != "RUNNING":
        sentence = "该月份已用此模型完成评价。"
        raise Conflict("EVALUATION_DONE", sentence, {"month": sentence})
    _audit("start" if is_new else "resume", run, actor, at)
    return run


def _file_first(at: datetime) -> None:
    """File what waits, so that a run over a city's register reads the archive."""
    if is_large():
        archive_sync(at=at)


def _chunk_size() -> int:
    return FILED_CHUNK if is_large() else CHUNK_ENTERPRISES


def _model_of(as_of: AsOf) -> ScoreModel:
    model = score_model_on(as_of.day)
    if model is None:
        raise Refused("NO_SCORE_MODEL", "该日期没有生效的评价模型。")
    return model


def _snapshot(model: ScoreModel, month: date, at: datetime) -> dict[str, object]:
    """Return what a run is made of and compared with: the files known, the indicators as kept, the run before."""
    manifest = inputs_manifest(at)
    before = run_before(month)
    return {
        "manifest": manifest.sha256,
        "batches": manifest.batches,
        "records": manifest.records,
        "codes": list(scored_codes(model)),
        "before": str(before.public_id) if before else "",
    }


def _subjects(run: EvaluationRun) -> QuerySet[Enterprise]:
    """Return the enterprises of a run: those in the register when it began."""
    return Enterprise.objects.filter(created_at__lte=run.as_of)


@transaction.atomic
def _chunk(run_pk: int, size: int, at: datetime) -> EvaluationRun:
    """Evaluate the next enterprises by primary key, or close the run when none is left."""
    run = EvaluationRun.objects.select_for_update().get(pk=run_pk)
    if run.state != "RUNNING":
        return run
    latest = CreditEvaluation.objects.filter(run=run).order_by("-enterprise_id").first()
    if not run.snapshot:
        run.snapshot = _snapshot(_model_of(AsOf.from_moment(run.as_of)), run.month, run.as_of)
    left = _subjects(run).filter(pk__gt=latest.enterprise_id if latest else 0)
    chunk = list(left.select_related("district", "register_batch").order_by("pk")[:size])
    rows = _evaluated(run, chunk)
    CreditEvaluation.objects.bulk_create(rows)
    _tally(run, rows)
    run.evaluated += len(chunk)
    run.save(update_fields=["evaluated", "snapshot"])
    return run if len(chunk) == size else _finish(run, at)


def _evaluated(run: EvaluationRun, chunk: Sequence[Enterprise]) -> list[CreditEvaluation]:
    """Return the evaluations of some enterprises; only published records are read at all."""
    as_of = AsOf.from_moment(run.as_of)
    basis = evaluation_basis(as_of, _model_of(as_of))
    return [
        CreditEvaluation(
            run=run,
            enterprise_id=scored.enterprise_id,
            score_points=scored.points,
            grade=scored.grade,
            reasons=scored.lines,
            input_hash=hashlib.sha256(dump(scored.lines).encode()).hexdigest(),
        )
        for scored in scores_of(chunk, basis)
    ]


def _tally(run: EvaluationRun, rows: Sequence[CreditEvaluation]) -> None:
    """Add some enterprises to the run's counts, beside what they were in the run before."""
    tally = tally_from(run.snapshot.get("tally", {}))
    codes = run.snapshot["codes"]
    before = evaluations_before(run, [row.enterprise_id for row in rows])
    for row in rows:
        now = row.grade, lines_by_code(codes, row.reasons)
        tally.add(*now)
        if row.enterprise_id in before:
            tally.compare(before[row.enterprise_id], now)
    run.snapshot["tally"] = vars(tally)


def _finish(run: EvaluationRun, at: datetime) -> EvaluationRun:
    run.state, run.finished_at = "COMPLETED", at
    run.save(update_fields=["state", "finished_at"])
    _audit("run", run, run.started_by, at)
    return run


def _audit(verb: str, run: EvaluationRun, actor: User, at: datetime) -> None:
    audit_record(
        action=f"matching.evaluation.{verb}",
        subject_kind="EvaluationRun",
        subject_id=run.public_id,
        actor=actor,
        at=at,
        payload={"month": run.month, "model": run.model_version, "evaluated": run.evaluated},
    )
