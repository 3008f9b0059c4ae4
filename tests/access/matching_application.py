"""Who may do what with needs, applications and outcomes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from matching.models import LoanApplication
from tests.access import (
    CITY,
    ENTERPRISE,
    EVERYBODY,
    LENDER,
    OFFICERS,
    OPERATORS,
    RIVAL_ENTERPRISE,
    RIVAL_LENDER,
    Call,
    Row,
    World,
    each,
    members,
)
from tests.access.lenders import with_draft as with_version_draft
from tests.factories.matching import (
    APPROVE,
    CONSENT,
    NO_FEEDBACK,
    SIGNED_DATE,
    make_application,
    make_demand,
    make_offer,
)

APPROVER = members("approver")
APPROVERS = members("approver rival_approver")
ENTERPRISES = ENTERPRISE | RIVAL_ENTERPRISE
LENDERS = LENDER | RIVAL_LENDER
RIVAL_OFFICER = members("rival_officer")

NEED_FORM = {
    "amount_yuan": "50",
    "term_months": "12",
    "purpose": "WORKING_CAPITAL",
    "guarantee": "CREDIT",
}
NEED_JSON = NEED_FORM | {"amount_yuan": "500000.00", "term_months": 12}
CONSENT_FORM = {"data_classes": ["01"], "valid_months": "12", "is_agreed": "on"}
CONSENT_JSON = {"data_classes": ["01"], "valid_months": 12, "feedback_clause": True}
GRANT_JSON = {
    "amount_yuan": "500000.00",
    "annual_rate_bp": 398,
    "term_months": 12,
    "guarantee": "CREDIT",
    "valid_until": str(APPROVE[2]["valid_until"]),
}
GRANT_FORM = GRANT_JSON | {"amount_yuan": "50", "annual_rate_bp": "3.98"}
SIGN_JSON = {
    "contract_no": "HT-ACCESS-1",
    "signed_date": str(SIGNED_DATE),
    "repayment": "BULLET",
}
AMENDED = {
    "event_date": str(SIGNED_DATE),
    "principal_yuan": "400000.00",
    "reference": "C1",
    "reason": "金额录错",
}
PAID = {
    "kind": "DISBURSE",
    "event_date": str(SIGNED_DATE),
    "principal_yuan": "500000.00",
    "reference": "ACCESS-1",
}

# --- What requests need ---------------------------------------------------------------------------


def with_need(world: World) -> Call:
    return Call({"public_id": make_demand(world.cast, world.at).public_id})


def with_draft(world: World) -> Call:
    return Call({"public_id": make_demand(world.cast, world.at, publish=False).public_id})


def with_changed_draft(world: World) -> Call:
    return replace(with_draft(world), body=NEED_FORM)


def with_refused(world: World) -> Call:
    return Call({"public_id": make_application(world.cast, "REJECTED").demand.public_id})


def with_offer(world: World) -> Call:
    keys = {
        "public_id": make_demand(world.cast, world.at).public_id,
        "product_id": make_offer(world.cast, at=world.at).public_id,
    }
    return Call(keys, CONSENT_FORM)


def with_compared(world: World) -> Call:
    keys = with_offer(world).kwargs
    return Call({"public_id": keys["public_id"]}, query={"id": [str(keys["product_id"])]})


def with_submission(world: World) -> Call:
    keys = with_offer(world).kwargs
    body = {
        "demand_id": str(keys["public_id"]),
        "product_id": str(keys["product_id"]),
        "consent": CONSENT_JSON,
    }
    return Call(body=body)


def case(
    state: str, body: dict[str, Any] | None = None, *, feedback: bool = True, **keys: Any
) -> Callable[[World], Call]:
    """Return the maker of a request about an application in a state."""

    def make(world: World) -> Call:
        consent = CONSENT if feedback else NO_FEEDBACK
        application = make_application(world.cast, state, consent=consent, at=world.at)
        return Call({"public_id": application.public_id, **keys}, body or {})

    return make


def with_departed(world: World) -> Call:
    """Return a request about a case whose officer is none of the lender's."""
    application = make_application(world.cast, "IN_CONTACT", at=world.at)
    LoanApplication.objects.filter(pk=application.pk).update(officer=world.cast.stranger)
    return Call({"public_id": application.public_id})


