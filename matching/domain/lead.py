"""A lead: one need put before one lender: from the pool (抢单), by dispatch (派单), by the enterprise's choice (定向).

A lead shows sector, district, amount, term and guarantee, never who asks. The lender takes it, which invites the
enterprise; only the enterprise's consent, naming that lender, turns it into an application with a name in it.

Source: domain note 4.1 (抢单 and 派单 rules), 4.2 (masked pool); trust note P3 (one consent per lender).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from marketplace.domain.machine import FieldReason, Machine, rows
from marketplace.domain.roles import SYSTEM, Role

MAX_NOTE_LENGTH = 300


class LeadState(StrEnum):
    """Where a lead stands."""

    OFFERED = "OFFERED"
    INVITED = "INVITED"
    CONVERTED = "CONVERTED"
    RETURNED = "RETURNED"
    DECLINED = "DECLINED"
    LAPSED = "LAPSED"
    CLOSED = "CLOSED"


LEAD_STATE_LABELS = {
    LeadState.OFFERED: "待机构接单",
    LeadState.INVITED: "待企业授权",
    LeadState.CONVERTED: "已提交申请",
    LeadState.RETURNED: "机构已退回",
    LeadState.DECLINED: "企业未选择",
    LeadState.LAPSED: "已超时",
    LeadState.CLOSED: "需求已结束",
}

OPEN_LEAD_STATES = frozenset({"OFFERED", "INVITED"})
"""States in which somebody still has to answer."""

HOLDING_STATES = frozenset({"INVITED", "CONVERTED"})
"""States in which a lead from the pool holds one of the need's slots."""


class LeadOrigin(StrEnum):
    """How a need came before a lender."""

    POOL = "POOL"
    DISPATCH = "DISPATCH"
    DIRECTED = "DIRECTED"
    EVENT = "EVENT"


LEAD_ORIGIN_LABELS = {
    LeadOrigin.POOL: "抢单",
    LeadOrigin.DISPATCH: "派单",
    LeadOrigin.DIRECTED: "定向",
    LeadOrigin.EVENT: "对接会",
}


class ReturnCode(StrEnum):
    """Why a lender gives a lead back."""

    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    NO_CAPACITY = "NO_CAPACITY"
    TERMS_UNFIT = "TERMS_UNFIT"
    DUPLICATE = "DUPLICATE"
    OTHER = "OTHER"


RETURN_LABELS = {
    ReturnCode.OUT_OF_SCOPE: "行业或区域不在业务范围",
    ReturnCode.NO_CAPACITY: "人手或额度不足",
    ReturnCode.TERMS_UNFIT: "金额、期限或担保方式不合适",
    ReturnCode.DUPLICATE: "重复线索",
    ReturnCode.OTHER: "其他",
}


def _may_take(facts: Mapping[str, Any]) -> str | None:
    if facts.get("eligible") is not True:
        return "贵机构没有适合该需求且覆盖所在区的在架产品。"
    if facts.get("origin") != LeadOrigin.POOL:
        return None
    if facts.get("window_open") is not True:
        return "抢单窗口已结束。"
    return None if (facts.get("slots_free") or 0) > 0 else "该需求已抢完。"


def _may_return(facts: Mapping[str, Any]) -> str | None:
    if facts.get("returned_before") is not False:
        return "同一需求只能退回一次。"
    code, note = facts.get("return_code"), str(facts.get("return_note") or "").strip()
    if code not in RETURN_LABELS:
        return FieldReason("请从列表中选择退回原因。", "return_code")
    if code == ReturnCode.OTHER and not note:
        return FieldReason("选择“其他”时请说明原因。", "return_note")
    if len(note) > MAX_NOTE_LENGTH:
        return FieldReason(f"说明不能超过 {MAX_NOTE_LENGTH} 字。", "return_note")
    return None


def _over(facts: Mapping[str, Any]) -> str | None:
    return None if facts.get("clock_expired") is True else "时限尚未届满。"


