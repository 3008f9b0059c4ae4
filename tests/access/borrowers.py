"""Who may do what on the borrowing side."""

from __future__ import annotations

from dataclasses import replace

from django.core.files.uploadedfile import SimpleUploadedFile

from borrowers.models import EnterpriseAccount, Objection
from borrowers.services import (
    catalogue_import_read,
    consent_grant,
    objection_submit,
    records_ingest,
    repair_step,
    repair_submit,
)
from borrowers.services.thematic import thematic_seed
from borrowers.sheets import catalogue_workbook
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.domain.uscc import make
from marketplace.models import Membership, Organisation
from tests.access import (
    CITY,
    DISTRICT,
    ENTERPRISE,
    EVERYBODY,
    LENDER,
    OPERATORS,
    OTHER_DISTRICT,
    RIVAL_ENTERPRISE,
    Call,
    Row,
    World,
    bare,
    each,
    members,
    public,
)
from tests.cast import make_user
from tests.factories.borrowers import (
    PENALTY_ROW,
    USCC,
    consent_terms,
    deliver,
    make_enterprise,
    make_penalty,
)
from tests.factories.reference import enter_reference
from tests.factories.unit_tokens import make_token

AUDITOR = members("auditor")
ENTERPRISES = ENTERPRISE | RIVAL_ENTERPRISE
OWNERS = members("owner rival_owner")
DISTRICTS = DISTRICT | OTHER_DISTRICT
STRANGER = members("stranger")
NEW = "91120103MA06010137"
PERSON = {
    "username": "newcomer",
    "password": "示例-long-enough-2026",
    "display_name": "周示例",
}
CONTACT = {"contact_name": "周示例", "contact_phone": "13800000000"}
OBJECTION = {"reason": "处罚金额有误,请核对决定书"}
SUPPLY = {"proof": "缴款书 示例0001", "statement": ""}
REPAIR = SUPPLY | {"duty_fulfilled_date": "2026-06-01", "commitment_made": "on"}
ANSWER = {"outcome": "UPHOLD", "answer": "经核实,记录与决定书一致。"}
RATING = "统一社会信用代码,评价年度,纳税信用等级\n"
REGISTER = "企业名称,统一社会信用代码\n"


# --- What requests need ---------------------------------------------------------------------------


def with_new_enterprise(world: World) -> Call:
    make_enterprise(uscc=NEW, name="天津新办示例有限公司", at=world.at)
    return Call({"uscc": NEW})


def with_code(world: World) -> Call:
    with_new_enterprise(world)
    return Call(body={"uscc": NEW})


def with_registration(world: World) -> Call:
    with_new_enterprise(world)
    return Call(body={"uscc": NEW, **PERSON, **CONTACT})


def pending(world: World) -> EnterpriseAccount:
    enterprise = make_enterprise(uscc=NEW, name="天津新办示例有限公司", at=world.at)
    organisation = Organisation.objects.create(
        kind=OrganisationKind.ENTERPRISE, name=enterprise.name, uscc=NEW
    )
    return EnterpriseAccount.objects.create(
        enterprise=enterprise,
        organisation=organisation,
        applied_by=world.cast.stranger,
        applied_at=world.at,
        **CONTACT,
    )


def refused(world: World) -> EnterpriseAccount:
    account = pending(world)
    account.state = "REFUSED"
    account.save()
    return account


def with_pending(world: World) -> Call:
    return Call({"public_id": pending(world).public_id}, {"decision": "approve"})


def with_pending_json(world: World) -> Call:
    return replace(with_pending(world), body={"approve": True})


def with_refused(world: World) -> Call:
    refused(world)
    return Call(body=CONTACT)


def with_refused_id(world: World) -> Call:
    return Call({"public_id": refused(world).public_id}, CONTACT)


def with_agent_body(world: World) -> Call:
    return Call(body=PERSON)


def with_former_agent(world: World) -> Call:
    call = with_agent(world)
    Membership.objects.filter(user__public_id=call.kwargs["public_id"]).update(ended_at=world.at)
    return call


def with_contact(world: World) -> Call:
    return Call(body=CONTACT)


def with_agent(world: World) -> Call:
    colleague = make_user("departing")
    Membership.objects.create(
        user=colleague,
        organisation=world.cast.enterprise.account.organisation,
        role=Role.AGENT,
        granted_at=world.at,
    )
    return Call({"public_id": colleague.public_id})


