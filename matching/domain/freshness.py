"""How current the data of each class is: last event, last delivery, the rhythm it should have, and one sentence.

A class that is not delivered, or not up to date, must never read as "none".

Source: domain note 2.12 (``数据未更新至...`` instead of ``无``), 5 (freshness per item); design law 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Protocol

from marketplace.domain.parameters import ParameterSet, load_parameters
from marketplace.domain.vocabulary import DATA_CLASS_LABELS, DataClass
from matching.domain.records import BEIJING, AsOf, Evidence, month_number, month_start

BY_MONTH_DAYS = 93
"""Items expected at least so often are reported month by month: taxes, insurance, meters, customs."""
FRESHNESS_FILE = Path(__file__).resolve().parent.parent / "parameters" / "freshness.toml"


class DeliveredItem(Protocol):
    """What freshness needs to know of a catalogue item; ``borrowers.domain.catalogue.ItemSpec`` has it."""

    @property
    def code(self) -> str:
        """Item code."""

    @property
    def name(self) -> str:
        """Chinese name."""

    @property
    def data_class(self) -> DataClass:
        """Class of the shared-data list."""

    @property
    def consent_required(self) -> bool:
        """Whether reading needs consent."""

    @property
    def freshness_days(self) -> int:
        """Days between deliveries."""


class Freshness(StrEnum):
    """State of an item or a class. NONE: nothing was delivered yet."""

    FRESH = "FRESH"
    STALE = "STALE"
    NONE = "NONE"
    NOT_AUTHORIZED = "NOT_AUTHORIZED"


FRESHNESS_LABELS = {
    Freshness.FRESH: "更新及时",
    Freshness.STALE: "未及时更新",
    Freshness.NONE: "尚未提供",
    Freshness.NOT_AUTHORIZED: "未授权",
}


@dataclass(frozen=True)
class ItemFreshness:
    """How current one item is.

    Attributes:
        item_code, name: the item.
        state: see ``Freshness``.
        records: records of the enterprise in use.
        latest_event_date: of the enterprise's records.
        latest_received_at: latest delivery: of the enterprise's own records where consent is needed (data that is asked
            for enterprise by enterprise), else of the item as a whole.
        expected_days: days between deliveries.
        public: reading it needs no consent.
    """

    item_code: str
    name: str
    state: Freshness
    records: int
    latest_event_date: date | None
    latest_received_at: datetime | None
    expected_days: int
    public: bool


@dataclass(frozen=True)
class ClassFreshness:
    """How current one class is: as good as its worst item that may be read and was ever delivered."""

    data_class: str
    label: str
    state: Freshness
    records: int
    latest_event_date: date | None
    latest_received_at: datetime | None
    expected_days: int | None
    sentence: str
    items: tuple[ItemFreshness, ...]


def freshness_of(
    evidence: Evidence, catalogue: Iterable[DeliveredItem], as_of: AsOf
) -> tuple[ClassFreshness, ...]:
    """Return the freshness of every class of the catalogue, in class order.

    Args:
        evidence: cut to the same moment.
        catalogue: the items in force.
        as_of: the moment.
    """
    by_class: dict[str, list[DeliveredItem]] = {}
    for item in catalogue:
        by_class.setdefault(str(item.data_class), []).append(item)
    return tuple(
        class_of(code, tuple(_item(item, evidence, as_of) for item in by_class[code]))
        for code in sorted(by_class)
    )


def class_of(data_class: str, items: tuple[ItemFreshness, ...]) -> ClassFreshness:
    """Return the freshness of a class from that of its items; items not authorized count for nothing."""
    label = DATA_CLASS_LABELS[DataClass(data_class)]
    readable = [entry for entry in items if entry.state is not Freshness.NOT_AUTHORIZED]
    delivered = [entry for entry in readable if entry.latest_received_at is not None]
    stale = [entry for entry in delivered if entry.state is Freshness.STALE]
    events = [entry.latest_event_date for entry in readable if entry.latest_event_date]
    received = [entry.latest_received_at for entry in delivered if entry.latest_received_at]
    latest_event, latest_received = max(events, default=None), max(received, default=None)
    records = sum(entry.records for entry in readable)
    state = _state_of(readable, delivered, stale)
    return ClassFreshness(
        data_class=data_class,
        label=label,
        state=state,
        records=records,
        latest_event_date=latest_event,
        latest_received_at=latest_received,
        expected_days=min((entry.expected_days for entry in delivered), default=None),
        sentence=_sentence(label, state, stale, records, latest_event, latest_received),
        items=items,
    )


def months_behind(
    start: date | None,
    end: date | None,
    items: Iterable[str],
    freshness: Mapping[str, ItemFreshness],
    day: date,
) -> tuple[date, date] | None:
    """Return the first and the last month of a window that had not ended when its data were last delivered, or None.

    What is summed, counted by month or compared with a year before may be short of them. Only items that need consent
    and are delivered at least every ``BY_MONTH_DAYS`` are looked at: they come enterprise by enterprise, month by
    month; of others (a yearly report, permits) a month without any is ordinary.

    Args:
        start, end: the window, half open; None for the state on the day.
        items: codes of the items an indicator is made of.
        freshness: item freshness by code.
        day: of the portrait, whose own month has not ended.
    """
    received = [
        entry.latest_received_at
        for entry in (freshness.get(code) for code in items)
        if entry is not None
        and entry.latest_received_at is not None
        and not entry.public
        and entry.expected_days <= BY_MONTH_DAYS
    ]
    if start is None or end is None or not received:
        return None
    first = max(month_number(_beijing_date(min(received))), month_number(start))
    last = min(month_number(end), month_number(day)) - 1
    return (month_start(first), month_start(last)) if first <= last else None


def unusable_since(
    items: Iterable[str],
    freshness: Mapping[str, ItemFreshness],
    day: date,
    parameters: ParameterSet | None = None,
) -> date | None:
    """Return up to which date there is data when items are too old to judge by, else None.

    Too old is more than 180 days, and more than twice the item's own interval (dated parameters).

    Args:
        items: codes of the items an indicator is made of.
        freshness: item freshness by code.
        day: date of the portrait.
        parameters: instead of the shipped ones.
    """
    ends: list[date] = []
    for code in items:
        entry = freshness.get(code)
        if entry is None or entry.latest_received_at is None:
            continue
        delivered = _beijing_date(entry.latest_received_at)
        if (day - delivered).days > usable_days(entry.expected_days, day, parameters):
            ends.append(delivered)
    return min(ends) if ends else None


def usable_days(expected_days: int, day: date, parameters: ParameterSet | None = None) -> int:
    """Return for how many days after a delivery an item is good enough to judge by.

    Args:
        expected_days: the item's own interval.
        day: which dated parameters hold.
        parameters: instead of the shipped ones.
    """
    chosen = parameters or shipped_freshness()
    days = int(chosen.value_on("freshness.unusable_after_days", day))
    intervals = int(chosen.value_on("freshness.unusable_after_intervals", day))
    return max(days, intervals * expected_days)


@cache
def shipped_freshness() -> ParameterSet:
    """Return the parameters shipped with the marketplace, read once."""
    return load_parameters(FRESHNESS_FILE)


def _state_of(
    readable: Sequence[ItemFreshness],
    delivered: Sequence[ItemFreshness],
    stale: Sequence[ItemFreshness],
) -> Freshness:
    if not readable:
        return Freshness.NOT_AUTHORIZED
    if not delivered:
        return Freshness.NONE
    return Freshness.STALE if stale else Freshness.FRESH


def _item(item: DeliveredItem, evidence: Evidence, as_of: AsOf) -> ItemFreshness:
    records = evidence.records.get(item.code, ())
    received = evidence.delivered_at(item.code, by_enterprise=item.consent_required)
    allowed = not item.consent_required or str(item.data_class) in evidence.authorized
    if not allowed and not records:
        state, received = Freshness.NOT_AUTHORIZED, None
    elif received is None:
        state = Freshness.NONE
    else:
        age = (as_of.day - _beijing_date(received)).days
        state = Freshness.STALE if age > item.freshness_days else Freshness.FRESH
    return ItemFreshness(
        item_code=item.code,
        name=item.name,
        state=state,
        records=len(records),
        latest_event_date=records[-1].dated if records else None,
        latest_received_at=received,
        expected_days=item.freshness_days,
        public=not item.consent_required,
    )


def _sentence(
    label: str,
    state: Freshness,
    stale: Sequence[ItemFreshness],
    records: int,
    latest_event: date | None,
    latest_received: datetime | None,
) -> str:
    if state is Freshness.NOT_AUTHORIZED:
        return f"{label}：未授权查询。"
    if state is Freshness.NONE or latest_received is None:
        return f"{label}：来源单位尚未提供数据。"
    own = (
        f"本企业 {records} 条，最近 {latest_event.isoformat()}" if latest_event else "本企业无记录"
    )
    if state is Freshness.STALE:
        late = "、".join(_late(entry) for entry in stale)
        return f"{label}：{own}；{late}，不能据此认为没有新的记录。"
    return f"{label}：{own}；数据更新至 {_beijing_date(latest_received).isoformat()}。"


def _late(entry: ItemFreshness) -> str:
    at = entry.latest_received_at
    until = _beijing_date(at).isoformat() if at else ""
    return f"“{entry.name}”数据未更新（至 {until}，应每 {entry.expected_days} 天更新）"


def _beijing_date(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()
