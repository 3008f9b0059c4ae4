"""What services of tokens have in common: drawing one, the words and days of an order, and letting a system in.

Source: `marketplace.domain.token`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from django.conf import settings
from django.db.models import Q

from marketplace.domain.errors import Conflict, Refused
from marketplace.domain.text import clean
from marketplace.domain.token import (
    PUBLIC_BYTES,
    SECRET_BYTES,
    TokenState,
    is_token_text,
    token_digest,
    token_prefix,
    token_state,
    token_text,
)
from marketplace.domain.workdays import end_of_day
from marketplace.models import AccessToken, User
from marketplace.services.minute_limit import MinuteLimit

LONGEST_NAME = 40
LONGEST_TEXT = 200
SECOND = timedelta(seconds=1)
NOTED_EVERY = timedelta(minutes=1)
"""How often a token that is in use writes so down."""

FAILURES = MinuteLimit(
    "marketplace.token",
    settings.AXES_FAILURE_LIMIT,
    "TOKEN_TOO_MANY",
    "令牌连续验证失败，请十五分钟后再试。",
    minutes=int(settings.AXES_COOLOFF_TIME * 60),
)
"""As many failures within as long a time as for log-ins."""

_SENTENCES = {
    TokenState.PENDING: ("TOKEN_PENDING", "令牌尚未生效。"),
    TokenState.EXPIRED: ("TOKEN_EXPIRED", "令牌已过有效期，请向市级运营申请新的令牌。"),
    TokenState.REVOKED: ("TOKEN_REVOKED", "令牌已撤销，请向市级运营申请新的令牌。"),
}
Token = TypeVar("Token", bound=AccessToken)


class TokenRefused(Refused):
    """What was shown is no token, or none that counts now."""

    status = 401


@dataclass(frozen=True)
class TokenOrder:
    """What token is wanted.

    Attributes:
        name: 1 to 40 characters, none of the holder's tokens that are not revoked has it.
        purpose: which system uses it, what for; 1 to 200 characters.
        first_day, last_day: from when and until when it counts, both inclusive, in Beijing.
    """

    name: str
    purpose: str
    first_day: date
    last_day: date


@dataclass(frozen=True)
class IssuedToken(Generic[Token]):
    """A new token; ``text`` is known here and never again."""

    token: Token
    text: str = field(repr=False)


def order_checked(
    order: TokenOrder, last_day_of: Callable[[date], date], today: date
) -> TokenOrder:
    """Return an order as it is kept.

    Args:
        order: as typed.
        last_day_of: the last day of a token that counts from a day on.
        today: in Beijing.

    Raises:
        Refused: ``TOKEN_NAME``, ``TOKEN_PURPOSE``, ``TOKEN_DAY`` with ``fields``.
    """
    name = words(order.name, LONGEST_NAME, "name", "TOKEN_NAME", "请填写令牌名称，1 至 40 字。")
    sentence = "请写明由哪个系统使用、用来做什么，1 至 200 字。"
    purpose = words(order.purpose, LONGEST_TEXT, "purpose", "TOKEN_PURPOSE", sentence)
    if order.first_day < today:
        sentence = "生效日期不能早于今天。"
        raise Refused("TOKEN_DAY", sentence, {"first_day": sentence})
    latest = last_day_of(order.first_day)
    if not order.first_day <= order.last_day <= latest:
        sentence = f"有效期至须不早于生效日期，不晚于 {latest.isoformat()}。"
        raise Refused("TOKEN_DAY", sentence, {"last_day": sentence})
    return TokenOrder(name, purpose, order.first_day, order.last_day)


def token_drawn(token: Token, order: TokenOrder, actor: User, at: datetime) -> IssuedToken[Token]:
    """Write a token that says whose it is already; return it with its text.

    Args:
        token: not written, without what an order says.
        order: from `order_checked`.
        actor: who issues it.
        at: now, aware.

    Writes: the token.
    """
    text = text_drawn(token)
    token.name, token.purpose = order.name, order.purpose
    first = order.first_day - timedelta(days=1)
    token.valid_from = max(at, end_of_day(first) + SECOND)
    token.valid_until = end_of_day(order.last_day) + SECOND
    token.issued_by, token.issued_at = actor, at
    token.save(force_insert=True)
    return IssuedToken(token, text)


def text_drawn(token: AccessToken) -> str:
    """Return a new text of a token, whose beginning and hash it has from here on; it is not written."""
    token.prefix = token_prefix(secrets.token_bytes(PUBLIC_BYTES))
    text = token_text(token.prefix, secrets.token_bytes(SECRET_BYTES))
    token.digest = token_digest(text)
    return text


def token_end(token: AccessToken, reason: str, actor: User, at: datetime) -> None:
    """Revoke a token that is locked.

    Raises:
        Conflict: ``TOKEN_OVER``, it is revoked already.
        Refused: ``REASON_REQUIRED``.

    Writes: the token.
    """
    if token.revoked_at is not None:
        raise Conflict("TOKEN_OVER", "该令牌已撤销。")
    sentence = "请填写撤销的原因，1 至 200 字。"
    token.revoke_reason = words(reason, LONGEST_TEXT, "reason", "REASON_REQUIRED", sentence)
    token.revoked_by, token.revoked_at = actor, at
    token.save(update_fields=["revoke_reason", "revoked_by", "revoked_at"])


def token_let_in(
    *,
    text: str,
    sender: str,
    at: datetime,
    find: Callable[[str], Token | None],
    standing: Callable[[Token], TokenRefused | None],
) -> Token:
    """Return the token a system showed.

    Failures are counted for each sender: those with nothing we know together, those with a token that is over by that
    token. So whoever guesses is stopped, and a neighbour behind the same address is not: a token that counts is always
    let in, since 256 bits are not guessed.

    Args:
        text: what was shown.
        sender: network address, from ``marketplace.web.sender``.
        at: now, aware.
        find: gives the token of a digest.
        standing: tells what else is against a token in its time.

    Raises:
        TokenRefused: ``TOKEN_UNKNOWN``, ``TOKEN_PENDING``, ``TOKEN_EXPIRED``, ``TOKEN_REVOKED``, or of ``standing``.
        TooMany: ``TOKEN_TOO_MANY``.

    Writes: ``last_used_at`` once a minute; a counter in the cache. Queries: one, and those of ``find`` and
        ``standing``.
    """
    token = find(token_digest(text)) if is_token_text(text) else None
    refusal = None if token is None else (_time_refusal(token, at) or standing(token))
    if token is None or refusal is not None:
        failing = f"{sender}:{token.prefix if token else ''}"
        FAILURES.refuse_spent(failing, at)
        FAILURES.count(failing, at)
        raise refusal or TokenRefused(
            "TOKEN_UNKNOWN", "令牌无效：请核对请求头 Authorization: Bearer 之后的内容。"
        )
    if token.last_used_at is None or token.last_used_at <= at - NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=at)
        type(token)._default_manager.filter(stale, pk=token.pk).update(last_used_at=at)
    return token


def words(text: str, longest: int, field_name: str, code: str, sentence: str) -> str:
    """Return words as they are kept.

    Raises:
        Refused: with the code, none or too many.
    """
    found = clean(text)
    if not 1 <= len(found) <= longest:
        raise Refused(code, sentence, {field_name: sentence})
    return found


def _time_refusal(token: AccessToken, at: datetime) -> TokenRefused | None:
    state = token_state(token.valid_from, token.valid_until, token.revoked_at, at)
    return None if state is TokenState.LIVE else TokenRefused(*_SENTENCES[state])
