"""What a lender's own system may ask for or report by itself, and how often.

A token opens named interfaces, in the name of one of the lender's people who answers for it: what that person may not
see, the system does not see, and when the person leaves, the system is shut out. Decisions stay with people.

Source: 征信业管理条例 art. 22 (who queried is recorded); domain note 1 (interfaces of city platforms); trust note 0.9.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

LEAST_CALLS, MOST_CALLS = 1, 1_000_000


class Interface(StrEnum):
    """One thing a system may do."""

    APPLICATIONS = "APPLICATIONS"
    PORTRAIT = "PORTRAIT"
    LOANS = "LOANS"
    OUTCOMES = "OUTCOMES"


INTERFACE_LABELS = {
    Interface.APPLICATIONS: "查询申请",
    Interface.PORTRAIT: "查询授权画像",
    Interface.LOANS: "查询贷款",
    Interface.OUTCOMES: "报送贷款结果",
}


def interfaces_read(codes: Iterable[str]) -> tuple[Interface, ...]:
    """Return interfaces by their codes, each once, in the order of their declaration.

    Raises:
        ValueError: a code is none.

    >>> interfaces_read(["LOANS", "APPLICATIONS", "LOANS"])
    (<Interface.APPLICATIONS: 'APPLICATIONS'>, <Interface.LOANS: 'LOANS'>)
    """
    wanted = {Interface(code) for code in codes}
    return tuple(interface for interface in Interface if interface in wanted)
