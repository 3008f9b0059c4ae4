"""The enterprise's pages of its credit portrait: as of now, and as an application is judged by it."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from marketplace.policies import signed_in
from marketplace.web.components import Crumb
from matching.selectors.application import application_get_own
from matching.services.portrait import frozen_portrait_read, own_portrait_read
from matching.views.portrait_screen import portrait_screen, reading_screen


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


@login_required
@require_GET
def frozen(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the enterprise the portrait that was frozen when it applied; the reading is logged."""
    user = signed_in(request.user)
    application = application_get_own(user, public_id)
    reading = frozen_portrait_read(user=user, application=application, at=timezone.now())
    detail = reverse("matching:application-detail", args=[public_id])
    context = {
        "application": application,
        "screen": reading_screen(reading),
        "crumbs": [
            Crumb("我的申请", reverse("matching:application-list")),
            Crumb("申请进度", detail),
            Crumb("提交时的信用画像"),
        ],
    }
    return render(request, "matching/portrait/frozen.html", context)
