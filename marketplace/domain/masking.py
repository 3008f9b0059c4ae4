"""Masking of what identifies natural persons; masked is the default everywhere, unmasking is a logged act.

Masking an already masked text changes nothing, so it may be applied at every border. A text that is too short to hide
a part of it is hidden whole.

Source: trust note 4.2, 4.3.
"""

from __future__ import annotations

import re

from marketplace.domain import uscc as uscc_rules
from marketplace.domain.text import clean

STAR = "*"
_END = r"(?:(?<![小社园校厂院库])区|县)"
_DISTRICT = re.compile(rf"^.{{0,12}}?[市省].{{1,8}}?{_END}|^.{{2,6}}?{_END}")
_HIDDEN_ADDRESS = "****"


def mask_person_name(name: str) -> str:
    """Return a natural person's name with its given part hidden.

    Up to three characters only the first stays, of longer names the first and the last; of names with a middle dot
    the first character and the dots.

    >>> mask_person_name("张三"), mask_person_name("王小明"), mask_person_name("欧阳小华")
    ('张*', '王**', '欧**华')
    """
    text = clean(name)
    if len(text) <= 1:
        return STAR * len(text)
    if "·" in text:
        hidden = "".join(character if character == "·" else STAR for character in text[1:])
        return text[0] + hidden if (hidden.count("·") + 1) * 2 <= len(text) else _all(text)
    if len(text) <= 3:
        return text[0] + STAR * (len(text) - 1)
    return text[0] + STAR * (len(text) - 2) + text[-1]


def mask_id_number(number: str) -> str:
    """Return an identity document's number with only its last four characters.

    >>> mask_id_number("12010119900101123X")
    '**************123X'
    """
    return _keep(clean(number), 0, 4)


def mask_phone(phone: str) -> str:
    """Return a telephone number with its first three and last four characters.

    >>> mask_phone("13812341234")
    '138****1234'
    """
    text = clean(phone)
    return text[:3] + STAR * 4 + text[-4:] if len(text) == 11 else _keep(text, 0, 4)


def mask_email(address: str) -> str:
    """Return an address of which the domain and the first character stay.

    >>> mask_email("zhangsan@example.cn")
    'z***@example.cn'
    """
    text = clean(address)
    local, at, domain = text.rpartition("@")
    if not at or not local:
        return _all(text)
    first = local[0] if len(local) >= 3 and local[0] not in "@*" else ""
    return f"{first}***@{domain}"


def mask_account(number: str) -> str:
    """Return an account number with only its last four characters."""
    return _keep(clean(number), 0, 4)


def mask_address(address: str) -> str:
    """Return an address down to its district; the whole is hidden when no district is named.

    >>> mask_address("天津市南开区宜宾道6号")
    '天津市南开区****'
    """
    text = clean(address)
    if not text or text == _HIDDEN_ADDRESS:
        return text
    found = _DISTRICT.match(text)
    return (found[0] if found else "") + _HIDDEN_ADDRESS


def mask_uscc(uscc: str) -> str:
    """Return a company's code whole, of a natural person in business its middle eight hidden.

    >>> mask_uscc("92120101MA0501012L")
    '92120********1012L'
    """
    text = clean(uscc)
    if uscc_rules.subject_type(text) is not uscc_rules.SubjectType.INDIVIDUAL:
        return text
    return text[:5] + STAR * 8 + text[-5:] if len(text) == 18 else _all(text)


def mask_operator_name(uscc: str, name: str) -> str:
    """Return a legal representative's name as public pages show it: whole for companies, masked for individuals.

    Source: trust note 4.2, legal representative.
    """
    individual = uscc_rules.subject_type(uscc) is uscc_rules.SubjectType.INDIVIDUAL
    return mask_person_name(name) if individual else clean(name)


def _keep(text: str, head: int, tail: int) -> str:
    """Hide all but the ends; when that would show half of the text or more, hide the whole."""
    if (head + tail) * 2 >= len(text):
        return _all(text)
    return text[:head] + STAR * (len(text) - head - tail) + text[len(text) - tail :]


def _all(text: str) -> str:
    return STAR * len(text)
