"""The events of an application as each side reads them.

The enterprise reads every step, with what was written for it; a lender's opinions and notes stay with the lender.

Source: domain note 4.2; design law 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from marketplace.domain.money import display_rate, display_wan
from marketplace.domain.roles import ROLE_LABELS, SYSTEM, Role
from marketplace.domain.vocabulary import GUARANTEE_LABELS, REPAYMENT_LABELS
from matching.domain.application import EVENT_LABELS, STATE_LABELS, ApplicationState
from matching.domain.clock import PREFIX
from matching.domain.outcome import LOAN_CLASS_LABELS
from matching.domain.parameters import shipped
from matching.domain.refusal import REFUSAL_LABELS
from matching.models import ApplicationEvent
from matching.policies.application import BORROWER_ROLES, LENDER_ROLES


class Side(StrEnum):
    """Who reads."""

    BORROWER = "BORROWER"
    LENDER = "LENDER"
    OPERATOR = "OPERATOR"


OWN_LABELS = {
    "NOTE": "内部备注",
    "URGE": "平台督办",
    "REMIND": "时限提醒",
    "ESCALATE": "时限督办",
    "CARRY": "随附已备资料",
    "TAKE_OVER": "更换客户经理",
}
PAYLOAD_LABELS: Mapping[str, str] = {
    "contact_note": "联系记录",
    "document_list": "需补充",
    "note": "说明",
    "supplied_note": "已补充",
    "carried": "已备资料",
    "opinion": "意见",
    "amount_yuan": "金额",
    "annual_rate_bp": "年化利率",
    "term_months": "期限",
    "guarantee": "担保方式",
    "valid_until": "有效期至",
    "refusal_code": "原因",
    "refusal_note": "说明",
    "signed_date": "签约日期",
    "repayment": "还款方式",
    "suspension_reason": "原因",
    "event_date": "发生日期",
    "principal_yuan": "本金",
    "interest_yuan": "利息及费用",
    "days_overdue": "逾期天数",
    "classification": "五级分类",
    "clock": "时限",
    "reference": "机构流水号",
    "correction_reason": "原因",
}
"""What is shown of a payload, in this order; anything else stays unshown."""

ENDED_WORDS = {"AMEND": "已更正", "VOID": "已作废"}
"""Event to what it made of the outcome it names."""

FOR_LENDER_ONLY = frozenset({"contact_note", "opinion", "reference"})
FOR_OPERATOR = frozenset({"clock", "suspension_reason"})
"""The operator reads steps and clocks, and the own word to the lender; no amount, no reason, no opinion."""

BETWEEN_LENDERS = frozenset({"NOTE"})
OWN_ROLES: Mapping[Side, tuple[Role, ...]] = {
    Side.BORROWER: BORROWER_ROLES,
    Side.LENDER: LENDER_ROLES,
    Side.OPERATOR: (Role.OPERATOR,),
}
_CODED: Mapping[str, Mapping[Any, str]] = {
    "guarantee": GUARANTEE_LABELS,
    "repayment": REPAYMENT_LABELS,
    "refusal_code": REFUSAL_LABELS,
    "classification": LOAN_CLASS_LABELS,
    "clock": {
        entry.code.removeprefix(PREFIX): entry.label
        for entry in shipped()
        if entry.code.startswith(PREFIX)
    }
    | {"RENEWAL": "贷款到期，续贷提醒"},
}


@dataclass(frozen=True)
class TimelineEntry:
    """One event as a side reads it.

    Attributes:
        label: what happened, Chinese.
        role: as what somebody did it.
        name: by whom, for the own side only.
        state: Chinese name of the state after it.
        lines: label and text of what came with it.
        is_internal: only the lender reads it.
        struck: what became of a reported outcome that counts no more, empty while it stands.
        struck_reason: why, for those who may read it.
    """

    at: datetime
    event: str
    label: str
    role: str
    name: str
    state: str
    lines: tuple[tuple[str, str], ...]
    is_internal: bool
    struck: str = ""
    struck_reason: str = ""

    @property
    def who(self) -> str:
        """Role and name in one, as the interfaces give them."""
        return f"{self.role} {self.name}".rstrip()


def timeline(events: Iterable[ApplicationEvent], side: Side) -> list[TimelineEntry]:
    """Return the events that a side may read, oldest first; an outcome that was put right is struck out.

    Queries: none when actors are loaded.
    """
    found = list(events)
    ended = _put_right(found, side)
    return [
        _entry(event, side, *ended.get(_reported(event), ("", "")))
        for event in found
        if _is_open(event, side)
    ]


def payload_lines(payload: Mapping[str, Any], side: Side) -> tuple[tuple[str, str], ...]:
    """Return what a side may read of a payload, in words."""
    return tuple(
        (label, _word(name, payload[name]))
        for name, label in PAYLOAD_LABELS.items()
        if payload.get(name) not in (None, "", []) and _may_read(name, side)
    )


def _put_right(events: Iterable[ApplicationEvent], side: Side) -> dict[str, tuple[str, str]]:
    """Return by the lender's number what became of outcomes that count no more, and why."""
    return {
        event.payload["corrects"]: (
            ENDED_WORDS[event.event],
            event.payload["correction_reason"] if _may_read("correction_reason", side) else "",
        )
        for event in events
        if event.event in ENDED_WORDS
    }


def _reported(event: ApplicationEvent) -> str:
    return str(event.payload.get("reference", ""))


def _is_open(event: ApplicationEvent, side: Side) -> bool:
    if side is Side.OPERATOR:
        return event.event not in BETWEEN_LENDERS
    return side is Side.LENDER or not event.is_internal


def _may_read(name: str, side: Side) -> bool:
    if side is Side.OPERATOR:
        return name in FOR_OPERATOR
    return side is Side.LENDER or name not in FOR_LENDER_ONLY


def _entry(event: ApplicationEvent, side: Side, struck: str, why: str) -> TimelineEntry:
    role = _role(event)
    label = EVENT_LABELS.get(event.event) or OWN_LABELS.get(event.event, event.event)
    return TimelineEntry(
        at=event.at,
        event=event.event,
        label=label,
        role=ROLE_LABELS[role] if role else "平台",
        name=str(event.actor) if role in OWN_ROLES[side] else "",
        state=STATE_LABELS[ApplicationState(event.target)],
        lines=_lines(event, side),
        is_internal=event.is_internal,
        struck=struck,
        struck_reason=why,
    )


def _lines(event: ApplicationEvent, side: Side) -> tuple[tuple[str, str], ...]:
    if event.event == "URGE" and side is Side.OPERATOR:
        return payload_lines(event.payload, Side.LENDER)
    return payload_lines(event.payload, side)


def _role(event: ApplicationEvent) -> Role | None:
    """Return as what somebody did it, None for the platform."""
    if event.actor is None or event.actor_role == SYSTEM:
        return None
    return Role(event.actor_role)


def _word(name: str, value: Any) -> str:
    if name in _CODED:
        return _CODED[name].get(value, str(value))
    if name.endswith("_yuan"):
        return display_wan(Decimal(str(value)))
    if name == "annual_rate_bp":
        return display_rate(int(value))
    if name == "term_months":
        return f"{value} 个月"
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)
