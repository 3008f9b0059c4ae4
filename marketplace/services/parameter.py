"""Dated parameters entered by an operator."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from marketplace.audit import audit_record
from marketplace.domain.errors import Conflict, Refused
from marketplace.domain.roles import Role
from marketplace.models import ParameterValue, User
from marketplace.policies import require_role


@transaction.atomic
def parameter_set(
    *, code: str, effective_from: date, value: Any, source: str, actor: User, at: datetime
) -> ParameterValue:
    """Enter the value a parameter has from a date on; values that are there already are never changed.

    Raises:
        NotPermitted: the actor is not an operator.
        Refused: ``PARAMETER_SOURCE`` when no source is named.
        Conflict: ``PARAMETER_DATED`` when that date has a value.

    Writes: ``ParameterValue``, audit ``marketplace.parameter.set``.
    """
    require_role(actor, Role.OPERATOR)
    if not source.strip():
        sentence = "请填写参数依据的文件或决定。"
        raise Refused("PARAMETER_SOURCE", sentence, {"source": sentence})
    if ParameterValue.objects.filter(code=code, effective_from=effective_from).exists():
        sentence = "该参数在此生效日期已有取值，请另选日期。"
        raise Conflict("PARAMETER_DATED", sentence, {"effective_from": sentence})
    row = ParameterValue.objects.create(
        code=code,
        effective_from=effective_from,
        value=value,
        source=source.strip(),
        entered_by=actor,
        entered_at=at,
    )
    audit_record(
        action="marketplace.parameter.set",
        subject_kind="ParameterValue",
        subject_id=code,
        actor=actor,
        at=at,
        payload={"effective_from": effective_from.isoformat()},
    )
    return row
