"""How a lender's own system is known to the API, on the addresses that say so; every call is counted.

Such a system speaks in the name of the person who answers for it and of that person's lender alone: policies and the
second wall ask the same as of the person, and what is read is recorded under that name.

Source: `marketplace.api.bearer`; `lenders.services.interface`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from lenders.domain.interface import Interface
from lenders.models import InterfaceToken
from lenders.services.interface import interface_authenticate, interface_use_count
from marketplace.api.bearer import BearerAuthentication
from marketplace.domain.errors import NotPermitted
from marketplace.models import User
from marketplace.policies import memberships_narrow, organisations_asking
from marketplace.wall import wall_move
from marketplace.web.sender import sender_of


class InterfaceTokenAuthentication(BearerAuthentication[InterfaceToken]):
    """A system that shows a lender's token stands for its holder."""

    def let_in(self, text: str, request: HttpRequest, at: datetime) -> InterfaceToken:
        """Return the token with its lender and holder."""
        return interface_authenticate(text=text, sender=sender_of(request), at=at)

    def caller(self, token: InterfaceToken) -> User:
        """Return the holder, who acts for the token's lender alone; the second wall moves along."""
        holder = memberships_narrow(token.holder, token.institution.organisation_id)
        wall_move(organisations_asking(holder))
        return holder


class InterfaceTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """What the schema says of it."""

    target_class = InterfaceTokenAuthentication
    name = "interfaceToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme."""
        words = "金融机构的接口令牌，由市级运营签发，以责任人的名义；只能使用签发时开放的接口，每次计数。"
        return {"type": "http", "scheme": "bearer", "description": words}


class SystemThrottle(UserRateThrottle):
    """Counts a system's requests apart from those of the person in whose name it asks."""

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """Return under which key requests are counted."""
        if not isinstance(request.auth, InterfaceToken):
            key: str | None = super().get_cache_key(request, view)
            return key
        ident = f"interface-token-{request.auth.pk}"
        return str(self.cache_format % {"scope": self.scope, "ident": ident})


class OpenToSystems(APIView):
    """A view that lenders' systems may use, for the methods that are an interface.

    Attributes:
        interfaces: by method; a token opens no other.
    """

    authentication_classes = [InterfaceTokenAuthentication, SessionAuthentication]
    throttle_classes = [SystemThrottle]
    interfaces: ClassVar[Mapping[str, Interface]]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Count the call of a system before it is answered.

        Raises:
            NotPermitted: ``INTERFACE_CLOSED``.
            TooMany: ``INTERFACE_SPENT``.
        """
        super().initial(request, *args, **kwargs)
        if not isinstance(request.auth, InterfaceToken):
            return
        interface = self.interfaces.get(request.method or "")
        if interface is None:
            raise NotPermitted("INTERFACE_CLOSED", "令牌不能办理此事，请由人员登录办理。")
        interface_use_count(token=request.auth, interface=interface, at=timezone.now())


def token_of(request: Request) -> UUID | None:
    """Return the public id of the token by which a system asks; None for a person."""
    return request.auth.public_id if isinstance(request.auth, InterfaceToken) else None


def channel_of(request: Request) -> str:
    """Return by what way an enterprise's data is read, as the record of readings has it."""
    return "SYSTEM" if isinstance(request.auth, InterfaceToken) else "API"
