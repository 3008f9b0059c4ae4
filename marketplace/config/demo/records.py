"""Credit records of the demonstration city: 36 months with seasons, arrears, penalties and repairs.

Rows are what a unit's sheet would hold: catalogue field codes as titles, amounts and dates as text. They go through
the ordinary ingest, in the deliveries in which a unit would have sent them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import chain
from random import Random

from marketplace.config.demo.facts import Row, regular_facts
from marketplace.config.demo.incidents import incidental_facts
from marketplace.config.demo.timeline import working_days_before
from marketplace.config.demo.world import Profile, months_before
from marketplace.domain.period import add_months, month_start

DELIVERY_DAY = 10
HISTORY_MONTHS = 24
"""Before so many months everything came in one first delivery."""
MONTHLY_MONTHS = 4
"""For so many months units have delivered monthly; before, while they were being connected, quarterly."""
QUARTER_MONTHS = 3
ALWAYS_DELIVERED = {
    "REGISTRATION_CHANGE": "MARKET",
    "PERMIT": "CREDIT_CENTER",
    "PENALTY": "CREDIT_CENTER",
    "INSPECTION": "MARKET",
    "COERCION": "MARKET",
    "REWARD": "REFORM",
    "JUDGMENT": "COURT",
    "ENFORCEMENT": "COURT",
    "DISHONEST_DEBTOR": "COURT",
    "BANKRUPTCY": "COURT",
    "ASSET_FREEZE": "COURT",
    "ABNORMAL_LIST": "MARKET",
    "SERIOUS_VIOLATION_LIST": "MARKET",
    "SERIOUS_BREACH_LIST": "CREDIT_CENTER",
    "TAX_ARREARS": "TAX",
    "TAX_ABNORMAL": "TAX",
    "TAX_MAJOR_VIOLATION": "TAX",
    "SOCIAL_INSURANCE_ARREARS": "HUMAN_RESOURCES",
    "REAL_ESTATE_SEIZURE": "PLANNING",
    "REAL_ESTATE_MORTGAGE": "PLANNING",
    "EQUITY_PLEDGE": "MARKET",
    "CREDIT_COMMITMENT": "CREDIT_CENTER",
    "CONTRACT_PERFORMANCE": "FINANCE",
}
"""Items delivered on every such day and on the latest working day, even empty: only so does "none" mean none."""


@dataclass(frozen=True)
class Delivery:
    """One file of one item from one unit on one day."""

    day: date
    item_code: str
    unit_code: str
    rows: tuple[Row, ...]


def deliveries(profiles: Iterable[Profile], seed: int, today: date) -> list[Delivery]:
    """Return every delivery of the city up to today, oldest first."""
    grouped: dict[tuple[date, str, str], list[Row]] = defaultdict(list)
    days = delivery_days(today)
    for day in {*days, working_days_before(today, 1)}:
        for item_code, unit_code in ALWAYS_DELIVERED.items():
            grouped[(day, item_code, unit_code)] = []
    for profile in profiles:
        random = Random(f"records-{seed}-{profile.number}")
        months = [month for month in months_before(today) if profile.alive_in(month)]
        facts = (regular_facts, incidental_facts)
        for fact in chain.from_iterable(of(profile, random, months, today) for of in facts):
            sent = delivered_on(fact.happened, days)
            if sent is not None:
                row = {"uscc": profile.uscc, **fact.row}
                grouped[(sent, fact.item_code, fact.unit_code)].append(row)
    return [Delivery(*key, tuple(rows)) for key, rows in sorted(grouped.items())]


def delivery_days(today: date) -> list[date]:
    """Return the days on which units deliver: one long ago, then the tenth of each quarter, later of each month."""
    this = month_start(today)
    quarters = range(HISTORY_MONTHS, MONTHLY_MONTHS, -QUARTER_MONTHS)
    months = range(MONTHLY_MONTHS, -1, -1)
    days = [add_months(this, -back).replace(day=DELIVERY_DAY) for back in chain(quarters, months)]
    return [day for day in days if day <= today]


def delivered_on(happened: date, days: list[date]) -> date | None:
    """Return the delivery in which something came that happened on a day; None while it is still on its way."""
    place = bisect_right(days, happened)
    return days[place] if place < len(days) else None
