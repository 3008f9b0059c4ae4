"""Pages open to everybody: home, glossary, display settings; the style guide while developing."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import set_language

from marketplace.web.components import Crumb
from marketplace.web.display import display_from, display_keep
from marketplace.web.glossary import chapters
from marketplace.web.styleguide import samples


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show what the marketplace is, for whom, and its running totals."""
    return render(request, "marketplace/home.html")


@require_GET
def glossary(request: HttpRequest) -> HttpResponse:
    """Show the words of the field and what figures count."""
    context = {"chapters": chapters(), "crumbs": [Crumb("术语与口径")]}
    return render(request, "marketplace/glossary.html", context)


@require_POST
def display_set(request: HttpRequest) -> HttpResponse:
    """Keep the reader's choice of size and colours, and go back to the page it was made on."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    answer = redirect(wanted if is_ours else "marketplace:home")
    chosen = display_from(request.POST.get("scheme", ""), request.POST.get("size", ""))
    display_keep(answer, chosen)
    return answer


@require_POST
def language_set(request: HttpRequest) -> HttpResponseBase:
    """Keep the reader's choice of language, and go back to the page it was made on."""
    return set_language(request)


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component with made-up content, only where errors are shown to developers too."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "marketplace/styleguide.html", samples(timezone.now()))
