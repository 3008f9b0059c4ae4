"""An enterprise's account: somebody asks to act for it, a verifier confirms or refuses.

Source: domain note 4.1 (real name and credit code verified before an application), 2.6 (signature means).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marketplace.domain.machine import Machine, Transition
from marketplace.domain.roles import SYSTEM, Role

_VERIFIERS = frozenset({Role.OPERATOR, SYSTEM})


def _needs_reason(facts: Mapping[str, Any]) -> str | None:
    return None if str(facts.get("reason", "")).strip() else "请填写未通过的原因。"


ENTERPRISE_ACCOUNT = Machine(
    name="enterprise_account",
    initial="PENDING",
    labels={"PENDING": "待核验", "VERIFIED": "已核验", "REFUSED": "未通过"},
    transitions=(
        Transition("PENDING", "VERIFY", "VERIFIED", _VERIFIERS, "通过核验"),
        Transition("PENDING", "REFUSE", "REFUSED", _VERIFIERS, "不予通过", _needs_reason),
    ),
)
"""PENDING → VERIFIED | REFUSED; ``SYSTEM`` is a verifier that needs no person."""