def with_catalogue(world: World) -> Call:
    enter_reference(at=world.at)
    return Call({"code": "TAX_RATING"})


def with_penalty(world: World) -> Call:
    return Call({"public_id": make_penalty(at=world.at).public_id})


def with_own_record(world: World) -> Call:
    row = {"统一社会信用代码": USCC, "评价年度": "2025", "纳税信用等级": "A"}
    batch = deliver("TAX_RATING", [row], at=world.at)
    return Call({"public_id": batch.records.get().public_id})


def with_objection_body(world: World) -> Call:
    return replace(with_own_record(world), body=OBJECTION)


def with_repair_body(world: World) -> Call:
    return replace(with_penalty(world), body=REPAIR)


def with_repair_json(world: World) -> Call:
    return replace(with_penalty(world), body=REPAIR | {"commitment_made": True})


def objection_of(world: World) -> Objection:
    record = with_own_record(world).kwargs["public_id"]
    return objection_submit(record_id=record, actor=world.cast.owner, at=world.at, **OBJECTION)


def with_objection(world: World) -> Call:
    return Call({"public_id": objection_of(world).public_id}, ANSWER)


def with_repair(world: World) -> Call:
    repair = repair_submit(
        record_id=make_penalty(at=world.at).public_id,
        duty_fulfilled_date=world.at.date(),
        commitment_made=True,
        actor=world.cast.owner,
        at=world.at,
        **SUPPLY,
    )
    return Call({"public_id": repair.public_id}, {"event": "ACCEPT", "reason": ""})


def with_supplement(world: World) -> Call:
    call = with_repair(world)
    for event in ("ACCEPT", "ASK_SUPPLEMENT"):
        repair_step(
            repair_id=call.kwargs["public_id"],
            event=event,
            reason="请补充缴款凭证",
            actor=world.cast.district_clerk,
            at=world.at,
        )
    return replace(call, body=SUPPLY)


def with_consent(world: World) -> Call:
    cast = world.cast
    consent = consent_grant(
        enterprise=cast.enterprise,
        lender=cast.institution.organisation,
        actor=cast.owner,
        at=world.at,
        **consent_terms(world.at),
    )
    return Call({"public_id": consent.public_id}, {"reason": ""})


def with_enterprise(world: World) -> Call:
    return Call({"public_id": world.cast.enterprise.public_id})


def with_batch(world: World) -> Call:
    batch = deliver("PENALTY", [PENALTY_ROW, {}], at=world.at)
    return Call({"public_id": batch.public_id})


def with_rejected_row(world: World) -> Call:
    with_catalogue(world)
    batch = records_ingest(
        item_code="TAX_RATING", unit_code="TAX", source=f"{RATING}{USCC},2025,Z\n".encode(),
        file_name="评级.csv", actor=None, at=world.at,
    )  # fmt: skip
    return Call({"public_id": batch.public_id})


def with_file(world: World) -> Call:
    with_catalogue(world)
    content = f"{RATING}{USCC},2025,A\n".encode()
    file = SimpleUploadedFile("评级.csv", content)
    return Call(body={"item": "TAX_RATING", "unit": "TAX", "file": file})


def with_candidate(world: World) -> Call:
    with_catalogue(world)
    uscc, name = make("91", "120103", "MA069901"), "天津待核对示例有限公司"
    make_enterprise(uscc=uscc, name=name, at=world.at)
    source = f"统一社会信用代码,企业名称,评价年度,纳税信用等级\n,{name},2025,A\n"
    batch = records_ingest(
        item_code="TAX_RATING", unit_code="TAX", source=source.encode(),
        file_name="评级.csv", actor=None, at=world.at,
    )  # fmt: skip
    return Call({"public_id": batch.candidates.get().public_id}, {"decision": uscc, "reason": ""})


def with_candidate_accepted(world: World) -> Call:
    call = with_candidate(world)
    return replace(call, body={"uscc": call.body["decision"]})


def with_candidate_refused(world: World) -> Call:
    return replace(with_candidate(world), body={"reason": "无法确定"})


def with_sent_row(world: World) -> Call:
    with_catalogue(world)
    row = {"统一社会信用代码": USCC, "评价年度": 2025, "纳税信用等级": "A"}
    return Call({"code": "TAX_RATING"}, row, {"unit": "TAX"})


