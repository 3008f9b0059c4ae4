"""How often one sender may do something within some minutes: counted in the cache, refused in words.

The cache is the process's own, so with several processes the limit is as many times as high (``SECURITY.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from marketplace.domain.errors import Refused

MINUTE = 60


class TooMany(Refused):
    """Somebody does something faster than people do."""

    status = 429


@dataclass(frozen=True)
class MinuteLimit:
    """A limit for each sender and each stretch of minutes by the clock.

    Attributes:
        name: of what is counted, unique, e.g. ``exports.verify``.
        most: how often within a stretch.
        code, sentence: of the refusal.
        minutes: how long a stretch is.
    """

    name: str
    most: int
    code: str
    sentence: str
    minutes: int = 1

    def refuse_spent(self, sender: str, at: datetime) -> None:
        """Refuse a sender who has used the stretch up; for limits that count failures alone.

        Raises:
            TooMany: counted ``most`` times within this stretch.
        """
        if int(cache.get(self._key(sender, at), 0)) >= self.most:
            raise self._refusal

    def count(self, sender: str, at: datetime) -> None:
        """Count one more.

        Args:
            sender: network address of who asks, from ``marketplace.web.sender``.
            at: now, aware.

        Writes: a counter in the cache.
        """
        self._counted(sender, at)

    def count_or_refuse(self, sender: str, at: datetime) -> None:
        """Count one more and refuse it when it is one too many.

        Raises:
            TooMany: the one after ``most`` within this stretch.

        Writes: a counter in the cache.
        """
        if self._counted(sender, at) > self.most:
            raise self._refusal

    def _counted(self, sender: str, at: datetime) -> int:
        key = self._key(sender, at)
        cache.add(key, 0, timeout=2 * MINUTE * self.minutes)
        return int(cache.incr(key))

    def _key(self, sender: str, at: datetime) -> str:
        return f"{self.name}:{sender}:{int(at.timestamp()) // (MINUTE * self.minutes)}"

    @property
    def _refusal(self) -> TooMany:
        return TooMany(self.code, self.sentence)
