"""Who may do what on the lending side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lenders.models import BranchPosting, ProductVersion
from marketplace.domain.roles import Role
from tests.access import (
    CITY,
    LENDER,
    OFFICERS,
    OPERATORS,
    RIVAL_LENDER,
    Call,
    Row,
    World,
    each,
    members,
    public,
)
from tests.cast import make_user
from tests.factories.interface_tokens import make_interface_token, make_undrawn_token
from tests.factories.lenders import TERMS, make_draft, make_institution, make_product, make_staff

APPROVER = members("approver")
OFFICER = members("officer")
LENDERS = LENDER | RIVAL_LENDER
PERIOD = {"effective_from": "2026-11-01", "effective_until": ""}
RULE = {"feature": "score_points", "operator": "GE", "value": 60, "effective_from": "2026-11-01"}

TERMS_BODY: dict[str, Any] = TERMS | {"fee_rate_bp": 0, "decision_days": 5}
TERMS_JSON = TERMS_BODY | {"amount_min_yuan": "100000.00", "amount_max_yuan": "3000000.00"}
TERMS_FORM = TERMS_BODY | {
    "amount_min_yuan": "10",
    "amount_max_yuan": "300",
    "annual_rate_min_bp": "3.45",
    "annual_rate_max_bp": "4.80",
    "fee_rate_bp": "0",
    "all_in_rate_max_bp": "5.00",
}
INSTITUTION_BODY = {
    "code": "B009",
    "kind": "CITY",
    "name": "示例申请银行",
    "uscc": "91120105MA0501055U",
    "contact_name": "王示例",
    "contact_phone": "022-00000000",
}
BRANCH_BODY = {"name": "示例二支行", "district_codes": ["120103"]}
STAFF_BODY = {
    "username": "new-colleague",
    "display_name": "赵示例",
    "password": "colleague-pass-2026",
    "role": "OFFICER",
}


# --- What requests need ---------------------------------------------------------------------------


def with_token_order(world: World) -> Call:
    cast, day = world.cast, world.at.date().isoformat()
    body = {
        "name": "信贷系统",
        "purpose": "取回申请",
        "first_day": day,
        "last_day": day,
        "interfaces": ["APPLICATIONS"],
        "daily_calls": 10,
        "holder": str(cast.officer.public_id),
    }
    return Call({"public_id": cast.institution.public_id}, body)


def with_token(world: World) -> Call:
    """One that lets its lender's system in."""
    cast = world.cast
    issued = make_interface_token(
        cast.institution, cast.officer, actor=cast.operator, at=world.at, name="走访"
    )
    return Call({"public_id": issued.token.public_id})


def with_token_to_revoke(world: World) -> Call:
    return replace(with_token(world), body={"reason": "人员变动"})


def with_undrawn_token(world: World) -> Call:
    cast = world.cast
    token = make_undrawn_token(
        cast.institution, cast.officer, actor=cast.operator, at=world.at, name="走访"
    )
    return Call({"public_id": token.public_id})


def with_product(world: World) -> Call:
    cast = world.cast
    product = make_product(
        institution=cast.institution,
        code="B001-P01",
        name="示例信用贷",
        drafted_by=cast.officer,
        published_by=cast.approver,
        at=world.at,
    )
    return Call({"public_id": product.public_id})


def with_cost(world: World) -> Call:
    query = {"amount_yuan": "500000", "term_months": "12"}
    return replace(with_product(world), query=query)


def with_compared(world: World) -> Call:
    return Call(query={"id": [str(with_product(world).kwargs["public_id"])]})


def with_reason(world: World) -> Call:
    return replace(with_product(world), body={"reason": "示例原因"})


def with_new_terms(world: World) -> Call:
    return replace(with_product(world), body={"terms": TERMS_JSON})