def with_unit(world: World) -> Call:
    with_catalogue(world)
    return Call({"code": "TAX"})


def with_token_body(world: World) -> Call:
    days = {"first_day": "2026-11-23", "last_day": "2027-02-28"}
    return replace(with_unit(world), body={"name": "征管系统", "purpose": "报送纳税记录", **days})


def with_token(world: World) -> Call:
    with_catalogue(world)
    token = make_token("TAX", actor=world.cast.operator, at=world.at).token
    return Call({"public_id": token.public_id}, {"reason": "系统下线"})


def with_units_token(world: World) -> Call:
    with_token(world)
    return Call({"code": "TAX"})


def with_catalogue_file(world: World) -> Call:
    with_catalogue(world)
    return Call(body={"file": SimpleUploadedFile("目录.xlsx", catalogue_workbook(world.at))})


def with_catalogue_import(world: World) -> Call:
    content = with_catalogue_file(world).body["file"].read()
    read = catalogue_import_read(source=content, file_name="目录.xlsx", actor=None, at=world.at)
    return Call({"public_id": read.public_id})


def with_register_file(world: World) -> Call:
    file = SimpleUploadedFile("登记.csv", f"{REGISTER}天津示例甲有限公司,{NEW}\n".encode())
    return Call(body={"file": file})


def with_list(world: World) -> Call:
    thematic_seed(actor=None, at=world.at)
    return Call({"code": "GREEN_FOOD"})


def with_members(world: World) -> Call:
    file = SimpleUploadedFile("名单.csv", f"统一社会信用代码,说明\n{USCC},示例\n".encode())
    return replace(with_list(world), body={"file": file})


def with_alias_body(world: World) -> Call:
    with_catalogue(world)
    return Call(body={"unit": "TAX", "local_code": "E1", "uscc": USCC})


# --- The rows -------------------------------------------------------------------------------------

# Somebody who has an account already is led to it; without a code in the session one begins again.
REGISTRATION = [
    public("borrowers:publicity"),
    public("borrowers:account-register"),
    public("borrowers:account-register", "POST", make=with_code),
    *(public(f"borrowers:account-{step}") for step in ("confirm", "apply")),
    *(public(f"borrowers:account-{step}", "POST") for step in ("confirm", "apply")),
    Row("borrowers:account-status", allowed=ENTERPRISES | STRANGER, make=with_refused),
    Row("borrowers:account-again", allowed=ENTERPRISES | STRANGER, make=with_refused),
    Row(
        "borrowers:account-again",
        "POST",
        allowed=STRANGER,
        otherwise=dict.fromkeys(OWNERS, 422),
        make=with_refused,
    ),
    public("api:register-lookup", make=with_new_enterprise),
    public("api:account-list", "POST", make=with_registration),
    Row("api:account-list", allowed=EVERYBODY),
    Row("api:account-detail", allowed=CITY | STRANGER, make=with_pending),
    Row(
        "api:account-again",
        "POST",
        allowed=STRANGER,
        otherwise=dict.fromkeys(CITY, 404),
        make=with_refused_id,
    ),
]

OWN = [
    *each(
        [
            "borrowers:enterprise-own",
            "borrowers:record-list",
            "borrowers:access-list",
            "borrowers:team",
            "borrowers:consent-list",
            "borrowers:dispute-list",
            "api:enterprise-own",
            "api:record-list",
            "api:access-list",
            "api:team",
        ],
        allowed=ENTERPRISES,
        stranger=403,
        make=bare,
    ),
    Row("borrowers:record-detail", allowed=ENTERPRISE, make=with_own_record),
    Row("borrowers:record-detail", allowed=ENTERPRISE, refused=CITY, make=with_penalty),
    Row("api:record-detail", allowed=ENTERPRISE, make=with_own_record),
    Row("borrowers:agent-create", allowed=OWNERS, stranger=403),
    Row("borrowers:agent-create", "POST", allowed=OWNERS, stranger=403, make=with_agent_body),
    Row("api:team", "POST", allowed=OWNERS, stranger=403, make=with_agent_body),
    Row("borrowers:contact-change", allowed=OWNERS, stranger=403),
    Row("borrowers:contact-change", "POST", allowed=OWNERS, stranger=403, make=with_contact),
    Row(
        "borrowers:agent-return",
        "POST",
        allowed=members("owner"),
        refused=members("agent"),
        make=with_former_agent,
    ),
    *(
        Row(
            name,
            method,
            allowed=members("owner"),
            refused=members("agent"),
            make=with_agent,
        )
        for name, method in (("borrowers:agent-end", "POST"), ("api:team-member", "DELETE"))
    ),
]

