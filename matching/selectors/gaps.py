"""Which gap in the delivered data leaves how many enterprises without an indicator: counts, nothing about any of them.

Source: issue of the catalogue (gap page); `matching.domain.gaps`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from borrowers.domain.item_spec import ItemSpec
from borrowers.models import CreditRecord, Enterprise, SourceUnit
from borrowers.selectors import archived_items, archived_subjects, catalogue_delivered
from lenders.selectors import product_published_list
from marketplace.domain.workdays import local_date
from matching.domain.declaration import IndicatorDeclaration, declarations_on
from matching.domain.freshness import usable_days
from matching.domain.gaps import Holders, ItemGap, ItemState, indicator_gap, item_gaps
from matching.domain.subject import ACTIVE
from matching.models import UsableCount


@dataclass(frozen=True)
class GapLine:
    """One item's gap with the unit that answers for it.

    Attributes:
        gap: see `ItemGap`.
        name: of the item; its code when the catalogue does not have it.
        unit_code, unit_name: who answers for it; empty likewise.
        latest_at: latest delivery.
        product_names: products whose rules ask for it.
    """

    gap: ItemGap
    name: str
    unit_code: str
    unit_name: str
    latest_at: datetime | None
    product_names: tuple[str, ...]


@dataclass(frozen=True)
class GapReport:
    """All gaps over the active enterprises.

    Attributes:
        active: how many there are.
        lines: one per item, the gravest first.
        counted_at: when enterprises were counted; deliveries and products are as of now.
    """

    active: int
    lines: tuple[GapLine, ...]
    counted_at: datetime


ItemSet = tuple[str, ...]
ALL_ACTIVE: ItemSet = ()
"""In place of items: every active enterprise."""
LONGEST_KEPT = timedelta(hours=36)
"""Counts kept longer ago were not followed by a next night's: they are made anew."""


def gap_report(at: datetime) -> GapReport:
    """Return what every item that indicators are made of leaves open, the gravest first.

    A record is usable when it stands, is not repaired, has happened, and, where the item is read enterprise by
    enterprise with consent, was received within the item's usable time. Enterprises were counted in the night
    (``usable_counts_keep``); where nobody did, they are counted now.

    Args:
        at: now, aware.

    Queries: seven when counts are kept, else those of ``usable_counted`` too; none per enterprise.
    """
    specs, fed = catalogue_delivered(at)
    known = {spec.code: spec for spec in specs}
    declared = _declared(at)
    counted_at, counts = _kept(declared, at) or (at, _counted(declared, known, at))
    active = counts[ALL_ACTIVE]
    states, holders = _states(known, fed, at), Holders(active, counts)
    products, names = _products(at)
    gaps = item_gaps([indicator_gap(entry, states, holders) for entry in declared], products)
    units = dict(SourceUnit.objects.values_list("code", "name"))
    lines = tuple(_line(gap, known.get(gap.item), units, fed, names) for gap in gaps)
    return GapReport(active, lines, counted_at)


def usable_counted(at: datetime) -> dict[ItemSet, int]:
    """Return sets of items that an indicator reads to how many active enterprises have a usable record of any.

    Args:
        at: now, aware.

    Queries: the catalogue's, one for the enterprises, one for items read alone and one per set of several.
    """
    known = {spec.code: spec for spec in catalogue_delivered(at)[0]}
    return _counted(_declared(at), known, at)


def _declared(at: datetime) -> list[IndicatorDeclaration]:
    return [entry for entry in declarations_on(local_date(at)) if entry.selection.items]


def _kept(
    declared: Iterable[IndicatorDeclaration], at: datetime
) -> tuple[datetime, dict[ItemSet, int]] | None:
    """Return when enterprises were counted and the counts, or nothing when that is too long ago or not complete."""
    rows = list(UsableCount.objects.filter(counted_at__gt=at - LONGEST_KEPT, counted_at__lte=at))
    counts = {row.item_set: row.enterprises for row in rows}
    if not {ALL_ACTIVE, *(entry.selection.items for entry in declared)} <= counts.keys():
        return None
    return min(row.counted_at for row in rows), counts


def _line(
    gap: ItemGap,
    spec: ItemSpec | None,
    units: Mapping[str, str],
    fed: Mapping[str, datetime],
    names: Mapping[str, str],
) -> GapLine:
    unit = spec.source_unit if spec else ""
    return GapLine(
        gap,
        spec.name if spec else gap.item,
        unit,
        units.get(unit, ""),
        fed.get(gap.item),
        tuple(names[code] for code in gap.products),
    )


