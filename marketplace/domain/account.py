"""Accounts of people: why one is suspended, why a duty ends, and the first password somebody else hands over.

Source: GB/T 22239-2019 8.1.4.2 (no default, surplus or expired accounts); ASVS 6.4 (initial passwords random, changed
at the first log-in), 7.4.2 (all sessions end when an account is disabled).
"""

from __future__ import annotations

import secrets
from enum import StrEnum

PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 -- letters, not a password
"""Without those that are read as others: i, l, o, 0, 1."""
PASSWORD_GROUPS = 4
TEMPORARY_DAYS = 7
"""So long a password somebody else made lets its person in."""
LEAST_OPERATORS = 2
"""Every release needs a second operator."""
LONGEST_NOTE = 200


class SuspensionReason(StrEnum):
    """Why nobody may log in with an account for the time being."""

    SUSPECTED = "MISUSE_SUSPECTED"
    LEFT = "PERSON_LEFT"
    ASKED = "OFFICE_ASKED"
    UNUSED = "UNUSED"


class DutyEnd(StrEnum):
    """Why a person of the city or of a district is relieved of a role."""

    LEFT = "DUTY_LEFT"
    MOVED = "DUTY_MOVED"
    ASKED = "DUTY_OFFICE_ASKED"


class AppointmentState(StrEnum):
    """What became of the wish to give somebody a role with the city."""

    WAITING = "WAITING"
    CONFIRMED = "CONFIRMED"
    DECLINED = "DECLINED"


SUSPENSION_LABELS = {
    SuspensionReason.SUSPECTED: "疑为他人使用",
    SuspensionReason.LEFT: "已离职或调离",
    SuspensionReason.ASKED: "本单位要求",
    SuspensionReason.UNUSED: "长期未登录",
}
SUSPENSIONS_BY_HAND = (SuspensionReason.SUSPECTED, SuspensionReason.LEFT, SuspensionReason.ASKED)
DUTY_END_LABELS = {
    DutyEnd.LEFT: "离职",
    DutyEnd.MOVED: "调离岗位",
    DutyEnd.ASKED: "本单位要求",
}
APPOINTMENT_STATE_LABELS = {
    AppointmentState.WAITING: "待另一人确认",
    AppointmentState.CONFIRMED: "已确认",
    AppointmentState.DECLINED: "未予确认",
}


def temporary_half() -> str:
    """Return one half of a temporary password, 39 bits: two groups of four.

    >>> len(temporary_half())
    9
    """
    return "-".join(_groups(PASSWORD_GROUPS // 2))


def join_halves(first: str, second: str) -> str:
    """Return the password of two halves.

    >>> join_halves("ab2c-de3f", "gh4j-km5n")
    'ab2c-de3f-gh4j-km5n'
    """
    return f"{first}-{second}"


def temporary_password() -> str:
    """Return a random password to be handed over and changed at the first log-in: 79 bits, four groups of four.

    >>> len(temporary_password())
    19
    """
    return "-".join(_groups(PASSWORD_GROUPS))


def _groups(count: int) -> list[str]:
    return ["".join(secrets.choice(PASSWORD_LETTERS) for _ in range(4)) for _ in range(count)]
