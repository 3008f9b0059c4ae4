"""Counting, once a night, how many enterprises have usable records of each item."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from matching.models import UsableCount
from matching.selectors.gaps import usable_counted


def usable_counts_keep(*, at: datetime) -> int:
    """Count and keep what the page on gaps reads; safe to run twice. Return how many sets of items were counted.

    Args:
        at: now, aware.

    Queries: those of ``usable_counted``, then two.
    """
    counted = usable_counted(at)
    rows = [UsableCount.of(items, enterprises, at) for items, enterprises in counted.items()]
    with transaction.atomic():
        UsableCount.objects.exclude(items__in=[row.items for row in rows]).delete()
        UsableCount.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["items"],
            update_fields=["enterprises", "counted_at"],
        )
    return len(rows)