def draft_of(world: World, **fields: Any) -> ProductVersion:
    cast = world.cast
    version = make_draft(
        institution=cast.institution,
        code="B001-P02",
        drafted_by=cast.second_officer,
        at=world.at,
        **fields,
    )
    version.rules.create(
        code="AGE",
        feature="age_months",
        operator="GE",
        value="12",
        effective_from=world.at.date(),
    )
    return version


def with_draft(world: World) -> Call:
    return Call({"public_id": draft_of(world).public_id})


def with_rule(world: World) -> Call:
    return Call({"public_id": draft_of(world).public_id, "code": "AGE"})


def with_terms_form(world: World) -> Call:
    return replace(with_draft(world), body=TERMS_FORM)


def with_terms_json(world: World) -> Call:
    return replace(with_draft(world), body={"terms": TERMS_JSON})


def with_rule_form(world: World) -> Call:
    body = {"feature": "score_points", "operator": "GE", "value": "60", **PERIOD}
    return replace(with_draft(world), body=body)


def with_rule_json(world: World) -> Call:
    return replace(with_draft(world), body={"code": "SCORE", **RULE})


def with_rule_change(world: World) -> Call:
    return replace(with_rule(world), body=RULE)


def with_pending(world: World) -> Call:
    version = draft_of(world, state="PENDING_REVIEW", submitted_at=world.at)
    return Call({"public_id": version.public_id}, {"decision": "publish"})


def with_pending_json(world: World) -> Call:
    return replace(with_pending(world), body={"publish": True})


def with_own_pending(world: World) -> Call:
    version = make_draft(
        institution=world.cast.institution,
        code="B001-P03",
        drafted_by=world.cast.officer,
        at=world.at,
        state="PENDING_REVIEW",
    )
    return Call({"public_id": version.public_id}, {"decision": "refuse", "reason": "示例原因"})


def with_product_form(world: World) -> Call:
    return Call(body=TERMS_FORM | {"code": "B001-P09", "name": "示例新产品"})


def with_product_json(world: World) -> Call:
    return Call(body={"code": "B001-P09", "name": "示例新产品", "terms": TERMS_JSON})


def with_application(world: World) -> Call:
    return Call(body=INSTITUTION_BODY)


def with_branch_body(world: World) -> Call:
    return Call(body=BRANCH_BODY)


def with_branch(world: World) -> Call:
    branch = world.cast.institution.branches.create(name="示例一支行")
    return Call({"public_id": branch.public_id}, BRANCH_BODY)


def with_staff_form(world: World) -> Call:
    branch = world.cast.institution.branches.get(is_default=True)
    return Call(body=STAFF_BODY | {"branch": str(branch.public_id)})


def with_staff_json(world: World) -> Call:
    branch = world.cast.institution.branches.get(is_default=True)
    return Call(body=STAFF_BODY | {"branch_id": str(branch.public_id)})


def with_posting(world: World) -> Call:
    colleague = make_user("departing")
    make_staff(user=colleague, institution=world.cast.institution, role=Role.OFFICER, at=world.at)
    posting = BranchPosting.objects.get(membership__user=colleague)
    branch = str(posting.branch.public_id)
    return Call({"public_id": posting.public_id}, {"branch": branch})


def with_posting_json(world: World) -> Call:
    call = with_posting(world)
    return replace(call, body={"branch_id": call.body["branch"]})


def with_institution(world: World) -> Call:
    return Call({"public_id": world.cast.institution.public_id})


def with_institution_reason(world: World) -> Call:
    return replace(with_institution(world), body={"reason": "示例原因"})


def with_suspended(world: World) -> Call:
    world.cast.institution.state = "SUSPENDED"
    world.cast.institution.save(update_fields=["state"])
    return with_institution(world)


def with_applicant(world: World) -> Call:
    applicant = make_institution(
        code="B008",
        name="示例申请村镇银行",
        uscc="91120106MA05010635",
        at=world.at,
        state="PENDING",
        admitted_at=None,
    )
    return Call({"public_id": applicant.public_id}, {"decision": "approve"})


