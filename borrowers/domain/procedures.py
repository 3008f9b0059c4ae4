"""The procedures of objection (异议) and credit repair (信用修复) as transition tables.

Source: domain note 4.3, 2.4 (征信业管理条例 第二十五条), 2.8 (district check, city review).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.domain.machine import Machine, Transition
from marketplace.domain.machine import rows as from_each
from marketplace.domain.roles import SYSTEM, Role

_BORROWER = (Role.OWNER, Role.AGENT)
_DISTRICT = (Role.DISTRICT_CLERK, Role.DISTRICT_LEAD)
_OPERATOR = (Role.OPERATOR,)


def _needs_answer(facts: Mapping[str, Any]) -> str | None:
    return None if str(facts.get("answer", "")).strip() else "请填写书面答复。"


def _needs_reason(facts: Mapping[str, Any]) -> str | None:
    return None if str(facts.get("reason", "")).strip() else "请填写理由。"


def _not_supplemented_before(facts: Mapping[str, Any]) -> str | None:
    return "补正只能要求一次。" if facts.get("supplemented") else _needs_reason(facts)


OBJECTION = Machine(
    name="objection",
    initial="SUBMITTED",
    labels={
        "SUBMITTED": "已提交",
        "MARKED": "已标注",
        "CHECKING": "核查中",
        "CORRECTED": "已更正",
        "UPHELD": "维持原记录",
        "UNCONFIRMED": "无法确认",
        "WITHDRAWN": "已撤回",
    },
    transitions=(
        Transition("SUBMITTED", "MARK", "MARKED", frozenset({SYSTEM, Role.OPERATOR}), "标注异议"),
        Transition("MARKED", "START_CHECK", "CHECKING", frozenset(_OPERATOR), "开始核查"),
        *from_each(("CHECKING",), "CORRECT", "CORRECTED", _OPERATOR, "更正并答复", _needs_answer),
        *from_each(("CHECKING",), "UPHOLD", "UPHELD", _OPERATOR, "维持并答复", _needs_answer),
        *from_each(
            ("CHECKING",), "LEAVE_OPEN", "UNCONFIRMED", _OPERATOR, "无法确认并答复", _needs_answer
        ),
        *from_each(
            ("SUBMITTED", "MARKED", "CHECKING"), "WITHDRAW", "WITHDRAWN", _BORROWER, "撤回异议"
        ),
    ),
)
"""提交 → 已标注 → 核查 → 更正 | 维持 | 无法确认, each end with its written answer; marked at once."""

REPAIR = Machine(
    name="repair",
    initial="SUBMITTED",
    labels={
        "SUBMITTED": "已提交",
        "DISTRICT_CHECK": "区级初审",
        "SUPPLEMENT": "待补正",
        "UNIT_OPINION": "认定单位意见",
        "CITY_REVIEW": "市级复审",
        "REPAIRED": "已修复",
        "REFUSED": "不予修复",
        "WITHDRAWN": "已撤回",
    },
    transitions=(
        Transition("SUBMITTED", "ACCEPT", "DISTRICT_CHECK", frozenset(_DISTRICT), "受理"),
        *from_each(
            ("DISTRICT_CHECK",),
            "ASK_SUPPLEMENT",
            "SUPPLEMENT",
            _DISTRICT,
            "要求补正",
            _not_supplemented_before,
        ),
        Transition("SUPPLEMENT", "SUPPLY", "DISTRICT_CHECK", frozenset(_BORROWER), "提交补正"),
        Transition("DISTRICT_CHECK", "PASS_ON", "UNIT_OPINION", frozenset(_DISTRICT), "初审通过"),
        Transition("UNIT_OPINION", "AGREE", "CITY_REVIEW", frozenset(_OPERATOR), "认定单位同意"),
        Transition("CITY_REVIEW", "APPROVE", "REPAIRED", frozenset(_OPERATOR), "准予修复"),
        *from_each(
            ("SUBMITTED", "DISTRICT_CHECK"),
            "REFUSE",
            "REFUSED",
            _DISTRICT,
            "不予修复",
            _needs_reason,
        ),
        *from_each(
            ("UNIT_OPINION", "CITY_REVIEW"),
            "REFUSE",
            "REFUSED",
            _OPERATOR,
            "不予修复",
            _needs_reason,
        ),
        *from_each(("SUPPLEMENT",), "LAPSE", "REFUSED", (SYSTEM,), "逾期未补正"),
        *from_each(
            ("SUBMITTED", "DISTRICT_CHECK", "SUPPLEMENT", "UNIT_OPINION", "CITY_REVIEW"),
            "WITHDRAW",
            "WITHDRAWN",
            _BORROWER,
            "撤回申请",
        ),
    ),
)
"""提交 → 区初审 (补正 once) → 认定单位意见 → 市复审 → 已修复 | 不予修复 | 撤回."""
