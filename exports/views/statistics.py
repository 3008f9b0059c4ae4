"""Pages of statistics: the city's for everybody, a district's for its staff, an institution's for its people."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from exports.domain.definitions import GENERAL_NOTES
from exports.domain.disclosure import NOTE
from exports.domain.statistics_scope import Audience, Scope
from exports.policies import city_scope, district_scope, institution_scope
from exports.selectors import home_figures, statistics
from exports.views.wording import breakdown_sections, figure_sections, stats_of
from marketplace.policies import signed_in
from marketplace.web.components import Action, Crumb
from marketplace.web.language import said

TITLES = {
    Audience.PUBLIC: "平台数据",
    Audience.CITY: "统计",
    Audience.DISTRICT: "本区统计",
    Audience.INSTITUTION: "本机构统计",
}
SHEETS = {
    Audience.PUBLIC: "exports:statistics-sheet",
    Audience.CITY: "exports:statistics-sheet",
    Audience.DISTRICT: "exports:statistics-district-sheet",
    Audience.INSTITUTION: "exports:statistics-institution-sheet",
}


@require_GET
def city(request: HttpRequest) -> HttpResponse:
    """Show the city's figures: whole for its operators and auditors, the public part for everybody else.

    Queries: at most 13, whatever the number of events.
    """
    return _page(request, city_scope(request.user))


@login_required
@require_GET
def district(request: HttpRequest) -> HttpResponse:
    """Show the figures of the reader's district. Queries: at most 13."""
    return _page(request, district_scope(signed_in(request.user)))


@login_required
@require_GET
def institution(request: HttpRequest) -> HttpResponse:
    """Show the figures of the reader's own institution. Queries: at most 13."""
    return _page(request, institution_scope(signed_in(request.user)))


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Return the headlines for the public home, as a piece of a page. Queries: seven."""
    at = timezone.now()
    lines, counted_at = home_figures(at)
    context = {"stats": stats_of(lines), "as_of": counted_at}
    return render(request, "exports/public/_home_figures.html", context)


def _page(request: HttpRequest, scope: Scope) -> HttpResponse:
    at = timezone.now()
    found = statistics(scope, at)
    title = TITLES[scope.audience]
    context = {
        "title": title,
        "lead": gettext("范围：%(scope)s。统计截至 %(day)s。点击名称可查看口径。")
        % {"scope": said(scope.label), "day": found.as_of.isoformat()},
        "sections": figure_sections(found),
        "breakdowns": breakdown_sections(found),
        "kept": _kept_note(found.known_at) if found.known_at < at else "",
        "screening": NOTE if scope.screened else "",
        "notes": GENERAL_NOTES,
        "actions": [Action("下载工作簿", reverse(SHEETS[scope.audience]))],
        "crumbs": [Crumb(title)],
    }
    return render(request, "exports/public/statistics.html", context)


def _kept_note(counted_at: datetime) -> str:
    """Return when figures that were not counted for this page were counted."""
    shown = {"time": f"{timezone.localtime(counted_at):%H:%M}"}
    return gettext("以上各数于 %(time)s 统计，约每十分钟统计一次；其后发生的尚未计入。") % shown
