"""A matchmaking event (对接会): its life, its invitations, what comes of a meeting, when it is followed up.

A district prepares an event and invites; who signs up names a need or brings tables; seats are assigned, the event is
held, intentions are recorded, and each is followed up after 30, 60 and 90 days.

Source: domain note 1.4 (5), 4.3 (筹备→报名→举行→意向→跟踪); parameters ``events.*``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from marketplace.domain.machine import FieldReason, Machine, rows
from marketplace.domain.roles import Role
from marketplace.domain.workdays import (
    Deadline,
    WorkCalendar,
    add_calendar_days,
    add_working_days,
)

MAX_NOTE_LENGTH = 300
MOST_SLOTS, MOST_TABLES, MOST_MEETINGS = 48, 50, 8
SHORTEST_SLOT, LONGEST_SLOT = 5, 120


class EventState(StrEnum):
    """Where an event stands."""

    PREPARING = "PREPARING"
    SIGN_UP = "SIGN_UP"
    ARRANGED = "ARRANGED"
    HELD = "HELD"
    INTENTION = "INTENTION"
    FOLLOW_UP = "FOLLOW_UP"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


EVENT_STATE_LABELS = {
    EventState.PREPARING: "筹备",
    EventState.SIGN_UP: "报名",
    EventState.ARRANGED: "已排座",
    EventState.HELD: "举行",
    EventState.INTENTION: "意向",
    EventState.FOLLOW_UP: "跟踪",
    EventState.CLOSED: "已办结",
    EventState.CANCELLED: "已取消",
}

SHOWN_STATES = tuple(state.value for state in EventState if state is not EventState.PREPARING)
"""States in which those invited see the event."""

SEATED_STATES = ("ARRANGED", "HELD", "INTENTION", "FOLLOW_UP", "CLOSED")
"""States in which those seated see whom they meet."""

RECORDING_STATES = ("HELD", "INTENTION")
"""States in which the outcome of a meeting is recorded."""


def _invited(facts: Mapping[str, Any]) -> str | None:
    both = (facts.get("enterprises") or 0) > 0 and (facts.get("institutions") or 0) > 0
    return None if both else "请先邀请企业和机构，再发布报名。"


def _signed_up(facts: Mapping[str, Any]) -> str | None:
    both = (facts.get("needs") or 0) > 0 and (facts.get("tables") or 0) > 0
    return None if both else "还没有企业和机构同时报名，不能排座。"


def _has_meetings(facts: Mapping[str, Any]) -> str | None:
    return None if (facts.get("meetings") or 0) > 0 else "还没有排出任何面谈，不能确认。"


def _day_come(facts: Mapping[str, Any]) -> str | None:
    return None if facts.get("day_come") is True else "活动日期未到。"


def _all_recorded(facts: Mapping[str, Any]) -> str | None:
    missing = facts.get("unrecorded")
    return None if missing == 0 else f"还有 {missing} 场面谈没有登记结果。"


def _all_followed(facts: Mapping[str, Any]) -> str | None:
    missing = facts.get("open_follow_ups")
    return None if missing == 0 else f"还有 {missing} 项跟踪没有反馈。"


def _reason_given(facts: Mapping[str, Any]) -> str | None:
    if str(facts.get("reason") or "").strip():
        return None
    return FieldReason("请填写原因。", "reason")


_STAFF = (Role.DISTRICT_CLERK, Role.DISTRICT_LEAD)
_LEAD = (Role.DISTRICT_LEAD,)

EVENT = Machine(
    name="event",
    initial=EventState.PREPARING.value,
    transitions=(
        *rows(("PREPARING",), "PUBLISH", "SIGN_UP", _STAFF, "发布报名", _invited),
        *rows(("SIGN_UP",), "ASSIGN", "SIGN_UP", _STAFF, "排座", _signed_up),
        *rows(("SIGN_UP",), "CONFIRM", "ARRANGED", _LEAD, "确认排座", _has_meetings),
        *rows(("ARRANGED",), "REARRANGE", "SIGN_UP", _STAFF, "重新排座"),
        *rows(("ARRANGED",), "HOLD", "HELD", _STAFF, "开始举行", _day_come),
        *rows(("HELD",), "FINISH", "INTENTION", _STAFF, "结束面谈"),
        *rows(("INTENTION",), "TRACK", "FOLLOW_UP", _STAFF, "转入跟踪", _all_recorded),
        *rows(("FOLLOW_UP",), "COMPLETE", "CLOSED", _LEAD, "办结", _all_followed),
        *rows(
            ("PREPARING", "SIGN_UP", "ARRANGED"),
            "CANCEL",
            "CANCELLED",
            _LEAD,
            "取消活动",
            _reason_given,
        ),
    ),
    labels={state.value: label for state, label in EVENT_STATE_LABELS.items()},
)
"""Facts read by guards: ``enterprises`` and ``institutions`` (invited), ``needs`` and ``tables`` (signed up),
``meetings``, ``day_come``, ``unrecorded``, ``open_follow_ups``, ``reason``."""


class InvitationState(StrEnum):
    """Where an invitation stands."""

    INVITED = "INVITED"
    SIGNED_UP = "SIGNED_UP"
    DECLINED = "DECLINED"
    SIGNED_IN = "SIGNED_IN"


INVITATION_STATE_LABELS = {
    InvitationState.INVITED: "已邀请",
    InvitationState.SIGNED_UP: "已报名",
    InvitationState.DECLINED: "不参加",
    InvitationState.SIGNED_IN: "已签到",
}

COMING = ("SIGNED_UP", "SIGNED_IN")
"""States of who takes part."""


def _open_for_sign_up(facts: Mapping[str, Any]) -> str | None:
    if facts.get("event_state") != EventState.SIGN_UP:
        return "活动不在报名阶段。"
    return None if facts.get("sign_up_open") is True else "报名已截止。"


def _not_seated(facts: Mapping[str, Any]) -> str | None:
    in_time = facts.get("event_state") == EventState.SIGN_UP
    return None if in_time else "排座已确认，如不能到场请联系区级部门。"


def _held(facts: Mapping[str, Any]) -> str | None:
    return None if facts.get("event_state") == EventState.HELD else "活动举行时才能签到。"


_GUESTS = (Role.OWNER, Role.AGENT, Role.OFFICER, Role.APPROVER)

INVITATION = Machine(
    name="invitation",
    initial=InvitationState.INVITED.value,
    transitions=(
        *rows(
            ("INVITED", "SIGNED_UP", "DECLINED"),
            "SIGN_UP",
            "SIGNED_UP",
            _GUESTS,
            "报名",
            _open_for_sign_up,
        ),
        *rows(("INVITED", "SIGNED_UP"), "DECLINE", "DECLINED", _GUESTS, "不参加", _not_seated),
        *rows(("SIGNED_UP",), "SIGN_IN", "SIGNED_IN", (*_GUESTS, *_STAFF), "签到", _held),
    ),
    labels={state.value: label for state, label in INVITATION_STATE_LABELS.items()},
)
"""Facts read by guards: ``event_state``, ``sign_up_open``."""


class InviteSource(StrEnum):
    """Who is invited in one go."""

    WHITELIST = "WHITELIST"
    NEEDS = "NEEDS"
    LENDERS = "LENDERS"


INVITE_SOURCE_LABELS = {
    InviteSource.WHITELIST: "白名单入选企业",
    InviteSource.NEEDS: "本区有在办融资需求的企业",
    InviteSource.LENDERS: "服务本区的机构",
}


class Outcome(StrEnum):
    """What came of a meeting."""

    INTENDED = "INTENDED"
    CONTINUE = "CONTINUE"
    NO_INTENT = "NO_INTENT"
    ABSENT = "ABSENT"


OUTCOME_LABELS = {
    Outcome.INTENDED: "达成意向",
    Outcome.CONTINUE: "继续沟通",
    Outcome.NO_INTENT: "没有意向",
    Outcome.ABSENT: "未能面谈",
}

FOLLOWED_OUTCOMES = (Outcome.INTENDED, Outcome.CONTINUE)
"""Outcomes that are intentions, to be followed up."""


class FollowUpStatus(StrEnum):
    """How far an intention has come when it is followed up."""

    IN_TALKS = "IN_TALKS"
    APPLIED = "APPLIED"
    APPROVED = "APPROVED"
    DISBURSED = "DISBURSED"
    ENDED = "ENDED"


FOLLOW_UP_LABELS = {
    FollowUpStatus.IN_TALKS: "仍在对接",
    FollowUpStatus.APPLIED: "已提交申请",
    FollowUpStatus.APPROVED: "已授信",
    FollowUpStatus.DISBURSED: "已放款",
    FollowUpStatus.ENDED: "已终止",
}

ENDING_STATUSES = (FollowUpStatus.DISBURSED, FollowUpStatus.ENDED)
"""After these nothing is left to follow up."""


@dataclass(frozen=True)
class EventPlan:
    """What a district says of an event it prepares.

    Attributes:
        title: shown to everybody invited.
        venue: where.
        starts_at: begin of the first slot, aware.
        slots: how many, each of ``slot_minutes``.
        most_meetings: of one enterprise.
        sign_up_until: last moment to sign up, aware.
    """

    title: str
    venue: str
    starts_at: datetime
    slots: int
    slot_minutes: int
    most_meetings: int
    sign_up_until: datetime


def plan_problems(plan: EventPlan, at: datetime) -> dict[str, str]:
    """Return a Chinese sentence for each field of a plan that cannot be, empty when all can."""
    asked = {
        "title": (bool(plan.title.strip()), "请填写活动名称。"),
        "venue": (bool(plan.venue.strip()), "请填写地点。"),
        "slots": (1 <= plan.slots <= MOST_SLOTS, f"时段数应在 1 至 {MOST_SLOTS} 之间。"),
        "slot_minutes": (
            SHORTEST_SLOT <= plan.slot_minutes <= LONGEST_SLOT,
            f"每个时段应为 {SHORTEST_SLOT} 至 {LONGEST_SLOT} 分钟。",
        ),
        "most_meetings": (
            1 <= plan.most_meetings <= MOST_MEETINGS,
            f"每家企业的面谈场数应在 1 至 {MOST_MEETINGS} 之间。",
        ),
        "starts_at": (plan.starts_at > at, "开始时间应晚于现在。"),
        "sign_up_until": (
            at < plan.sign_up_until <= plan.starts_at,
            "报名截止应晚于现在、不晚于开始时间。",
        ),
    }
    return {name: words for name, (holds, words) in asked.items() if not holds}


def slot_start(starts_at: datetime, slot_minutes: int, slot: int) -> datetime:
    """Return when a slot begins, counted from 0.

    >>> from datetime import UTC
    >>> slot_start(datetime(2026, 11, 30, 1, 0, tzinfo=UTC), 20, 3).isoformat()
    '2026-11-30T02:00:00+00:00'
    """
    return starts_at + timedelta(minutes=slot_minutes * slot)


def outcome_problems(outcome: str, amount_yuan: Decimal | None, note: str) -> dict[str, str]:
    """Return a Chinese sentence for each field of a meeting's record that is missing or wrong."""
    fields: dict[str, str] = {}
    if outcome not in OUTCOME_LABELS:
        fields["outcome"] = "请从列表中选择面谈结果。"
    if outcome == Outcome.INTENDED and (amount_yuan is None or amount_yuan <= 0):
        fields["amount_yuan"] = "达成意向时请填写意向金额。"
    if len(note) > MAX_NOTE_LENGTH:
        fields["note"] = f"说明不能超过 {MAX_NOTE_LENGTH} 字。"
    return fields


def follow_up_due(held_at: datetime, days: int, calendar: WorkCalendar) -> Deadline:
    """Return when an intention is to be followed up: so many days after the event, or the next working day.

    Args:
        held_at: moment of the event, aware.
        days: 30, 60 or 90.
        calendar: says which dates are working days.

    Raises:
        Refused: ``CALENDAR_EMPTY``.
    """
    end = add_calendar_days(held_at, days)
    kind = calendar.is_working(end.on)
    if kind.working:
        return Deadline(end.at, kind.provisional)
    return add_working_days(end.at, 1, calendar)
