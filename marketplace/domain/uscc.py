"""The unified social credit code (统一社会信用代码), GB 32100-2015: form, check digit, type of its holder.

Eighteen characters: registration authority, kind of holder, six digits of the registering office, nine of the
organisation code (GB 11714, its last one a check of its own), one check character over all. The six digits name the
office of the *first* registration, never today's district: see ``borrowers.domain.district_map``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from operator import mul
from string import ascii_uppercase, digits

from marketplace.domain.text import BLANK_TOKENS, half_width

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_VALUE = {character: int(character, 36) for character in digits + ascii_uppercase}
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_FORM = re.compile(f"[0-9ANY][0-9][0-9]{{6}}[{ALPHABET}]{{10}}")
_OLD_NUMBER = re.compile(r"\d{15}", re.ASCII)
_IDENTITY = re.compile(
    r"[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]", re.ASCII
)
_SEPARATORS = re.compile(r"[\s\-\u200b\ufeff\u2010-\u2015\u2212]+")


class SubjectType(StrEnum):
    """Who holds a code, from its first two characters."""

    ENTERPRISE = "ENTERPRISE"
    INDIVIDUAL = "INDIVIDUAL"
    COOPERATIVE = "COOPERATIVE"
    OTHER = "OTHER"


SUBJECT_TYPE_LABELS = {
    SubjectType.ENTERPRISE: "企业",
    SubjectType.INDIVIDUAL: "个体工商户",
    SubjectType.COOPERATIVE: "农民专业合作社",
    SubjectType.OTHER: "其他组织",
}

_SUBJECT_TYPES = {
    "91": SubjectType.ENTERPRISE,
    "92": SubjectType.INDIVIDUAL,
    "93": SubjectType.COOPERATIVE,
}


@dataclass(frozen=True, slots=True)
class UsccFinding:
    """What was found about a text that should be a code.

    Attributes:
        uscc: the normalised text, a code when ``is_valid``.
        code: empty when valid, else one of ``USCC_EMPTY``, ``USCC_REGISTRATION_NO``, ``USCC_LENGTH``,
            ``USCC_ALPHABET``, ``USCC_CHECK_DIGIT``.
        sentence: what is wrong and what is expected, Chinese; empty when valid.
        warnings: codes of what is unusual but accepted: ``USCC_ORGANISATION_CHECK``.
    """

    uscc: str
    code: str = ""
    sentence: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Return whether the text is a code."""
        return not self.code


def normalize(text: str) -> str:
    """Return the text half-width, in capitals, without spaces and hyphens.

    >>> normalize(" ９１120101ma-0501012l ")
    '91120101MA0501012L'
    """
    return _SEPARATORS.sub("", half_width(text)).upper()


def check_digit(first17: str) -> str:
    """Return the check character over the first 17 characters.

    Raises:
        ValueError: not 17 characters of the code's alphabet.

    Source: GB 32100-2015, 4.2 and annex A: C18 = (31 - sum(C_i * 3^(i-1) mod 31)) mod 31.

    >>> check_digit("91120101MA0501012")
    'L'
    """
    if len(first17) != 17 or any(character not in _VALUE for character in first17):
        raise ValueError("17 characters of the code's alphabet are needed")
    return _check_character(first17)


def organisation_check_digit(first8: str) -> str:
    """Return the check character of an organisation code of eight characters.

    Raises:
        ValueError: not eight digits or capital letters.

    Source: GB 11714-1997, 3.3: C9 = 11 - sum(C_i * W_i) mod 11, with 10 as X and 11 as 0.

    >>> organisation_check_digit("MA050101")
    '2'
    """
    if not re.fullmatch("[0-9A-Z]{8}", first8):
        raise ValueError("8 digits or capital letters are needed")
    return _organisation_check_character(first8)


