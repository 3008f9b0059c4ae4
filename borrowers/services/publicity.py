"""Searching what is public, with a limit on how often one sender may ask, so that nobody copies the register.

Source: domain note 5 (public visitor: simple search, rate limit).
"""

from __future__ import annotations

from datetime import datetime

from borrowers.models import Enterprise
from borrowers.selectors.publicity import enterprises_public
from marketplace.services.minute_limit import MinuteLimit

MOST_SEARCHES = 30
LIMIT = MinuteLimit(
    "borrowers.publicity", MOST_SEARCHES, "PUBLICITY_TOO_MANY", "查询过于频繁，请一分钟后再试。"
)


def publicity_search(*, sender: str, text: str, at: datetime) -> list[Enterprise]:
    """Return what `enterprises_public` finds.

    Args:
        sender: network address of who asks.
        text: as typed.
        at: now, aware.

    Raises:
        TooMany: ``PUBLICITY_TOO_MANY``, more than ``MOST_SEARCHES`` within this minute.

    Writes: a counter in the cache. Queries: at most one.
    """
    LIMIT.count_or_refuse(sender, at)
    return enterprises_public(text)
