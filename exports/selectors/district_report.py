"""A district's weekly or monthly report: counted when asked for, nothing of it is kept.

Source: domain note 5 (one-click 周报/月报).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import partial

from django.db.models import Count, Q

from exports.domain.district_report import DistrictReport
from exports.domain.report_period import ReportPeriod
from exports.domain.report_sections import (
    EventFigures,
    ListFigures,
    event_section,
    lending_section,
    list_section,
    work_section,
)
from exports.domain.statistics_scope import Scope
from exports.domain.tally import yuan
from exports.selectors.facts import Part, facts_at, sum_fen
from exports.selectors.statistics import bound, shown
from marketplace.domain.workdays import BEIJING, local_date
from matching.domain.whitelist import WhitelistState
from matching.domain.whitelist_entry import EntryStatus
from matching.models import MatchmakingEvent, Whitelist, WhitelistContact

WORK = (Part.ACCOUNTS, Part.NEEDS, Part.APPLICATIONS)
STANDS = ~Q(state=WhitelistState.RECALLED)
LENDING = (Part.APPLICATIONS, Part.LOANS)


def district_report(scope: Scope, period: ReportPeriod, at: datetime) -> DistrictReport:
    """Return the report of a district for a period, up to today while it runs.

    Args:
        scope: of the district, from ``exports.policies.district_scope``.
        period: that has begun.
        at: moment of asking, aware.

    Queries: ten while the period runs, eleven afterwards.
    """
    today = local_date(at)
    until = min(period.last, today)
    facts_of = partial(facts_at, known_at=at, district=scope.code)
    before = bound(facts_of(period.first - timedelta(days=1), parts=WORK), scope)
    is_running = until == today
    current = bound(facts_of(today, parts=(*WORK, Part.LOANS) if is_running else LENDING), scope)
    after = current if is_running else bound(facts_of(until, parts=WORK), scope)
    lending = shown(current, scope)
    return DistrictReport(
        district=scope.label,
        period=period,
        counted_until=until,
        made_at=at,
        sections=(
            work_section(before, after),
            list_section(_lists(scope.code, period)),
            event_section(_events(scope.code, period)),
            lending_section(lending),
        ),
    )


def _lists(district: str, period: ReportPeriod) -> ListFigures:
    """Return what became of the whitelists of a district in a period.

    A recalled list is no issue and puts nobody forward; what lenders did with it meanwhile has happened and counts.

    Queries: two.
    """
    on_it = Q(entries__status=EntryStatus.ADMITTED)
    issued = Whitelist.objects.filter(
        STANDS, district=district, published_at__range=_moments(period)
    ).aggregate(
        issues=Count("pk", distinct=True),
        admitted=Count("entries__uscc", filter=on_it, distinct=True),
    )
    granted = Q(decision_date__range=(period.first, period.last), granted_yuan__gt=0)
    drawn = Q(drawn_date__range=(period.first, period.last), drawn_yuan__gt=0)
    found = WhitelistContact.objects.filter(entry__whitelist__district=district).aggregate(
        contacts=Count("pk", filter=Q(contacted_at__range=_moments(period))),
        reports=Count("pk", filter=Q(reported_at__range=_moments(period))),
        grants=Count("pk", filter=granted),
        granted=sum_fen("granted_yuan", granted),
        draws=Count("pk", filter=drawn),
        drawn=sum_fen("drawn_yuan", drawn),
    )
    return ListFigures(
        issues=issued["issues"],
        admitted=issued["admitted"],
        contacts=found["contacts"],
        reports=found["reports"],
        grants=found["grants"],
        granted_yuan=yuan(found["granted"]),
        draws=found["draws"],
        drawn_yuan=yuan(found["drawn"]),
    )


def _events(district: str, period: ReportPeriod) -> EventFigures:
    """Return what became of the events a district held in a period. Queries: one."""
    met = "invitations__meetings"
    found = MatchmakingEvent.objects.filter(
        district=district, held_at__range=_moments(period)
    ).aggregate(
        events=Count("pk", distinct=True),
        meetings=Count(met, distinct=True),
        intentions=Count(f"{met}__intention", distinct=True),
        intended=sum_fen(
            f"{met}__intention__amount_yuan", Q(**{f"{met}__intention__isnull": False})
        ),
    )
    return EventFigures(
        found["events"], found["meetings"], found["intentions"], yuan(found["intended"])
    )


def _moments(period: ReportPeriod) -> tuple[datetime, datetime]:
    """Return the first and last moment of a period in the city's time, both inclusive."""
    return (
        datetime.combine(period.first, time.min, BEIJING),
        datetime.combine(period.last, time.max, BEIJING),
    )
