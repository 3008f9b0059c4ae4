"""Who may do what with the pool, leads, dispatch, and moving to another lender."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matching.models import DemandLead
from tests.access import (
    ENTERPRISE,
    LENDER,
    OFFICERS,
    OPERATORS,
    RIVAL_LENDER,
    Call,
    Row,
    World,
    members,
)
from tests.factories.leads import (
    make_directed,
    make_lead,
    make_offers,
    make_pooled,
    make_taken,
    make_waiting,
)
from tests.factories.matching import make_application, make_demand

APPROVER = members("approver")
APPROVERS = members("approver rival_approver")
LENDERS = LENDER | RIVAL_LENDER
TAKERS = OFFICERS | members("rival_officer")
RETURN = {"return_code": "NO_CAPACITY", "return_note": "额度用完。"}
CONSENT_FORM = {"data_classes": ["01"], "valid_months": "12", "is_agreed": "on"}
CONSENT_JSON = {"data_classes": ["01"], "valid_months": 12, "feedback_clause": True}

# --- What requests need ---------------------------------------------------------------------------


def with_pooled(world: World) -> Call:
    return Call({"public_id": make_pooled(world.cast, world.at).public_id})


def with_need(world: World) -> Call:
    make_offers(world.cast, world.at)
    return Call({"public_id": make_demand(world.cast, world.at).public_id})


def with_choice(world: World) -> Call:
    return Call(with_need(world).kwargs, {"institutions": ["B001"]})


def with_invitations(world: World) -> Call:
    return Call({"public_id": make_directed(world.cast, world.at).demand.public_id})


def with_waiting(world: World) -> Call:
    keys = {"public_id": make_waiting(world.cast, world.at).public_id}
    return Call(keys, {"institution": "B001"})


def with_move(world: World) -> Call:
    make_offers(world.cast, world.at)
    product = make_offers(world.cast, world.at)[0]
    application = make_application(world.cast, "ACCEPTED", product=product, at=world.at)
    return Call({"public_id": application.public_id})


def with_move_to(world: World) -> Call:
    keys = with_move(world).kwargs
    return Call(keys | {"product_id": make_offers(world.cast, world.at)[1].public_id}, CONSENT_FORM)


def with_move_json(world: World) -> Call:
    keys = with_move(world).kwargs
    product = make_offers(world.cast, world.at)[1]
    return Call(keys, {"product_id": str(product.public_id), "consent": CONSENT_JSON})


def lead(
    state: str, body: dict[str, Any] | None = None, *, product: bool = False
) -> Callable[[World], Call]:
    """Return the maker of a request about a lead of the cast's bank in a state."""

    def make(world: World) -> Call:
        found = make_lead(world.cast, state, world.at)
        sent = dict(body or {})
        if product:
            sent["product"] = str(make_offers(world.cast, world.at)[0].public_id)
        return Call({"public_id": found.public_id}, sent)

    return make


def with_taken(world: World) -> Call:
    found: DemandLead = make_taken(world.cast, world.at)
    return Call({"public_id": found.public_id})


# --- Pages ----------------------------------------------------------------------------------------

LENDER_PAGES = [
    Row("matching:pool-list", allowed=LENDERS, stranger=403),
    Row("matching:pool-detail", allowed=LENDERS, stranger=403, make=with_pooled),
    Row(
        "matching:pool-detail",
        "POST",
        allowed=OFFICERS,
        stranger=403,
        otherwise={"rival_officer": 422, "rival_approver": 422},
        refused=APPROVER,
        make=lambda world: Call(
            with_pooled(world).kwargs,
            {"product": str(make_offers(world.cast, world.at)[0].public_id)},
        ),
    ),
    Row("matching:lead-list", allowed=LENDERS, stranger=403),
    Row("matching:lead-detail", allowed=LENDER, make=with_taken),
    Row(
        "matching:lead-take",
        "POST",
        allowed=OFFICERS,
        refused=APPROVER,
        make=lead("OFFERED", product=True),
    ),
    Row(
        "matching:lead-return",
        "POST",
        allowed=OFFICERS,
        refused=APPROVER,
        make=lead("OFFERED", RETURN),
    ),
]

ENTERPRISE_PAGES = [
    Row("matching:need-pool", "POST", allowed=ENTERPRISE, make=with_need),
    Row("matching:need-dispatch", "POST", allowed=ENTERPRISE, make=with_need),
    Row("matching:need-lenders", allowed=ENTERPRISE, make=with_need),
    Row("matching:need-lenders", "POST", allowed=ENTERPRISE, make=with_choice),
    Row("matching:lead-decline", "POST", allowed=ENTERPRISE, make=lead("INVITED")),
    Row("matching:application-move", allowed=ENTERPRISE, make=with_move),
    Row("matching:application-move-to", allowed=ENTERPRISE, make=with_move_to),
    Row("matching:application-move-to", "POST", allowed=ENTERPRISE, make=with_move_to),
]

OPERATOR_PAGES = [
    Row("matching:assign-list", allowed=OPERATORS, stranger=403),
    Row("matching:assign-detail", allowed=OPERATORS, stranger=403, make=with_waiting),
    Row("matching:assign-detail", "POST", allowed=OPERATORS, stranger=403, make=with_waiting),
    Row("matching:lead-watch", allowed=OPERATORS, stranger=403),
]

# --- API ------------------------------------------------------------------------------------------

LENDER_API = [
    Row("api:pool-list", allowed=LENDERS, stranger=403),
    Row("api:pool-take", "POST", allowed=TAKERS, refused=APPROVERS, make=with_pooled),
    Row("api:lead-list", allowed=LENDERS, stranger=403),
    Row("api:lead-detail", allowed=LENDER, make=with_taken),
    Row("api:lead-take", "POST", allowed=OFFICERS, refused=APPROVER, make=lead("OFFERED")),
    Row(
        "api:lead-return", "POST", allowed=OFFICERS, refused=APPROVER, make=lead("OFFERED", RETURN)
    ),
]

ENTERPRISE_API = [
    Row("api:demand-pool", "POST", allowed=ENTERPRISE, make=with_need),
    Row("api:demand-dispatch", "POST", allowed=ENTERPRISE, make=with_need),
    Row("api:demand-lenders", "POST", allowed=ENTERPRISE, make=with_choice),
    Row(
        "api:demand-invitations",
        allowed=ENTERPRISE,
        otherwise={"rival_owner": 404},
        stranger=403,
        make=with_invitations,
    ),
    Row("api:invitation-decline", "POST", allowed=ENTERPRISE, make=lead("INVITED")),
    Row("api:application-move", "POST", allowed=ENTERPRISE, make=with_move_json),
]

OPERATOR_API = [
    Row("api:searching-list", allowed=OPERATORS, stranger=403),
    Row("api:dispatch-suggestions", allowed=OPERATORS, stranger=403, make=with_waiting),
    Row("api:operator-dispatch", "POST", allowed=OPERATORS, stranger=403, make=with_waiting),
    Row("api:supervised-lead-list", allowed=OPERATORS, stranger=403),
]

ROWS = [
    *LENDER_PAGES,
    *ENTERPRISE_PAGES,
    *OPERATOR_PAGES,
    *LENDER_API,
    *ENTERPRISE_API,
    *OPERATOR_API,
]
