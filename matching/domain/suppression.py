"""Counts of enterprises that may be shown: small ones are kept back, and so is what would give them away.

Source: 个人信息与企业信息最小必要; statistical practice (cells below ten are not published).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

LEAST_SHOWN = 10
"""A smaller count that is not zero is not shown."""

Key = TypeVar("Key")


def suppressed(counts: Mapping[Key, int], least: int = LEAST_SHOWN) -> dict[Key, int | None]:
    """Return the counts with small ones replaced by None; a single gap takes the next smallest count with it.

    Whoever knows the sum could otherwise fill a single gap.

    >>> suppressed({"a": 500, "b": 7, "c": 40})
    {'a': 500, 'b': None, 'c': None}
    >>> suppressed({"a": 500, "b": 0, "c": 40})
    {'a': 500, 'b': 0, 'c': 40}

    Args:
        counts: parts of one whole.
        least: the smallest count that may be shown.
    """
    hidden = {key for key, count in counts.items() if 0 < count < least}
    rest = [key for key, count in counts.items() if key not in hidden and count > 0]
    if len(hidden) == 1 and rest:
        hidden.add(min(rest, key=lambda key: counts[key]))
    return {key: None if key in hidden else count for key, count in counts.items()}
