"""Three-valued, reasoned answers of rules: yes, no, cannot tell.

A rule never returns a bare bool: the portrait, the refusal letter and the audit trail must say the same words, and
"we have no data" is neither yes nor no.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What a rule found."""

    FITS = "FITS"
    DOES_NOT_FIT = "DOES_NOT_FIT"
    CANNOT_TELL = "CANNOT_TELL"


OUTCOME_LABELS = {
    Outcome.FITS: "符合",
    Outcome.DOES_NOT_FIT: "不符合",
    Outcome.CANNOT_TELL: "无法判断",
}


@dataclass(frozen=True)
class Verdict:
    """The finding of one rule about one subject.

    Attributes:
        rule_code: stable code of the rule.
        outcome: three-valued finding.
        sentence: one Chinese sentence with own value and limit.
        own_value: the subject's value as compared, or None.
        limit: the rule's limit as compared.
        unit: unit of both, Chinese, may be empty.
        evidence_ids: public ids of the source records.
        parameter_version: version of the rule or parameter, e.g. ``v3`` or an effective date.
    """

    rule_code: str
    outcome: Outcome
    sentence: str
    own_value: Any = None
    limit: Any = None
    unit: str = ""
    evidence_ids: tuple[str, ...] = field(default=())
    parameter_version: str = ""

    @property
    def passed(self) -> bool:
        """Return whether the rule is satisfied."""
        return self.outcome is Outcome.FITS


def overall(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the conjunction of three-valued outcomes (Kleene's strong logic).

    >>> overall([Outcome.FITS, Outcome.CANNOT_TELL]).value
    'CANNOT_TELL'
    >>> overall([Outcome.DOES_NOT_FIT, Outcome.CANNOT_TELL]).value
    'DOES_NOT_FIT'
    >>> overall([]).value
    'FITS'
    """
    worst = Outcome.FITS
    for outcome in outcomes:
        if outcome is Outcome.DOES_NOT_FIT:
            return outcome
        if outcome is Outcome.CANNOT_TELL:
            worst = outcome
    return worst
