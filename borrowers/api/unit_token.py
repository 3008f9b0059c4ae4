"""How a source unit's own system is known to the API; there is nobody behind it.

Source: `marketplace.api.bearer`; `borrowers.services.unit_token`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication

from borrowers.models import UnitToken
from borrowers.policies import UnitClient
from borrowers.services.unit_token import token_authenticate
from marketplace.api.bearer import BearerAuthentication
from marketplace.web.sender import sender_of


class UnitTokenAuthentication(BearerAuthentication[UnitToken]):
    """A system that shows a unit's token is a `UnitClient`."""

    def let_in(self, text: str, request: HttpRequest, at: datetime) -> UnitToken:
        """Return the token with its unit."""
        return token_authenticate(text=text, sender=sender_of(request), at=at)

    def caller(self, token: UnitToken) -> UnitClient:
        """Return the client, who has no role."""
        return UnitClient(token)


class UnitTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """What the schema says of it."""

    target_class = UnitTokenAuthentication
    name = "unitToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme."""
        words = "来源单位的接口令牌，由市级运营签发；只能报送本单位的信息项，查看由本单位令牌报送的批次。"
        return {"type": "http", "scheme": "bearer", "description": words}


TOKEN_OR_SESSION = [UnitTokenAuthentication, SessionAuthentication]
"""For the addresses that units' own systems may use."""
