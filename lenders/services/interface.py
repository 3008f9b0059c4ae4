"""Tokens of lenders' systems: issued, drawn, recognised, counted, revoked.

An operator issues a token for a lender and names one of its people, who answers for what the system does. That person
alone draws its text, once: nobody else ever acts in their name. The lender's approvers may revoke it as well.

Source: `lenders.domain.interface`; `marketplace.services.token`; parameters ``interface.*``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.urls import reverse

from lenders.domain.institution import InstitutionState
from lenders.domain.interface import INTERFACE_LABELS, LEAST_CALLS, Interface
from lenders.models import Institution, InterfaceToken, InterfaceUse
from lenders.policies import LENDER_ROLES, can_manage_team, require
from lenders.selectors.interface import (
    interface_last_day,
    interface_most_calls,
    interface_token_by_digest,
)
from lenders.services.institution import institution_locked, institution_record, require_admitted
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.models import Membership, User
from marketplace.policies import require_role, roles_in
from marketplace.services import notify
from marketplace.services.minute_limit import TooMany
from marketplace.services.token import (
    IssuedToken,
    TokenOrder,
    TokenRefused,
    order_checked,
    text_drawn,
    token_drawn,
    token_end,
    token_let_in,
)


@dataclass(frozen=True)
class Scope:
    """What a token opens.

    Attributes:
        interfaces: at least one.
        daily_calls: how often each may be used a day, in Beijing.
        holder_id: public id of the person of the lender who answers for it.
    """

    interfaces: Sequence[Interface]
    daily_calls: int
    holder_id: UUID


@transaction.atomic
def interface_token_issue(
    *, institution: Institution, order: TokenOrder, scope: Scope, actor: User, at: datetime
) -> InterfaceToken:
    """Let one system of a lender have a token, which its holder draws.

    Args:
        institution: admitted.
        order, scope: see `TokenOrder`, `Scope`.
        actor: an operator.
        at: now, aware.

    Raises:
        NotPermitted: the actor is no operator.
        Refused: ``INTERFACE_NONE``, ``INTERFACE_CALLS``, ``INTERFACE_HOLDER``, ``TOKEN_NAME``, ``TOKEN_PURPOSE``,
            ``TOKEN_DAY`` with ``fields``.
        Conflict: ``TOKEN_NAME_TAKEN``, ``INSTITUTION_NOT_ADMITTED``.

    Writes: ``InterfaceToken``, audit ``lenders.institution.token_issue``, a notice to the holder and the lender's
        approvers; locks the institution.
    """
    require_role(actor, Role.OPERATOR)
    row = institution_locked(institution)
    require_admitted(row)
    order = order_checked(order, interface_last_day, local_date(at))
    holder = _scope_checked(row, order, scope)
    if InterfaceToken.objects.filter(institution=row, name=order.name, revoked_at=None).exists():
        sentence = "该机构已有同名的令牌；令牌只显示一次，没有存下来的请先撤销，再签发。"
        raise Conflict("TOKEN_NAME_TAKEN", sentence, {"name": sentence})
    blank = InterfaceToken(
        institution=row,
        holder=holder,
        interfaces=[interface.value for interface in scope.interfaces],
        daily_calls=scope.daily_calls,
    )
    token = token_drawn(blank, order, actor, at).token  # of a text nobody saw, until it is drawn
    _tell(token, "token_issue", "已签发接口令牌", actor, at)
    return token


@transaction.atomic
def interface_token_draw(
    *, token_id: UUID, actor: User, at: datetime
) -> IssuedToken[InterfaceToken]:
    """Give the holder the text of a token, once.

    Args:
        token_id: public id.
        actor: who answers for it.
        at: now, aware.

    Raises:
        NotFound: there is no such token for the actor.
        NotPermitted: ``TOKEN_HOLDER``, somebody else answers for it.
        Conflict: ``TOKEN_DRAWN``, it was drawn already; ``TOKEN_OVER``, it is revoked or its time is over.

    Writes: ``InterfaceToken``, audit ``lenders.institution.token_draw``; locks the row.
    """
    locked = InterfaceToken.objects.select_for_update(of=("self",))
    token = locked.select_related("institution__organisation").filter(public_id=token_id).first()
    if token is None:
        raise NotFound
    if token.holder_id != actor.pk or not roles_in(actor, token.institution.organisation_id):
        raise NotPermitted("TOKEN_HOLDER", "令牌只能由责任人本人领取。")
    if token.revoked_at is not None or at >= token.valid_until:
        raise Conflict("TOKEN_OVER", "该令牌已撤销或已到期。")
    if token.drawn_at is not None:
        sentence = "令牌已领取过，只显示一次；没有存下来的，请撤销后另行签发。"
        raise Conflict("TOKEN_DRAWN", sentence)
    text = text_drawn(token)
    token.drawn_at = at
    token.save(update_fields=["prefix", "digest", "drawn_at"])
    institution_record("token_draw", token.institution, actor, at, token=token.public_id)
    return IssuedToken(token, text)


@transaction.atomic
def interface_token_revoke(
    *, token_id: UUID, reason: str, actor: User, at: datetime
) -> InterfaceToken:
    """End a token at once.

    Args:
        token_id: public id.
        reason: why, 1 to 200 characters.
        actor: an operator, or an approver of the lender.
        at: now, aware.

    Raises:
        NotPermitted: the actor is neither.
        NotFound: there is no such token.
        Conflict: ``TOKEN_OVER``, it is revoked already.
        Refused: ``REASON_REQUIRED``.

    Writes: ``InterfaceToken``, audit ``lenders.institution.token_revoke``, notices as of the issue; locks the row.
    """
    locked = InterfaceToken.objects.select_for_update(of=("self",))
    token = locked.select_related("institution__organisation").filter(public_id=token_id).first()
    if token is None:
        raise NotFound
    require(can_manage_team(actor, token.institution))
    token_end(token, reason, actor, at)
    _tell(token, "token_revoke", "已撤销接口令牌", actor, at)
    return token


def interface_authenticate(*, text: str, sender: str, at: datetime) -> InterfaceToken:
    """Return the token a lender's system showed, with its lender and holder.

    Raises:
        TokenRefused: as of `token_let_in`; ``HOLDER_LEFT``, the person works for the lender no more;
            ``INSTITUTION_NOT_ADMITTED``.
        TooMany: ``TOKEN_TOO_MANY``.

    Writes: as of `token_let_in`. Queries: three at most.
    """
    return token_let_in(
        text=text, sender=sender, at=at, find=interface_token_by_digest, standing=_standing
    )


def interface_use_count(*, token: InterfaceToken, interface: Interface, at: datetime) -> None:
    """Count one call, or refuse it.

    Calls side by side are counted one after the other: none is let in beyond the limit.

    Raises:
        NotPermitted: ``INTERFACE_CLOSED``, the token does not open it.
        TooMany: ``INTERFACE_SPENT``, the day's calls are used up.

    Writes: ``InterfaceUse``. Queries: one, three on the first call of a day.
    """
    if interface not in token.interfaces:
        sentence = f"令牌没有开放“{INTERFACE_LABELS[interface]}”，请向市级运营申请。"
        raise NotPermitted("INTERFACE_CLOSED", sentence)
    day = local_date(at)
    of_today = InterfaceUse.objects.filter(token=token, interface=interface, day=day)
    below = of_today.filter(calls__lt=token.daily_calls)
    if below.update(calls=F("calls") + 1):
        return
    InterfaceUse.objects.get_or_create(token=token, interface=interface, day=day)
    if below.update(calls=F("calls") + 1):
        return
    of_today.update(refused=F("refused") + 1)
    sentence = (
        f"今日“{INTERFACE_LABELS[interface]}”已用满 {token.daily_calls} 次，明日零时起重新计算。"
    )
    raise TooMany("INTERFACE_SPENT", sentence)


def _scope_checked(institution: Institution, order: TokenOrder, scope: Scope) -> User:
    if not scope.interfaces:
        sentence = "请至少选择一个接口。"
        raise Refused("INTERFACE_NONE", sentence, {"interfaces": sentence})
    most = interface_most_calls(order.first_day)
    if not LEAST_CALLS <= scope.daily_calls <= most:
        sentence = f"每个接口每日 {LEAST_CALLS} 至 {most} 次。"
        raise Refused("INTERFACE_CALLS", sentence, {"daily_calls": sentence})
    reports = Interface.OUTCOMES in scope.interfaces
    duty = Membership.objects.filter(
        user__public_id=scope.holder_id,
        user__is_active=True,
        organisation=institution.organisation_id,
        role__in=(Role.OFFICER,) if reports else LENDER_ROLES,
        ended_at=None,
    ).select_related("user")
    found = duty.first()
    if found is None:
        who = "客户经理，贷款结果由其报送" if reports else "客户经理或审批人"
        sentence = f"责任人须是该机构在任的{who}。"
        raise Refused("INTERFACE_HOLDER", sentence, {"holder": sentence})
    return found.user


def _standing(token: InterfaceToken) -> TokenRefused | None:
    if token.institution.state != InstitutionState.ADMITTED:
        return TokenRefused("INSTITUTION_NOT_ADMITTED", "机构未在准入状态，令牌不能使用。")
    if not roles_in(token.holder, token.institution.organisation_id) & set(LENDER_ROLES):
        sentence = "令牌的责任人已不在该机构任职或账号已停用，请向市级运营申请新的令牌。"
        return TokenRefused("HOLDER_LEFT", sentence)
    return None


def _tell(token: InterfaceToken, verb: str, what: str, actor: User, at: datetime) -> None:
    institution = token.institution
    institution_record(
        verb, institution, actor, at, token=token.public_id, holder=token.holder.public_id
    )
    approvers = Membership.objects.filter(
        organisation=institution.organisation_id,
        role=Role.APPROVER,
        ended_at=None,
        user__is_active=True,
    ).values_list("user_id", flat=True)
    people = {*approvers, token.holder_id} - {actor.pk}
    notify(
        users=people,
        kind=f"token.{verb}",
        title=f"{what}：“{token.name}”",
        body=token.revoke_reason or token.purpose,
        at=at,
        path=reverse("lenders:interface-token", args=[token.public_id]),
    )
