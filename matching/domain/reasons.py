"""Verdicts as JSON values, for reasons that are frozen with an application or kept with a whitelist's entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.domain.verdict import Outcome, Verdict


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """Return the verdict as JSON values; numbers with decimals and dates as text, so that nothing is rounded."""
    return {
        "rule_code": verdict.rule_code,
        "outcome": verdict.outcome.value,
        "sentence": verdict.sentence,
        "own_value": plain(verdict.own_value),
        "limit": plain(verdict.limit),
        "unit": verdict.unit,
        "evidence_ids": list(verdict.evidence_ids),
        "parameter_version": verdict.parameter_version,
    }


def verdict_from_json(data: Mapping[str, Any]) -> Verdict:
    """Return the verdict that `verdict_to_json` wrote; own value and limit stay as JSON holds them."""
    return Verdict(
        rule_code=data["rule_code"],
        outcome=Outcome(data["outcome"]),
        sentence=data["sentence"],
        own_value=data["own_value"],
        limit=data["limit"],
        unit=data["unit"],
        evidence_ids=tuple(data["evidence_ids"]),
        parameter_version=data["parameter_version"],
    )


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it without loss.

    >>> from decimal import Decimal
    >>> plain((Decimal("1.50"), 3)), plain({"B", "A"}), plain(None)
    (['1.50', 3], ['A', 'B'], None)
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, set | frozenset):
        return sorted(str(part) for part in value)
    return str(value)
