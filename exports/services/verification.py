"""Verifying by code or file, with a limit on guesses: only failures count, and they count by sender and minute.

Source: trust note 3 (ten tries a minute, the same answer for every unknown code).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.cache import cache

from exports.selectors.document import (
    VerifiedDocument,
    document_verify_code,
    document_verify_file,
)
from marketplace.domain.errors import Refused

MOST_FAILURES = 10
MINUTE = 60


class TooManyTries(Refused):
    """Somebody is guessing."""

    status = 429

    def __init__(self) -> None:
        sentence = "核验失败次数过多,请一分钟后再试。"
        super().__init__("VERIFY_TOO_MANY_TRIES", sentence)


def document_verify(
    *, sender: str, at: datetime, code: str = "", chunks: Iterable[bytes] = ()
) -> VerifiedDocument:
    """Return what anybody may learn of an issued document.

    Args:
        sender: network address of who asks.
        at: now, aware.
        code: as typed; empty when the file is given.
        chunks: the file's bytes.

    Raises:
        Refused: ``VERIFY_CODE_INVALID``.
        NotFound: ``DOCUMENT_UNKNOWN``.
        TooManyTries: ten failures within this minute.

    Writes: a counter in the cache after a failure. Queries: one.
    """
    key = f"exports.verify:{sender}:{at:%Y%m%d%H%M}"
    if int(cache.get(key, 0)) >= MOST_FAILURES:
        raise TooManyTries
    try:
        return document_verify_code(code, at) if code else document_verify_file(chunks, at)
    except Refused:
        cache.add(key, 0, timeout=2 * MINUTE)
        cache.incr(key)
        raise
