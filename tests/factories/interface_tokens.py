"""Tokens of lenders' systems."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from lenders.domain.interface import Interface
from lenders.models import Institution, InterfaceToken
from lenders.services.interface import Scope, interface_token_draw, interface_token_issue
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.services.token import IssuedToken, TokenOrder

DAYS = 30
READING = (Interface.APPLICATIONS, Interface.PORTRAIT, Interface.LOANS)


def make_interface_token(
    institution: Institution, holder: User, *, actor: User, at: datetime, **order: Any
) -> IssuedToken[InterfaceToken]:
    """A token that counts from now on and for thirty days, drawn by one of the lender's people."""
    token = make_undrawn_token(institution, holder, actor=actor, at=at, **order)
    return interface_token_draw(token_id=token.public_id, actor=holder, at=at)


def make_undrawn_token(
    institution: Institution,
    holder: User,
    *,
    actor: User,
    at: datetime,
    interfaces: tuple[Interface, ...] = READING,
    daily_calls: int = 100,
    **order: Any,
) -> InterfaceToken:
    """A token its holder has not drawn yet."""
    today = local_date(at)
    defaults: dict[str, Any] = {
        "name": "信贷系统",
        "purpose": "每日取回申请与画像，回传放款结果",
        "first_day": today,
        "last_day": today + timedelta(days=DAYS - 1),
    }
    return interface_token_issue(
        institution=institution,
        order=TokenOrder(**(defaults | order)),
        scope=Scope(interfaces, daily_calls, holder.public_id),
        actor=actor,
        at=at,
    )
