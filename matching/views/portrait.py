"""The enterprise's page of its own credit portrait."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from marketplace.policies import signed_in
from marketplace.web.components import Crumb
from matching.services.portrait import own_portrait_read
from matching.views.portrait_screen import portrait_screen


@login_required
@require_GET
def own(request: HttpRequest) -> HttpResponse:
    """Show the enterprise its portrait as of now, with its published evaluation and every point of both.

    Queries: at most 15, whatever the number of records; the reading is logged.
    """
    user = signed_in(request.user)
    reading = own_portrait_read(user=user, at=timezone.now())
    context = {
        "enterprise": reading.portrait.enterprise,
        "screen": portrait_screen(reading.portrait, evaluation=reading.evaluation),
        "crumbs": [Crumb("信用画像")],
    }
    return render(request, "matching/portrait/own.html", context)
