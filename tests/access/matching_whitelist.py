"""Who may do what with whitelists: their district makes them, the city watches, institutions see what is published."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from matching.services.whitelist_contact import whitelist_contact
from matching.services.whitelist_upload import whitelist_upload_begin
from tests.access import (
    CITY,
    DISTRICT,
    LENDER,
    OPERATORS,
    OTHER_DISTRICT,
    RIVAL_LENDER,
    Call,
    Row,
    World,
    each,
    members,
)
from tests.factories.matching import make_demand
from tests.factories.whitelist import (
    deliver_lists,
    make_recommended,
    make_whitelist,
    row_of,
    sheet_of,
)

CLERK = members("district_clerk")
LEAD = members("district_lead")
AUDITOR = members("auditor")
STAFF = DISTRICT | OTHER_DISTRICT
LENDERS = LENDER | RIVAL_LENDER
SHOWN = DISTRICT | CITY
REASON = {"reason": "示例原因"}


# --- What requests need ---------------------------------------------------------------------------


def in_state(state: str, **body: Any) -> Any:
    def make(world: World) -> Call:
        deliver_lists(world.at)
        whitelist = make_whitelist(world.cast, state, at=world.at)
        return Call({"public_id": whitelist.public_id}, body)

    return make


def with_entry(world: World) -> Call:
    deliver_lists(world.at)
    entry = make_whitelist(world.cast, at=world.at).entries.get()
    return Call({"public_id": entry.public_id})


def with_recommended(world: World) -> Call:
    deliver_lists(world.at)
    return Call({"public_id": make_recommended(world.cast, world.at).public_id})


def with_contact(world: World) -> Call:
    call = with_recommended(world)
    for actor in (world.cast.officer, world.cast.rival_officer):
        whitelist_contact(entry_id=call.kwargs["public_id"], actor=actor, at=world.at)
    return Call(call.kwargs, {"result": "NO_NEED"})


def with_sheet(world: World) -> Call:
    deliver_lists(world.at)
    content = sheet_of(row_of(world.cast.enterprise))
    file = SimpleUploadedFile("名单.csv", content)
    return Call(body={"district": "120103", "issue_no": "2026-11", "file": file})


def with_sheet_only(world: World) -> Call:
    body = with_sheet(world).body
    return Call(body={"district": "120103", "file": body["file"]})


def with_upload(world: World) -> Call:
    upload = whitelist_upload_begin(
        district="120103",
        issue_no="2026-11",
        source=sheet_of(row_of(world.cast.enterprise)),
        file_name="名单.csv",
        actor=world.cast.district_clerk,
        at=world.at - timedelta(minutes=3),
    )
    return Call({"public_id": upload.public_id})


def with_feedback(world: World) -> Call:
    deliver_lists(world.at)
    entry = make_recommended(world.cast, world.at)
    content = f"统一社会信用代码,对接结果\n{entry.uscc},企业暂无融资需求\n".encode()
    return Call(body={"file": SimpleUploadedFile("反馈.csv", content)})


def with_need(world: World) -> Call:
    deliver_lists(world.at)
    make_demand(world.cast, world.at)
    return Call(body={"district": "120103", "issue_no": "2026-11"})


def with_criteria(world: World) -> Call:
    return Call(body={"district": with_need(world).body["district"]})


# --- The rows -------------------------------------------------------------------------------------


def step(verb: str, state: str, allowed: frozenset[str], **body: Any) -> list[Row]:
    """What the district does to its own list; the others who see it may not."""
    return each(
        [f"matching:whitelist-{verb}", f"api:whitelist-{verb}"],
        "POST",
        allowed=allowed,
        refused=SHOWN - allowed,
        make=in_state(state, **body),
    )


MAKING = [
    *each(
        [
            f"{space}:whitelist-{part}"
            for space in ("matching", "api")
            for part in ("list", "watch")
        ],
        allowed=STAFF | CITY,
        stranger=403,
    ),
    *each(
        ["matching:whitelist-upload", "matching:whitelist-generate", "matching:whitelist-template"],
        allowed=STAFF,
        stranger=403,
    ),
    Row(
        "matching:whitelist-upload",
        "POST",
        allowed=DISTRICT,
        stranger=403,
        otherwise=dict.fromkeys(OTHER_DISTRICT, 422),
        make=with_sheet,
    ),
    Row(
        "matching:whitelist-count",
        "POST",
        allowed=DISTRICT,
        stranger=403,
        otherwise=dict.fromkeys(OTHER_DISTRICT, 422),
        make=with_need,
    ),
    Row(
        "matching:whitelist-generate",
        "POST",
        allowed=DISTRICT,
        stranger=403,
        otherwise=dict.fromkeys(OTHER_DISTRICT, 422),
        make=with_need,
    ),
    Row(
        "api:whitelist-upload",
        "POST",
        allowed=DISTRICT,
        stranger=403,
        otherwise=dict.fromkeys(OTHER_DISTRICT, 404),
        make=with_sheet,
    ),
    Row(
        "api:whitelist-generate",
        "POST",
        allowed=DISTRICT,
        stranger=403,
        otherwise=dict.fromkeys(OTHER_DISTRICT, 404),
        make=with_need,
    ),
    Row(
        "api:whitelist-count",
        "POST",
        allowed=DISTRICT,
        stranger=403,
        otherwise=dict.fromkeys(OTHER_DISTRICT, 404),
        make=with_criteria,
    ),
    Row(
        "api:whitelist-check-sheet",
        "POST",
        allowed=STAFF | CITY,
        stranger=403,
        make=with_sheet_only,
    ),
]

READING = [
    *each(
        [
            f"{space}:whitelist-{part}"
            for space in ("matching", "api")
            for part in ("detail", "diff", "correction")
        ],
        allowed=SHOWN,
        make=in_state("DRAFT"),
    ),
    Row("api:whitelist-entries", allowed=SHOWN, make=in_state("DRAFT")),
    Row("api:whitelist-receipts", allowed=SHOWN, make=in_state("PUBLISHED")),
    *each(["matching:whitelist-entry", "api:whitelist-entry"], allowed=SHOWN, make=with_entry),
    *each(
        ["matching:whitelist-entry-contact", "api:whitelist-entry-contact"],
        "POST",
        allowed=DISTRICT | OPERATORS,
        refused=AUDITOR,
        make=with_entry,
    ),
]

STEPS = [
    Row(
        "matching:whitelist-discard",
        "POST",
        allowed=DISTRICT,
        refused=CITY,
        make=in_state("DRAFT"),
    ),
    *step("check", "DRAFT", DISTRICT),
    *step("submit", "CHECKED", DISTRICT),
    *step("revise", "CHECKED", DISTRICT),
    *step("approve", "PENDING_APPROVAL", LEAD),
    *step("return", "PENDING_APPROVAL", LEAD, **REASON),
    *step("recall", "PUBLISHED", LEAD | OPERATORS, **REASON),
    *step("rejudge", "PUBLISHED", DISTRICT | OPERATORS),
]

RECOMMENDED = [
    *each(
        ["matching:recommendation-list", "api:recommendation-list"], allowed=LENDERS, stranger=403
    ),
    *each(
        ["matching:recommendation-detail", "api:recommendation-detail"],
        allowed=LENDERS,
        make=with_recommended,
    ),
    *each(
        ["matching:recommendation-contact", "api:recommendation-contact"],
        "POST",
        allowed=LENDERS,
        make=with_recommended,
    ),
    *(
        row
        for part in ("contact-data", "result")
        for row in each(
            [f"matching:recommendation-{part}", f"api:recommendation-{part}"],
            "POST",
            allowed=LENDERS,
            make=with_contact,
        )
    ),
]

UPLOADS = [
    *each(
        ["matching:whitelist-upload-detail", "matching:whitelist-upload-progress"],
        allowed=DISTRICT,
        make=with_upload,
    ),
    Row(
        "matching:whitelist-upload-resume",
        "POST",
        allowed=DISTRICT,
        make=with_upload,
    ),
]

FEEDBACK = [
    *each(
        ["matching:recommendation-feedback", "matching:recommendation-feedback-template"],
        allowed=LENDERS,
        stranger=403,
    ),
    *each(
        ["matching:recommendation-feedback", "api:recommendation-feedback"],
        "POST",
        allowed=LENDERS,
        stranger=403,
        make=with_feedback,
    ),
]

ROWS = [*UPLOADS, *FEEDBACK, *MAKING, *READING, *STEPS, *RECOMMENDED]
