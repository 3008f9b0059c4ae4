"""Who may do what with statistics and documents."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from exports.domain.numbering import verification_code
from exports.selectors.document import code_digest
from tests.access import (
    CITY,
    DISTRICT,
    ENTERPRISE,
    EVERYBODY,
    LENDER,
    OPERATORS,
    OTHER_DISTRICT,
    RIVAL_ENTERPRISE,
    RIVAL_LENDER,
    Call,
    Row,
    World,
    each,
    members,
    public,
)
from tests.factories.documents import make_document, make_reviewed, make_whitelist

CODE = verification_code(bytes(range(16)))
LENDERS = LENDER | RIVAL_LENDER
DISTRICTS = DISTRICT | OTHER_DISTRICT


# --- What requests need ---------------------------------------------------------------------------


def with_application(world: World) -> Call:
    return Call({"public_id": make_reviewed(world.cast, at=world.at).public_id})


def with_whitelist(world: World) -> Call:
    return Call({"public_id": make_whitelist(world.cast).public_id})


def issued(world: World) -> Any:
    cast = world.cast
    return make_document(cast.officer, cast.institution.organisation, code_digest(CODE))


def with_document(world: World) -> Call:
    return Call({"public_id": issued(world).public_id})


def with_reason(world: World) -> Call:
    return Call({"public_id": issued(world).public_id}, {"reason": "信息有误"})


def with_code(world: World) -> Call:
    issued(world)
    return Call({"code": CODE})


def with_file(world: World) -> Call:
    cast = world.cast
    digest = sha256(b"").hexdigest()
    content = b"%PDF-"
    make_document(
        cast.officer,
        cast.institution.organisation,
        digest,
        file_sha256=sha256(content).hexdigest(),
    )
    return Call(body={"file": SimpleUploadedFile("x.pdf", content)})


# --- Rows -----------------------------------------------------------------------------------------

STATISTICS = [
    *(
        public(name)
        for name in (
            "exports:statistics",
            "exports:home-figures",
            "exports:statistics-sheet",
            "api:statistics",
        )
    ),
    *each(
        [
            "exports:statistics-district",
            "exports:statistics-district-sheet",
            *(
                f"{space}:district-report{suffix}"
                for space in ("exports", "api")
                for suffix in ("", "-sheet", "-pdf")
            ),
        ],
        allowed=DISTRICTS,
        stranger=403,
    ),
    *each(
        ["exports:statistics-institution", "exports:statistics-institution-sheet"],
        allowed=LENDERS,
        stranger=403,
    ),
]

VERIFICATION = [
    public("exports:verify"),
    public("exports:verify", "POST", with_file),
    public("exports:verify-code", make=with_code),
    public("api:verify", make=with_code),
]

PORTRAITS = [
    *each(["exports:portrait-pdf", "api:portrait-pdf"], allowed=LENDER, make=with_application),
    Row("exports:own-portrait-pdf", allowed=ENTERPRISE | RIVAL_ENTERPRISE),
    *each(
        [
            f"{space}:credit-report{suffix}"
            for space in ("exports", "api")
            for suffix in ("", "-pdf")
        ],
        allowed=ENTERPRISE | RIVAL_ENTERPRISE,
    ),
]

WHITELISTS = [
    *each(
        ["exports:whitelist-sheet", "api:whitelist-sheet"],
        allowed=DISTRICT | CITY,
        make=with_whitelist,
    ),
    *each(
        ["exports:recommendation-sheet", "api:recommendation-sheet"],
        allowed=LENDERS,
        make=with_whitelist,
    ),
]

DOCUMENTS = [
    *each(["exports:document-list", "api:document-list"], allowed=EVERYBODY),
    *each(
        ["exports:document-detail", "api:document-detail"],
        allowed=members("officer") | ENTERPRISE | CITY,
        make=with_document,
    ),
    *each(
        ["exports:document-detail", "api:document-void"],
        "POST",
        allowed=members("officer") | OPERATORS,
        refused=ENTERPRISE | members("auditor"),
        make=with_reason,
    ),
]

ROWS = [*STATISTICS, *VERIFICATION, *PORTRAITS, *WHITELISTS, *DOCUMENTS]
