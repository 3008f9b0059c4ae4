"""The financing need of an enterprise: what may be asked for, and the life of a need.

A need finds its lender in one of four modes: the enterprise applies to a product (直接申请), lenders grab the need from
the pool (抢单), an operator dispatches it (派单), or the enterprise chooses up to three lenders (定向).

Source: domain note 3.7 (need status, vocabularies), 1.4 and 4.1 (modes); limits are dated parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from marketplace.domain.errors import Refused
from marketplace.domain.machine import Machine, Transition, rows
from marketplace.domain.money import display_rate, display_wan, to_yuan
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.roles import SYSTEM, Role
from marketplace.domain.vocabulary import GUARANTEE_LABELS, PURPOSE_LABELS, Guarantee, Purpose

MAX_NOTE_LENGTH = 300


class DemandState(StrEnum):
    """Where a need stands."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"
    IN_POOL = "IN_POOL"
    TO_DISPATCH = "TO_DISPATCH"
    DISPATCHED = "DISPATCHED"
    MATCHING = "MATCHING"
    CONCLUDED = "CONCLUDED"
    UNSUCCESSFUL = "UNSUCCESSFUL"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


DEMAND_STATE_LABELS = {
    DemandState.DRAFT: "草稿",
    DemandState.PUBLISHED: "已发布",
    DemandState.IN_POOL: "抢单中",
    DemandState.TO_DISPATCH: "待派单",
    DemandState.DISPATCHED: "已派单",
    DemandState.MATCHING: "对接中",
    DemandState.CONCLUDED: "已达成",
    DemandState.UNSUCCESSFUL: "未达成",
    DemandState.EXPIRED: "已过期",
    DemandState.WITHDRAWN: "已撤回",
}

SEARCHING_STATES = ("PUBLISHED", "IN_POOL", "TO_DISPATCH", "DISPATCHED")
"""States in which a published need has met no lender yet."""

OPEN_DEMAND_STATES = frozenset({*SEARCHING_STATES, "MATCHING"})
"""States in which an enterprise may apply to products with the need."""

POOL_STATES = ("IN_POOL", "MATCHING")
"""States in which a need of mode POOL can be taken, as long as its window is open and a slot is free."""


class DemandMode(StrEnum):
    """How a need looks for a lender; the enterprise may apply to products by itself in each of them."""

    APPLY = "APPLY"
    POOL = "POOL"
    DISPATCH = "DISPATCH"
    DIRECTED = "DIRECTED"


DEMAND_MODE_LABELS = {
    DemandMode.APPLY: "直接申请",
    DemandMode.POOL: "抢单",
    DemandMode.DISPATCH: "派单",
    DemandMode.DIRECTED: "定向",
}


@dataclass(frozen=True)
class DemandTerms:
    """A checked need: amount with two places, codes typed."""

    amount_yuan: Decimal
    term_months: int
    purpose: Purpose
    guarantee: Guarantee
    purpose_note: str = ""
    max_rate_bp: int | None = None


def check_demand(
    *,
    amount_yuan: Decimal | None,
    term_months: int | None,
    purpose: str,
    guarantee: str,
    on: date,
    parameters: ParameterSet,
    purpose_note: str = "",
    max_rate_bp: int | None = None,
) -> DemandTerms:
    """Return the typed need, or refuse with one sentence per field.

    Args:
        amount_yuan: amount asked for, None when the field was empty or unreadable.
        term_months: whole months.
        purpose: code of the vocabulary; ``OTHER`` needs a note.
        guarantee: what the enterprise can offer.
        on: date whose limits hold.
        parameters: ``demand.*``.
        purpose_note: what the money is for.
        max_rate_bp: highest annual rate acceptable to the enterprise, None for no wish.

    Raises:
        Refused: ``DEMAND_INVALID`` with ``fields``; ``PARAMETER_NOT_IN_FORCE``.
    """
    fields: dict[str, str] = {}
    _check_amount(amount_yuan, on, parameters, fields)
    _check_term(term_months, on, parameters, fields)
    _check_rate(max_rate_bp, on, parameters, fields)
    _check_purpose(purpose, purpose_note, fields)
    if guarantee not in GUARANTEE_LABELS:
        fields["guarantee"] = "请从列表中选择担保方式。"
    if fields or amount_yuan is None or term_months is None:
        raise Refused("DEMAND_INVALID", "融资需求填写有误，请按提示修改。", fields)
    return DemandTerms(
        to_yuan(amount_yuan),
        term_months,
        Purpose(purpose),
        Guarantee(guarantee),
        purpose_note.strip(),
        max_rate_bp,
    )


def _verified(facts: Mapping[str, Any]) -> str | None:
    if facts.get("enterprise_verified") is True:
        return None
    return "企业身份尚未核验，暂不能发布需求。"


def _has_application(facts: Mapping[str, Any]) -> str | None:
    return None if (facts.get("open_applications") or 0) > 0 else "该需求还没有在办的申请。"


def _none_open(facts: Mapping[str, Any]) -> str | None:
    count = facts.get("open_applications")
    return None if count == 0 else "该需求还有在办的申请，请先撤回或等待办结。"


def _funded(facts: Mapping[str, Any]) -> str | None:
    return None if facts.get("funded") is True else "该需求还没有签约或放款的申请。"


def _not_funded(facts: Mapping[str, Any]) -> str | None:
    return None if facts.get("funded") is False else "该需求已有放款的申请。"


def _expired(facts: Mapping[str, Any]) -> str | None:
    return None if facts.get("clock_expired") is True else "需求仍在有效期内。"


def _taken(facts: Mapping[str, Any]) -> str | None:
    return None if (facts.get("taken_leads") or 0) > 0 else _has_application(facts)


