"""Log-ins that end by themselves: after minutes without a request, and at the latest after half a day.

Whoever works with other people's data has less time than whoever looks at their own enterprise. Pages know how long is
left and warn in time (``marketplace/static/marketplace/idle.js``); what scripts ask by themselves prolongs nothing.

Source: GB/T 22239-2019 8.1.4.1 b (登录连接超时自动退出); WCAG 2.2.1 (warning and a simple way to go on);
trust note G2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext

from marketplace.policies import is_staff_member

SESSION_KEY = "began_and_seen"
NOTED_EVERY_SECONDS = 60
"""How often a session that is in use writes so down."""
WARN_SECONDS = 120
"""How long before the end a page warns, where the whole time is three times that."""
QUIET = "X-Quiet"
"""Header of what a script asks by itself, with nobody at the keyboard: it does not count as use."""


@dataclass(frozen=True)
class TimeLeft:
    """How a log-in stands.

    Attributes:
        left_seconds: until it ends when nothing is asked for; 0 when it has ended.
        warn_seconds: how long before the end the reader is warned.
        can_prolong: whether asking for something moves the end.
    """

    left_seconds: int
    warn_seconds: int
    can_prolong: bool


ENDED = TimeLeft(0, 0, can_prolong=False)


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
        elif silent >= NOTED_EVERY_SECONDS and QUIET not in request.headers:
            request.session[SESSION_KEY] = (began, now)


def _least() -> int:
    return int(min(settings.SESSION_IDLE_STAFF_MINUTES, settings.SESSION_IDLE_ENTERPRISE_MINUTES))


def _allowed(request: HttpRequest) -> int:
    if is_staff_member(request.user):
        return int(settings.SESSION_IDLE_STAFF_MINUTES)
    return int(settings.SESSION_IDLE_ENTERPRISE_MINUTES)


def time_left(request: HttpRequest) -> TimeLeft | None:
    """Return how long the log-in lasts, or None when nobody watches it. Queries: the memberships, once a request."""
    began, seen = request.session.get(SESSION_KEY, (None, None))
    if began is None:
        return None
    now, allowed = _now(), 60 * _allowed(request)
    by_silence, at_latest = seen + allowed - now, began + settings.SESSION_COOKIE_AGE - now
    return TimeLeft(
        left_seconds=max(0, min(by_silence, at_latest)),
        warn_seconds=min(WARN_SECONDS, allowed // 3),
        can_prolong=by_silence < at_latest,
    )


def session_begin(request: HttpRequest) -> None:
    """Note that somebody logged in just now; every log-in says so, else its session is not watched."""
    now = _now()
    request.session[SESSION_KEY] = (now, now)


def _now() -> int:
    return int(timezone.now().timestamp())
