"""Verifying by code or file, with a limit on guesses: only failures count, and they count by sender and minute.

Source: trust note 3 (ten tries a minute, the same answer for every unknown code).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from exports.selectors.document import (
    VerifiedDocument,
    document_verify_code,
    document_verify_file,
)
from marketplace.domain.errors import Refused
from marketplace.services.minute_limit import MinuteLimit

MOST_FAILURES = 10
LIMIT = MinuteLimit(
    "exports.verify", MOST_FAILURES, "VERIFY_TOO_MANY_TRIES", "核验失败次数过多，请一分钟后再试。"
)


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
        TooMany: ``VERIFY_TOO_MANY_TRIES``, ten failures within this minute.

    Writes: a counter in the cache after a failure. Queries: one.
    """
    LIMIT.refuse_spent(sender, at)
    try:
        return document_verify_code(code, at) if code else document_verify_file(chunks, at)
    except Refused:
        LIMIT.count(sender, at)
        raise