def with_chosen(world: World) -> Call:
    application = make_application(world.cast, "DUE_DILIGENCE", at=world.at)
    chosen = {"act": "request-supplement", "id": [str(application.public_id)]}
    return Call(body=chosen | {"document_list": "近三个月流水"}, query=chosen)


def several(state: str, **body: Any) -> Callable[[World], Call]:
    """Return the maker of a request about several applications, of which there is one."""

    def make(world: World) -> Call:
        application = make_application(world.cast, state, at=world.at)
        return Call(body={"application_ids": [str(application.public_id)], **body})

    return make


def with_loan(world: World) -> Call:
    application = make_application(world.cast, "SIGNED", at=world.at)
    return Call({"public_id": LoanApplication.objects.get(pk=application.pk).loan.public_id})


def with_outcome(**body: Any) -> Callable[[World], Call]:
    """Return the maker of a request about the first outcome of a loan."""

    def make(world: World) -> Call:
        application = make_application(world.cast, "DISBURSED", at=world.at)
        loan = LoanApplication.objects.get(pk=application.pk).loan
        return Call({"public_id": loan.public_id, "seq": 1}, body)

    return make


def with_payment(world: World) -> Call:
    return replace(with_loan(world), body=PAID)


# --- Pages ----------------------------------------------------------------------------------------

NEED_PAGES = [
    Row("matching:need-list", allowed=ENTERPRISES, stranger=403),
    Row("matching:need-create", allowed=ENTERPRISES, stranger=403),
    Row(
        "matching:need-create",
        "POST",
        allowed=ENTERPRISES,
        stranger=403,
        make=lambda world: Call(body=NEED_FORM),
    ),
    Row("matching:need-detail", allowed=ENTERPRISE, make=with_need),
    Row("matching:need-compare", allowed=ENTERPRISE, make=with_compared),
    Row("matching:need-change", allowed=ENTERPRISE, make=with_draft),
    Row("matching:need-change", "POST", allowed=ENTERPRISE, make=with_changed_draft),
    Row("matching:need-publish", "POST", allowed=ENTERPRISE, make=with_draft),
    Row("matching:need-withdraw", "POST", allowed=ENTERPRISE, make=with_need),
    Row("matching:need-close", "POST", allowed=ENTERPRISE, make=with_refused),
]

BORROWER_PAGES = [
    Row("matching:application-create", allowed=ENTERPRISE, make=with_offer),
    Row("matching:application-create", "POST", allowed=ENTERPRISE, make=with_offer),
    Row("matching:application-list", allowed=ENTERPRISES, stranger=403),
    Row("matching:application-detail", allowed=ENTERPRISE, make=case("APPROVED")),
    Row("matching:application-withdraw", "POST", allowed=ENTERPRISE, make=case("DUE_DILIGENCE")),
    Row(
        "matching:application-supply",
        "POST",
        allowed=ENTERPRISE,
        make=case("SUPPLEMENT", {"supplied_note": "已交。"}),
    ),
    Row("matching:application-consent", allowed=ENTERPRISE, make=case("SUSPENDED")),
    Row(
        "matching:application-consent",
        "POST",
        allowed=ENTERPRISE,
        make=case("SUSPENDED", CONSENT_FORM),
    ),
]

