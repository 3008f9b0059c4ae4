"""Who may open a case or a district to one more person, and shut it again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marketplace.domain.workdays import local_date
from tests.access import Call, Row, World, each, members
from tests.factories.grants import (
    DAYS,
    DISTRICT,
    delegate_district,
    make_colleague,
    name_reviewer,
)
from tests.factories.matching import make_application

APPROVER = members("approver")
LEAD = members("district_lead")
LEADS = members("district_lead other_district_lead")


# --- What requests need ---------------------------------------------------------------------------


def wish(world: World, holder: object, **more: Any) -> dict[str, Any]:
    last_day = local_date(world.at) + timedelta(days=DAYS)
    return {"holder": str(holder), "last_day": str(last_day), "reason": "示例事由", **more}


def with_case(world: World) -> Call:
    application = make_application(world.cast, "DUE_DILIGENCE", at=world.at)
    holder = make_colleague(world.cast, world.at).public_id
    return Call({"public_id": application.public_id}, wish(world, holder))


def with_delegate(world: World) -> Call:
    return Call(body=wish(world, world.cast.other_district_clerk.public_id, district=DISTRICT))


def with_reviewer(world: World) -> Call:
    application = make_application(world.cast, "DUE_DILIGENCE", at=world.at)
    colleague = make_colleague(world.cast, world.at)
    row = name_reviewer(world.cast, application, colleague, world.at)
    return Call({"public_id": row.public_id})


def with_delegation(world: World) -> Call:
    return Call({"public_id": delegate_district(world.cast, world.at).public_id})


# --- The rows -------------------------------------------------------------------------------------

REVIEWER = ["matching:reviewer-list", "api:application-reviewers"]
ROWS = [
    *each(REVIEWER, allowed=APPROVER, make=with_case),
    *each(REVIEWER, "POST", allowed=APPROVER, make=with_case),
    *each(["matching:delegation-list", "api:whitelist-delegations"], allowed=LEADS, stranger=403),
    Row(
        "matching:delegation-list",
        "POST",
        allowed=LEAD,
        stranger=403,
        otherwise={"other_district_lead": 422},
        make=with_delegate,
    ),
    Row(
        "api:whitelist-delegations",
        "POST",
        allowed=LEAD,
        stranger=403,
        otherwise={"other_district_lead": 404},
        make=with_delegate,
    ),
    *each(
        ["matching:grant-revoke", "api:grant-revoke"], "POST", allowed=APPROVER, make=with_reviewer
    ),
    *each(
        ["matching:grant-revoke", "api:grant-revoke"], "POST", allowed=LEAD, make=with_delegation
    ),
]