def with_applicant_json(world: World) -> Call:
    return replace(with_applicant(world), body={"approve": True})


def with_institution_branch(world: World) -> Call:
    return replace(with_institution(world), body=BRANCH_BODY)


def with_institution_staff(world: World) -> Call:
    return replace(with_institution(world), body=with_staff_form(world).body)


def with_institution_staff_json(world: World) -> Call:
    return replace(with_institution(world), body=with_staff_json(world).body)


# --- The rows -------------------------------------------------------------------------------------


def own(name: str, method: str, make: Any, refused: frozenset[str] = CITY) -> Row:
    """What only people of the institution do to their own thing; the city may see it."""
    return Row(name, method, allowed=LENDER, refused=refused, make=make)


PUBLIC = [
    *(
        row
        for space in ("lenders", "api")
        for row in (
            public(f"{space}:product-list"),
            public(f"{space}:product-compare", make=with_compared),
            public(f"{space}:product-detail", make=with_product),
            public(f"{space}:institution-public-list"),
            public(f"{space}:institution-apply", "POST", make=with_application),
        )
    ),
    public("lenders:institution-apply"),
    public("api:product-cost", make=with_cost),
]

PRODUCTS = [
    *each(
        ["lenders:product-manage-list", "api:product-manage-list", "lenders:product-create"],
        allowed=LENDERS,
        stranger=403,
    ),
    Row("lenders:product-create", "POST", allowed=LENDERS, stranger=403, make=with_product_form),
    Row("api:product-manage-list", "POST", allowed=LENDERS, stranger=403, make=with_product_json),
    *each(
        ["lenders:product-manage-detail", "api:product-manage-detail"],
        allowed=LENDER | CITY,
        make=with_product,
    ),
    own("lenders:version-create", "POST", with_product),
    own("api:version-create", "POST", with_new_terms),
    *each(
        ["lenders:product-withdraw", "api:product-withdraw"],
        "POST",
        allowed=LENDER | OPERATORS,
        refused=members("auditor"),
        make=with_reason,
    ),
]

VERSIONS = [
    *each(["lenders:version-detail", "api:version-detail"], allowed=LENDER | CITY, make=with_draft),
    own("lenders:version-edit", "GET", with_draft),
    own("lenders:version-edit", "POST", with_terms_form),
    own("api:version-detail", "PUT", with_terms_json),
    own("lenders:version-rules", "GET", with_draft),
    own("lenders:version-rules", "POST", with_rule_form),
    own("api:rule-add", "POST", with_rule_json),
    own("lenders:rule-remove", "POST", with_rule),
    own("api:rule-remove", "DELETE", with_rule),
    own("api:rule-remove", "PUT", with_rule_change),
    own("lenders:version-submit", "POST", with_draft),
    own("api:version-submit", "POST", with_draft),
    Row(
        "lenders:version-review",
        "POST",
        allowed=APPROVER | OPERATORS,
        refused=OFFICERS | members("auditor"),
        make=with_pending,
    ),
    Row(
        "api:version-review",
        "POST",
        allowed=APPROVER | OPERATORS,
        refused=OFFICERS | members("auditor"),
        make=with_pending_json,
    ),
    Row(
        "lenders:version-review",
        "POST",
        allowed=APPROVER | OPERATORS,
        refused=OFFICERS | members("auditor"),
        make=with_own_pending,
    ),
]

