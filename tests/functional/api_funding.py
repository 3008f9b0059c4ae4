"""The whole way of one loan by /api/v1/: the same verbs as the pages, each checked against the OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from marketplace.domain.workdays import local_date
from tests.functional.funding import CONTRACT, REPAID, SECRET
from tests.functional.market import Market
from tests.functional.program import Program, published_schema
from tests.functional.steps import ASKED_YUAN, CLASSES, GRANTED_YUAN

NEED = {
    "amount_yuan": str(ASKED_YUAN),
    "term_months": 12,
    "purpose": "WORKING_CAPITAL",
    "purpose_note": "备货",
    "guarantee": "CREDIT",
}
CONSENT = {"data_classes": CLASSES, "valid_months": 12, "feedback_clause": True}
CONTACT = {"contact_name": "李联系", "contact_phone": "13900000088"}
ACCOUNT = {"username": "newcomer", "password": SECRET, **CONTACT}


@dataclass(frozen=True)
class Programs:
    """Who calls, and what for.

    Attributes:
        key: public id of the application.
        loan: public id of the loan.
    """

    owner: Program
    officer: Program
    key: str
    loan: str


def walks_to_disbursement_by_api(market: Market, days) -> Programs:
    schema, cast = published_schema(), market.cast
    owner = registers(market, schema)
    officer, approver = Program(schema, cast.officer), Program(schema, cast.approver)
    days.later(hours=1)
    key = applies(owner, market)
    days.later(hours=2)
    is_examined(owner, officer, key, days)
    days.later(days=1)
    is_approved(officer, approver, key)
    loan = signs(officer, key)
    days.later(days=1)
    reports(officer, loan, "DISBURSE", 1, principal_yuan=str(GRANTED_YUAN))
    return Programs(owner, officer, key, loan)


def registers(market: Market, schema: dict[str, Any]) -> Program:
    visitor = Program(schema)
    uscc = market.newcomer.uscc
    known = visitor.does("register_lookup", uscc=uscc)
    assert known["name"] == market.newcomer.name
    applied = visitor.does("account_apply", {"uscc": uscc, **ACCOUNT})
    assert applied["state"] == "PENDING"

    owner, operator = Program(schema, "newcomer", SECRET), Program(schema, market.cast.operator)
    owner.fails("demand_create", 403, NEED)
    assert applied["id"] in {row["id"] for row in operator.does("accounts_list")["results"]}
    done = operator.does("account_review", {"approve": True}, public_id=applied["id"])
    assert done["state"] == "VERIFIED"
    return owner


def applies(owner: Program, market: Market) -> str:
    need = owner.does("demand_create", NEED)
    if need["state"] == "DRAFT":
        need = owner.does("demand_publish", public_id=need["id"])
    assert need["state"] == "PUBLISHED"
    product = str(market.fitting.public_id)
    fits = {row["product_id"]: row for row in owner.does("demand_fits", public_id=need["id"])}
    assert fits[product]["outcome"] == "FITS"
    wanted = {"demand_id": need["id"], "product_id": product}

    unread = {**CONSENT, "data_classes": []}
    slip = owner.fails("application_submit", 400, {**wanted, "consent": unread})
    assert "data_classes" in slip["fields"]
    done = owner.does("application_submit", {**wanted, "consent": CONSENT})
    assert (done["state"], done["branch"]) == ("PENDING_ACCEPT", "示例支行")
    return done["id"]


def is_examined(owner: Program, officer: Program, key: str, days) -> None:
    assert officer.does("application_get", public_id=key)["contact_phone"] is None
    accepted = officer.does("application_accept", public_id=key)
    assert accepted["contact_phone"] == "13900000088"
    days.later(hours=3)
    officer.does("application_contact", {"contact_note": "电话联系。"}, public_id=key)
    officer.does("application_start_due_diligence", public_id=key)
    read = officer.does("application_review", public_id=key)
    assert (read["closed_because"], read["frozen_fit"]["outcome"]) == ("", "FITS")
    assert officer.does("application_portrait", public_id=key)
    asked = {"document_list": ["近三个月银行流水"]}
    officer.does("application_request_supplement", asked, public_id=key)
    days.later(hours=20)
    owner.does("application_supply", {"supplied_note": "已送网点。"}, public_id=key)
    unready = {"file_complete": False, "opinion": "尚缺"}
    slip = officer.fails("application_submit_for_approval", 409, unready, public_id=key)
    assert "file_complete" in slip["fields"]
    ready = {"file_complete": True, "opinion": "经营稳定。"}
    officer.does("application_submit_for_approval", ready, public_id=key)


def is_approved(officer: Program, approver: Program, key: str) -> None:
    grant = {
        "amount_yuan": str(GRANTED_YUAN),
        "annual_rate_bp": 398,
        "term_months": 12,
        "guarantee": "CREDIT",
        "valid_until": (today() + timedelta(days=170)).isoformat(),
    }
    officer.fails("application_approve", 403, grant, public_id=key)
    high = grant | {"amount_yuan": "3000000.01"}
    slip = approver.fails("application_approve", 409, high, public_id=key)
    assert "授信金额不能超过产品最高额度" in slip["fields"]["amount_yuan"]
    done = approver.does("application_approve", grant, public_id=key)
    assert done["credit_line"]["amount_yuan"] == str(GRANTED_YUAN)


def signs(officer: Program, key: str) -> str:
    contract = {
        "contract_no": CONTRACT,
        "signed_date": today().isoformat(),
        "repayment": "EQUAL_INSTALLMENT",
        "is_first_loan": True,
    }
    done = officer.does("application_sign", contract, public_id=key)
    assert done["state"] == "SIGNED"
    return done["loan_id"]


def is_repaid_by_api(programs: Programs, days) -> None:
    owner, officer, loan = programs.owner, programs.officer, programs.loan
    for number, (principal, interest) in enumerate(REPAID, start=2):
        days.later(days=91)
        amounts = {"principal_yuan": str(principal), "interest_yuan": str(interest)}
        reports(officer, loan, "REPAY", number, **amounts)
    reports(officer, loan, "SETTLE", 4)
    again = reports(officer, loan, "SETTLE", 4)
    assert again["seq"] == 4
    seen = owner.does("loan_get", public_id=loan)
    assert owner.does("application_get", public_id=programs.key)["state"] == "SETTLED"
    assert (seen["outstanding_yuan"], seen["repaid_yuan"]) == ("0.00", str(GRANTED_YUAN))


def reports(officer: Program, loan: str, kind: str, number: int, **amounts: str) -> Any:
    body = {"kind": kind, "event_date": today().isoformat(), "reference": f"LS-{number}"} | amounts
    return officer.does("loan_outcome_record", body, public_id=loan)


def today() -> date:
    return local_date(datetime.now().astimezone())
