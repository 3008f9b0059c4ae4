"""The second step of signing in, as a session remembers it; its failures pause log-ins as wrong passwords do.

The pause is by account and address together (``AXES_LOCKOUT_PARAMETERS``): five wrong attempts of either kind within
fifteen minutes. Source: trust note G2, G3; ASVS 7.2.4 (a new session when somebody proves who they are).
"""

from __future__ import annotations

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_credentials, get_lockout_response
from django.http import HttpRequest, HttpResponse
from django_otp import DEVICE_ID_SESSION_KEY, login

from marketplace.models import Authenticator, User
from marketplace.policies import authenticator_in_use, authenticator_remember
from marketplace.web.sender import sender_of


def awaits_code(request: HttpRequest) -> bool:
    """Return whether somebody gave the password of an account with an authenticator, and not yet its code."""
    user = getattr(request, "user", None)
    found = authenticator_in_use(user) if isinstance(user, User) else None
    if found is None:
        return False
    return bool(request.session.get(DEVICE_ID_SESSION_KEY) != Authenticator(pk=found).persistent_id)


def step_done(request: HttpRequest, found: Authenticator) -> None:
    """Let this session pass, under a new key; no other session does by it."""
    request.session.cycle_key()
    login(request, found)
    if isinstance(request.user, User):
        authenticator_remember(request.user, found.pk)


def failure_count(request: HttpRequest, username: str) -> None:
    """Count a wrong code; the fifth failure is answered by the page of the pause, whatever the view returns."""
    AxesProxyHandler.user_login_failed(__name__, get_credentials(username), request)


def paused(request: HttpRequest, username: str) -> HttpResponse | None:
    """Return the page of the pause while it lasts, None when there is none."""
    given = get_credentials(username)
    if AxesProxyHandler.is_allowed(request, given):
        return None
    answer: HttpResponse = get_lockout_response(request, credentials=given)
    return answer


def pause_end(request: HttpRequest, username: str) -> None:
    """Forget what was wrong before: somebody has shown that they are the person."""
    AxesProxyHandler.reset_attempts(username=username, ip_address=sender_of(request))
