"""Searching what is public, with a limit on how often one sender may ask, so that nobody copies the register.

Source: domain note 5 (public visitor: simple search, rate limit).
"""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache

from borrowers.models import Enterprise
from borrowers.selectors.publicity import enterprises_public
from marketplace.domain.errors import Refused

MOST_SEARCHES = 30
MINUTE = 60


class TooManySearches(Refused):
    """Somebody asks faster than people do."""

    status = 429

    def __init__(self) -> None:
        super().__init__("PUBLICITY_TOO_MANY", "查询过于频繁，请一分钟后再试。")


def publicity_search(*, sender: str, text: str, at: datetime) -> list[Enterprise]:
    """Return what `enterprises_public` finds.

    Args:
        sender: network address of who asks.
        text: as typed.
        at: now, aware.

    Raises:
        TooManySearches: ``MOST_SEARCHES`` within this minute.

    Writes: a counter in the cache. Queries: at most one.
    """
    key = f"borrowers.publicity:{sender}:{at:%Y%m%d%H%M}"
    cache.add(key, 0, timeout=2 * MINUTE)
    if cache.incr(key) > MOST_SEARCHES:
        raise TooManySearches
    return enterprises_public(text)
