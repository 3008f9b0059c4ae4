"""Kinds of financial institutions, and how one is admitted.

Source: domain note 3.7 (lender kinds), the city's counts in the issue's demo data.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any

from marketplace.domain.machine import Machine, rows
from marketplace.domain.roles import SYSTEM, Role


class InstitutionKind(StrEnum):
    """What kind of institution a lender is."""

    POLICY = "POLICY"
    LARGE = "LARGE"
    JOINT_STOCK = "JOINT_STOCK"
    CITY = "CITY"
    PRIVATE = "PRIVATE"
    RURAL = "RURAL"
    VILLAGE = "VILLAGE"
    MICROCREDIT = "MICROCREDIT"
    GUARANTEE = "GUARANTEE"
    LEASING = "LEASING"


INSTITUTION_KIND_LABELS = {
    InstitutionKind.POLICY: "政策性银行",
    InstitutionKind.LARGE: "大型商业银行",
    InstitutionKind.JOINT_STOCK: "股份制商业银行",
    InstitutionKind.CITY: "城市商业银行",
    InstitutionKind.PRIVATE: "民营银行",
    InstitutionKind.RURAL: "农村商业银行",
    InstitutionKind.VILLAGE: "村镇银行",
    InstitutionKind.MICROCREDIT: "小额贷款公司",
    InstitutionKind.GUARANTEE: "融资担保公司",
    InstitutionKind.LEASING: "融资租赁公司",
}

BANK_KINDS = frozenset(
    {
        InstitutionKind.POLICY,
        InstitutionKind.LARGE,
        InstitutionKind.JOINT_STOCK,
        InstitutionKind.CITY,
        InstitutionKind.PRIVATE,
        InstitutionKind.RURAL,
        InstitutionKind.VILLAGE,
    }
)
"""Banking institutions; a first loan (首贷) is one from any of them."""


class InstitutionState(StrEnum):
    """Where an institution stands with the marketplace."""

    PENDING = "PENDING"
    ADMITTED = "ADMITTED"
    REFUSED = "REFUSED"
    SUSPENDED = "SUSPENDED"


INSTITUTION_STATE_LABELS = {
    InstitutionState.PENDING: "待准入",
    InstitutionState.ADMITTED: "已入驻",
    InstitutionState.REFUSED: "未准入",
    InstitutionState.SUSPENDED: "已暂停",
}


def team_gaps(*, has_branch: bool, has_default: bool, roles: Collection[str]) -> tuple[str, ...]:
    """Return what an admitted institution still lacks before applications can be taken and decided, in sentences.

    Args:
        has_branch: it has a branch.
        has_default: one of its branches takes what no other serves.
        roles: roles its people hold now.

    >>> team_gaps(has_branch=False, has_default=False, roles=())
    ('还没有网点。请先添加网点，再添加人员。',)
    >>> team_gaps(has_branch=True, has_default=True, roles=["OFFICER", "APPROVER"])
    ()
    """
    if not has_branch:
        return ("还没有网点。请先添加网点，再添加人员。",)
    lacking = (
        (has_default, "没有兜底网点：各网点服务区域之外的企业，申请不能受理。"),
        (Role.OFFICER in roles, "还没有客户经理：企业的申请没有人受理。"),
        (Role.APPROVER in roles, "还没有审批人：授信没有人决定，产品没有人发布。"),
    )
    return tuple(sentence for is_there, sentence in lacking if not is_there)


def _reason_given(facts: Mapping[str, Any]) -> str | None:
    return None if str(facts.get("reason") or "").strip() else "请填写原因。"


_OPERATOR = (Role.OPERATOR,)

INSTITUTION = Machine(
    name="institution",
    initial=InstitutionState.PENDING.value,
    transitions=(
        *rows(("PENDING",), "ADMIT", "ADMITTED", _OPERATOR, "准入"),
        *rows(("PENDING",), "REFUSE", "REFUSED", _OPERATOR, "不予准入", _reason_given),
        *rows(("REFUSED",), "REAPPLY", "PENDING", (SYSTEM,), "重新申请"),
        *rows(("ADMITTED",), "SUSPEND", "SUSPENDED", _OPERATOR, "暂停服务", _reason_given),
        *rows(("SUSPENDED",), "RESTORE", "ADMITTED", _OPERATOR, "恢复服务"),
    ),
    labels={state.value: label for state, label in INSTITUTION_STATE_LABELS.items()},
)
"""Facts read by guards: ``reason``. Whoever was refused applies again by the same form, mostly without an account."""