def _states(
    known: Mapping[str, ItemSpec], fed: Mapping[str, datetime], at: datetime
) -> dict[str, ItemState]:
    """Return what is there of each item; one read with consent ages with each enterprise's own records."""
    day = local_date(at)
    found = {}
    for code, spec in known.items():
        latest = fed.get(code)
        outdated = (
            latest is not None
            and not spec.consent_required
            and (day - local_date(latest)).days > usable_days(spec.freshness_days, day)
        )
        found[code] = ItemState(latest is not None, outdated)
    return found


def _counted(
    declared: Iterable[IndicatorDeclaration], known: Mapping[str, ItemSpec], at: datetime
) -> dict[ItemSet, int]:
    sets = {entry.selection.items for entry in declared}
    singles = _holders({items[0] for items in sets if len(items) == 1}, known, at)
    found = {ALL_ACTIVE: Enterprise.objects.filter(status=ACTIVE).count()}
    archived = _archived_holders({code for items in sets for code in items}, known, at)
    for items in sorted(sets):
        if archived.keys() & set(items):
            held = set(_usable(items, known, at).values_list("enterprise", flat=True).distinct())
            found[items] = len(held.union(*(archived.get(code, ()) for code in items)))
        elif len(items) == 1:
            found[items] = singles.get(items[0], 0)
        else:
            found[items] = _usable(items, known, at).values("enterprise").distinct().count()
    return found


def _archived_holders(
    codes: Iterable[str], known: Mapping[str, ItemSpec], at: datetime
) -> dict[str, set[int]]:
    """Return items that the archive alone keeps to the active enterprises with a usable record of them."""
    items = [item for item in archived_items().filter(code__in=list(codes)) if item.code in known]
    if not items:
        return {}
    active = set(Enterprise.objects.filter(status=ACTIVE).values_list("pk", flat=True))
    found = {}
    for item in items:
        since = _received_since(known[item.code], at)
        found[item.code] = archived_subjects(item, at, since) & active
    return found


def _holders(codes: Iterable[str], known: Mapping[str, ItemSpec], at: datetime) -> dict[str, int]:
    """Return items to how many active enterprises have a usable record of them.

    Doubles are hashed away before anything is counted; ``COUNT(DISTINCT ...)`` would sort every record.
    """
    pairs = _usable(codes, known, at).values_list("item__code", "enterprise").distinct()
    try:
        sql, values = pairs.query.sql_with_params()
    except EmptyResultSet:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "item__code", COUNT(*) FROM ({sql}) AS pairs GROUP BY "item__code"',  # noqa: S608
            values,
        )
        return dict(cursor.fetchall())


def _usable(
    codes: Iterable[str], known: Mapping[str, ItemSpec], at: datetime
) -> QuerySet[CreditRecord]:
    """Return the records of active enterprises that may still be judged by."""
    day = local_date(at)
    by_age: dict[datetime | None, list[str]] = defaultdict(list)
    for code in sorted(codes):
        spec = known.get(code)
        if spec is not None:
            by_age[_received_since(spec, at)].append(code)
    wanted = Q(pk__in=())
    for since, group in by_age.items():
        recent = Q(received_at__gte=since) if since else Q()
        wanted |= Q(item__code__in=group) & recent
    happened = Q(event_date=None) | Q(event_date__lte=day)
    return CreditRecord.objects.filter(
        wanted,
        happened,
        superseded_at=None,
        repaired_at=None,
        received_at__lte=at,
        enterprise__status=ACTIVE,
    ).order_by()


def _received_since(spec: ItemSpec, at: datetime) -> datetime | None:
    """Return when records read with consent were received at the earliest to be usable; None where age is no matter."""
    days = usable_days(spec.freshness_days, local_date(at)) if spec.consent_required else 0
    return at - timedelta(days=days + 1) if days else None


def _products(at: datetime) -> tuple[dict[str, frozenset[str]], dict[str, str]]:
    """Return feature to the published products whose rules ask for it, and the names of the products."""
    day = local_date(at)
    asking: dict[str, set[str]] = defaultdict(set)
    names: dict[str, str] = {}
    for published in product_published_list(at):
        code = str(published.product.public_id)
        names[code] = published.product.name
        for rule in published.rules_on(day):
            asking[rule.feature].add(code)
    return {feature: frozenset(codes) for feature, codes in asking.items()}, names
