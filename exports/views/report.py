"""The district's weekly and monthly report: one page, one click to a workbook or a PDF."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from exports.domain.district_report import DistrictReport, ReportSection
from exports.domain.report_period import (
    REPORT_LABELS,
    ReportKind,
    ReportPeriod,
    period_asked,
    report_period,
)
from exports.models import IssuedDocument
from exports.policies import district_scope
from exports.selectors.district_report import district_report
from exports.services import report_pdf_issue, report_xlsx_issue
from exports.views.wording import stat_shown
from marketplace.domain.errors import NotFound
from marketplace.domain.workdays import local_date
from marketplace.policies import signed_in
from marketplace.web.components import Action, Crumb, Stat
from marketplace.web.download import PDF, XLSX, file_answer
from marketplace.web.language import said


@login_required
@require_GET
def report(request: HttpRequest) -> HttpResponse:
    """Show the report of the reader's district for a week or a month. Queries: at most 15."""
    scope = district_scope(signed_in(request.user))
    period = _period(request)
    found = district_report(scope, period, timezone.now())
    context = {
        "title": _title(found),
        "lead": _lead(found),
        "report": found,
        "sections": [(section, _stats(section)) for section in found.sections],
        "kinds": [
            (label, _address(report_period(kind, found.counted_until)), kind is period.kind)
            for kind, label in REPORT_LABELS.items()
        ],
        "before": _address(period.before),
        "after": _address(period.after) if not found.is_running and _has_begun(period) else "",
        "actions": _actions(period),
        "crumbs": [Crumb("周报与月报")],
    }
    return render(request, "exports/district/report.html", context)


@login_required
@require_GET
def report_sheet(request: HttpRequest) -> HttpResponse:
    """Hand the report out as a workbook."""
    return _issued(request, report_xlsx_issue, XLSX)


@login_required
@require_GET
def report_pdf(request: HttpRequest) -> HttpResponse:
    """Hand the report out as a PDF."""
    return _issued(request, report_pdf_issue, PDF)


def _issued(
    request: HttpRequest, service: Callable[..., tuple[bytes, IssuedDocument]], kind: str
) -> HttpResponse:
    user = signed_in(request.user)
    scope = district_scope(user)
    content, document = service(scope=scope, period=_period(request), user=user, at=timezone.now())
    return file_answer(content, kind, document.number, f"{document.subject_name}-{document.number}")


def _title(report: DistrictReport) -> str:
    """Return the title as the files have it, in the reader's language."""
    return gettext("%(district)s信易贷工作%(kind)s") % {
        "district": said(report.district),
        "kind": said(REPORT_LABELS[report.period.kind]),
    }


def _lead(report: DistrictReport) -> str:
    """Return period and last day counted as the files have them, in the reader's language."""
    period = _period_words(report.period)
    if not report.is_running:
        return period
    return gettext("%(period)s，本期未完，统计至 %(day)s") % {
        "period": period,
        "day": report.counted_until,
    }


def _period_words(period: ReportPeriod) -> str:
    if period.kind is ReportKind.MONTH:
        return gettext("%(year)s 年 %(month)s 月") % {
            "year": period.first.year,
            "month": period.first.month,
        }
    return gettext("%(start)s 至 %(last_day)s") % {
        "start": period.first,
        "last_day": period.last,
    }


def _period(request: HttpRequest) -> ReportPeriod:
    """Return the period that is asked for: this week when nothing is.

    Raises:
        NotFound: no such kind or day, or a period that has not begun, or lies before every marketplace.
    """
    today = local_date(timezone.now())
    try:
        kind = ReportKind(request.GET.get("kind", ReportKind.WEEK))
        day = date.fromisoformat(request.GET.get("day", "") or today.isoformat())
    except ValueError:
        raise NotFound from None
    return period_asked(kind, day, today)


def _has_begun(period: ReportPeriod) -> bool:
    return period.after.first <= local_date(timezone.now())


def _address(period: ReportPeriod, name: str = "exports:district-report") -> str:
    query = urlencode({"kind": period.kind.value, "day": period.first.isoformat()})
    return f"{reverse(name)}?{query}"


def _actions(period: ReportPeriod) -> list[Action]:
    return [
        Action("下载工作簿", _address(period, "exports:district-report-sheet"), primary=True),
        Action("下载 PDF", _address(period, "exports:district-report-pdf")),
    ]


def _stats(section: ReportSection) -> list[Stat]:
    found: list[Stat] = []
    for line in section.lines:
        kind, value, unit = stat_shown(line.unit, line.value)
        found.append(Stat(line.name, value, line.definition, kind, line.counted or unit))
    return found
