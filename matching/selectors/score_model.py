"""Score models: the shipped ones with the approved versions laid over them, and the drafts operators work on."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import QuerySet

from marketplace.domain.errors import NotFound
from marketplace.domain.parameters import DatedParameter, DatedValue, ParameterSet
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import require_role
from marketplace.statements import Question, Statement
from matching.domain.declaration import declarations_on
from matching.domain.parameter_value import plain_value
from matching.domain.portrait import PortraitRules, shipped_rules
from matching.domain.scorecard import DEFAULT_MODEL, model_on, shipped_models
from matching.domain.scorecard_diff import Difference, differences, drafted_model
from matching.domain.scorecard_model import ScoreModel
from matching.models import ScoreModelVersion
from matching.policies.portrait import visible_score_models

_APPROVED: Statement[Any] = Statement(
    lambda: (
        ScoreModelVersion.objects.filter(state="APPROVED")
        .order_by("effective_from")
        .values_list("effective_from", "value", "source")
    )
)


def score_models() -> ParameterSet:
    """Return the score models with every approved version laid over the shipped ones. Queries: one."""
    entered = [
        DatedValue(effective_from, value, source)
        for effective_from, value, source in score_models_question().rows()
        if effective_from is not None
    ]
    if not entered:
        return shipped_models()
    return shipped_models().with_entered({DEFAULT_MODEL: entered})


def score_models_question() -> Question[Any]:
    """Return what ``score_models`` asks, to be asked together with others."""
    return _APPROVED.question()


def portrait_rules(models: ParameterSet | None = None) -> PortraitRules:
    """Return the rules portraits are made with: the shipped ones, and the approved score models.

    Args:
        models: the score models when loaded already.

    Queries: one, none with the models.
    """
    shipped, models = shipped_rules(), models or score_models()
    return shipped if models is shipped.scorecard else replace(shipped, scorecard=models)


def score_model_on(day: date) -> ScoreModel | None:
    """Return the model in force on a day, None before the first. Queries: one."""
    return model_on(day, score_models())


def score_model_list(user: User) -> QuerySet[ScoreModelVersion]:
    """Return drafted and approved versions, latest first.

    Raises:
        NotPermitted: neither operator nor auditor.
    """
    require_role(user, Role.OPERATOR, Role.AUDITOR)
    return visible_score_models(user).select_related("drafted_by", "approved_by")


def score_model_get(user: User, public_id: uuid.UUID) -> ScoreModelVersion:
    """Return one version.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    rows = visible_score_models(user).select_related("drafted_by", "approved_by")
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise NotFound
    return row


def dated_models() -> DatedParameter:
    """Return every dated model, shipped or approved. Queries: one."""
    return score_models()[DEFAULT_MODEL]


def model_text_on(day: date) -> Any:
    """Return the model in force on a day as JSON values, decimals as texts, to start a draft from. Queries: one."""
    return written(dated_models().value_on(day))


def written(value: Any) -> Any:
    """Return a model as JSON values; a bin's limit that is not whole becomes a text."""
    value = plain_value(value)
    for line in value["lines"]:
        for entry in line["bins"]:
            if "below" in entry and not isinstance(entry["below"], int | str):
                entry["below"] = str(entry["below"])
    return value


def model_of(row: ScoreModelVersion, day: date) -> ScoreModel:
    """Return the model of a draft or version, with the indicators declared on a day."""
    known = {entry.code for entry in declarations_on(day)}
    return drafted_model(row.value, shipped_models()[DEFAULT_MODEL].label, known)


def score_model_differences(row: ScoreModelVersion, day: date) -> list[Difference]:
    """Return how a version differs from the model in force the day before it holds, a draft from that of the day.

    Queries: one.
    """
    models = dated_models()
    on = row.effective_from or day
    before = [entry for entry in models.values if entry.effective_from < on]
    reference = ParameterSet({DEFAULT_MODEL: replace(models, values=tuple(before))})
    old = model_on(on, reference)
    labels = {entry.code: entry.label for entry in declarations_on(day)}
    return differences(old, model_of(row, day), labels) if old else []