def check(text: str) -> UsccFinding:
    """Return what is found about a text that should be a code.

    Codes of rural collectives (N), the military (A) and others (Y) are codes as well. The inner check of the
    organisation code only warns: codes that break it are in use.

    Source: GB 32100-2015; domain note 3.1.

    >>> check("91120101MA0501012L").is_valid
    True
    >>> check("120000400012345").code
    'USCC_REGISTRATION_NO'
    """
    uscc = normalize(text)
    if uscc in BLANK_TOKENS:
        return UsccFinding("", "USCC_EMPTY", "没有填写统一社会信用代码，应为18位。")
    if _OLD_NUMBER.fullmatch(uscc):
        sentence = f"“{shown(uscc)}”是15位的旧工商注册号，请改填18位统一社会信用代码。"
        return UsccFinding(uscc, "USCC_REGISTRATION_NO", sentence)
    if len(uscc) != 18:
        sentence = f"“{uscc[:40]}”有{len(uscc)}位，统一社会信用代码应为18位。"
        return UsccFinding(uscc, "USCC_LENGTH", sentence)
    if not _FORM.fullmatch(uscc):
        return UsccFinding(uscc, "USCC_ALPHABET", _alphabet_sentence(uscc))
    if _check_character(uscc) != uscc[17]:
        sentence = f"“{shown(uscc)}”的校验位不符，请核对是否有错位或错字。"
        return UsccFinding(uscc, "USCC_CHECK_DIGIT", sentence)
    inner = _organisation_check_character(uscc[8:16]) == uscc[16]
    return UsccFinding(uscc, warnings=() if inner else ("USCC_ORGANISATION_CHECK",))


def shown(text: str) -> str:
    """Return what stands in the place of a code as it may be said and kept: personal numbers keep their end only.

    Identity numbers stand there by mistake; old registration numbers of individuals may have been made of one.

    Source: trust note 4.1, 4.3.

    >>> shown("120103199001011234"), shown("120000400012345"), shown("91120101MA0501012M")
    ('**************1234', '***********2345', '91120101MA0501012M')
    """
    spelled = normalize(text)
    if _OLD_NUMBER.fullmatch(spelled) or _IDENTITY.fullmatch(spelled):
        return "*" * (len(spelled) - 4) + spelled[-4:]
    return text[:40]


def is_valid(text: str) -> bool:
    """Return whether the text is a code, however it is spaced or capitalised."""
    if _FORM.fullmatch(text) and _check_character(text) == text[17]:
        return True
    return check(text).is_valid


def subject_type(uscc: str) -> SubjectType:
    """Return who holds the code.

    >>> subject_type("92120101MA0501012L").value
    'INDIVIDUAL'
    """
    return _SUBJECT_TYPES.get(uscc[:2], SubjectType.OTHER)


def make(authority_type: str, district: str, org8: str) -> str:
    """Return the valid code of these parts, for made-up enterprises.

    Args:
        authority_type: first two characters, e.g. ``91``.
        district: six digits of the registering office.
        org8: eight digits or letters of the code's alphabet; the two check characters are computed.

    Raises:
        ValueError: a part has the wrong form, or the inner check character is not in the code's alphabet.

    >>> make("91", "120101", "MA050101")
    '91120101MA0501012L'
    """
    first17 = f"{authority_type}{district}{org8}{organisation_check_digit(org8)}"
    uscc = first17 + check_digit(first17)
    if not _FORM.fullmatch(uscc):
        raise ValueError(f"{uscc} does not have the form of a code")
    return uscc


def _check_character(code: str) -> str:
    total = sum(map(mul, map(_VALUE.__getitem__, code[:17]), _WEIGHTS))
    return ALPHABET[-total % 31]


def _organisation_check_character(first8: str) -> str:
    total = sum(map(mul, map(_ORGANISATION_VALUE.__getitem__, first8), _ORGANISATION_WEIGHTS))
    return "0123456789X0"[11 - total % 11]


def _alphabet_sentence(uscc: str) -> str:
    """Name the first character that may not stand where it stands."""
    for place, character in enumerate(uscc, start=1):
        allowed = "0123456789ANY" if place == 1 else "0123456789" if place <= 8 else ALPHABET
        if character not in allowed:
            break
    hint = "统一社会信用代码不使用字母I、O、S、V、Z" if place > 8 else "第3至8位应为数字"
    return f"“{uscc}”第{place}位“{character}”不是统一社会信用代码的字符（{hint}）。"
