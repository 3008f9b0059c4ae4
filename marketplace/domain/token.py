"""Tokens of other parties' systems: how one is written, what of it is kept, where it stands at a moment.

A token is drawn at random with 256 bits, so that its plain SHA-256 can neither be guessed nor turned round; its public
beginning tells people which one it is.

Source: trust note 2.7 (only the hash is stored); RFC 6750 (bearer tokens); GB/T 22239-2019 8.1.4.1 (身份鉴别).
"""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from enum import StrEnum

MARK = "xyd"
"""Begins every token, so that one that lies about can be recognised by a program."""

PUBLIC_BYTES = 4
SECRET_BYTES = 32
_WRITTEN = re.compile(rf"{MARK}_[0-9a-f]{{{2 * PUBLIC_BYTES}}}_[0-9a-f]{{{2 * SECRET_BYTES}}}")


class TokenState(StrEnum):
    """Where a token stands at a moment."""

    PENDING = "PENDING"
    LIVE = "LIVE"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


TOKEN_STATE_LABELS = {
    TokenState.PENDING: "未生效",
    TokenState.LIVE: "有效",
    TokenState.EXPIRED: "已到期",
    TokenState.REVOKED: "已撤销",
}


def token_prefix(public: bytes) -> str:
    """Return the public beginning of a token.

    >>> token_prefix(bytes.fromhex("0a1b2c3d"))
    'xyd_0a1b2c3d'
    """
    return f"{MARK}_{public.hex()}"


def token_text(prefix: str, secret: bytes) -> str:
    """Return a token as its holder writes it.

    Args:
        prefix: from `token_prefix`.
        secret: ``SECRET_BYTES`` random bytes.
    """
    return f"{prefix}_{secret.hex()}"


def is_token_text(text: str) -> bool:
    """Return whether a text can be a token at all."""
    return _WRITTEN.fullmatch(text) is not None


def token_digest(text: str) -> str:
    """Return what is kept of a token: SHA-256 in 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def token_state(
    valid_from: datetime, valid_until: datetime, revoked_at: datetime | None, at: datetime
) -> TokenState:
    """Return where a token stands at a moment; it is over from the moment of revocation or of its end on.

    Args:
        valid_from: the first moment at which it counts, aware.
        valid_until: the first moment at which it no longer counts, aware.
        revoked_at: when it was revoked; None while it was not.
        at: the moment asked for, aware.
    """
    if revoked_at is not None and revoked_at <= at:
        return TokenState.REVOKED
    if at < valid_from:
        return TokenState.PENDING
    return TokenState.LIVE if at < valid_until else TokenState.EXPIRED
