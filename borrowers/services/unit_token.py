"""Tokens of source units' systems: issued, shown once, recognised, revoked.

One operator issues a token and the others are told, as with every post that is filled and every account that is opened:
two people are asked where a decision on somebody's case is made or published, and a token decides nothing.

Source: `borrowers.domain.unit_token`; parameter ``unit_token.life_days``.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from borrowers.domain.unit_token import (
    PUBLIC_BYTES,
    SECRET_BYTES,
    TokenState,
    is_token_text,
    token_digest,
    token_prefix,
    token_state,
    token_text,
)
from borrowers.models import SourceUnit, UnitToken
from borrowers.policies import operator_ids
from borrowers.selectors.unit_token import token_by_digest, token_last_day
from marketplace.audit import audit_record
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.roles import Role
from marketplace.domain.text import clean
from marketplace.domain.workdays import end_of_day, local_date
from marketplace.models import User
from marketplace.policies import require_role
from marketplace.services import notify
from marketplace.services.minute_limit import MinuteLimit

LONGEST_NAME = 40
LONGEST_TEXT = 200
SECOND = timedelta(seconds=1)
NOTED_EVERY = timedelta(minutes=1)
"""How often a token that is in use writes so down."""

FAILURES = MinuteLimit(
    "borrowers.unit_token",
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


class TokenRefused(Refused):
    """What was shown is no token, or none that counts now."""

    status = 401


@dataclass(frozen=True)
class TokenOrder:
    """What token is wanted.

    Attributes:
        name: 1 to 40 characters, none of the unit's tokens that are not revoked has it.
        purpose: which system uses it, what for; 1 to 200 characters.
        first_day, last_day: from when and until when it counts, both inclusive, in Beijing.
    """

    name: str
    purpose: str
    first_day: date
    last_day: date


@dataclass(frozen=True)
class IssuedToken:
    """A new token; ``text`` is known here and never again."""

    token: UnitToken
    text: str = field(repr=False)


@transaction.atomic
def token_issue(*, unit_id: int, order: TokenOrder, actor: User, at: datetime) -> IssuedToken:
    """Draw a token for one system of a source unit.

    Args:
        unit_id: primary key of the unit.
        order: see `TokenOrder`.
        actor: an operator.
        at: now, aware.

    Raises:
        NotPermitted: the actor is no operator.
        Refused: ``UNIT_INACTIVE``, ``TOKEN_NAME``, ``TOKEN_PURPOSE``, ``TOKEN_DAY`` with ``fields``.
        Conflict: ``TOKEN_NAME_TAKEN``.

    Writes: ``UnitToken``, audit ``borrowers.token.issue``, a notice to the other operators; locks the unit's row.
    """
    require_role(actor, Role.OPERATOR)
    unit = SourceUnit.objects.select_for_update().get(pk=unit_id)
    if not unit.is_active:
        raise Refused("UNIT_INACTIVE", "来源单位已停用，不能签发令牌。")
    name = _words(order.name, LONGEST_NAME, "name", "TOKEN_NAME", "请填写令牌名称，1 至 40 字。")
    sentence = "请写明由哪个系统使用、用来做什么，1 至 200 字。"
    purpose = _words(order.purpose, LONGEST_TEXT, "purpose", "TOKEN_PURPOSE", sentence)
    _refuse_days(order, local_date(at))
    if UnitToken.objects.filter(unit=unit, name=name, revoked_at=None).exists():
        sentence = "本单位已有同名的令牌；令牌只显示一次，没有存下来的请先撤销，再签发。"
        raise Conflict("TOKEN_NAME_TAKEN", sentence, {"name": sentence})
    prefix = token_prefix(secrets.token_bytes(PUBLIC_BYTES))
    text = token_text(prefix, secrets.token_bytes(SECRET_BYTES))
    first = order.first_day - timedelta(days=1)
    token = UnitToken.objects.create(
        unit=unit,
        name=name,
        purpose=purpose,
        prefix=prefix,
        digest=token_digest(text),
        valid_from=max(at, end_of_day(first) + SECOND),
        valid_until=end_of_day(order.last_day) + SECOND,
        issued_by=actor,
        issued_at=at,
    )
    _tell(token, "issue", f"已签发接口令牌：{unit.name}“{name}”", actor, at)
    return IssuedToken(token, text)


@transaction.atomic
def token_revoke(*, token_id: UUID, reason: str, actor: User, at: datetime) -> UnitToken:
    """End a token at once; a request that was let in before is still answered.

    Args:
        token_id: public id.
        reason: why, 1 to 200 characters.
        actor: an operator, not necessarily who issued it.
        at: now, aware.

    Raises:
        NotPermitted: the actor is no operator.
        NotFound: there is no such token.
        Conflict: ``TOKEN_OVER``, it is revoked already.
        Refused: ``REASON_REQUIRED``.

    Writes: ``UnitToken``, audit ``borrowers.token.revoke``, a notice to the other operators; locks the row.
    """
    require_role(actor, Role.OPERATOR)
    locked = UnitToken.objects.select_for_update(of=("self",)).select_related("unit")
    token = locked.filter(public_id=token_id).first()
    if token is None:
        raise NotFound
    if token.revoked_at is not None:
        raise Conflict("TOKEN_OVER", "该令牌已撤销。")
    sentence = "请填写撤销的原因，1 至 200 字。"
    token.revoke_reason = _words(reason, LONGEST_TEXT, "reason", "REASON_REQUIRED", sentence)
    token.revoked_by, token.revoked_at = actor, at
    token.save(update_fields=["revoke_reason", "revoked_by", "revoked_at"])
    _tell(token, "revoke", f"已撤销接口令牌：{token.unit.name}“{token.name}”", actor, at)
    return token


def token_authenticate(*, text: str, sender: str, at: datetime) -> UnitToken:
    """Return the token a system showed, with its unit.

    Failures are counted for each sender: those with nothing we know together, those with a token that is over by that
    token. So whoever guesses is stopped, and a neighbour behind the same address is not: a token that counts is always
    let in, since 256 bits are not guessed.

    Args:
        text: what was shown.
        sender: network address, from ``marketplace.web.sender``.
        at: now, aware.

    Raises:
        TokenRefused: ``TOKEN_UNKNOWN``, ``TOKEN_PENDING``, ``TOKEN_EXPIRED``, ``TOKEN_REVOKED``, ``UNIT_INACTIVE``.
        TooMany: ``TOKEN_TOO_MANY``.

    Writes: ``last_used_at`` once a minute; a counter in the cache. Queries: two at most.
    """
    token = token_by_digest(token_digest(text)) if is_token_text(text) else None
    refusal = _refusal(token, at)
    if token is None or refusal is not None:
        failing = f"{sender}:{token.pk if token else ''}"
        FAILURES.refuse_spent(failing, at)
        FAILURES.count(failing, at)
        raise refusal or TokenRefused(
            "TOKEN_UNKNOWN", "令牌无效：请核对请求头 Authorization: Bearer 之后的内容。"
        )
    if token.last_used_at is None or token.last_used_at <= at - NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=at)
        UnitToken.objects.filter(stale, pk=token.pk).update(last_used_at=at)
    return token


def _refusal(token: UnitToken | None, at: datetime) -> TokenRefused | None:
    if token is None:
        return None
    state = token_state(token.valid_from, token.valid_until, token.revoked_at, at)
    if state is not TokenState.LIVE:
        return TokenRefused(*_SENTENCES[state])
    if not token.unit.is_active:
        return TokenRefused("UNIT_INACTIVE", "来源单位已停用，令牌不能使用。")
    return None


def _words(text: str, longest: int, field_name: str, code: str, sentence: str) -> str:
    words = clean(text)
    if not 1 <= len(words) <= longest:
        raise Refused(code, sentence, {field_name: sentence})
    return words


def _refuse_days(order: TokenOrder, today: date) -> None:
    if order.first_day < today:
        sentence = "生效日期不能早于今天。"
        raise Refused("TOKEN_DAY", sentence, {"first_day": sentence})
    latest = token_last_day(order.first_day)
    if not order.first_day <= order.last_day <= latest:
        sentence = f"有效期至须不早于生效日期，不晚于 {latest.isoformat()}。"
        raise Refused("TOKEN_DAY", sentence, {"last_day": sentence})


def _tell(token: UnitToken, verb: str, title: str, actor: User, at: datetime) -> None:
    """Record what was done and tell the other operators."""
    audit_record(
        action=f"borrowers.token.{verb}",
        subject_kind="UnitToken",
        subject_id=token.public_id,
        actor=actor,
        at=at,
        payload={"unit": token.unit.code, "valid_until": token.valid_until.isoformat()},
    )
    notify(
        users=[pk for pk in operator_ids() if pk != actor.pk],
        kind=f"token.{verb}",
        title=title,
        body=token.revoke_reason or token.purpose,
        at=at,
        path=reverse("borrowers:unit-token", args=[token.public_id]),
    )
