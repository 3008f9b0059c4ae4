"""Who finds out whether somebody may act for an enterprise: exchangeable, an operator's review by default.

A city that has an electronic licence or a real-name service writes a class with one method and names it in
``ENTERPRISE_VERIFIER``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from borrowers.models import EnterpriseAccount


class Verification(StrEnum):
    """What a verifier found at once; PENDING leaves the account to an operator."""

    VERIFIED = "VERIFIED"
    PENDING = "PENDING"


class Verifier(Protocol):
    """Anything that can say at the time of application whether the applicant acts for the enterprise.

    Attributes:
        code: kept with the account as the way it was verified, at most 32 characters.
    """

    code: str

    def verify(self, account: EnterpriseAccount) -> Verification:
        """Return what is known now; called inside the transaction of the application, so it must be quick."""
        ...


class OperatorReview:
    """Every application waits for an operator, who compares it with the licence."""

    code = "OPERATOR_REVIEW"

    def verify(self, account: EnterpriseAccount) -> Verification:
        """Return PENDING."""
        return Verification.PENDING


def verifier_in_force() -> Verifier:
    """Return the configured verifier."""
    path = getattr(settings, "ENTERPRISE_VERIFIER", "") or f"{__name__}.OperatorReview"
    verifier: Verifier = import_string(path)()
    return verifier
