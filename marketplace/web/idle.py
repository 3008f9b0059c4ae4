"""Log-ins that end by themselves: after minutes without a request, and at the latest after half a day.

Whoever works with other people's data has less time than whoever looks at their own enterprise.

Source: GB/T 22239-2019 8.1.4.1 b (登录连接超时自动退出); trust note G2.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext

from marketplace.domain.roles import ROLES_OF_KIND, OrganisationKind
from marketplace.policies import memberships_live

SESSION_KEY = "began_and_seen"
NOTED_EVERY_SECONDS = 60
"""How often a session that is in use writes so down."""


class IdleMiddleware:
    """End the session of whoever asked for nothing for too long; the page asked for then leads to the log-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Log out or note the moment. Queries: an update once a minute; after long silence one for the memberships."""
        began, seen = request.session.get(SESSION_KEY, (None, None))
        if began is not None:
            self._watch(request, began, seen)
        return self.get_response(request)

    def _watch(self, request: HttpRequest, began: int, seen: int) -> None:
        now = _now()
        silent = now - seen
        if now - began > settings.SESSION_COOKIE_AGE:
            logout(request)
        elif silent > 60 * _least() and silent > 60 * (minutes := _allowed(request)):
            logout(request)
            if request.method in {"GET", "HEAD"}:
                sentence = gettext(
                    "已有 %(minutes)s 分钟没有操作，为保护数据已自动退出；请重新登录。"
                )
                messages.warning(request, sentence % {"minutes": minutes})
        elif silent >= NOTED_EVERY_SECONDS:
            request.session[SESSION_KEY] = (began, now)


def _least() -> int:
    return int(min(settings.SESSION_IDLE_STAFF_MINUTES, settings.SESSION_IDLE_ENTERPRISE_MINUTES))


def _allowed(request: HttpRequest) -> int:
    roles = {membership.role for membership in memberships_live(request.user)}
    if roles - set(ROLES_OF_KIND[OrganisationKind.ENTERPRISE]):
        return int(settings.SESSION_IDLE_STAFF_MINUTES)
    return int(settings.SESSION_IDLE_ENTERPRISE_MINUTES)


def session_begin(request: HttpRequest) -> None:
    """Note that somebody logged in just now; every log-in says so, else its session is not watched."""
    now = _now()
    request.session[SESSION_KEY] = (now, now)


def _now() -> int:
    return int(timezone.now().timestamp())
