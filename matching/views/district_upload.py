"""Pages about one delivered whitelist sheet: how far its rows are judged, and what a mere check found."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from lenders.views.attempt import reader
from marketplace.web.components import Column, Crumb, Kind, Table
from marketplace.web.labels import tone_of
from matching.domain.whitelist_entry import ENTRY_STATUS_LABELS, EntryStatus
from matching.domain.whitelist_labels import code_label
from matching.domain.whitelist_upload import UploadState, stands_still
from matching.models import WhitelistUpload
from matching.selectors.whitelist_upload import upload_get
from matching.services.whitelist_upload import whitelist_upload_resume
from matching.views.district import list_crumb

OPEN = (UploadState.WAITING, UploadState.RUNNING)


@login_required
@require_GET
def detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show how far a sheet is, why it was refused, or what a check found; a finished draft has its own page.

    Queries: at most 8.
    """
    upload = upload_get(reader(request), public_id, timezone.now())
    if upload.whitelist is not None:
        tell = messages.warning if upload.whitelist.refused else messages.success
        tell(request, _sentence(upload))
        return redirect("matching:whitelist-detail", upload.whitelist.public_id)
    context = {
        "upload": upload,
        "tone": tone_of(upload.state).value,
        "check": upload.summary,
        "reasons": _reasons_table(upload.summary) if upload.summary else None,
        "problems": _problems_table(upload.summary) if upload.summary else None,
        "stands_still": stands_still(
            upload.state, upload.alive_at or upload.created_at, timezone.now()
        ),
        "crumbs": [
            list_crumb(),
            Crumb("上传名单", reverse("matching:whitelist-upload")),
            Crumb(upload.file_name),
        ],
        **_progress(upload),
    }
    return render(request, "matching/district/whitelist_upload_detail.html", context)


@login_required
@require_GET
def progress(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return how far a sheet is, for the page to ask again; send the page on when it is finished."""
    upload = upload_get(reader(request), public_id, timezone.now())
    template = "matching/district/_upload_progress.html"
    answer = render(request, template, _progress(upload))
    if upload.state not in OPEN:
        address = reverse("matching:whitelist-upload-detail", args=[public_id])
        answer.headers["HX-Redirect"] = address
    return answer


@login_required
@require_POST
def resume(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Begin a sheet anew whose work stands still."""
    whitelist_upload_resume(public_id=public_id, actor=reader(request), at=timezone.now())
    messages.success(request, "已重新开始核验。")
    return redirect("matching:whitelist-upload-detail", public_id)


def _progress(upload: WhitelistUpload) -> dict[str, Any]:
    is_open = upload.state in OPEN
    url = reverse("matching:whitelist-upload-progress", args=[upload.public_id])
    return {
        "upload": upload,
        "label": gettext("已核验 %(rows_done)s 行") % {"rows_done": f"{upload.rows_done:,}"},
        "poll_url": url if is_open else "",
    }


def _sentence(upload: WhitelistUpload) -> str:
    found = upload.whitelist
    if found is None:
        return ""
    return gettext(
        "已读取 %(rows_read)s 行：入选 %(admitted)s，未入选 %(refused)s，重复 %(duplicates)s。"
    ) % {
        "rows_read": found.rows_read,
        "admitted": found.admitted,
        "refused": found.refused,
        "duplicates": found.duplicates,
    }


def _reasons_table(summary: dict[str, Any]) -> Table:
    columns = [Column("原因"), Column("代码", Kind.CODE), Column("行数", Kind.NUMBER)]
    rows = [[code_label(code), code, count] for code, count in summary["reasons"].items()]
    return Table(columns, rows, caption="未入选与重复的原因")


def _problems_table(summary: dict[str, Any]) -> Table:
    columns = [
        Column("行号", Kind.NUMBER),
        Column("企业名称"),
        Column("统一社会信用代码", Kind.CODE),
        Column("结果"),
        Column("原因"),
    ]
    rows = [
        [
            row["row_number"],
            row["name"],
            row["uscc"],
            ENTRY_STATUS_LABELS[EntryStatus(row["status"])],
            " ".join(row["reasons"]),
        ]
        for row in summary["problems"]
    ]
    return Table(columns, rows, caption="未入选的行（前 100 行）", empty="没有问题。")