CONSENTS = [
    Row(
        "borrowers:consent-detail",
        allowed=ENTERPRISE,
        refused=LENDER | AUDITOR,
        make=with_consent,
    ),
    Row("api:consent-list", allowed=EVERYBODY),
    Row("api:consent-detail", allowed=ENTERPRISE | LENDER | AUDITOR, make=with_consent),
    *each(
        [
            "borrowers:consent-revoke",
            "api:consent-revoke",
            "borrowers:feedback-revoke",
            "api:feedback-revoke",
        ],
        "POST",
        allowed=ENTERPRISE,
        make=with_consent,
    ),
]

DISPUTES = [
    Row("borrowers:objection-create", allowed=ENTERPRISE, make=with_own_record),
    *each(
        ["borrowers:objection-create", "api:objection-create"],
        "POST",
        allowed=ENTERPRISE,
        make=with_objection_body,
    ),
    Row("borrowers:repair-create", allowed=ENTERPRISE, refused=CITY, make=with_penalty),
    Row("borrowers:repair-create", "POST", allowed=ENTERPRISE, refused=CITY, make=with_repair_body),
    Row("api:repair-create", "POST", allowed=ENTERPRISE, make=with_repair_json),
    *each(
        ["borrowers:objection-withdraw", "api:objection-withdraw"],
        "POST",
        allowed=ENTERPRISE,
        make=with_objection,
    ),
    Row(
        "borrowers:repair-supply",
        allowed=ENTERPRISE,
        refused=CITY | DISTRICT,
        make=with_supplement,
    ),
    *each(
        ["borrowers:repair-supply", "api:repair-supply"],
        "POST",
        allowed=ENTERPRISE,
        refused=CITY | DISTRICT,
        make=with_supplement,
    ),
    Row(
        "borrowers:repair-withdraw",
        "POST",
        allowed=ENTERPRISE,
        refused=CITY | DISTRICT,
        make=with_repair,
    ),
    *each(["api:objection-list", "api:repair-list"], allowed=EVERYBODY),
]

DESK = [
    *each(
        ["borrowers:account-review-list", "borrowers:objection-list"],
        allowed=CITY,
        stranger=403,
    ),
    *each(
        ["borrowers:repair-list", "borrowers:repair-district-list"],
        allowed=CITY | DISTRICTS,
        stranger=403,
    ),
    Row("borrowers:account-review-detail", allowed=CITY, refused=STRANGER, make=with_pending),
    *(
        Row(name, "POST", allowed=OPERATORS, refused=AUDITOR | STRANGER, make=make)
        for name, make in (
            ("borrowers:account-review", with_pending),
            ("api:account-review", with_pending_json),
        )
    ),
    Row("borrowers:objection-detail", allowed=CITY, refused=ENTERPRISE, make=with_objection),
    *each(
        ["borrowers:objection-answer", "api:objection-answer"],
        "POST",
        allowed=OPERATORS,
        refused=AUDITOR | ENTERPRISE,
        make=with_objection,
    ),
    Row("borrowers:repair-detail", allowed=CITY | DISTRICT, refused=ENTERPRISE, make=with_repair),
    Row("api:repair-detail", allowed=CITY | DISTRICT | ENTERPRISE, make=with_repair),
    *each(
        ["borrowers:repair-step", "api:repair-step"],
        "POST",
        allowed=DISTRICT,
        refused=CITY | ENTERPRISE,
        make=with_repair,
    ),
]

REGISTER_ROWS = [
    *each(
        ["borrowers:enterprise-list", "api:enterprise-list"],
        allowed=CITY | DISTRICTS,
        stranger=403,
    ),
    *each(
        ["borrowers:enterprise-detail", "api:enterprise-detail"],
        allowed=CITY | DISTRICT,
        refused=ENTERPRISE,
        make=with_enterprise,
    ),
    Row("borrowers:register-upload", allowed=OPERATORS, stranger=403),
    *each(
        ["borrowers:register-upload", "api:register-upload"],
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_register_file,
    ),
]