def _idle(facts: Mapping[str, Any]) -> str | None:
    if facts.get("open_applications") == 0 and facts.get("open_leads") == 0:
        return None
    return "该需求正在与机构对接，请先等待机构答复或结束对接。"


def _may_go_out(facts: Mapping[str, Any]) -> str | None:
    return _verified(facts) or _idle(facts)


def _lead_sent(facts: Mapping[str, Any]) -> str | None:
    return None if (facts.get("open_leads") or 0) > 0 else "尚未选定机构，不能派单。"


def _window_over(facts: Mapping[str, Any]) -> str | None:
    return _idle(facts) if facts.get("window_open") is False else "抢单窗口尚未结束。"


def _window_open(facts: Mapping[str, Any]) -> str | None:
    return _idle(facts) if facts.get("window_open") is True else "抢单窗口已结束。"


_BORROWER = (Role.OWNER, Role.AGENT)

_MODES = (
    *rows(("PUBLISHED", "MATCHING"), "ENTER_POOL", "IN_POOL", _BORROWER, "进入抢单池", _may_go_out),
    *rows(
        ("PUBLISHED", "IN_POOL", "MATCHING"),
        "ASK_DISPATCH",
        "TO_DISPATCH",
        _BORROWER,
        "请平台派单",
        _may_go_out,
    ),
    *rows(("PUBLISHED",), "CHOOSE", "PUBLISHED", _BORROWER, "定向推送", _verified),
    *rows(("MATCHING",), "CHOOSE", "MATCHING", _BORROWER, "定向推送", _verified),
    *rows(("IN_POOL",), "CLOSE_POOL", "TO_DISPATCH", (SYSTEM,), "抢单窗口结束", _window_over),
    *rows(("TO_DISPATCH",), "DISPATCH", "DISPATCHED", (Role.OPERATOR, SYSTEM), "派单", _lead_sent),
    *rows(("DISPATCHED", "MATCHING"), "RELEASE", "TO_DISPATCH", (SYSTEM,), "退回待派单", _idle),
    *rows(("MATCHING",), "REOPEN_POOL", "IN_POOL", (SYSTEM,), "名额重新开放", _window_open),
)

DEMAND = Machine(
    name="demand",
    initial=DemandState.DRAFT.value,
    transitions=(
        *rows(("DRAFT",), "PUBLISH", "PUBLISHED", _BORROWER, "发布需求", _verified),
        *_MODES,
        *rows(SEARCHING_STATES, "START_MATCHING", "MATCHING", (SYSTEM,), "开始对接", _taken),
        *rows(("MATCHING",), "CONCLUDE", "CONCLUDED", (SYSTEM,), "达成", _funded),
        Transition(
            "CONCLUDED",
            "RESUME_MATCHING",
            "MATCHING",
            frozenset({SYSTEM}),
            "放款作废，恢复对接",
            _not_funded,
            undoes=True,
        ),
        *rows(("MATCHING",), "FAIL", "UNSUCCESSFUL", (*_BORROWER, SYSTEM), "结束对接", _none_open),
        *rows(("DRAFT", *SEARCHING_STATES), "EXPIRE", "EXPIRED", (SYSTEM,), "过期", _expired),
        *rows(("DRAFT",), "WITHDRAW", "WITHDRAWN", _BORROWER, "撤回需求"),
        *rows(
            (*SEARCHING_STATES, "MATCHING"),
            "WITHDRAW",
            "WITHDRAWN",
            _BORROWER,
            "撤回需求",
            _none_open,
        ),
    ),
    labels={state.value: label for state, label in DEMAND_STATE_LABELS.items()},
)
"""Facts read by guards: ``enterprise_verified``, ``open_applications`` and ``open_leads`` (counts; a lead is a need
put before one lender), ``taken_leads`` (those a lender took), ``window_open`` (of the pool), ``funded``,
``clock_expired``.

A need stays in MATCHING after a refusal, so that the enterprise may apply elsewhere; FAIL ends it when nothing is open.
"""


def _check_amount(
    amount: Decimal | None, on: date, parameters: ParameterSet, fields: dict[str, str]
) -> None:
    low = Decimal(parameters.value_on("demand.min_amount_yuan", on))
    high = Decimal(parameters.value_on("demand.max_amount_yuan", on))
    if amount is None:
        fields["amount_yuan"] = "请填写融资金额。"
    elif not amount.is_finite() or not low <= amount <= high:
        fields["amount_yuan"] = f"融资金额应在 {display_wan(low)}至 {display_wan(high)}之间。"


def _check_term(
    months: int | None, on: date, parameters: ParameterSet, fields: dict[str, str]
) -> None:
    longest = parameters.value_on("demand.max_term_months", on)
    if months is None:
        fields["term_months"] = "请填写融资期限。"
    elif not 1 <= months <= longest:
        fields["term_months"] = f"融资期限应在 1 至 {longest} 个月之间。"


def _check_rate(
    rate_bp: int | None, on: date, parameters: ParameterSet, fields: dict[str, str]
) -> None:
    highest = parameters.value_on("demand.max_rate_bp", on)
    if rate_bp is not None and not 0 < rate_bp <= highest:
        fields["max_rate_bp"] = f"可接受的年化利率应大于零且不超过 {display_rate(highest)}。"


def _check_purpose(purpose: str, note: str, fields: dict[str, str]) -> None:
    if purpose not in PURPOSE_LABELS:
        fields["purpose"] = "请从列表中选择贷款用途。"
    if purpose == Purpose.OTHER and not note.strip():
        fields["purpose_note"] = "选择“其他”用途时请说明具体用途。"
    elif len(note) > MAX_NOTE_LENGTH:
        fields["purpose_note"] = f"用途说明不能超过 {MAX_NOTE_LENGTH} 字。"
