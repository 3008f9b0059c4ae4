"""How a source unit's own system is known to the API: ``Authorization: Bearer``, on the addresses that say so.

Elsewhere the header means nothing. Where it is taken, it goes before a session; what was shown is never logged.

Source: RFC 6750; `borrowers.services.unit_token`.
"""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from borrowers.models import UnitToken
from borrowers.policies import UnitClient
from borrowers.services.unit_token import token_authenticate
from marketplace.services.token import TokenRefused
from marketplace.web.sender import sender_of

SCHEME = b"bearer"


class UnitTokenAuthentication(BaseAuthentication):
    """A system that shows a token is a `UnitClient`; whoever shows none may have a session."""

    def authenticate(self, request: Request) -> tuple[UnitClient, UnitToken] | None:
        """Return the client and its token, None where no token is shown.

        Raises:
            AuthenticationFailed: the token does not count, with its own code and sentence.
            TooMany: failed too often.
        """
        scheme, _, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME:
            return None
        try:
            token = token_authenticate(
                text=text.strip().decode("latin-1"),
                sender=sender_of(request._request),
                at=timezone.now(),
            )
        except TokenRefused as refused:
            failed = AuthenticationFailed(refused.sentence)
            failed.default_code = refused.code
            raise failed from None
        return UnitClient(token), token

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return 'Bearer realm="api"'


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
