"""One-time codes beside the password: how keys and recovery codes are written, and why a device is reset.

Source: RFC 6238 (TOTP), RFC 4648 (base32); GB/T 22239-2019 8.1.4.1 d (two means of authentication); ASVS 6.5.
"""

from __future__ import annotations

import base64
import unicodedata
from enum import StrEnum
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
TOLERANCE_STEPS = 1
"""How many steps a telephone's clock may be wrong, before and after (RFC 6238 section 5.2)."""
KEY_BYTES = 20
"""As long as the hash of HMAC-SHA-1, which RFC 4226 section 4 recommends."""
WARN_AFTER = 5
"""After so many wrong codes in a row the person is told: whoever gives them knows the password."""
MOST_FAILURES = 12
"""How many wrong codes in a row count at most: the waiting time stays below 35 minutes (2 ** 11 seconds)."""
BEGUN_MINUTES = 30
"""How long a key waits for its first code."""
RECOVERY_CODES = 10
RECOVERY_BYTES = 10
"""80 bits: sixteen letters and digits in four groups."""


class ResetReason(StrEnum):
    """Why somebody's device is taken out of use by another person."""

    LOST = "PHONE_LOST"
    STOLEN = "PHONE_STOLEN"
    BROKEN = "PHONE_BROKEN"
    REPLACED = "PHONE_REPLACED"


class IdentityCheck(StrEnum):
    """How whoever resets a device made sure who asks for it."""

    MET = "FACE_TO_FACE"
    CALLED_BACK = "CALL_BACK"
    WRITTEN = "WRITTEN_REQUEST"


RESET_REASON_LABELS = {
    ResetReason.LOST: "手机遗失",
    ResetReason.STOLEN: "手机被盗，或疑为他人使用",
    ResetReason.BROKEN: "手机损坏，无法使用",
    ResetReason.REPLACED: "已更换手机，旧手机不在手边",
}
IDENTITY_CHECK_LABELS = {
    IdentityCheck.MET: "当面核对证件",
    IdentityCheck.CALLED_BACK: "回拨本单位登记的电话",
    IdentityCheck.WRITTEN: "本单位书面申请",
}

WRONG_SENTENCES = {
    "step": "口令或恢复码不正确。每个只能用一次，输错后须稍候再试；连续五次输错将暂停登录十五分钟。",
    "first": "动态口令不正确，请输入手机上此刻显示的六位数字；手机时间须自动校准。",
    "proof": "密码、动态口令或恢复码不正确。每个口令只能用一次；连续五次输错将暂停登录十五分钟。",
}
"""What is said of a wrong code, at sign-in, from a new telephone, and with the password once more: the same, whatever
was wrong about it (used already, too soon after a wrong one, of another person).
"""


def base32(raw: bytes) -> str:
    """Return bytes as capital letters and digits, without padding.

    >>> base32(bytes(10))
    'AAAAAAAAAAAAAAAA'
    """
    return base64.b32encode(raw).decode("ascii").rstrip("=")


def bytes_of(text: str) -> bytes:
    """Return the bytes of ``base32``.

    >>> bytes_of(base32(b"12345678901234567890"))
    b'12345678901234567890'
    """
    return base64.b32decode(text + "=" * (-len(text) % 8))


def in_fours(text: str, joint: str = " ") -> str:
    """Return a text in groups of four, to be read and typed.

    >>> in_fours("ABCDEFGHIJ")
    'ABCD EFGH IJ'
    """
    return joint.join(text[at : at + 4] for at in range(0, len(text), 4))


def typed(code: str) -> str:
    """Return what was typed as it is compared: half-width, capital, without spaces and hyphens.

    >>> typed(" １２３ 456 "), typed("abcd-efgh")
    ('123456', 'ABCDEFGH')
    """
    narrow = unicodedata.normalize("NFKC", code).upper()
    return "".join(sign for sign in narrow if not sign.isspace() and sign not in "-‐–—")


def recovery_read(code: str) -> str:
    """Return a typed recovery code with digits that none has as the letters they were read for.

    >>> recovery_read("A0B1C8")
    'AOBICB'
    """
    return code.translate(str.maketrans("018", "OIB"))


def one_time_number(code: str) -> int | None:
    """Return the number of a one-time code, None for what is none.

    >>> one_time_number("012345"), one_time_number("12345"), one_time_number("ABCDEF")
    (12345, None, None)
    """
    is_one = len(code) == DIGITS and code.isascii() and code.isdigit()
    return int(code) if is_one else None


def key_address(key: str, account: str, issuer: str) -> str:
    """Return the address by which telephones take over a key, as a link and in a square code.

    Source: Key URI Format of the common authenticator apps.

    >>> key_address("ABCD", "li", "平台").split("?")[0]
    'otpauth://totp/%E5%B9%B3%E5%8F%B0:li'
    """
    label = f"{quote(issuer)}:{quote(account)}"
    asked = {"secret": key, "issuer": issuer, "digits": DIGITS, "period": STEP_SECONDS}
    return f"otpauth://totp/{label}?{urlencode(asked, quote_via=quote)}"
