"""Dated parameters entered by an operator, and taken back while they are not in force."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from django.db import transaction

from marketplace.audit import audit_record
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
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


@transaction.atomic
def parameter_unset(
    *, code: str, effective_from: date, reason: str, actor: User, at: datetime
) -> None:
    """Delete an entered value that is not in force yet; the audit keeps what it was and why it went.

    Raises:
        NotPermitted: the actor is not an operator.
        NotFound: no value was entered for that date.
        Refused: ``PARAMETER_REASON`` when no reason is given.
        Conflict: ``PARAMETER_IN_FORCE``, decisions may rest on it already.

    Writes: deletes ``ParameterValue``, audit ``marketplace.parameter.withdraw``; locks the value.
    """
    require_role(actor, Role.OPERATOR)
    rows = ParameterValue.objects.select_for_update()
    row = rows.filter(code=code, effective_from=effective_from).first()
    if row is None:
        raise NotFound
    if not reason.strip():
        sentence = "请填写撤回的原因。"
        raise Refused("PARAMETER_REASON", sentence, {"reason": sentence})
    if effective_from <= local_date(at):
        raise Conflict("PARAMETER_IN_FORCE", "该取值已经生效，不能撤回；请录入新的取值。")
    audit_record(
        action="marketplace.parameter.withdraw",
        subject_kind="ParameterValue",
        subject_id=code,
        actor=actor,
        at=at,
        payload={
            "effective_from": effective_from.isoformat(),
            "value": json.dumps(row.value, ensure_ascii=False),
            "source": row.source,
            "reason": reason.strip(),
        },
    )
    row.delete()