LENDER_PAGES = [
    Row("matching:queue-list", allowed=LENDERS, stranger=403),
    Row(
        "matching:queue-batch",
        allowed=OFFICERS | RIVAL_OFFICER,
        stranger=403,
        make=with_chosen,
    ),
    Row(
        "matching:queue-batch",
        "POST",
        allowed=OFFICERS | RIVAL_OFFICER,
        stranger=403,
        make=with_chosen,
    ),
    Row("matching:version-reach", allowed=LENDER | CITY, make=with_version_draft),
    Row("matching:review-detail", allowed=LENDER, make=case("DUE_DILIGENCE")),
    Row("matching:review-note", "POST", allowed=LENDER, make=case("ACCEPTED", {"text": "备注"})),
    Row(
        "matching:review-take-over",
        "POST",
        allowed=OFFICERS,
        refused=APPROVER,
        make=with_departed,
    ),
    Row(
        "matching:review-act",
        "POST",
        allowed=OFFICERS,
        refused=APPROVER,
        make=case("PENDING_ACCEPT", slug="accept"),
    ),
    Row(
        "matching:review-act",
        "POST",
        allowed=APPROVER,
        refused=OFFICERS,
        make=case("IN_APPROVAL", GRANT_FORM, slug="approve"),
    ),
    Row("matching:approval-list", allowed=APPROVERS, stranger=403),
    Row(
        "matching:approval-detail",
        allowed=APPROVER,
        refused=OFFICERS,
        make=case("IN_APPROVAL"),
    ),
    Row(
        "matching:approval-act",
        "POST",
        allowed=APPROVER,
        refused=OFFICERS,
        make=case("IN_APPROVAL", GRANT_FORM, slug="approve"),
    ),
    Row("matching:loan-list", allowed=LENDERS, stranger=403),
    Row("matching:outcome-list", allowed=LENDER, make=case("SIGNED")),
    Row(
        "matching:outcome-list",
        "POST",
        allowed=OFFICERS,
        refused=APPROVER,
        make=case("SIGNED", PAID | {"principal_yuan": "500000"}),
    ),
    Row(
        "matching:outcome-rectify",
        allowed=APPROVER,
        refused=OFFICERS,
        make=case("DISBURSED", seq=1),
    ),
    Row(
        "matching:outcome-rectify",
        "POST",
        allowed=APPROVER,
        refused=OFFICERS,
        make=case("DISBURSED", {f"amend-{name}": text for name, text in AMENDED.items()}, seq=1),
    ),
    Row(
        "matching:outcome-void",
        "POST",
        allowed=APPROVER,
        refused=OFFICERS,
        make=case("DISBURSED", {"void-reason": "没有发生"}, seq=1),
    ),
    Row("matching:outcome-upload", allowed=OFFICERS | RIVAL_OFFICER, stranger=403),
    Row("matching:outcome-upload", "POST", allowed=OFFICERS | RIVAL_OFFICER, stranger=403),
    Row("matching:outcome-template", allowed=OFFICERS | RIVAL_OFFICER, stranger=403),
]

OPERATOR_PAGES = [
    Row("matching:dispatch-list", allowed=OPERATORS, stranger=403),
    Row("matching:correction-list", allowed=OPERATORS, stranger=403),
    Row("matching:dispatch-detail", allowed=OPERATORS, stranger=403, make=case("ACCEPTED")),
    Row(
        "matching:dispatch-detail",
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=case("ACCEPTED", {"text": "请尽快。"}),
    ),
]

# --- API ------------------------------------------------------------------------------------------

NEED_API = [
    Row("api:demand-list", allowed=ENTERPRISES, stranger=403),
    Row(
        "api:demand-list",
        "POST",
        allowed=ENTERPRISES,
        stranger=403,
        make=lambda world: Call(body=NEED_JSON),
    ),
    *each(
        ["api:demand-detail", "api:demand-fits", "api:demand-prospects"],
        allowed=ENTERPRISE,
        make=with_need,
    ),
    Row("api:demand-compare", allowed=ENTERPRISE, make=with_compared),
    Row("api:renewal-list", allowed=ENTERPRISES, stranger=403),
    Row(
        "api:renewal-start",
        allowed=ENTERPRISE,
        stranger=403,
        otherwise=dict.fromkeys(RIVAL_ENTERPRISE, 404),
        make=with_loan,
    ),
    Row("api:demand-publish", "POST", allowed=ENTERPRISE, make=with_draft),
    Row("api:demand-withdraw", "POST", allowed=ENTERPRISE, make=with_need),
    Row("api:demand-close", "POST", allowed=ENTERPRISE, make=with_refused),
]

