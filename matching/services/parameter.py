"""Dated parameters entered by an operator: of a form that rules can read, and never for the past."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from marketplace.domain.workdays import local_date
from marketplace.models import ParameterValue, User
from marketplace.services import parameter_set
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

    Writes: ``ParameterValue``, audit ``marketplace.parameter.set``.
    """
    parameter = parameter_get(actor, code)
    check_value(parameter, value, effective_from, local_date(at))
    return parameter_set(
        code=code,
        effective_from=effective_from,
        value=value,
        source=source,
        actor=actor,
        at=at,
    )
