"""What happened up to a day, as rows to be counted: six aggregate queries, whatever is asked of the rows afterwards.

Amounts are added up by the database in whole fen, since SQLite keeps decimals as floating numbers.

Source: domain note 1.5 (definitions), 3.7; law "every figure is the sum of events".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Sum,
)
from django.db.models.functions import Cast, Coalesce, Round

from borrowers.models import EnterpriseAccount
from exports.domain.tally import AccountRow, ApplicationRow, Facts, LoanRow, NeedRow
from lenders.domain.institution import BANK_KINDS
from lenders.selectors import institution_admitted_list, product_counts
from marketplace.domain.workdays import BEIJING, local_date
from marketplace.wall import whole_market
from matching.models import ApplicationEvent, FinancingDemand, LeadEvent, OutcomeEvent

STEPS = ("ROUTE", "ACCEPT", "CONTACT", "APPROVE", "SIGN")
_WHO = ("uscc", "district_id", "industry_section", "size_class")


class Part(StrEnum):
    """A kind of facts, each with a query of its own; ``SHELF`` has two."""

    ACCOUNTS = "ACCOUNTS"
    NEEDS = "NEEDS"
    APPLICATIONS = "APPLICATIONS"
    LOANS = "LOANS"
    SHELF = "SHELF"


@whole_market("figures of the city are sums of what happened everywhere")
def facts_at(
    day: date, known_at: datetime, parts: Collection[Part] = tuple(Part), *, district: str = ""
) -> Facts:
    """Return everything that happened up to the end of a day, as it is known at a moment.

    Args:
        day: last day counted, Beijing date.
        known_at: events entered later do not count, and one put right later counts as it stood, aware; a day before
            its own date gives the same day of a past year as it is known now. How many institutions and products there
            are is known of the present only.
        parts: what is wanted; the rest stays empty.
        district: code of the district whose enterprises' alone are wanted; empty for all. An enterprise's loans are
            all there either way, so that which one was its first is seen.

    Queries: six for the day of ``known_at``, four for an earlier one.
    """
    is_present = day == local_date(known_at) and Part.SHELF in parts
    return Facts(
        accounts=_accounts(day, known_at, district) if Part.ACCOUNTS in parts else (),
        needs=_needs(day, known_at, district) if Part.NEEDS in parts else (),
        applications=_applications(day, known_at, district) if Part.APPLICATIONS in parts else (),
        loans=_loans(day, known_at, district) if Part.LOANS in parts else (),
        institutions=institution_admitted_list().count() if is_present else None,
        products=sum(product_counts(known_at).values()) if is_present else None,
    )


def _accounts(day: date, known_at: datetime, district: str) -> tuple[AccountRow, ...]:
    found = (
        EnterpriseAccount.objects.filter(
            state="VERIFIED", **_until("verified_at", day, known_at), **_in("", district)
        )
        .order_by()
        .values_list(*(f"enterprise__{name}" for name in _WHO[1:]))
        .annotate(accounts=Count("pk"))
    )
    return tuple(AccountRow(row[0] or "", *row[1:]) for row in found)


def _needs(day: date, known_at: datetime, district: str) -> tuple[NeedRow, ...]:
    accepted = ApplicationEvent.objects.filter(
        event="ACCEPT", application__demand=OuterRef("pk"), **_until("at", day, known_at)
    )
    returned = LeadEvent.objects.filter(
        lead=OuterRef("lead"),
        event="RETURN",
        seq__gt=OuterRef("seq"),
        **_until("at", day, known_at),
    )
    taken = LeadEvent.objects.filter(
        ~Exists(returned), event="TAKE", lead__demand=OuterRef("pk"), **_until("at", day, known_at)
    )
    found = (
        FinancingDemand.objects.filter(**_until("published_at", day, known_at), **_in("", district))
        .order_by()
        .values_list(
            *(f"enterprise__{name}" for name in _WHO),
            "guarantee",
            "amount_yuan",
            ExpressionWrapper(Exists(accepted) | Exists(taken), BooleanField()),
        )
    )
    return tuple(
        NeedRow(uscc, district or "", industry, size, guarantee, _fen(amount), bool(is_accepted))
        for uscc, district, industry, size, guarantee, amount, is_accepted in found.iterator()
    )


def _applications(day: date, known_at: datetime, district: str) -> tuple[ApplicationRow, ...]:
    found: QuerySet[Any, Any] = (
        ApplicationEvent.objects.filter(
            event__in=STEPS, **_until("at", day, known_at), **_in("application__", district)
        )
        .order_by()
        .values_list(
            "application_id",
            *(f"application__enterprise__{name}" for name in _WHO),
            "application__institution__code",
            "application__credit_line__guarantee",
            "application__credit_line__amount_yuan",
        )
        .annotate(**{step.lower(): Count("pk", filter=Q(event=step)) for step in STEPS})
    )
    return tuple(_application(row) for row in found.iterator())


def _application(row: tuple[Any, ...]) -> ApplicationRow:
    _, uscc, district, industry, size, institution, guarantee, amount, *counts = row
    routed, accepted, contacted, approved, signed = (count > 0 for count in counts)
    return ApplicationRow(
        uscc=uscc,
        district=district or "",
        industry=industry,
        size=size,
        institution=institution,
        guarantee=guarantee if approved and guarantee else "",
        is_routed=routed,
        is_accepted=accepted,
        is_contacted=contacted,
        is_approved=approved,
        is_signed=signed,
        approved_fen=_fen(amount) if approved and amount else 0,
    )


def _loans(day: date, known_at: datetime, district: str) -> tuple[LoanRow, ...]:
    drawn = Q(kind="DISBURSE")
    found: QuerySet[Any, Any] = (
        OutcomeEvent.objects.known_at(known_at)
        .filter(event_date__lte=day, **_in("loan__application__", district))
        .order_by()
        .values(
            "loan_id",
            "loan__guarantee",
            "loan__annual_rate_bp",
            "loan__is_first_loan",
            "loan__application__submitted_at",
            "loan__application__institution__code",
            "loan__application__institution__kind",
            *(f"loan__application__enterprise__{name}" for name in _WHO),
        )
        .annotate(
            drawn_fen=sum_fen("principal_yuan", drawn),
            year_fen=sum_fen(
                "principal_yuan", drawn & Q(event_date__gte=day.replace(month=1, day=1))
            ),
            repaid_fen=sum_fen("principal_yuan", Q(kind="REPAY")),
            first_draw=Min("event_date", filter=drawn),
            overdue_place=Max("place", filter=Q(kind="OVERDUE")),
            cured_place=Max("place", filter=Q(kind="CURE")),
            closings=Count("pk", filter=Q(kind__in=("SETTLE", "WRITE_OFF"))),
        )
        .filter(drawn_fen__gt=0)
    )
    rows = list(found)
    first = _first_bank_draws(rows)
    return tuple(_loan(row, first) for row in rows)


def _first_bank_draws(rows: Iterable[dict[str, Any]]) -> dict[str, date]:
    """Return for each credit code the day on which a bank first paid a loan out."""
    first: dict[str, date] = {}
    for row in rows:
        if row["loan__application__institution__kind"] in BANK_KINDS:
            uscc = row["loan__application__enterprise__uscc"]
            first[uscc] = min(first.get(uscc, row["first_draw"]), row["first_draw"])
    return first


def _loan(row: dict[str, Any], first: dict[str, date]) -> LoanRow:
    who = "loan__application__enterprise__"
    uscc = row[f"{who}uscc"]
    is_open = row["closings"] == 0
    is_bank = row["loan__application__institution__kind"] in BANK_KINDS
    submitted = local_date(row["loan__application__submitted_at"])
    return LoanRow(
        uscc=uscc,
        district=row[f"{who}district_id"] or "",
        industry=row[f"{who}industry_section"],
        size=row[f"{who}size_class"],
        institution=row["loan__application__institution__code"],
        guarantee=row["loan__guarantee"],
        annual_rate_bp=row["loan__annual_rate_bp"],
        drawn_fen=row["drawn_fen"],
        drawn_year_fen=row["year_fen"],
        repaid_fen=row["repaid_fen"],
        days_to_draw=(row["first_draw"] - submitted).days,
        is_first_time=row["loan__is_first_loan"] and is_bank and row["first_draw"] == first[uscc],
        is_overdue=is_open and (row["overdue_place"] or 0) > (row["cured_place"] or 0),
        is_open=is_open,
    )


def _in(path: str, district: str) -> dict[str, str]:
    return {f"{path}enterprise__district_id": district} if district else {}


def _until(field: str, day: date, known_at: datetime) -> dict[str, datetime]:
    midnight = datetime.combine(day + timedelta(days=1), time(), BEIJING)
    return {f"{field}__lt": midnight, f"{field}__lte": known_at}


def _fen(amount_yuan: Decimal) -> int:
    return int(amount_yuan.scaleb(2))


def sum_fen(field: str, which: Q) -> Coalesce:
    """Return the sum of a money field in whole fen, as the database adds it up exactly; 0 for nothing."""
    fen = Cast(Round(F(field) * 100), BigIntegerField())
    return Coalesce(Sum(fen, filter=which), 0, output_field=BigIntegerField())
