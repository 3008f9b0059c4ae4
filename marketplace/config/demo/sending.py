"""Handing in the register's sheets and the units' files of the demonstration city, on the days they were sent."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import attrgetter

from borrowers.models import CatalogueItem, IngestBatch, SourceUnit
from borrowers.services import records_ingest_rows, register_import_rows
from marketplace.config.demo.records import deliveries, delivery_days
from marketplace.config.demo.timeline import Tale, at_hour
from marketplace.config.demo.world import Profile, register_row
from marketplace.domain.workdays import local_date

SENT_HOUR = 9
REASON = "reason:"
REGISTERED = "registered"
OPENED_BEFORE_DAYS = 5


def opening_day(today: date) -> date:
    """Return the day on which the marketplace opened, some days before the first delivery."""
    return delivery_days(today)[0] - timedelta(days=OPENED_BEFORE_DAYS)


def deliveries_lived(
    city: Sequence[Profile], seed: int, until: datetime, tally: Counter[str]
) -> Tale:
    """Hand in the register, then on every delivery day what is new in it and the units' files.

    Args:
        city: every enterprise.
        seed: of the city.
        until: the last moment that is played.
        tally: gets the rows read, accepted, rejected, duplicates, and reasons.
    """
    today = local_date(until)
    items = {item.code: item for item in CatalogueItem.objects.all()}
    units = {unit.code: unit for unit in SourceUnit.objects.all()}
    after = opening_day(today)
    yield at_hour(after, SENT_HOUR)
    _register(city, after, None, tally)
    for day, found in groupby(deliveries(city, seed, today), key=attrgetter("day")):
        yield at_hour(day, SENT_HOUR)
        _register(city, day, after, tally)
        after = day
        for delivery in found:
            name = f"{delivery.item_code}-{day.isoformat()}.csv"
            batch = records_ingest_rows(
                item=items[delivery.item_code],
                unit=units[delivery.unit_code],
                rows=enumerate(delivery.rows, start=2),
                file_name=name,
                file_sha256=_digest(name),
                actor=None,
                at=at_hour(day, SENT_HOUR),
            )
            _count(batch, tally)


def _register(city: Sequence[Profile], day: date, after: date | None, tally: Counter[str]) -> None:
    """Import the sheet of those that were founded or struck off since the sheet before."""
    news = [
        entry
        for entry in city
        if _between(entry.born, after, day) or (after and _between(entry.ended, after, day))
    ]
    if not news:
        return
    batch = register_import_rows(
        rows=((number, register_row(entry, day)) for number, entry in enumerate(news, start=2)),
        file_name=f"演示登记库-{day.isoformat()}.xlsx",
        file_sha256=_digest(f"register-{day.isoformat()}"),
        actor=None,
        at=at_hour(day, SENT_HOUR),
    )
    tally[REGISTERED] += batch.accepted
    _count(batch, tally)


def _between(day: date | None, after: date | None, until: date) -> bool:
    return day is not None and (after is None or after < day) and day <= until


def _count(batch: IngestBatch, tally: Counter[str]) -> None:
    tally.update(
        read=batch.rows_read,
        accepted=batch.accepted,
        rejected=batch.rejected,
        duplicates=batch.duplicates,
    )
    tally.update({f"{REASON}{code}": count for code, count in batch.reasons.items()})


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
