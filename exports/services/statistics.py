"""Figures counted for everybody at once, before anybody asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from time import perf_counter

from django.db import transaction

from exports.domain.kept_statistics import to_json
from exports.domain.statistics_scope import CITY, PUBLIC, Audience, Scope
from exports.domain.tally import Dimension, Facts
from exports.models import KeptStatistics
from exports.selectors.statistics import counted, facts_compared
from lenders.models import Institution
from marketplace.domain.district import DISTRICT_LABELS

QUICK_SECONDS = 0.3
"""What takes no longer is counted when somebody asks, and is of that very moment."""


def statistics_keep(*, at: datetime) -> int:
    """Count the figures of every scope and keep them for pages, sheets and interfaces; return of how many.

    What happened is read once for all of them. Nothing is kept, and what was is dropped, where it takes a moment.

    Args:
        at: now, aware.

    Writes: ``KeptStatistics``, all of them in one transaction. Queries: eleven to read, two to write.
    """
    begun = perf_counter()
    now, before = facts_compared(at)
    whole = [(PUBLIC, now, before), (CITY, now, before)]
    found = [_row(at, *entry) for entry in whole]
    if perf_counter() - begun < QUICK_SECONDS:
        KeptStatistics.objects.all().delete()
        return 0
    found += [_row(at, *entry) for entry in _parts(now, before)]
    with transaction.atomic():
        KeptStatistics.objects.all().delete()
        KeptStatistics.objects.bulk_create(found)
    return len(found)


def _row(at: datetime, scope: Scope, now: Facts, before: Facts) -> KeptStatistics:
    content = to_json(counted(scope, now, before))
    return KeptStatistics(scope=scope.key, counted_at=at, content=content)


def _parts(now: Facts, before: Facts) -> Iterator[tuple[Scope, Facts, Facts]]:
    """Yield every district and every institution with its own facts."""
    institutions = Institution.objects.order_by("code").values_list("code", "organisation__name")
    for audience, dimension, names in (
        (Audience.DISTRICT, Dimension.DISTRICT, DISTRICT_LABELS),
        (Audience.INSTITUTION, Dimension.INSTITUTION, dict(institutions)),
    ):
        today, then = now.by(dimension), before.by(dimension)
        for code, name in names.items():
            yield Scope(audience, name, code), today.get(code, Facts()), then.get(code, Facts())
