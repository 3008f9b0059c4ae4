"""Drafts and approved versions of the score model."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta

from marketplace.domain.workdays import local_date
from matching.models import ScoreModelVersion
from matching.selectors.score_model import model_text_on
from matching.services.score_model import (
    score_model_approve,
    score_model_draft,
    score_model_try,
)

SOURCE = "示例评审会决定"


def model_value(at, **changes):
    """The model in force as JSON values, with changes of its top level."""
    return deepcopy(model_text_on(local_date(at))) | changes


def harsher(at):
    """The model in force with grades that begin higher."""
    begins = (("A", 900), ("B", 800), ("C", 650), ("D", 0))
    grades = [{"grade": grade, "from_points": points} for grade, points in begins]
    return model_value(at, grades=grades)


def make_draft(cast, at, value=None):
    return score_model_draft(value=value or harsher(at), source=SOURCE, actor=cast.operator, at=at)


def make_tried(cast, at, value=None):
    row = make_draft(cast, at, value)
    return score_model_try(public_id=row.public_id, actor=cast.operator, at=at)


def make_approved(cast, at, days=1, value=None) -> ScoreModelVersion:
    row = make_tried(cast, at, value)
    day = local_date(at) + timedelta(days=days)
    return score_model_approve(
        public_id=row.public_id, effective_from=day, actor=cast.second_operator, at=at
    )
