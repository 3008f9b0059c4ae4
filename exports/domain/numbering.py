"""Numbers of documents and the codes by which anybody verifies one.

A number says kind and day and may be read out; a verification code says nothing and cannot be guessed. Both use the 31
signs of GB 32100 (no I, O, S, V, Z) and end in a check sign, so that a typing error is told from a forgery.

Source: domain note 2.12 (fields of a report); trust note 3 (verification code).
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from marketplace.domain.errors import Refused
from marketplace.domain.text import half_width
from marketplace.domain.uscc import ALPHABET

RANDOM_LENGTH = 8
CODE_LENGTH = 16
CODE_GROUP = 4
ENTROPY_BYTES = 16
"""Bytes of randomness that a number or a code asks for."""

LONGEST_REASON = 200
"""Characters of the reason for which a document is declared void."""

_PLACE = {sign: place for place, sign in enumerate(ALPHABET)}
_SEPARATORS = re.compile(r"[\s\-‐-―−]+")
_MISREAD = str.maketrans("OI", "01")


class DocumentKind(StrEnum):
    """What is handed out."""

    PORTRAIT_PDF = "PORTRAIT_PDF"
    WHITELIST_XLSX = "WHITELIST_XLSX"
    STATISTICS_XLSX = "STATISTICS_XLSX"
    REPORT_XLSX = "REPORT_XLSX"
    REPORT_PDF = "REPORT_PDF"
    CREDIT_REPORT_PDF = "CREDIT_REPORT_PDF"


DOCUMENT_KIND_LABELS = {
    DocumentKind.PORTRAIT_PDF: "信用画像 PDF",
    DocumentKind.WHITELIST_XLSX: "白名单工作簿",
    DocumentKind.STATISTICS_XLSX: "统计工作簿",
    DocumentKind.REPORT_XLSX: "区级周报或月报工作簿",
    DocumentKind.REPORT_PDF: "区级周报或月报 PDF",
    DocumentKind.CREDIT_REPORT_PDF: "公共信用报告（无违法违规证明专用版）",
}
PREFIXES = {
    DocumentKind.PORTRAIT_PDF: "TJXY",
    DocumentKind.WHITELIST_XLSX: "TJBM",
    DocumentKind.STATISTICS_XLSX: "TJTJ",
    DocumentKind.REPORT_XLSX: "TJBG",
    DocumentKind.REPORT_PDF: "TJBP",
    DocumentKind.CREDIT_REPORT_PDF: "TJWF",
}


def document_number(kind: DocumentKind, day: date, entropy: bytes) -> str:
    """Return the number of a document: prefix, day, eight random signs, check sign.

    Args:
        kind: decides the prefix.
        day: Beijing date of issue.
        entropy: random bytes, ``ENTROPY_BYTES`` of them.

    >>> document_number(DocumentKind.PORTRAIT_PDF, date(2026, 11, 23), bytes(16))
    'TJXY2026112300000000U'
    """
    body = f"{PREFIXES[kind]}{day:%Y%m%d}{_signs(entropy, RANDOM_LENGTH)}"
    return body + check_sign(body)


def is_document_number(text: str) -> bool:
    """Return whether a text has the form and the check sign of a number; not whether it was issued.

    >>> is_document_number("TJXY2026112300000000U"), is_document_number("TJXY2026112300000001U")
    (True, False)
    """
    known = len(text) == 21 and text[:4] in PREFIXES.values() and set(text) <= _PLACE.keys()
    return known and check_sign(text[:-1]) == text[-1]


def verification_code(entropy: bytes) -> str:
    """Return a code of sixteen signs, fifteen of them random (74 bits), without separators.

    Args:
        entropy: random bytes, ``ENTROPY_BYTES`` of them.
    """
    body = _signs(entropy, CODE_LENGTH - 1)
    return body + check_sign(body)


def code_shown(code: str) -> str:
    """Return a code in groups of four, as it is printed.

    >>> code_shown("7Q4KX9M2PB3T6H8W")
    '7Q4K-X9M2-PB3T-6H8W'
    """
    return "-".join(code[at : at + CODE_GROUP] for at in range(0, len(code), CODE_GROUP))


def code_from(text: str) -> str:
    """Return the code that somebody typed: any width and separators; O and I are read as 0 and 1.

    Raises:
        Refused: ``VERIFY_CODE_INVALID`` when it cannot be a code, with the sentence at ``code``.
    """
    code = _SEPARATORS.sub("", half_width(text)).upper().translate(_MISREAD)
    whole = len(code) == CODE_LENGTH and set(code) <= _PLACE.keys()
    if not whole or check_sign(code[:-1]) != code[-1]:
        sentence = f"验证码应为 {CODE_LENGTH} 位字母和数字，请对照文件首页重新输入。"
        raise Refused("VERIFY_CODE_INVALID", sentence, {"code": sentence})
    return code


def check_sign(body: str) -> str:
    """Return the check sign: weights are powers of three modulo 31, as in GB 32100; every single error is found."""
    total = sum(_PLACE[sign] * pow(3, place, 31) for place, sign in enumerate(body))
    return ALPHABET[-total % 31]


def _signs(entropy: bytes, length: int) -> str:
    if len(entropy) < ENTROPY_BYTES:
        raise ValueError("too little randomness")
    number = int.from_bytes(entropy, "big")
    signs = []
    for _ in range(length):
        number, place = divmod(number, 31)
        signs.append(ALPHABET[place])
    return "".join(signs)
