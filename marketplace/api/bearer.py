"""How other parties' systems are known to the API: ``Authorization: Bearer``, on the addresses that say so.

Elsewhere the header means nothing. Where it is taken, it goes before a session; what was shown is never logged.

Source: RFC 6750; `marketplace.services.token`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from marketplace.models import AccessToken
from marketplace.services.token import TokenRefused

SCHEME = b"bearer"
Token = TypeVar("Token", bound=AccessToken)


class BearerAuthentication(BaseAuthentication, ABC, Generic[Token]):
    """Whoever shows a token asks by it; whoever shows none may have a session."""

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        """Return who asks and the token, None where no token is shown.

        Raises:
            AuthenticationFailed: the token does not count, with its own code and sentence.
            TooMany: failed too often.
        """
        scheme, _, text = get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME:
            return None
        try:
            token = self.let_in(text.strip().decode("latin-1"), request._request, timezone.now())
        except TokenRefused as refused:
            failed = AuthenticationFailed(refused.sentence)
            failed.default_code = refused.code
            raise failed from None
        return self.caller(token), token

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return 'Bearer realm="api"'

    @abstractmethod
    def let_in(self, text: str, request: HttpRequest, at: datetime) -> Token:
        """Return the token a system showed.

        Args:
            text: what was shown.
            request: that showed it.
            at: now, aware.

        Raises:
            TokenRefused, TooMany: as of `marketplace.services.token.token_let_in`.
        """

    @abstractmethod
    def caller(self, token: Token) -> Any:
        """Return who stands behind a token, where the API keeps who asks."""
