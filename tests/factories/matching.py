"""Needs and applications in every state, made through the services in the order of real life."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from borrowers.services import consent_revoke
from lenders.models import LoanProduct
from marketplace.domain.workdays import local_date
from matching.models import FinancingDemand, LoanApplication
from matching.services.application import (
    ConsentChoice,
    application_route,
    application_submit,
    application_suspend,
)
from matching.services.demand import demand_create
from matching.services.outcome import outcome_record
from matching.services.transition import application_transition, case_lock, step
from tests.cast import NOW, Cast
from tests.factories.lenders import make_product

CONSENT = ConsentChoice(data_classes=("01", "09", "10"), valid_months=12, feedback_clause=True)
NO_FEEDBACK = ConsentChoice(data_classes=("01", "09"), valid_months=6, feedback_clause=False)
SIGNED_DATE = local_date(NOW)

Act = tuple[str, str, dict[str, Any]]
"""Event, member of the cast, payload."""

ACCEPT: Act = ("ACCEPT", "officer", {})
CONTACT: Act = ("CONTACT", "officer", {"contact_note": "电话联系,约定周三上门。"})
DILIGENCE: Act = ("START_DUE_DILIGENCE", "officer", {})
SUPPLEMENT: Act = ("REQUEST_SUPPLEMENT", "officer", {"document_list": ["近三月流水"]})
PASS_ON: Act = ("SUBMIT_FOR_APPROVAL", "officer", {"file_complete": True, "opinion": "同意。"})
APPROVE: Act = (
    "APPROVE",
    "approver",
    {
        "amount_yuan": Decimal("500000.00"),
        "annual_rate_bp": 398,
        "term_months": 12,
        "guarantee": "CREDIT",
        "valid_until": SIGNED_DATE + timedelta(days=90),
    },
)
REJECT: Act = ("REJECT", "officer", {"refusal_code": "WEAK_CASH_FLOW", "refusal_note": ""})
WITHDRAW: Act = ("WITHDRAW", "owner", {})


def sign(contract_no: str = "HT-2026-0001") -> Act:
    payload = {
        "contract_no": contract_no,
        "signed_date": SIGNED_DATE,
        "repayment": "EQUAL_INSTALLMENT",
    }
    return ("SIGN", "officer", payload)


TO_APPROVAL: tuple[Act, ...] = (ACCEPT, CONTACT, DILIGENCE, PASS_ON)
WAY: Mapping[str, tuple[Act, ...]] = {
    "PENDING_ACCEPT": (),
    "ACCEPTED": (ACCEPT,),
    "IN_CONTACT": (ACCEPT, CONTACT),
    "DUE_DILIGENCE": (ACCEPT, CONTACT, DILIGENCE),
    "SUPPLEMENT": (ACCEPT, CONTACT, DILIGENCE, SUPPLEMENT),
    "IN_APPROVAL": TO_APPROVAL,
    "APPROVED": (*TO_APPROVAL, APPROVE),
    "SIGNED": (*TO_APPROVAL, APPROVE, sign()),
    "REJECTED": (REJECT,),
    "WITHDRAWN": (WITHDRAW,),
}
"""State to the steps that lead to it from PENDING_ACCEPT."""

LEDGER: Mapping[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "DISBURSED": (("DISBURSE", {"principal_yuan": Decimal("500000.00")}),),
    "REPAYING": (
        ("DISBURSE", {"principal_yuan": Decimal("500000.00")}),
        ("REPAY", {"principal_yuan": Decimal("100000.00"), "interest_yuan": Decimal("1500.00")}),
    ),
    "OVERDUE": (
        ("DISBURSE", {"principal_yuan": Decimal("500000.00")}),
        ("OVERDUE", {"days_overdue": 8, "classification": "SPECIAL_MENTION"}),
    ),
    "SETTLED": (
        ("DISBURSE", {"principal_yuan": Decimal("500000.00")}),
        ("REPAY", {"principal_yuan": Decimal("500000.00"), "interest_yuan": Decimal("1500.00")}),
        ("SETTLE", {}),
    ),
    "WRITTEN_OFF": (
        ("DISBURSE", {"principal_yuan": Decimal("500000.00")}),
        ("OVERDUE", {"days_overdue": 400, "classification": "LOSS"}),
        ("WRITE_OFF", {}),
    ),
}
"""State to the outcomes that lead to it from SIGNED."""


def make_demand(cast: Cast, at: datetime = NOW, **fields: Any) -> FinancingDemand:
    """A published need of the cast's enterprise for 500,000 yuan over a year, on credit."""
    wanted: dict[str, Any] = {
        "enterprise": cast.enterprise,
        "amount_yuan": Decimal("500000"),
        "term_months": 12,
        "purpose": "WORKING_CAPITAL",
        "guarantee": "CREDIT",
        "publish": True,
        "actor": cast.owner,
        "at": at,
    }
    return demand_create(**(wanted | fields))