def _never_applied(facts: Mapping[str, Any]) -> str | None:
    return None if facts.get("has_application") is False else "该机构已收到过该需求的申请。"


_OPEN = ("OFFERED", "INVITED")

LEAD = Machine(
    name="lead",
    initial=LeadState.OFFERED.value,
    transitions=(
        *rows(("OFFERED",), "TAKE", "INVITED", (Role.OFFICER,), "接单", _may_take),
        *rows(_OPEN, "RETURN", "RETURNED", (Role.OFFICER,), "退回", _may_return),
        *rows(_OPEN, "CONVERT", "CONVERTED", (SYSTEM,), "企业授权并申请"),
        *rows(_OPEN, "DECLINE", "DECLINED", (Role.OWNER, Role.AGENT), "不予对接"),
        *rows((*_OPEN, "CONVERTED"), "LAPSE", "LAPSED", (SYSTEM,), "超时失效", _over),
        *rows(_OPEN, "CLOSE", "CLOSED", (SYSTEM,), "需求结束"),
        *rows(
            ("RETURNED", "LAPSED"),
            "OFFER_AGAIN",
            "OFFERED",
            (Role.OPERATOR,),
            "再次派单",
            _never_applied,
        ),
    ),
    labels={state.value: label for state, label in LEAD_STATE_LABELS.items()},
)
"""Facts read by guards: ``origin``, ``eligible`` (a product on the shelf suits need and district), ``window_open`` and
``slots_free`` of the pool, ``return_code``, ``return_note``, ``returned_before``, ``clock_expired``,
``has_application``.

What ended is not closed for good: an operator may dispatch to a lender again that returned a need or let it lapse; it
can then not be returned a second time.
"""

LEAD_EVENT_LABELS = {row.event: row.label for row in LEAD.transitions} | {
    "OFFER": "推送机构",
    "REMIND": "时限提醒",
    "ESCALATE": "时限督办",
}
"""Event to its Chinese name; the last three leave the state as it is, or begin it."""


@dataclass(frozen=True)
class Candidate:
    """A lender a need may be dispatched to.

    Attributes:
        code: of the institution.
        serves_district: a branch of its own serves the district, not the one that takes whatever is left.
        products: how many of its products suit the need.
        fit_share: of the rules of the best of them, which share is met by what the pool shows, 0 to 1.
        load: open leads and applications before approval for each of its officers.
    """

    code: str
    serves_district: bool
    products: int
    fit_share: Decimal
    load: Decimal


def dispatch_order(candidate: Candidate) -> tuple[bool, Decimal, Decimal, str]:
    """Return the key that puts the lender to dispatch to first: district, then fit, then load, then code.

    Source: domain note 4.1 (派单: operator picks by district, product fit, lender's load).
    """
    return (
        not candidate.serves_district,
        -candidate.fit_share,
        candidate.load,
        candidate.code,
    )


def slots_held(leads: Iterable[tuple[str, str]]) -> int:
    """Return how many slots of a need's pool are held by its leads.

    Args:
        leads: origin and state of each.

    >>> slots_held([("POOL", "INVITED"), ("POOL", "LAPSED"), ("DISPATCH", "INVITED")])
    1
    """
    return sum(origin == LeadOrigin.POOL and state in HOLDING_STATES for origin, state in leads)


def slots_free(slots: int, holding: int) -> int:
    """Return how many lenders may still take a need from the pool, never less than none.

    >>> slots_free(3, 1), slots_free(3, 4)
    (2, 0)
    """
    return max(0, slots - holding)


def is_duplicate(
    published_at: datetime, others: Iterable[tuple[datetime, datetime | None]], days: int
) -> bool:
    """Return whether a need is a duplicate lead: the same enterprise had another one open when it was published.

    Args:
        published_at: of the need.
        others: publication and end (None while open) of the enterprise's other needs.
        days: an earlier need counts when it was published within so many days before.
    """
    earliest = published_at - timedelta(days=days)
    return any(
        earliest <= began <= published_at and (ended is None or ended > published_at)
        for began, ended in others
    )
