"""Telephone numbers people may be called at, as they are typed."""

from __future__ import annotations

from marketplace.domain.text import clean, half_width

_SEPARATORS = str.maketrans("", "", "-() ")
_SHORTEST, _LONGEST = 7, 12


def phone_fault(phone: str) -> str | None:
    """Return why nobody can be called at this number, None when it may be one.

    A number has 7 to 12 digits after the country's prefix; spaces, hyphens and brackets between them do not count.

    >>> phone_fault("+86 138-1234-1234"), phone_fault("（022）2345 6789")
    (None, None)
    >>> phone_fault("问前台")
    '请填写能接通的手机或座机号码。'
    """
    digits = half_width(clean(phone)).translate(_SEPARATORS).removeprefix("+86")
    if digits.isascii() and digits.isdigit() and _SHORTEST <= len(digits) <= _LONGEST:
        return None
    return "请填写能接通的手机或座机号码。"
