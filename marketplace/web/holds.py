"""Who has signed in and still may do but one thing: give a code, choose a password, set up an authenticator.

Source: GB/T 22239-2019 8.1.4.1 (身份鉴别); trust note G1, G3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.utils import timezone

from marketplace.policies import authenticator_in_use, password_aged, second_factor_required
from marketplace.web.errors import problem_page
from marketplace.web.second_step import awaits_code

Handler = Callable[[HttpRequest], HttpResponseBase]

ALWAYS_OPEN = frozenset(
    {
        "marketplace:logout",
        "marketplace:session",
        "marketplace:display-set",
        "marketplace:language-set",
    }
)
"""The way out, and how pages look."""


@dataclass(frozen=True)
class Hold:
    """One thing that comes before everything else.

    Attributes:
        code: what the API answers, with 403.
        sentence: why, in Chinese.
        page: URL name of where it is done.
        is_on: whether it holds the reader of a request.
        beside: URL names that are open as well.
        is_step: part of signing in: the page says all itself, and afterwards leads to what was asked for.
    """

    code: str
    sentence: str
    page: str
    is_on: Callable[[HttpRequest], bool]
    beside: frozenset[str] = frozenset()
    is_step: bool = False

    def opens(self, view_name: str) -> bool:
        """Return whether a page is open in spite of it."""
        return view_name == self.page or view_name in self.beside | ALWAYS_OPEN


def _has_initial_password(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "must_change_password", False))


def _has_aged_password(request: HttpRequest) -> bool:
    return password_aged(request.user, timezone.now())


def _lacks_authenticator(request: HttpRequest) -> bool:
    return second_factor_required(request.user) and authenticator_in_use(request.user) is None


HOLDS = (
    Hold(
        "SECOND_FACTOR_CODE",
        "请先输入动态口令，完成登录。",
        "marketplace:second-factor-code",
        awaits_code,
        frozenset({"marketplace:second-factor-recovery"}),
        is_step=True,
    ),
    Hold(
        "PASSWORD_INITIAL",
        "当前密码由开通账号的人设定，请先改为只有您知道的密码。",
        "marketplace:password-change",
        _has_initial_password,
    ),
    Hold(
        "PASSWORD_AGED",
        "当前密码已超过规定的使用期限，请先修改密码。",
        "marketplace:password-change",
        _has_aged_password,
    ),
    Hold(
        "SECOND_FACTOR_MISSING",
        "您的角色登录须用动态口令，请先绑定手机上的身份验证器。",
        "marketplace:second-factor",
        _lacks_authenticator,
        frozenset({"marketplace:second-factor-enrol"}),
    ),
)
"""What holds, the first that does before the next."""


class HoldMiddleware:
    """Lead whom something holds to the page where it is done, and nowhere else."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponseBase | None:
        """Redirect pages, refuse the API with 403 and the hold's code. Queries: none for who acts for somebody."""
        match = request.resolver_match
        hold = next((hold for hold in HOLDS if hold.is_on(request)), None)
        if hold is None or match is None or hold.opens(match.view_name):
            return None
        if request.path.startswith("/api/"):
            return problem_page(request, 403, hold.code, hold.sentence)
        if not hold.is_step:
            messages.warning(request, hold.sentence)
            return redirect(hold.page)
        page = resolve_url(hold.page)
        wanted = request.get_full_path() if request.method == "GET" else ""
        return redirect(f"{page}?{urlencode({'next': wanted})}" if wanted else page)
