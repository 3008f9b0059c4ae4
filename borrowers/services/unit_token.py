"""Tokens of source units' systems: issued, shown once, recognised, revoked.

One operator issues a token and the others are told, as with every post that is filled and every account that is opened:
two people are asked where a decision on somebody's case is made or published, and a token decides nothing. There is
nobody behind it: what it may do is its unit's delivering, no more.

Source: `marketplace.services.token`; parameter ``unit_token.life_days``.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from borrowers.models import SourceUnit, UnitToken
from borrowers.policies import operator_ids
from borrowers.selectors.unit_token import token_by_digest, token_last_day
from marketplace.audit import audit_record
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.policies import require_role
from marketplace.services import notify
from marketplace.services.token import (
    IssuedToken,
    TokenOrder,
    TokenRefused,
    order_checked,
    token_drawn,
    token_end,
    token_let_in,
)


@transaction.atomic
def token_issue(
    *, unit_id: int, order: TokenOrder, actor: User, at: datetime
) -> IssuedToken[UnitToken]:
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
    order = order_checked(order, token_last_day, local_date(at))
    if UnitToken.objects.filter(unit=unit, name=order.name, revoked_at=None).exists():
        sentence = "本单位已有同名的令牌；令牌只显示一次，没有存下来的请先撤销，再签发。"
        raise Conflict("TOKEN_NAME_TAKEN", sentence, {"name": sentence})
    issued = token_drawn(UnitToken(unit=unit), order, actor, at)
    _tell(issued.token, "issue", f"已签发接口令牌：{unit.name}“{order.name}”", actor, at)
    return issued


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
    token_end(token, reason, actor, at)
    _tell(token, "revoke", f"已撤销接口令牌：{token.unit.name}“{token.name}”", actor, at)
    return token


def token_authenticate(*, text: str, sender: str, at: datetime) -> UnitToken:
    """Return the token a system showed, with its unit.

    Raises:
        TokenRefused: as of `token_let_in`; ``UNIT_INACTIVE``.
        TooMany: ``TOKEN_TOO_MANY``.

    Writes: as of `token_let_in`. Queries: two at most.
    """
    return token_let_in(text=text, sender=sender, at=at, find=token_by_digest, standing=_standing)


def _standing(token: UnitToken) -> TokenRefused | None:
    if token.unit.is_active:
        return None
    return TokenRefused("UNIT_INACTIVE", "来源单位已停用，令牌不能使用。")


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
