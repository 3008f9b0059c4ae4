"""Middleware of the pages: request numbers, refusals as pages, redirects for scripts, nothing kept by caches."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase, HttpResponseRedirectBase
from django.shortcuts import resolve_url
from django.utils import translation
from django.utils.cache import patch_vary_headers

from marketplace.domain.errors import Refused
from marketplace.policies import memberships_prefer, organisations_asking
from marketplace.wall import wall_around
from marketplace.web.acting import chosen
from marketplace.web.errors import method_not_allowed, problem_page
from marketplace.web.htmx import wants_address
from marketplace.web.language import TAGS, language_of
from marketplace.web.request_id import HEADER, request_id_begin
from marketplace.web.way_back import page_above, page_before

Handler = Callable[[HttpRequest], HttpResponseBase]

HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Permitted-Cross-Domain-Policies": "none",
}
"""Beyond what Django and the content security policy set (ASVS 3.4)."""


class RequestIdMiddleware:
    """Number each request; the first middleware, so that every later line of the log can name it."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set ``request.request_id`` and the answer's header."""
        request.request_id = request_id_begin()  # type: ignore[attr-defined]
        answer = self.get_response(request)
        answer.headers[HEADER] = request.request_id  # type: ignore[attr-defined]
        return answer


class LanguageMiddleware:
    """Make each page in the language its reader chose, and no other: see ``language_of``."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the language of the cookie; say which it is, and that the answer varies with it."""
        language = language_of(request)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            answer = self.get_response(request)
        answer.headers.setdefault("Content-Language", TAGS[language])
        patch_vary_headers(answer, ["Cookie"])
        return answer


class SecondWallMiddleware:
    """Raise the database's own wall around each request; after authentication, since it asks who somebody is."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer within the wall. Queries: the person of the session, for whom every page asks."""
        with wall_around(organisations_asking(request.user)):
            return self.get_response(request)


class RefusedMiddleware:
    """Answer a ``Refused`` that a page let through with its own status, sentence and code."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """Return the page of a refusal; leave faults to the 500 handler."""
        if not isinstance(fault, Refused):
            return None
        return problem_page(request, fault.status, fault.code, fault.sentence, fault.fields)


class NotAllowedMiddleware:
    """Say in words what the framework answers with an empty page: the address takes forms, or is only to be read."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Replace an empty 405 by a page; the interfaces below ``/api/`` have their own answer.

        Whoever comes from a page at this very address saw a form there that was refused, and goes to the page above.
        """
        answer = self.get_response(request)
        if not isinstance(answer, HttpResponseNotAllowed):
            return answer
        if request.method == "GET" and urlsplit(page_before(request)).path == request.path:
            return HttpResponseRedirect(page_above(request.path))
        told = method_not_allowed(request)
        told.headers["Allow"] = answer.headers["Allow"]
        return told


class ScriptRedirectMiddleware:
    """Tell scripts where to go instead of letting them follow a redirect and show a page inside a page.

    ``redirect()`` in a view therefore means the same with and without scripts, also to the log-in page.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Replace a redirect to a script by an empty answer with ``HX-Redirect``."""
        answer = self.get_response(request)
        if not isinstance(answer, HttpResponseRedirectBase) or not wants_address(request):
            return answer
        told = HttpResponse(headers={"HX-Redirect": answer.url})
        told.cookies = answer.cookies
        return told


class SessionEndedMiddleware:
    """Lead whoever sends a form after the session has ended back to the form's page once they have logged in.

    The address of the form itself often answers no GET, and what was typed is lost either way: say so.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Replace what follows the log-in by the page the form stood on, else by the reader's first page."""
        answer = self.get_response(request)
        login = resolve_url(settings.LOGIN_URL)
        is_turned_away = (
            request.method not in ("GET", "HEAD")
            and isinstance(answer, HttpResponseRedirectBase)
            and urlsplit(answer.url).path == login
            and urlsplit(answer.url).query
        )
        if is_turned_away:
            messages.warning(request, "登录已过期，刚才提交的内容没有保存；登录后请重新填写。")
            page = page_before(request) or resolve_url(settings.LOGIN_REDIRECT_URL)
            answer.headers["Location"] = f"{login}?{urlencode({'next': page})}"
        return answer


class ActingSeatMiddleware:
    """Let policies see the chosen organisation first, for people who belong to several."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Order the memberships when a choice is kept in the session. Queries: one then, none otherwise."""
        public_id = chosen(request)
        if public_id:
            memberships_prefer(request.user, public_id)
        return self.get_response(request)


class PrivatePagesMiddleware:
    """Keep pages out of caches, and keep browsers' further abilities off."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set ``no-store`` for whoever is logged in, revalidation for others, and the headers."""
        answer = self.get_response(request)
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            answer.headers["Cache-Control"] = "no-store"
        else:
            answer.headers.setdefault("Cache-Control", "private, no-cache")
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer
