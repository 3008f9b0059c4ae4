"""How institutions answered and decided applications like one need: sums over cases, nothing about any of them.

Source: issue of matching (ranking by answer times and approval record); ``matching/parameters/ranking.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Q

from marketplace.domain.period import add_months
from marketplace.domain.workdays import BEIJING, local_date
from marketplace.wall import whole_market
from matching.domain.ranking import RankingRules, TrackRecord
from matching.models import FinancingDemand, LoanApplication

DAY_SECONDS = 86_400
NOTHING = TrackRecord(0, 0, None)


@dataclass(frozen=True)
class TrackRecords:
    """The record of each institution, by primary key, and of all together."""

    by_institution: Mapping[int, TrackRecord]
    pooled: TrackRecord


@whole_market("an enterprise reads how lenders decided, in counts")
def track_records(demand: FinancingDemand, rules: RankingRules, at: datetime) -> TrackRecords:
    """Return how applications like a need were decided: same guarantee, amount within the factor, recent months.

    Args:
        demand: whose amount and guarantee say what is alike.
        rules: of the day.
        at: moment of asking.

    Queries: one.
    """
    since = datetime.combine(add_months(local_date(at), -rules.record_months), time.min, BEIJING)
    factor = Decimal(rules.similar_factor)
    took = ExpressionWrapper(F("decided_at") - F("submitted_at"), output_field=DurationField())
    cases = LoanApplication.objects.filter(
        Q(decided_at__lte=at) | Q(state="EXPIRED"),
        submitted_at__gte=since,
        submitted_at__lte=at,
        demand__guarantee=demand.guarantee,
        demand__amount_yuan__range=(demand.amount_yuan / factor, demand.amount_yuan * factor),
    )
    approved = Count("pk", filter=Q(decided_at__isnull=False, refusal_code=""))
    found = (
        cases.order_by()
        .values("institution")
        .annotate(cases=Count("pk"), approved=approved, decided=Count("decided_at"), took=Avg(took))
    )
    rows = list(found)
    return TrackRecords({row["institution"]: _record(row) for row in rows}, _pooled(rows))


def _record(row: Mapping[str, Any]) -> TrackRecord:
    return TrackRecord(row["cases"], row["approved"], _days(row["took"]))


def _pooled(rows: Iterable[Mapping[str, Any]]) -> TrackRecord:
    rows = list(rows)
    decided = sum(row["decided"] for row in rows)
    total = sum((row["took"] * row["decided"] for row in rows if row["took"]), timedelta())
    return TrackRecord(
        sum(row["cases"] for row in rows),
        sum(row["approved"] for row in rows),
        _days(total / decided) if decided else None,
    )


def _days(took: timedelta | None) -> Decimal | None:
    return None if took is None else Decimal(int(took.total_seconds())) / DAY_SECONDS