TEAM_PAGES = [
    Row("lenders:team", allowed=LENDERS, stranger=403),
    Row("lenders:branch-create", allowed=APPROVER | members("rival_approver"), stranger=403),
    Row("lenders:staff-create", allowed=APPROVER | members("rival_approver"), stranger=403),
    Row(
        "lenders:branch-create",
        "POST",
        allowed=APPROVER | members("rival_approver"),
        stranger=403,
        make=with_branch_body,
    ),
    *(
        Row(
            name,
            method,
            allowed=APPROVER | OPERATORS,
            refused=OFFICERS | members("auditor"),
            make=make,
        )
        for name, method, make in (
            ("lenders:branch-edit", "GET", with_branch),
            ("lenders:branch-edit", "POST", with_branch),
            ("api:branch-edit", "PUT", with_branch),
            ("lenders:staff-move", "POST", with_posting),
            ("lenders:staff-end", "POST", with_posting),
            ("api:staff-detail", "PUT", with_posting_json),
            ("api:staff-detail", "DELETE", with_posting),
        )
    ),
]

TEAM_API = [
    *each(["api:branch-list", "api:staff-list"], allowed=LENDERS, stranger=403),
    Row(
        "api:branch-list",
        "POST",
        allowed=APPROVER | members("rival_approver"),
        stranger=403,
        make=with_branch_body,
    ),
]

OPERATOR = [
    *each(
        [
            f"{space}:{name}"
            for space in ("lenders", "api")
            for name in ("institution-list", "product-oversee-list")
        ],
        allowed=CITY,
        stranger=403,
    ),
    *each(
        ["lenders:institution-detail", "api:institution-detail"],
        allowed=CITY,
        stranger=403,
        make=with_institution,
    ),
    *(
        Row(name, "POST", allowed=OPERATORS, refused=refused, make=make)
        for name, refused, make in (
            ("lenders:institution-review", members("auditor"), with_applicant),
            ("api:institution-review", members("auditor"), with_applicant_json),
            ("lenders:institution-suspend", LENDER | members("auditor"), with_institution_reason),
            ("api:institution-suspend", LENDER | members("auditor"), with_institution_reason),
            ("lenders:institution-restore", LENDER | members("auditor"), with_suspended),
            ("api:institution-restore", LENDER | members("auditor"), with_suspended),
        )
    ),
    *(
        Row(
            name,
            method,
            allowed=APPROVER | OPERATORS,
            refused=OFFICERS | members("auditor"),
            make=make,
        )
        for name, method, make in (
            ("lenders:institution-branch-create", "GET", with_institution),
            ("lenders:institution-branch-create", "POST", with_institution_branch),
            ("api:institution-branch-create", "POST", with_institution_branch),
            ("lenders:institution-staff-create", "GET", with_institution),
            ("lenders:institution-staff-create", "POST", with_institution_staff),
            ("api:institution-staff-create", "POST", with_institution_staff_json),
        )
    ),
]

# A colleague's branch must be one of the institution's own, so the rival's approver has a form to correct.
STAFF = [
    Row(
        "lenders:staff-create",
        "POST",
        allowed=APPROVER,
        stranger=403,
        otherwise={"rival_approver": 422},
        make=with_staff_form,
    ),
    Row(
        "api:staff-list",
        "POST",
        allowed=APPROVER,
        stranger=403,
        otherwise={"rival_approver": 400},
        make=with_staff_json,
    ),
]

TOKENS = [
    Row("lenders:institution-tokens", allowed=CITY, stranger=403, make=with_institution),
    Row(
        "lenders:institution-tokens",
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_token_order,
    ),
    Row("lenders:interface-token-list", allowed=LENDERS, stranger=403),
    Row("lenders:interface-token", allowed=CITY | APPROVER | OFFICER, make=with_token),
    Row(
        "lenders:interface-token-draw",
        "POST",
        allowed=OFFICER,
        otherwise={"approver": 403, "auditor": 403} | dict.fromkeys(OPERATORS, 403),
        make=with_undrawn_token,
    ),
    Row(
        "lenders:interface-token-revoke",
        "POST",
        allowed=OPERATORS | APPROVER,
        otherwise={"auditor": 403, "officer": 403},
        make=with_token_to_revoke,
    ),
]

ROWS = [*PUBLIC, *PRODUCTS, *VERSIONS, *TEAM_PAGES, *TEAM_API, *OPERATOR, *STAFF, *TOKENS]
