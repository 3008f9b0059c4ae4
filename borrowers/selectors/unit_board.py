"""Timeliness and quality of every source unit in a month, for the city.

Everything is counted in sets: the number of queries does not grow with units, items or deliveries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from borrowers.domain.rhythm import UpdateRhythm, dues_between
from borrowers.domain.unit_board import OwedItem, UnitMonth, period_tally, unit_next_due
from borrowers.models import BatchQuality, CatalogueItem, IngestBatch, QualityFinding, SourceUnit
from borrowers.policies import visible_units
from borrowers.selectors.quality import DELIVERED
from marketplace.calendars import work_calendar
from marketplace.domain.period import Period
from marketplace.domain.workdays import BEIJING, end_of_day, local_date
from marketplace.policies import Reader

PERIODIC = tuple(rhythm for rhythm in UpdateRhythm if rhythm is not UpdateRhythm.ON_EVENT)


@dataclass(frozen=True)
class UnitLine:
    """One unit and what it did in the month."""

    unit: SourceUnit
    figures: UnitMonth


def unit_board(user: Reader, month: Period, at: datetime) -> list[UnitLine]:
    """Return every unit's figures of a month, by code of unit.

    Args:
        user: reader.
        month: one calendar month.
        at: now, aware; findings and the latest delivery of a month that is over are those at its end.

    Queries: at most fourteen.
    """
    until = min(at, end_of_day(month.end - timedelta(days=1)))
    units = list(visible_units(user).filter(is_active=True).order_by("code"))
    owed = _owed(month, at)
    rows = _rows(month, until)
    events = _events(month, until)
    findings = _findings(until)
    latest = _latest(until)
    calendar, on = work_calendar(), local_date(at)
    lines = []
    for unit in units:
        items = owed.get(unit.pk, [])
        read, rejected = rows.get(unit.pk, (0, 0))
        in_time, happened = events.get(unit.pk, (0, 0))
        figures = UnitMonth(
            items=len(items),
            periods=period_tally(items, month, on, calendar),
            events=happened,
            events_in_time=in_time,
            read=read,
            rejected=rejected,
            findings=findings.get(unit.pk, 0),
            latest_at=latest.get(unit.pk),
            next_due=unit_next_due(items, on, calendar),
        )
        lines.append(UnitLine(unit, figures))
    return lines


@dataclass(frozen=True)
class UnitItem:
    """An item a unit answers for, with its latest delivery, the delivery owed next, and its open findings."""

    item: CatalogueItem
    latest_at: datetime | None
    next_due: date | None
    findings: int


def unit_items(unit: SourceUnit, at: datetime) -> list[UnitItem]:
    """Return the items in force a unit answers for, by code; the caller may see the unit.

    Queries: two, and one for the calendar.
    """
    found = unit.answered_items.filter(is_active=True).order_by("code")
    own = Q(findings__closed_at=None, findings__unit=unit)
    counted = found.annotate(open_findings=Count("findings", filter=own))
    latest = dict(_delivered(at).filter(unit=unit).values_list("item").annotate(Max("received_at")))
    calendar, on = work_calendar(), local_date(at)
    return [
        UnitItem(
            item,
            latest.get(item.pk),
            unit_next_due([_as_owed(item, latest.get(item.pk))], on, calendar),
            item.open_findings,
        )
        for item in counted
    ]


def _as_owed(item: CatalogueItem, latest: datetime | None) -> OwedItem:
    days = (local_date(latest),) if latest else ()
    return OwedItem(UpdateRhythm(item.update_rhythm), item.due_days, date.min, days)


def _owed(month: Period, until: datetime) -> dict[int, list[OwedItem]]:
    """Return unit to the items it answers for, with the days of delivery that matter for the month."""
    items = list(
        CatalogueItem.objects.filter(is_active=True)
        .order_by()
        .annotate(since=Min("versions__effective_from"))
        .values_list("pk", "source_unit", "update_rhythm", "due_days", "since")
    )
    days = _delivery_days(items, month, until)
    found: dict[int, list[OwedItem]] = defaultdict(list)
    for pk, unit, rhythm, due_days, since in items:
        delivered = tuple(sorted(days.get((pk, unit), ())))
        day = local_date(since) if since else date.min
        found[unit].append(OwedItem(UpdateRhythm(rhythm), due_days, day, delivered))
    return found


def _delivery_days(
    items: list[tuple[Any, ...]], month: Period, until: datetime
) -> Mapping[tuple[int, int], set[date]]:
    """Return item and unit to days of delivery: since the first period that falls due in the month, and the latest."""
    days: dict[tuple[int, int], set[date]] = defaultdict(set)
    latest = _delivered(until).values_list("item", "unit").annotate(latest=Max("received_at"))
    for item, unit, moment in latest:
        days[item, unit].add(local_date(moment))
    for rhythm in PERIODIC:
        terms = {due for _, _, kind, due, _ in items if kind == rhythm}
        owed = [dues_between(rhythm, term, month.start, month.end) for term in terms]
        first = min((dues[0].end for dues in owed if dues), default=None)
        if first is None:
            continue
        found = _delivered(until).filter(
            item__update_rhythm=rhythm, received_at__gt=end_of_day(first - timedelta(days=1))
        )
        dated = found.annotate(day=TruncDate("received_at", tzinfo=BEIJING))
        for item, unit, day in dated.values_list("item", "unit", "day").distinct():
            days[item, unit].add(day)
    return days


def _delivered(until: datetime) -> QuerySet[IngestBatch]:
    return IngestBatch.objects.filter(DELIVERED, received_at__lte=until).order_by()


def _in_month(month: Period, until: datetime, prefix: str = "") -> Q:
    """Return what was received in the month; ends of days are its last seconds."""
    before = end_of_day(month.start - timedelta(days=1))
    return Q(**{f"{prefix}received_at__gt": before, f"{prefix}received_at__lte": until})


def _rows(month: Period, until: datetime) -> dict[int, tuple[int, int]]:
    """Return unit to rows read and rejected."""
    found = IngestBatch.objects.filter(
        _in_month(month, until), kind="RECORDS", finished_at__isnull=False
    ).order_by()
    sums = found.values_list("unit").annotate(read=Sum("rows_read"), refused=Sum("rejected"))
    return {unit: (read, refused) for unit, read, refused in sums}


def _events(month: Period, until: datetime) -> dict[int, tuple[int, int]]:
    """Return unit to events in time and all events, of items delivered on events."""
    found = BatchQuality.objects.filter(
        _in_month(month, until, "batch__"), batch__item__update_rhythm=UpdateRhythm.ON_EVENT
    ).order_by()
    sums = found.values_list("batch__unit").annotate(early=Sum("in_time"), every=Sum("events"))
    return {unit: (early, every) for unit, early, every in sums}


def _findings(until: datetime) -> dict[int, int]:
    """Return unit to findings that were open at the moment."""
    found = QualityFinding.objects.filter(found_at__lte=until).filter(
        Q(closed_at=None) | Q(closed_at__gt=until)
    )
    return dict(found.order_by().values_list("unit").annotate(count=Count("pk")))


def _latest(until: datetime) -> dict[int, datetime]:
    found = IngestBatch.objects.filter(received_at__lte=until, unit__isnull=False).order_by()
    return dict(found.values_list("unit").annotate(latest=Max("received_at")))
