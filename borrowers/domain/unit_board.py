"""Timeliness and quality of one source unit in one month, every figure with its definition.

Source: domain note 2.7 (合规率, 及时率, 上报率), 0.9 (every figure states its definition).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from borrowers.domain.rhythm import UpdateRhythm, dues_between, next_due, served_on
from marketplace.domain.period import Period
from marketplace.domain.workdays import WorkCalendar

DEFINITIONS = {
    "items": "本单位为责任单位、在用的信息项数。",
    "delivery": "上报率：本月到期的应报期数中，至今已有送达的比例；整批被拒绝的不算送达，信息项设立前的期不计。",
    "timeliness": "及时率：本月到期的应报期数中，在报送期限内送达的比例；期限末日逢休息日顺延至下一工作日。",
    "events": "随发生报送的信息项：本月送达的有事件日期的行中，事件发生后在规定工作日内送达的比例，含更正的行。",
    "acceptance": "合规率：本月送达的行中未被拒绝（接收与重复）的比例，各信息项合计。",
    "findings": "截至本月末（本月则至今）尚未消除的质量发现数；同一规则以后的批次达到要求，或补报送达，即消除。",
    "latest_at": "截至本月末（本月则至今）最近一次接收的时间。",
    "next_due": "尚未送达的各期中最早的报送期限；随发生报送的信息项没有固定期限。",
}


@dataclass(frozen=True)
class OwedItem:
    """An item a unit answers for.

    Attributes:
        rhythm, due_days: as declared now.
        since: day on which the item was declared; periods that ended before are not owed.
        deliveries: days on which something was delivered, ascending.
    """

    rhythm: UpdateRhythm
    due_days: int
    since: date
    deliveries: tuple[date, ...] = ()


@dataclass(frozen=True)
class PeriodTally:
    """Periods owed, served by a delivery, and served in time."""

    owed: int = 0
    delivered: int = 0
    in_time: int = 0


@dataclass(frozen=True)
class UnitMonth:
    """What a unit did in a month.

    Attributes:
        items: items it answers for.
        periods: see `PeriodTally`.
        events, events_in_time: rows with an event, and those delivered in time.
        read, rejected: rows of all its deliveries.
        findings: open findings.
        latest_at: latest delivery, aware.
        next_due: last day of the delivery owed next.
    """

    items: int
    periods: PeriodTally
    events: int
    events_in_time: int
    read: int
    rejected: int
    findings: int
    latest_at: datetime | None
    next_due: date | None

    @property
    def delivery(self) -> Decimal | None:
        """Return 上报率 as a fraction; None when nothing was owed."""
        return _share(self.periods.delivered, self.periods.owed)

    @property
    def timeliness(self) -> Decimal | None:
        """Return 及时率 of periods as a fraction; None when nothing was owed."""
        return _share(self.periods.in_time, self.periods.owed)

    @property
    def event_timeliness(self) -> Decimal | None:
        """Return 及时率 of events as a fraction; None when there were none."""
        return _share(self.events_in_time, self.events)

    @property
    def acceptance(self) -> Decimal | None:
        """Return 合规率 as a fraction; None when nothing was delivered."""
        return _share(self.read - self.rejected, self.read)


def period_tally(
    items: Iterable[OwedItem], month: Period, until: date, calendar: WorkCalendar
) -> PeriodTally:
    """Return the periods that fell due in a month, and how many of them were served up to a day.

    A delivery serves every period that had ended by then. A period that is not past its last day is counted only when
    it is served already: nobody is late before the day is over.

    Args:
        items: of one unit.
        month: periods whose term ends in it.
        until: last day that is looked at, included.
        calendar: which days are working days.
    """
    owed = delivered = in_time = 0
    for item in items:
        for due in dues_between(item.rhythm, item.due_days, month.start, month.end):
            if due.end <= item.since:
                continue
            last = due.last_day(calendar)
            day = served_on(due, item.deliveries)
            if day is not None and day > until:
                day = None
            if day is None and last >= until:
                continue
            owed += 1
            delivered += day is not None
            in_time += day is not None and day <= last
    return PeriodTally(owed, delivered, in_time)


def unit_next_due(items: Iterable[OwedItem], on: date, calendar: WorkCalendar) -> date | None:
    """Return the last day of the delivery that a unit owes next; None when it owes none at fixed times."""
    days = []
    for item in items:
        latest = item.deliveries[-1] if item.deliveries else None
        owed = next_due(item.rhythm, item.due_days, latest, on)
        if owed is not None:
            days.append(owed.last_day(calendar))
    return min(days, default=None)


def _share(part: int, whole: int) -> Decimal | None:
    return Decimal(part) / Decimal(whole) if whole else None
