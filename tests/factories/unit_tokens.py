"""Tokens of source units' systems."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from borrowers.models import SourceUnit, UnitToken
from borrowers.services.unit_token import token_issue
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.services.token import IssuedToken, TokenOrder

DAYS = 30


def make_token(unit: str, *, actor: User, at: datetime, **order: Any) -> IssuedToken[UnitToken]:
    """A token of a unit that counts from now on and for thirty days."""
    today = local_date(at)
    defaults: dict[str, Any] = {
        "name": "业务系统",
        "purpose": "按日报送信用记录",
        "first_day": today,
        "last_day": today + timedelta(days=DAYS - 1),
    }
    unit_id = SourceUnit.objects.get(code=unit).pk
    return token_issue(unit_id=unit_id, order=TokenOrder(**(defaults | order)), actor=actor, at=at)


def bearer(issued: IssuedToken[Any]) -> dict[str, str]:
    """The header of a request with the token."""
    return {"Authorization": f"Bearer {issued.text}"}
