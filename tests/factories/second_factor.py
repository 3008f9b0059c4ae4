"""Telephones of the tests: authenticators in use, and the codes they show."""

from __future__ import annotations

from datetime import datetime

from django_otp.oath import TOTP

from marketplace.domain.second_factor import bytes_of
from marketplace.models import Authenticator, User

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""The key of RFC 6238 appendix B: ``12345678901234567890``."""


def make_authenticator(user: User, *, at: datetime) -> Authenticator:
    """Return an authenticator in use that has shown no code yet."""
    return Authenticator.objects.create(
        user=user, secret=SECRET, begun_at=at, confirmed=True, confirmed_at=at
    )


def code_at(at: datetime, secret: str = SECRET) -> str:
    """Return what the telephone shows at a moment."""
    clock = TOTP(bytes_of(secret))
    clock.time = at.timestamp()
    return f"{clock.token():06d}"
