"""Who may see which frozen portraits, evaluations and runs."""

from __future__ import annotations

from django.db.models import QuerySet

from marketplace.domain.roles import Role
from marketplace.models import Organisation, User
from marketplace.policies import has_role, require_role, roles_in
from matching.domain.redaction import Audience
from matching.models import EvaluationRun, ScoreModelVersion


def audience_of(user: User, lender: Organisation) -> Audience | None:
    """Return as whom the user reads a portrait made for a lender; None when as nobody of that lender."""
    roles = roles_in(user, lender)
    if Role.APPROVER in roles:
        return Audience.APPROVER
    return Audience.OFFICER if Role.OFFICER in roles else None


def visible_runs(user: User) -> QuerySet[EvaluationRun]:
    """Return the evaluation runs: all for the city's operators and auditors, none for others."""
    if has_role(user, Role.OPERATOR, Role.AUDITOR):
        return EvaluationRun.objects.all()
    return EvaluationRun.objects.none()


def visible_score_models(user: User) -> QuerySet[ScoreModelVersion]:
    """Return the versions of the score model: all for the city's operators and auditors, none for others."""
    if has_role(user, Role.OPERATOR, Role.AUDITOR):
        return ScoreModelVersion.objects.all()
    return ScoreModelVersion.objects.none()


def check_sees_parameters(user: User) -> None:
    """Refuse with 403 who neither operates nor audits the marketplace."""
    require_role(user, Role.OPERATOR, Role.AUDITOR)
