"""Events to be counted: cases written straight into the tables, in any combination, thousands if need be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from borrowers.models import Enterprise, EnterpriseAccount
from lenders.models import Institution, LoanProduct, ProductVersion
from marketplace.domain import uscc
from marketplace.domain.roles import OrganisationKind
from marketplace.domain.workdays import BEIJING
from marketplace.models import Organisation
from matching.domain.outcome import ledger_place
from matching.models import (
    ApplicationEvent,
    CreditLine,
    FinancingDemand,
    Loan,
    LoanApplication,
    OutcomeEvent,
)
from tests.cast import DISTRICTS, NOW, Cast
from tests.factories.borrowers import make_enterprise
from tests.factories.lenders import TERMS

TODAY = NOW.astimezone(BEIJING).date()
STEPS = ("ROUTE", "ACCEPT", "CONTACT", "APPROVE", "SIGN")
STATES = ("SUBMITTED", "PENDING_ACCEPT", "ACCEPTED", "IN_CONTACT", "APPROVED", "SIGNED")
SECTIONS = "CFIM"
SIZES = ("SMALL", "MICRO", "MEDIUM", "UNKNOWN")


@dataclass(frozen=True)
class CaseSpec:
    """One need with one application and what became of it.

    Attributes:
        who: number of the enterprise.
        lender: 0 or 1, the cast's two banks.
        steps: how many of ``STEPS`` were taken.
        draws: days before today, and fen.
        arrears: 0 never, 1 overdue now, 2 overdue and cured.
    """

    who: int
    lender: int = 0
    steps: int = 5
    days_ago: int = 40
    amount_fen: int = 50_000_000
    guarantee: str = "CREDIT"
    rate_bp: int = 400
    draws: tuple[tuple[int, int], ...] = ()
    repaid_fen: int = 0
    arrears: int = 0
    is_closed: bool = False
    is_first: bool = False


def moment(days_ago: int) -> datetime:
    return datetime.combine(TODAY - timedelta(days=days_ago), time(9, 30), BEIJING)


def make_borrowers(cast: Cast, count: int, days_ago: int = 800) -> list[Enterprise]:
    """Verified enterprises spread over districts, industries and sizes."""
    found = []
    for number in range(count):
        code = uscc.make("91", "120101", _org8(number))
        place = list(DISTRICTS)[number % 3]
        enterprise = make_enterprise(
            uscc=code,
            name=f"天津统计示例{number}号有限公司",
            at=NOW,
            district_id=place,
            industry_section=SECTIONS[number % len(SECTIONS)],
            size_class=SIZES[number % len(SIZES)],
        )
        organisation = Organisation.objects.create(
            kind=OrganisationKind.ENTERPRISE, name=enterprise.name, uscc=code
        )
        EnterpriseAccount.objects.create(
            enterprise=enterprise,
            organisation=organisation,
            state="VERIFIED",
            contact_name="李联系",
            contact_phone="13900000000",
            applied_by=cast.owner,
            applied_at=moment(days_ago),
            verified_at=moment(days_ago),
        )
        found.append(enterprise)
    return found


def _org8(number: int) -> str:
    for filler in range(1000):
        text = f"MA{number:03d}{filler:03d}"
        try:
            uscc.make("91", "120101", text)
        except ValueError:
            continue
        return text
    raise AssertionError


def make_cases(
    cast: Cast, borrowers: list[Enterprise], specs: list[CaseSpec]
) -> list[LoanApplication]:
    lenders = (cast.institution, cast.rival_institution)
    return [
        make_case(cast, borrowers[spec.who], lenders[spec.lender], spec, number)
        for number, spec in enumerate(specs)
    ]


def make_case(
    cast: Cast, enterprise: Enterprise, institution: Institution, spec: CaseSpec, number: int
) -> LoanApplication:
    at = moment(spec.days_ago)
    amount = Decimal(spec.amount_fen).scaleb(-2)
    demand = FinancingDemand.objects.create(
        enterprise=enterprise,
        state="MATCHING",
        amount_yuan=amount,
        term_months=12,
        purpose="WORKING_CAPITAL",
        guarantee=spec.guarantee,
        created_by=cast.owner,
        created_at=at,
        published_at=at,
    )
    application = LoanApplication.objects.create(
        demand=demand,
        enterprise=enterprise,
        product_version=_version(cast, institution, number),
        product=LoanProduct.objects.get(code=f"S{number:04d}"),
        institution=institution,
        state=STATES[spec.steps],
        created_by=cast.owner,
        created_at=at,
        submitted_at=at,
    )
    ApplicationEvent.objects.bulk_create(
        ApplicationEvent(
            application=application,
            seq=seq,
            at=at + timedelta(hours=seq),
            actor_role="SYSTEM",
            event=event,
            source="X",
            target="Y",
        )
        for seq, event in enumerate(("SUBMIT", *STEPS[: spec.steps]), start=1)
    )
    if spec.steps >= 4:
        _approve(cast, application, spec, amount)
    if spec.steps >= 5:
        _sign(cast, application, spec, amount)
    return application


def _version(cast: Cast, institution: Institution, number: int) -> ProductVersion:
    product = LoanProduct.objects.create(
        institution=institution, code=f"S{number:04d}", name=f"统计{number}", created_at=NOW
    )
    values: dict[str, Any] = TERMS | {"number": 1, "state": "DRAFT"}
    return ProductVersion.objects.create(
        product=product, drafted_by=cast.officer, drafted_at=NOW, **values
    )


def _approve(cast: Cast, application: LoanApplication, spec: CaseSpec, amount: Decimal) -> None:
    CreditLine.objects.create(
        application=application,
        amount_yuan=amount,
        annual_rate_bp=spec.rate_bp,
        term_months=12,
        guarantee=spec.guarantee,
        valid_until=TODAY + timedelta(days=300),
        officer=cast.officer,
        approved_by=cast.approver,
        approved_at=moment(spec.days_ago),
    )


def _sign(cast: Cast, application: LoanApplication, spec: CaseSpec, amount: Decimal) -> None:
    loan = Loan.objects.create(
        application=application,
        contract_no=f"HT-{application.pk}",
        contract_digest=f"{application.pk:064d}",
        signed_date=moment(spec.days_ago).date(),
        amount_yuan=amount,
        annual_rate_bp=spec.rate_bp,
        term_months=12,
        guarantee=spec.guarantee,
        repayment="EQUAL_INSTALLMENT",
        is_first_loan=spec.is_first,
    )
    if not spec.draws:
        return
    draws = sorted(spec.draws, reverse=True)
    latest = draws[-1][0]
    events = [("DISBURSE", days, fen) for days, fen in draws]
    events += [("REPAY", latest, spec.repaid_fen)] if spec.repaid_fen else []
    events += [("OVERDUE", latest, 0)] if spec.arrears else []
    events += [("CURE", latest, 0)] if spec.arrears == 2 else []
    events += [("SETTLE", latest, 0)] if spec.is_closed else []
    OutcomeEvent.objects.bulk_create(
        OutcomeEvent(
            loan=loan,
            seq=seq,
            place=ledger_place(day_before(days), seq),
            kind=kind,
            event_date=day_before(days),
            principal_yuan=Decimal(fen).scaleb(-2),
            reference=f"R{seq}",
            reported_by=cast.officer,
            first_reported_by=cast.officer,
            reported_at=moment(0),
        )
        for seq, (kind, days, fen) in enumerate(events, start=1)
    )


def day_before(days: int) -> date:
    return TODAY - timedelta(days=days)
