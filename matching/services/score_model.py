"""Versions of the score model: drafted by one operator, tried on a sample, approved by another, never changed after.

Source: domain note 2.11; design law 8.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.db import transaction

from marketplace.audit import audit_record
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.policies import require_role
from matching.domain.declaration import declarations_on
from matching.domain.records import AsOf
from matching.domain.scorecard import DEFAULT_MODEL, shipped_models
from matching.domain.scorecard_diff import drafted_model, version_of
from matching.models import ScoreModelVersion
from matching.policies.portrait import visible_score_models
from matching.selectors.score_model import model_of, score_model_on
from matching.selectors.score_trial import score_model_trial


@transaction.atomic
def score_model_draft(*, value: Any, source: str, actor: User, at: datetime) -> ScoreModelVersion:
    """Keep a draft of the next score model.

    Args:
        value: JSON values of the whole model, see `matching.domain.scorecard_model.model_from`.
        source: document or decision it follows.
        actor: an operator.
        at: now, aware.

    Raises:
        NotPermitted: not an operator.
        Refused: ``SCORE_MODEL_INVALID``, ``SCORE_MODEL_SOURCE``.

    Writes: ``ScoreModelVersion``, audit ``matching.score_model.draft``.
    """
    require_role(actor, Role.OPERATOR)
    day = local_date(at)
    _check(value, source, day)
    current = score_model_on(day)
    row = ScoreModelVersion.objects.create(
        based_on=current.version if current else "",
        value=value,
        source=source.strip()[:200],
        drafted_by=actor,
        drafted_at=at,
    )
    _audit("draft", row, actor, at)
    return row


@transaction.atomic
def score_model_revise(
    *, public_id: uuid.UUID, value: Any, source: str, actor: User, at: datetime
) -> ScoreModelVersion:
    """Replace the content of a draft; who does so is its drafter from then on, and it has to be tried anew.

    Raises:
        NotFound: no such version for this reader.
        NotPermitted: not an operator.
        Conflict: ``SCORE_MODEL_STATE`` when it is no draft.
        Refused: ``SCORE_MODEL_INVALID``, ``SCORE_MODEL_SOURCE``.

    Writes: ``ScoreModelVersion``, audit ``matching.score_model.revise``; locks the row.
    """
    row = _locked_draft(public_id, actor)
    _check(value, source, local_date(at))
    row.value, row.source, row.trial = value, source.strip()[:200], {}
    row.drafted_by, row.drafted_at = actor, at
    row.save(update_fields=["value", "source", "trial", "drafted_by", "drafted_at"])
    _audit("revise", row, actor, at)
    return row


@transaction.atomic
def score_model_try(*, public_id: uuid.UUID, actor: User, at: datetime) -> ScoreModelVersion:
    """Evaluate a sample of the register with a draft and with the model in force, and keep how many grades move.

    Raises:
        NotFound: no such version for this reader.
        NotPermitted: not an operator.
        Conflict: ``SCORE_MODEL_STATE`` when it is no draft.

    Writes: ``ScoreModelVersion``, audit ``matching.score_model.try``; locks the row. No evaluation is stored.
    """
    row = _locked_draft(public_id, actor)
    as_of = AsOf.from_moment(at)
    row.trial = {**vars(score_model_trial(model_of(row, as_of.day), as_of)), "at": at.isoformat()}
    row.save(update_fields=["trial"])
    _audit("try", row, actor, at)
    return row


@transaction.atomic
def score_model_approve(
    *, public_id: uuid.UUID, effective_from: date, actor: User, at: datetime
) -> ScoreModelVersion:
    """Approve a tried draft from a coming day on; evaluations and portraits of earlier days keep their model.

    Args:
        public_id: of the draft.
        effective_from: later than today, so that no score that was made changes.
        actor: an operator who did not draft it.
        at: now, aware.

    Raises:
        NotFound: no such version for this reader.
        NotPermitted: not an operator.
        Conflict: ``SCORE_MODEL_STATE`` when it is no draft; ``SCORE_MODEL_DATED`` when that day has a model.
        Refused: ``SECOND_PERSON``, ``SCORE_MODEL_PAST``, ``SCORE_MODEL_UNTRIED``.

    Writes: ``ScoreModelVersion``, audit ``matching.score_model.approve``; locks the row.
    """
    row = _locked_draft(public_id, actor)
    if row.drafted_by_id == actor.pk:
        raise Refused("SECOND_PERSON", "批准人不能与起草人为同一人。")
    if not row.trial:
        raise Refused("SCORE_MODEL_UNTRIED", "请先试算，核对等级变化后再批准。")
    if effective_from <= local_date(at):
        sentence = "生效日期须晚于今日：已经作出的评价不因新模型而改变。"
        raise Refused("SCORE_MODEL_PAST", sentence, {"effective_from": sentence})
    approved = ScoreModelVersion.objects.filter(state="APPROVED", effective_from=effective_from)
    if approved.exists():
        sentence = "该日期已有批准的模型。"
        raise Conflict("SCORE_MODEL_DATED", sentence, {"effective_from": sentence})
    model_of(row, effective_from)
    row.state, row.effective_from = "APPROVED", effective_from
    row.approved_by, row.approved_at = actor, at
    row.save(update_fields=["state", "effective_from", "approved_by", "approved_at"])
    _audit("approve", row, actor, at)
    return row


@transaction.atomic
def score_model_withdraw(*, public_id: uuid.UUID, actor: User, at: datetime) -> ScoreModelVersion:
    """Take a draft back; it stays to be read.

    Raises:
        NotFound: no such version for this reader.
        NotPermitted: not an operator.
        Conflict: ``SCORE_MODEL_STATE`` when it is no draft.

    Writes: ``ScoreModelVersion``, audit ``matching.score_model.withdraw``; locks the row.
    """
    row = _locked_draft(public_id, actor)
    row.state = "WITHDRAWN"
    row.save(update_fields=["state"])
    _audit("withdraw", row, actor, at)
    return row


def _check(value: Any, source: str, day: date) -> None:
    drafted_model(
        value,
        shipped_models()[DEFAULT_MODEL].label,
        {entry.code for entry in declarations_on(day)},
    )
    if not source.strip():
        sentence = "请注明依据。"
        raise Refused("SCORE_MODEL_SOURCE", sentence, {"source": sentence})


def _locked_draft(public_id: uuid.UUID, actor: User) -> ScoreModelVersion:
    row = visible_score_models(actor).select_for_update().filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    require_role(actor, Role.OPERATOR)
    if row.state != "DRAFT":
        raise Conflict("SCORE_MODEL_STATE", "只有草稿可以修改、试算、批准或撤回。")
    return row


def _audit(verb: str, row: ScoreModelVersion, actor: User, at: datetime) -> None:
    dated = version_of(row.effective_from) if row.effective_from else ""
    audit_record(
        action=f"matching.score_model.{verb}",
        subject_kind="ScoreModelVersion",
        subject_id=row.public_id,
        actor=actor,
        at=at,
        payload={"version": dated, "based_on": row.based_on},
    )
