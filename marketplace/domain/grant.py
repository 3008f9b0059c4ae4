"""Exceptional grants: who may open a door to one more person, for how long, and what stays shut.

A membership says what somebody's post allows. An exceptional grant opens one thing beyond it to one named person: by
whom, why, until which day. It never replaces the consent of the enterprise, and never gives a decision away.

Source: design law 4 (a named reviewer, a delegated district); GB/T 22239-2019 访问控制 (least privilege).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from marketplace.domain.roles import Role


class GrantKind(StrEnum):
    """What a grant opens."""

    REVIEWER = "REVIEWER"
    DISTRICT = "DISTRICT"


GRANT_KIND_LABELS = {
    GrantKind.REVIEWER: "指定审阅人",
    GrantKind.DISTRICT: "委托办理白名单",
}


class GrantState(StrEnum):
    """Where a grant stands at a moment."""

    LIVE = "LIVE"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


GRANT_STATE_LABELS = {
    GrantState.LIVE: "有效",
    GrantState.EXPIRED: "已到期",
    GrantState.REVOKED: "已撤销",
}


@dataclass(frozen=True)
class GrantTerms:
    """What makes a grant of one kind.

    Attributes:
        giver: role, in the granting organisation, that gives and revokes.
        holders: roles of which the holder has one while the grant is used.
        permission: the object permission that goes with it, ``<app>.<codename>``.
        limit: code of the parameter with the longest validity in days.
    """

    giver: Role
    holders: tuple[Role, ...]
    permission: str
    limit: str


GRANT_TERMS = {
    GrantKind.REVIEWER: GrantTerms(
        giver=Role.APPROVER,
        holders=(Role.OFFICER, Role.APPROVER),
        permission="matching.review_loanapplication",
        limit="grant.reviewer_days",
    ),
    GrantKind.DISTRICT: GrantTerms(
        giver=Role.DISTRICT_LEAD,
        holders=(Role.DISTRICT_CLERK,),
        permission="marketplace.draft_whitelists_of_district",
        limit="grant.district_days",
    ),
}


def grant_state(valid_until: datetime, revoked_at: datetime | None, at: datetime) -> GrantState:
    """Return where a grant stands at a moment; it is over from the moment of revocation or of its end on.

    Args:
        valid_until: the first moment at which it no longer counts, aware.
        revoked_at: when it was revoked; None while it was not.
        at: the moment asked for, aware.
    """
    if revoked_at is not None and revoked_at <= at:
        return GrantState.REVOKED
    return GrantState.LIVE if at < valid_until else GrantState.EXPIRED
