"""Dated parameters entered by an operator: of a form that rules can read, and never for the past.

A new value concerns everybody who runs the marketplace, so the other operators are told, also when it is taken back.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse

from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.models import Membership, ParameterValue, User
from marketplace.services import notify, parameter_set, parameter_unset
from matching.domain.parameter_value import check_value
from matching.selectors.parameter import parameter_get


@transaction.atomic
def parameter_enter(
    *, code: str, effective_from: date, value: Any, source: str, actor: User, at: datetime
) -> ParameterValue:
    """Enter the value a parameter has from a coming day on.

    Args:
        code: of a parameter that operators may change.
        effective_from: later than today.
        value: JSON of the same form as the present value.
        source: document or decision.
        actor: an operator.
        at: now, aware.

    Raises:
        NotFound: no such parameter.
        NotPermitted: not an operator.
        Refused: ``PARAMETER_VALUE``, ``PARAMETER_PAST``, ``PARAMETER_SOURCE``.
        Conflict: ``PARAMETER_DATED`` when that date has an entered value.

    Writes: ``ParameterValue``, audit ``marketplace.parameter.set``, a notice to the other operators.
    """
    parameter = parameter_get(actor, code)
    check_value(parameter, value, effective_from, local_date(at))
    row = parameter_set(
        code=code,
        effective_from=effective_from,
        value=value,
        source=source,
        actor=actor,
        at=at,
    )
    title = f"参数有新取值：{parameter.label}，自 {effective_from.isoformat()} 起生效"
    _tell_others(code, title, f"依据：{row.source}", "set", actor, at)
    return row


@transaction.atomic
def parameter_withdraw(
    *, code: str, effective_from: date, reason: str, actor: User, at: datetime
) -> None:
    """Take an entered value back that is not in force yet.

    Args:
        code: of a parameter that operators may change.
        effective_from: date of the value.
        reason: why.
        actor: an operator, not necessarily who entered it.
        at: now, aware.

    Raises:
        NotFound: no such parameter, or no entered value of that date.
        NotPermitted: not an operator.
        Refused: ``PARAMETER_REASON``.
        Conflict: ``PARAMETER_IN_FORCE``.

    Writes: deletes ``ParameterValue``, audit ``marketplace.parameter.withdraw``, a notice to the other operators.
    """
    parameter = parameter_get(actor, code)
    parameter_unset(code=code, effective_from=effective_from, reason=reason, actor=actor, at=at)
    title = f"参数取值已撤回：{parameter.label}，原定自 {effective_from.isoformat()} 起生效"
    _tell_others(code, title, f"原因：{reason.strip()}", "withdrawn", actor, at)


def _tell_others(code: str, title: str, body: str, verb: str, actor: User, at: datetime) -> None:
    others = Membership.objects.filter(
        role=Role.OPERATOR, ended_at=None, user__is_active=True
    ).exclude(user=actor)
    notify(
        users=list(others.values_list("user_id", flat=True)),
        kind=f"parameter.{verb}",
        title=title,
        body=body,
        at=at,
        path=reverse("matching:parameter-detail", args=[code]),
    )
