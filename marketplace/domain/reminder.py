"""Reminders outside the site: where to, in which words, and when.

A reminder names no enterprise, amount or person: it goes through other people's networks. It says how many notices
wait, about what, and where to log in. Several that wait go as one.

Source: trust note 4 (the least possible); 通信短信息服务管理规定 art. 18, 19 (consent, and its end at any time);
ASVS 6.5 (codes by other channels: short-lived, few tries).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from marketplace.domain.masking import mask_email, mask_phone
from marketplace.domain.text import clean, half_width
from marketplace.domain.workdays import BEIJING

CODE_DIGITS = 6
CODE_MINUTES = 10
CODE_TRIES = 5
CODES_A_DAY = 5
QUIET_FROM, QUIET_UNTIL = 21, 8
"""Hours in Beijing between which nobody is reminded."""
APART = timedelta(minutes=15)
"""So long after a reminder the next one goes out at the earliest."""
SETTLED = timedelta(minutes=5)
"""Younger notices wait: whoever is at the site reads them there."""
RECENT = timedelta(days=2)
"""Older notices are reminded of no more."""
LEASE = timedelta(minutes=10)
"""So long nobody else sends what somebody began to send."""
FAILURES = 5
"""After so many in a row an address is not written to any more."""
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_MOBILE = re.compile(r"1[3-9]\d{9}")


class Channel(StrEnum):
    """By what a person is reminded."""

    EMAIL = "EMAIL"
    SMS = "SMS"


CHANNEL_LABELS = {Channel.EMAIL: "电子邮件", Channel.SMS: "短信"}
TOPIC_LABELS = {
    "account": "企业核验",
    "application": "贷款申请",
    "clock": "办理时限",
    "demand": "融资需求",
    "event": "对接会",
    "grant": "授权",
    "institution": "机构",
    "lead": "融资线索",
    "loan": "贷款",
    "objection": "异议",
    "product": "产品",
    "repair": "信用修复",
    "token": "接口令牌",
    "user": "账号",
    "whitelist": "白名单",
}
"""First part of a notice's kind to words; of others it is said that they are others."""
OTHERS = "其他"


def address_read(channel: Channel, text: str) -> str | None:
    """Return an address as it is written to, None for what is none.

    >>> address_read(Channel.SMS, "+86 138-1234-1234"), address_read(Channel.EMAIL, " Li@Example.com ")
    ('13812341234', 'Li@example.com')
    >>> address_read(Channel.SMS, "022-23451234") is None, address_read(Channel.EMAIL, "li@") is None
    (True, True)
    """
    typed = half_width(clean(text))
    if channel is Channel.SMS:
        number = re.sub(r"[\s()-]", "", typed).removeprefix("+86")
        return number if _MOBILE.fullmatch(number) else None
    name, _, domain = typed.rpartition("@")
    found = f"{name}@{domain.lower()}"
    return found if _MAIL.fullmatch(found) and len(found) <= 254 else None


def address_masked(channel: Channel, address: str) -> str:
    """Return an address as its owner recognises it.

    >>> address_masked(Channel.SMS, "13812341234")
    '138****1234'
    """
    return mask_phone(address) if channel is Channel.SMS else mask_email(address)


def reminder_text(product: str, kinds: Iterable[str], url: str) -> str:
    """Return what a reminder says.

    Args:
        product: name of the marketplace.
        kinds: of the notices that wait, dotted; at least one.
        url: where to log in.

    >>> reminder_text("某平台", ["application.accepted", "application.signed", "event.invite"], "https://x.example/")
    '【某平台】您有 3 条新消息：贷款申请 2 条，对接会 1 条。请登录查看：https://x.example/'
    """
    counts = Counter(TOPIC_LABELS.get(kind.partition(".")[0], OTHERS) for kind in kinds)
    told = "，".join(f"{words} {count} 条" for words, count in counts.most_common())
    return f"【{product}】您有 {counts.total()} 条新消息：{told}。请登录查看：{url}"


def code_text(product: str, code: str) -> str:
    """Return what goes to an address to be confirmed.

    >>> code_text("某平台", "012345")
    '【某平台】接收站外提醒，验证码 012345，10 分钟内有效。不是您本人操作的，请不要理会，也不要告诉别人。'
    """
    said = f"接收站外提醒，验证码 {code}，{CODE_MINUTES} 分钟内有效。"
    return f"【{product}】{said}不是您本人操作的，请不要理会，也不要告诉别人。"


def is_quiet(at: datetime) -> bool:
    """Return whether nobody is reminded at a moment.

    >>> from datetime import UTC
    >>> [is_quiet(datetime(2026, 11, 28, hour, 59, tzinfo=UTC)) for hour in (12, 13, 23)]
    [False, True, True]
    >>> is_quiet(datetime(2026, 11, 29, 0, 0, tzinfo=UTC))
    False
    """
    hour = at.astimezone(BEIJING).hour
    return hour >= QUIET_FROM or hour < QUIET_UNTIL


def retry_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row.

    >>> [retry_after(count) // timedelta(minutes=1) for count in (1, 2, 3, 4)]
    [5, 10, 20, 40]
    """
    return timedelta(minutes=5 * 2 ** (failures - 1))
