"""What the domain sees of a credit record, and the moment it looks from.

Records are bitemporal: ``event_date`` says when something happened, ``received_at`` when the marketplace learned of it.
A portrait for a past moment counts only what had happened and was known then.

Source: design law 5 (traceable, reproducible); domain note 2.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import cached_property, lru_cache
from typing import Any

BEIJING = timezone(timedelta(hours=8))
"""Dates of the field are Beijing dates; the zone has had one offset since 1991."""


CENTS = 100


@dataclass(frozen=True)
class PlainRecord:
    """One credit record as plain values, as it stood at the moment of reading.

    Attributes:
        public_id: public id of the stored record.
        item_code: catalogue item.
        data_class: two-digit class of the shared-data list.
        event_date: when it happened; None when the item has no date of its own.
        received_at: when it was received, aware.
        payload: the item's fields by name, as ingest stored them.
        source_unit: name or code of the delivering unit.
        batch: public id of the batch.
        row_number: row in the batch's file.
        disputed: an objection was open at the moment of reading.
        repaired: credit repair was complete at the moment of reading; such a record is no longer used.
        public: the item is open to everybody; otherwise reading needs the enterprise's consent.
    """

    public_id: str
    item_code: str
    data_class: str
    event_date: date | None
    received_at: datetime
    payload: Mapping[str, Any]
    source_unit: str = ""
    batch: str = ""
    row_number: int = 0
    disputed: bool = False
    repaired: bool = False
    public: bool = False

    @cached_property
    def dated(self) -> date:
        """Return the date the record counts for: its event, or its reception when it names none."""
        return self.event_date or self.received_at.astimezone(BEIJING).date()

    @property
    def order(self) -> tuple[date, datetime, str, int, str]:
        """Return the key that puts the records of one enterprise in one order, oldest first."""
        return self.dated, self.received_at, self.batch, self.row_number, self.public_id


@dataclass(frozen=True)
class AsOf:
    """The moment a portrait is made for.

    Attributes:
        day: business date; windows end here.
        known_at: only records received up to this moment count, aware. The same as ``day`` in ordinary use, later
            when back data of a past period is read (a register loaded years afterwards).
    """

    day: date
    known_at: datetime

    @classmethod
    def from_moment(cls, moment: datetime) -> AsOf:
        """Return the ordinary case: the Beijing date of an aware moment, and what was known at it.

        >>> AsOf.from_moment(datetime(2026, 5, 31, 17, tzinfo=timezone.utc)).day
        datetime.date(2026, 6, 1)
        """
        return cls(moment.astimezone(BEIJING).date(), moment)

    @classmethod
    def start_of(cls, day: date) -> AsOf:
        """Return the first moment of a Beijing day."""
        return cls(day, datetime.combine(day, time.min, BEIJING))


@dataclass(frozen=True)
class Evidence:
    """Everything an indicator may look at, already cut to one moment.

    Attributes:
        records: records by item code, each list oldest first.
        authorized: data classes the enterprise authorized; public items need none.
        fed_items: item code to the moment of the latest delivery of that item, of any enterprise.
        facts: plain facts of the register (``EnterpriseFacts`` as a mapping).
    """

    records: Mapping[str, tuple[PlainRecord, ...]]
    authorized: frozenset[str] = frozenset()
    fed_items: Mapping[str, datetime] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def of(self, items: Iterable[str]) -> list[PlainRecord]:
        """Return the records of these items, oldest first."""
        codes = tuple(items)
        if len(codes) == 1:
            return list(self.records.get(codes[0], ()))
        found = [record for item in codes for record in self.records.get(item, ())]
        return sorted(found, key=lambda record: record.order)

    def delivered_at(self, item: str, *, by_enterprise: bool) -> datetime | None:
        """Return the latest delivery of an item, None when there was none.

        Args:
            by_enterprise: it is asked for enterprise by enterprise (with consent): this one's own records tell, where
                it has any; else the latest of whatever enterprise counts as well.
        """
        own = max((record.received_at for record in self.records.get(item, ())), default=None)
        if by_enterprise and own is not None:
            return own
        fed = self.fed_items.get(item)
        return fed if own is None else max(own, fed or own)


def usable(record: PlainRecord, as_of: AsOf) -> bool:
    """Return whether the record had happened, was known, and is still to be used.

    A repaired record is neither shown nor counted (信用修复: 同步停止公示、共享和使用).

    Source: 信用修复管理办法 (2026-04-01), domain note 2.8.
    """
    return (
        record.received_at <= as_of.known_at and record.dated <= as_of.day and not record.repaired
    )


def evidence_from(
    records: Iterable[PlainRecord],
    as_of: AsOf,
    authorized: Iterable[str] = (),
    fed_items: Mapping[str, datetime] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Evidence:
    """Return the evidence of one moment: usable records only, grouped by item, in one order.

    Non-public records of a class that was not authorized are left out here, so nothing behind this line can show them.

    Args:
        records: any order; as they stood at ``as_of.known_at`` (superseded rows left out by the reader).
        as_of: the moment.
        authorized: data classes the enterprise authorized.
        fed_items: item code to latest delivery.
        facts: plain facts of the register.
    """
    classes = frozenset(str(data_class) for data_class in authorized)
    grouped: dict[str, list[PlainRecord]] = {}
    for record in records:
        if usable(record, as_of) and (record.public or record.data_class in classes):
            grouped.setdefault(record.item_code, []).append(record)
    ordered = {
        item: tuple(sorted(found, key=lambda record: record.order))
        for item, found in sorted(grouped.items())
    }
    fed = {item: at for item, at in (fed_items or {}).items() if at <= as_of.known_at}
    return Evidence(ordered, classes, fed, facts or {})


def as_decimal(value: Any) -> Decimal | None:
    """Return a payload value as Decimal, None when it is empty or no number.

    >>> as_decimal("1,000.50"), as_decimal(""), as_decimal("n/a"), as_decimal(0.1)
    (Decimal('1000.50'), None, None, Decimal('0.1'))
    """
    if value is None or isinstance(value, bool) or value == "":
        return None
    try:
        number = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def as_scaled(value: Any, scale: int) -> int | None:
    """Return a payload number times ``scale`` as integer, half up away from zero; None when there is no number.

    >>> as_scaled("12.345", 100), as_scaled("-0.5", 100), as_scaled(None, 100)
    (1235, -50, None)
    """
    if type(value) is int:
        return value * scale
    if scale == CENTS and isinstance(value, str) and value[-3:-2] == ".":
        digits = value[:-3] + value[-2:]
        if digits.removeprefix("-").isdecimal():
            return int(digits)  # stored amounts have two places; the general way gives the same
    number = as_decimal(value)
    if number is None:
        return None
    scaled = abs(number) * scale
    whole = int(scaled + Decimal("0.5"))
    return whole if number >= 0 else -whole


def as_date(value: Any) -> date | None:
    """Return a payload value as date (ISO text or date), None when empty or unreadable.

    >>> as_date("2026-05-12"), as_date(""), as_date("2026-05-12T08:00:00")
    (datetime.date(2026, 5, 12), None, datetime.date(2026, 5, 12))
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def month_number(day: date) -> int:
    """Return the month counted from year 0, the integer month of the archive.

    >>> month_number(date(2020, 3, 1)) - month_number(date(2019, 12, 31))
    3
    """
    return day.year * 12 + day.month - 1


@lru_cache(maxsize=1024)
def month_start(number: int) -> date:
    """Return the first day of a counted month.

    >>> month_start(month_number(date(2020, 2, 29)))
    datetime.date(2020, 2, 1)
    """
    return date(number // 12, number % 12 + 1, 1)