DATA = [
    *each(
        [
            "borrowers:catalogue-list",
            "borrowers:catalogue-export",
            "borrowers:catalogue-imports",
            "api:catalogue-imports",
            "borrowers:unit-board",
            "borrowers:unit-board-sheet",
            "api:unit-board",
            "borrowers:batch-list",
            "borrowers:alias-list",
            "api:batch-list",
            "api:alias-list",
        ],
        allowed=CITY,
        stranger=403,
    ),
    *each(
        [
            "borrowers:catalogue-detail",
            "borrowers:catalogue-template",
            "borrowers:catalogue-versions",
            "api:catalogue-versions",
        ],
        allowed=CITY,
        stranger=403,
        make=with_catalogue,
    ),
    Row("api:catalogue-list", allowed=EVERYBODY),
    Row("api:catalogue-detail", allowed=EVERYBODY, make=with_catalogue),
    *each(
        ["borrowers:unit-detail", "api:unit-findings"],
        allowed=CITY,
        stranger=403,
        make=with_unit,
    ),
    Row("borrowers:unit-tokens", allowed=CITY, stranger=403, make=with_units_token),
    Row(
        "borrowers:unit-tokens",
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_token_body,
    ),
    Row("borrowers:unit-token", allowed=CITY, make=with_token),
    Row(
        "borrowers:unit-token-revoke",
        "POST",
        allowed=OPERATORS,
        refused=AUDITOR,
        make=with_token,
    ),
    *each(
        ["borrowers:catalogue-imports", "api:catalogue-imports"],
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_catalogue_file,
    ),
    *each(
        ["borrowers:catalogue-import", "api:catalogue-import"],
        allowed=CITY,
        make=with_catalogue_import,
    ),
    *each(
        ["borrowers:catalogue-apply", "api:catalogue-apply"],
        "POST",
        allowed=OPERATORS,
        refused=AUDITOR,
        make=with_catalogue_import,
    ),
    *each(
        [
            "borrowers:batch-detail",
            "borrowers:batch-rejects",
            "api:batch-detail",
            "api:batch-rejects",
        ],
        allowed=CITY,
        make=with_batch,
    ),
    *each(
        ["borrowers:batch-correction", "api:batch-correction"],
        allowed=OPERATORS,
        refused=AUDITOR,
        make=with_rejected_row,
    ),
    *each(["borrowers:candidate-list", "api:candidate-list"], allowed=CITY, stranger=403),
    *each(
        ["borrowers:candidate-detail", "api:candidate-detail"], allowed=CITY, make=with_candidate
    ),
    Row(
        "borrowers:candidate-decide",
        "POST",
        allowed=OPERATORS,
        refused=AUDITOR,
        make=with_candidate,
    ),
    Row(
        "api:candidate-accept",
        "POST",
        allowed=OPERATORS,
        refused=AUDITOR,
        make=with_candidate_accepted,
    ),
    Row(
        "api:candidate-refuse",
        "POST",
        allowed=OPERATORS,
        refused=AUDITOR,
        make=with_candidate_refused,
    ),
    Row("api:item-records", "POST", allowed=OPERATORS, stranger=403, make=with_sent_row),
    *each(["borrowers:thematic-list", "api:thematic-list"], allowed=CITY, stranger=403),
    *each(
        ["borrowers:thematic-run-all", "api:thematic-run-all"],
        "POST",
        allowed=OPERATORS,
        stranger=403,
    ),
    *each(
        ["borrowers:thematic-detail", "api:thematic-members"],
        allowed=CITY,
        stranger=403,
        make=with_list,
    ),
    Row("borrowers:thematic-upload", allowed=OPERATORS, stranger=403, make=with_list),
    *each(
        ["borrowers:thematic-upload", "api:thematic-members"],
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_members,
    ),
    *each(
        ["borrowers:thematic-run", "api:thematic-run"],
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_list,
    ),
    Row("borrowers:batch-upload", allowed=OPERATORS, stranger=403),
    *each(
        ["borrowers:batch-upload", "api:batch-list"],
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_file,
    ),
    *each(
        ["borrowers:alias-list", "api:alias-list"],
        "POST",
        allowed=OPERATORS,
        stranger=403,
        make=with_alias_body,
    ),
]

ROWS: list[Row] = [*REGISTRATION, *OWN, *CONSENTS, *DISPUTES, *DESK, *REGISTER_ROWS, *DATA]