APPLICATION_API = [
    Row("api:application-list", allowed=ENTERPRISES | LENDERS, stranger=403),
    Row(
        "api:application-list",
        "POST",
        allowed=ENTERPRISE,
        refused=EVERYBODY - ENTERPRISES,
        make=with_submission,
    ),
    Row("api:application-detail", allowed=ENTERPRISE | LENDER, make=case("APPROVED")),
    Row("api:application-review", allowed=LENDER, make=case("DUE_DILIGENCE")),
    Row("api:application-note", "POST", allowed=LENDER, make=case("ACCEPTED", {"text": "备注"})),
    Row(
        "api:application-consent",
        "POST",
        allowed=ENTERPRISE,
        refused=LENDER,
        make=case("SUSPENDED", CONSENT_JSON),
    ),
    Row("api:supervised-list", allowed=OPERATORS, stranger=403),
    Row(
        "api:application-urge",
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=case("ACCEPTED", {"text": "请尽快。"}),
    ),
]


def officers(verb: str, state: str, body: dict[str, Any] | None = None, **how: Any) -> Row:
    """A step of the officer's."""
    return Row(
        f"api:application-{verb}",
        "POST",
        allowed=OFFICERS,
        refused=ENTERPRISE | APPROVER,
        make=case(state, body, **how),
    )


def approvers(verb: str, body: dict[str, Any]) -> Row:
    """A decision of the approver's."""
    return Row(
        f"api:application-{verb}",
        "POST",
        allowed=APPROVER,
        refused=ENTERPRISE | OFFICERS,
        make=case("IN_APPROVAL", body),
    )


STEP_API = [
    officers("accept", "PENDING_ACCEPT"),
    officers("contact", "ACCEPTED", {"contact_note": "已电话联系。"}),
    officers("start-due-diligence", "IN_CONTACT"),
    officers("request-supplement", "DUE_DILIGENCE", {"document_list": ["流水"]}),
    officers("submit-for-approval", "DUE_DILIGENCE", {"file_complete": True, "opinion": "同意"}),
    officers("reject", "PENDING_ACCEPT", {"refusal_code": "TOO_YOUNG"}),
    officers("sign", "APPROVED", SIGN_JSON),
    officers("disburse-status", "SIGNED", feedback=False),
    approvers("approve", GRANT_JSON),
    approvers("return", {"opinion": "补充担保。"}),
    Row(
        "api:application-supply",
        "POST",
        allowed=ENTERPRISE | OFFICERS,
        refused=APPROVER,
        make=case("SUPPLEMENT", {"supplied_note": "已交。"}),
    ),
    Row(
        "api:application-withdraw",
        "POST",
        allowed=ENTERPRISE,
        refused=LENDER,
        make=case("DUE_DILIGENCE"),
    ),
]

SEVERAL_API = [
    Row(
        f"api:applications-{verb}",
        "POST",
        allowed=OFFICERS | RIVAL_OFFICER,
        stranger=403,
        make=make,
    )
    for verb, make in {
        "accept": several("PENDING_ACCEPT"),
        "start-due-diligence": several("IN_CONTACT"),
        "request-supplement": several("DUE_DILIGENCE", document_list=["流水"]),
        "note": several("ACCEPTED", text="备注"),
    }.items()
]

LOAN_API = [
    Row("api:version-reach", allowed=LENDER | CITY, make=with_version_draft),
    Row("api:loan-list", allowed=LENDERS, stranger=403),
    *each(["api:loan-detail", "api:outcome-list"], allowed=ENTERPRISE | LENDER, make=with_loan),
    Row(
        "api:outcome-list",
        "POST",
        allowed=OFFICERS,
        refused=ENTERPRISE | APPROVER,
        make=with_payment,
    ),
    Row(
        "api:outcome-amend",
        "POST",
        allowed=APPROVER,
        refused=ENTERPRISE | OFFICERS,
        make=with_outcome(**AMENDED),
    ),
    Row(
        "api:outcome-void",
        "POST",
        allowed=APPROVER,
        refused=ENTERPRISE | OFFICERS,
        make=with_outcome(reason="没有发生"),
    ),
    Row("api:correction-list", allowed=OPERATORS, stranger=403),
    Row(
        "api:outcome-upload",
        "POST",
        stranger=403,
        otherwise={"officer": 415, "second_officer": 415, "rival_officer": 415},
    ),
]

ROWS = [
    *NEED_PAGES,
    *BORROWER_PAGES,
    *LENDER_PAGES,
    *OPERATOR_PAGES,
    *NEED_API,
    *APPLICATION_API,
    *STEP_API,
    *SEVERAL_API,
    *LOAN_API,
]