def make_offer(cast: Cast, code: str = "P001", at: datetime = NOW, **fields: Any) -> LoanProduct:
    """A product of the cast's bank."""
    return make_product(
        institution=cast.institution,
        code=code,
        name=f"示例信用贷{code}",
        drafted_by=cast.officer,
        published_by=cast.approver,
        at=at,
        **fields,
    )


def make_submitted(
    cast: Cast,
    *,
    demand: FinancingDemand | None = None,
    product: LoanProduct | None = None,
    consent: ConsentChoice = CONSENT,
    at: datetime = NOW,
) -> LoanApplication:
    """An application just submitted, not yet routed."""
    return application_submit(
        demand=demand or make_demand(cast, at),
        product_id=(product or make_offer(cast, at=at)).public_id,
        consent=consent,
        actor=cast.owner,
        at=at,
    )


def make_application(
    cast: Cast,
    state: str = "PENDING_ACCEPT",
    *,
    demand: FinancingDemand | None = None,
    product: LoanProduct | None = None,
    consent: ConsentChoice = CONSENT,
    at: datetime = NOW,
) -> LoanApplication:
    """An application brought to a state by the people of the cast, all at one moment."""
    application = make_submitted(cast, demand=demand, product=product, consent=consent, at=at)
    if state == "SUBMITTED":
        return application
    application = application_route(application_id=application.public_id, at=at)
    if state == "EXPIRED":
        return _by_system(application, "EXPIRE", {"clock": "ACCEPT", "clock_expired": True}, at)
    if state == "SUSPENDED":
        assert application.consent is not None
        consent_revoke(consent_id=application.consent.public_id, reason="", actor=cast.owner, at=at)
        application_suspend(application_id=application.public_id, reason="企业撤回授权", at=at)
    elif state == "LAPSED":
        make_steps(cast, application, WAY["APPROVED"], at)
        return _by_system(application, "LAPSE", {}, at + timedelta(days=120))
    else:
        make_steps(cast, application, WAY.get(state, WAY["SIGNED"]), at)
        make_outcomes(cast, application, LEDGER.get(state, ()), at)
    application = LoanApplication.objects.get(pk=application.pk)
    assert application.state == state
    return application


def make_steps(
    cast: Cast, application: LoanApplication, acts: tuple[Act, ...], at: datetime = NOW
) -> None:
    for event, member, payload in acts:
        application_transition(
            application_id=application.public_id,
            event=event,
            payload=payload,
            actor=getattr(cast, member),
            at=at,
        )


def make_outcomes(
    cast: Cast,
    application: LoanApplication,
    outcomes: tuple[tuple[str, dict[str, Any]], ...],
    at: datetime = NOW,
    event_date: date = SIGNED_DATE,
) -> None:
    loan: Any = getattr(LoanApplication.objects.get(pk=application.pk), "loan", None)
    for number, (kind, amounts) in enumerate(outcomes, start=1):
        outcome_record(
            loan_id=loan.public_id,
            kind=kind,
            event_date=event_date,
            reference=f"R{number:04d}",
            actor=cast.officer,
            at=at,
            **amounts,
        )


def _by_system(
    application: LoanApplication, event: str, payload: dict[str, Any], at: datetime
) -> LoanApplication:
    from django.db import transaction

    with transaction.atomic():
        case = case_lock(application.public_id, None)
        step(case, event, payload, actor=None, at=at)
    return case.application
