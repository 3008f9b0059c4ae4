"""A lender's sheet of feedback on recommended enterprises: sent, kept row by row, wrong rows given back marked."""

from __future__ import annotations

import base64
import io
from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from lenders.views.attempt import attempted, form_status, reader
from marketplace.policies import require_role
from marketplace.web.components import Column, Crumb, Kind, Table
from matching.forms.whitelist import FeedbackUploadForm
from matching.models import WhitelistEntry
from matching.policies.whitelist import LENDER_ROLES
from matching.selectors.whitelist import lender_entries
from matching.services.row_import import RowImport
from matching.services.whitelist_feedback import (
    LIMITS,
    feedback_correction,
    feedback_template,
    whitelist_feedback_import,
)
from matching.views.district_whitelist import XLSX

ERRORS_SHOWN = 100


@login_required
@require_http_methods(["GET", "POST"])
def feedback_upload(request: HttpRequest) -> HttpResponse:
    """Keep a sheet of feedback; rejected rows come back with their reasons."""
    user = reader(request)
    require_role(user, *LENDER_ROLES)
    form = FeedbackUploadForm(request.POST or None, request.FILES or None)
    result = attempted(form, lambda: _import(request))
    context = {
        "form": form,
        "result": result,
        "errors": _errors_table(result) if result else None,
        "correction": _correction(result) if result and result.rejected else "",
        "sample_url": reverse("matching:recommendation-feedback-template"),
        "crumbs": [
            Crumb("推荐清单", reverse("matching:recommendation-list")),
            Crumb("批量反馈"),
        ],
    }
    template = "matching/lender/feedback_upload.html"
    return render(request, template, context, status=form_status(form))


@login_required
@require_GET
def template_sheet(request: HttpRequest) -> HttpResponse:
    """Give the sheet with a row for each recommended enterprise, to be filled in."""
    user = reader(request)
    require_role(user, *LENDER_ROLES)
    found = lender_entries(user, timezone.now()).order_by("whitelist", "row_number")
    entries: list[WhitelistEntry] = list(found[: LIMITS.rows])
    stream = io.BytesIO()
    feedback_template(user, entries, stream)
    return HttpResponse(
        stream.getvalue(),
        content_type=XLSX,
        headers={"Content-Disposition": "attachment; filename=whitelist-feedback.xlsx"},
    )


def _import(request: HttpRequest) -> RowImport:
    delivered = cast("UploadedFile", request.FILES["file"])
    return whitelist_feedback_import(
        source=delivered.read(),
        file_name=delivered.name or "上传的表格",
        actor=reader(request),
        at=timezone.now(),
    )


def _errors_table(result: RowImport) -> Table:
    columns = [Column("行号", Kind.NUMBER), Column("列"), Column("原因"), Column("代码", Kind.CODE)]
    shown = result.errors[:ERRORS_SHOWN]
    rows = [[error.row, error.field, error.sentence, error.code] for error in shown]
    return Table(columns, rows, caption="未接收的行（前 100 条原因）", empty="全部接收。")


def _correction(result: RowImport) -> str:
    """Return the correction file as an address, so that nothing of it is kept on the server."""
    stream = io.BytesIO()
    feedback_correction(result, stream)
    return f"data:{XLSX};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
