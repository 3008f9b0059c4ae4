"""Words and tones of the codes both sides of the market share; codes of one app come with their own mapping."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from marketplace.domain.roles import (
    ORGANISATION_KIND_LABELS,
    ROLE_LABELS,
    OrganisationKind,
    Role,
)
from marketplace.domain.verdict import OUTCOME_LABELS, Outcome
from marketplace.domain.vocabulary import (
    DATA_CLASS_LABELS,
    GUARANTEE_LABELS,
    PURPOSE_LABELS,
    QUERY_PURPOSE_LABELS,
    REPAYMENT_LABELS,
    SIZE_CLASS_LABELS,
    DataClass,
    Guarantee,
    Purpose,
    QueryPurpose,
    Repayment,
    SizeClass,
)
from marketplace.web.components import Tone

VOCABULARIES: dict[str, Mapping[Any, str]] = {
    "guarantee": GUARANTEE_LABELS,
    "purpose": PURPOSE_LABELS,
    "repayment": REPAYMENT_LABELS,
    "data_class": DATA_CLASS_LABELS,
    "query_purpose": QUERY_PURPOSE_LABELS,
    "size_class": SIZE_CLASS_LABELS,
    "role": ROLE_LABELS,
    "organisation_kind": ORGANISATION_KIND_LABELS,
    "outcome": OUTCOME_LABELS,
}
LABELS_OF_TYPE: dict[type[Enum], Mapping[Any, str]] = {
    Guarantee: GUARANTEE_LABELS,
    Purpose: PURPOSE_LABELS,
    Repayment: REPAYMENT_LABELS,
    DataClass: DATA_CLASS_LABELS,
    QueryPurpose: QUERY_PURPOSE_LABELS,
    SizeClass: SIZE_CLASS_LABELS,
    Role: ROLE_LABELS,
    OrganisationKind: ORGANISATION_KIND_LABELS,
    Outcome: OUTCOME_LABELS,
}

_TONES = {
    Tone.GOOD: "ACTIVE ACCEPTED APPROVED COMPLETED CONFIRMED CONVERTED CORRECTED DISBURSED FITS LIVE MATCHED "
    "PASSED PUBLISHED REPAIRED REPAYING SETTLED SIGNED VALID VERIFIED",
    Tone.INFO: "ASSIGNED DISPATCHED DUE_DILIGENCE INVITED IN_APPROVAL IN_CONTACT IN_POOL IN_REVIEW OPEN "
    "PENDING PENDING_ACCEPT PROCESSING RUNNING SUBMITTED",
    Tone.WARN: "CANNOT_TELL DISPUTED LAPSED OFFERED PAUSED PROVISIONAL RETURNED SUPPLEMENT SUSPENDED "
    "TO_DISPATCH WATCH",
    Tone.BAD: "DOES_NOT_FIT FAILED OVERDUE REFUSED REJECTED REVOKED WRITTEN_OFF",
}
TONE_OF_STATE = {code: tone for tone, codes in _TONES.items() for code in codes.split()}
"""How a state is meant wherever it appears; a state not listed is neutral."""


def label_of(code: Any, vocabulary: str | Mapping[Any, str] | None = None) -> str:
    """Return the Chinese word for a code, or the code itself when there is none.

    Args:
        code: an enum member, a model choice, or a plain code.
        vocabulary: a name in ``VOCABULARIES`` or a mapping; not needed for enum members.
    """
    if code is None or code == "":
        return "—"
    if isinstance(vocabulary, str) and vocabulary:
        vocabulary = VOCABULARIES[vocabulary]
    words = vocabulary or LABELS_OF_TYPE.get(type(code))
    if words is None:
        return str(getattr(code, "label", code))
    return words.get(code, str(code))


def tone_of(code: Any) -> Tone:
    """Return how a state is meant."""
    return TONE_OF_STATE.get(str(code), Tone.NEUTRAL)
