"""Pages about one whitelist: its rows with why in and why out, its way to publication, what it changed."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from lenders.views.attempt import attempted, form_status, reader
from marketplace.domain.errors import NotFound
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Pair, Stat, Table
from marketplace.web.labels import tone_of
from marketplace.web.language import bracketed
from marketplace.web.pagination import keyset_page, number_page
from matching.domain.whitelist import WHITELIST
from matching.domain.whitelist_labels import code_label
from matching.forms.whitelist import CorrectionForm, EntryFilterForm, WhitelistReasonForm
from matching.models import Whitelist, WhitelistEntry
from matching.policies.whitelist import REJUDGING_ROLES, roles_held, roles_towards
from matching.selectors.whitelist import (
    WhitelistDiff,
    entry_status_counts,
    reasons_now,
    recheck_next,
    whitelist_diff,
    whitelist_entries,
    whitelist_get,
)
from matching.services.whitelist import (
    whitelist_approve,
    whitelist_discard,
    whitelist_hand_over,
    whitelist_recall,
    whitelist_recheck,
    whitelist_rejudge,
    whitelist_return,
    whitelist_revise,
    whitelist_submit,
)
from matching.services.whitelist_build import correction_of
from matching.views.district import ORIGINS, list_crumb
from matching.views.district_duty import duty_pairs, receipts_tables
from matching.views.district_entry import ENTRY_TONES, detail_crumb

DIFF_LABELS = {"new": "新入选", "gone": "不再列入", "stayed": "继续列入"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_GET
def detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a list: counts, reasons, rows, what the reader may do now.

    Queries: at most 15.
    """
    found = whitelist_get(reader(request), public_id, timezone.now())
    return _detail(request, found, WhitelistReasonForm())


@login_required
@require_POST
def check(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Judge a draft again and call it checked; with ``submit``, hand it over as well."""
    if "submit" in request.POST:
        said = "已核验并提交，须由另一位复核人发布。"
        return _deed(request, public_id, whitelist_hand_over, said)
    return _deed(request, public_id, whitelist_recheck, "已按当前数据重新核验。")


@login_required
@require_POST
def submit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hand a checked list to the second person."""
    return _deed(request, public_id, whitelist_submit, "已提交，须由另一位复核人发布。")


@login_required
@require_POST
def approve(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Publish a submitted list."""
    return _deed(request, public_id, whitelist_approve, "已发布，服务本区的机构即时可见。")


@login_required
@require_POST
def revise(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Make a checked or returned list a draft again."""
    said = "已转为草稿，可用同一期号上传更正后的表格替换。"
    return _deed(request, public_id, whitelist_revise, said)


@login_required
@require_POST
def discard(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Delete a draft."""
    user, now = reader(request), timezone.now()
    whitelist_discard(whitelist=whitelist_get(user, public_id, now), actor=user, at=now)
    messages.success(request, "草稿已作废，期号可以再用。")
    return redirect("matching:whitelist-list")


@login_required
@require_POST
def give_back(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return a submitted list with a reason."""
    return _deed_with_reason(request, public_id, whitelist_return, "已退回经办人。")


@login_required
@require_POST
def recall(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a published list from before the institutions."""
    return _deed_with_reason(request, public_id, whitelist_recall, "名单已撤下，机构不再可见。")


@login_required
@require_POST
def rejudge(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Judge a published list again and move out whoever hits a gate now."""
    user, now = reader(request), timezone.now()
    whitelist = whitelist_get(user, public_id, now)
    found = whitelist_rejudge(whitelist=whitelist, actor=user, at=now)
    moved = gettext("移出 %(moved_out)s 户，恢复 %(restored)s 户。") % {
        "moved_out": len(found.moved_out),
        "restored": len(found.restored),
    }
    messages.success(request, gettext("复核完成，%(moved)s") % {"moved": moved})
    return redirect("matching:whitelist-detail", public_id)


@login_required
@require_GET
def correction(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Give an uploaded sheet back with its errors marked in place."""
    whitelist = whitelist_get(reader(request), public_id, timezone.now())
    if whitelist.origin != "UPLOADED":
        raise NotFound
    stream = io.BytesIO()
    correction_of(whitelist, stream)
    name = quote(f"{whitelist.title}-更正表.xlsx")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return HttpResponse(stream.getvalue(), content_type=XLSX, headers=headers)


@login_required
@require_GET
def diff(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show what a list changed against the issue before it."""
    whitelist = whitelist_get(reader(request), public_id, timezone.now())
    found = whitelist_diff(whitelist)
    part = request.GET.get("part", "new")
    if part not in DIFF_LABELS:
        raise NotFound
    rows = {"new": found.new, "gone": found.gone, "stayed": found.stayed}[part]
    page = number_page(request, rows.order_by("row_number"))
    context = {
        "whitelist": whitelist,
        "diff": found,
        "stats": _diff_stats(found),
        "parts": DIFF_LABELS,
        "part": part,
        "page": page,
        "table": _diff_table(whitelist, part, list(page.object_list)),
        "crumbs": [list_crumb(), detail_crumb(whitelist), Crumb("与上期对比")],
    }
    return render(request, "matching/district/whitelist_diff.html", context)


def _deed(
    request: HttpRequest, public_id: uuid.UUID, service: Callable[..., Whitelist], said: str
) -> HttpResponse:
    user, now = reader(request), timezone.now()
    service(whitelist=whitelist_get(user, public_id, now), actor=user, at=now)
    messages.success(request, said)
    return redirect("matching:whitelist-detail", public_id)


def _deed_with_reason(
    request: HttpRequest, public_id: uuid.UUID, service: Callable[..., Whitelist], said: str
) -> HttpResponse:
    user, now = reader(request), timezone.now()
    whitelist = whitelist_get(user, public_id, now)
    form = WhitelistReasonForm(request.POST)
    done = attempted(
        form,
        lambda: service(
            whitelist=whitelist, reason=form.cleaned_data["reason"], actor=user, at=now
        ),
    )
    if done is None:
        return _detail(request, whitelist, form)
    messages.success(request, said)
    return redirect("matching:whitelist-detail", public_id)


def _detail(request: HttpRequest, whitelist: Whitelist, form: forms.Form) -> HttpResponse:
    user, now = reader(request), timezone.now()
    filters = EntryFilterForm(request.GET, codes=whitelist.reason_counts)
    wanted = filters.cleaned_data if filters.is_valid() else {}
    rows = whitelist_entries(user, whitelist, now, **wanted)
    page = keyset_page(request, rows, field="row_number", descending=False)
    roles = roles_towards(user, whitelist.district_id, now)
    waits = whitelist.state == "PENDING_APPROVAL" and whitelist.created_by_id == user.pk
    contacts, idle = receipts_tables(whitelist) if whitelist.published_at else (None, None)
    events = {step.event for step in WHITELIST.events_for(whitelist.state, roles)}
    context = {
        "whitelist": whitelist,
        "tone": tone_of(whitelist.state).value,
        "stats": _stats(whitelist),
        "pairs": _pairs(whitelist),
        "reasons": _reason_lines(whitelist),
        "contacts": contacts,
        "idle": idle,
        "duty": duty_pairs(whitelist) if whitelist.state == "PUBLISHED" else [],
        "filters": filters,
        "page": page,
        "table": _entries_table(page.rows),
        "events": events - {"PUBLISH", "RETURN"} if waits else events,
        "waits_for_other": waits,
        "can_rejudge": whitelist.state == "PUBLISHED"
        and bool(roles_held(user, whitelist.district_id) & REJUDGING_ROLES),
        "form": form,
        "correction_form": _correction_form(whitelist, events),
        "links": _links(whitelist),
        "crumbs": [list_crumb(), Crumb(whitelist.title)],
    }
    status = form_status(form)
    return render(request, "matching/district/whitelist_detail.html", context, status=status)


def _stats(whitelist: Whitelist) -> list[Stat]:
    counts = entry_status_counts(whitelist)
    stats = [
        Stat("读取", whitelist.rows_read, "表中有内容的行数，不含表头和空行。", unit="行"),
        Stat("入选", whitelist.admitted, "核验时符合全部门槛的企业户数。", unit="户"),
        Stat("未入选", whitelist.refused, "有错误或触发门槛的行数，逐行有原因。", unit="行"),
        Stat("重复", whitelist.duplicates, "与前面某行代码相同的行数。", unit="行"),
    ]
    if suspended := counts.get("SUSPENDED", 0):
        stats.append(Stat("已移出", suspended, "入选后触发门槛而移出的户数。", unit="户"))
    return stats


def _pairs(whitelist: Whitelist) -> list[Pair]:
    recheck = recheck_next(whitelist) if whitelist.state == "PUBLISHED" else None
    pairs = [
        Pair("区", whitelist.district.name),
        Pair("期号", whitelist.issue_no),
        Pair("来源", ORIGINS[whitelist.origin], note=whitelist.file_name),
        Pair("经办人", str(whitelist.created_by)),
        Pair("最近核验", whitelist.checked_at, Kind.DATETIME),
        Pair("复核人", str(whitelist.approved_by) if whitelist.approved_by else ""),
        Pair("发布时间", whitelist.published_at, Kind.DATETIME),
        Pair("有效期至", whitelist.expires_at, Kind.DATETIME),
        Pair("下次复核", recheck, Kind.DATE, definition="到期由平台自动复核，触发门槛的移出。"),
        Pair("退回或撤下原因", whitelist.return_reason),
    ]
    return [pair for pair in pairs if pair.value]


def _links(whitelist: Whitelist) -> list[Action]:
    args = [whitelist.public_id]
    links = [Action("与上期对比", reverse("matching:whitelist-diff", args=args))]
    if whitelist.origin == "UPLOADED":
        links.append(Action("下载更正表", reverse("matching:whitelist-correction", args=args)))
    return links


def _correction_form(whitelist: Whitelist, events: set[str]) -> CorrectionForm | None:
    """Return the form for a corrected sheet where a draft came from one that has faults."""
    if whitelist.origin != "UPLOADED" or "CHECK" not in events or not whitelist.refused:
        return None
    return CorrectionForm(
        initial={
            "district": whitelist.district_id,
            "issue_no": whitelist.issue_no,
            "title": whitelist.title,
        }
    )


def _reason_lines(whitelist: Whitelist) -> list[tuple[str, str, int]]:
    """Return label, code and number of rows of each reason, the most frequent first."""
    counts = sorted(whitelist.reason_counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(code_label(code), code, count) for code, count in counts]


def _entries_table(rows: list[WhitelistEntry]) -> Table:
    columns = [
        Column("企业名称"),
        Column("行号", Kind.NUMBER),
        Column("需求金额", Kind.MONEY),
        Column("结果", Kind.BADGE),
        Column("原因与提示"),
    ]
    return Table(columns, [_entry_row(row) for row in rows], empty="没有这样的行。")


def _entry_row(row: WhitelistEntry) -> list[Any]:
    address = reverse("matching:whitelist-entry", args=[row.public_id])
    reasons = " ".join(bracketed(reason["sentence"], reason["rule_code"]) for reason in row.reasons)
    marks = " ".join(mark["sentence"] for mark in row.marks)
    marks = gettext("提示（不影响入选）：%(marks)s") % {"marks": marks} if marks else ""
    return [
        Cell(
            row.name or gettext("第 %(row_number)s 行") % {"row_number": row.row_number},
            address,
            note=row.uscc,
        ),
        row.row_number,
        row.amount_yuan,
        Cell(row.get_status_display(), tone=ENTRY_TONES[row.status]),
        Cell(reasons or "符合全部门槛。", note=marks),
    ]


def _diff_stats(found: WhitelistDiff) -> list[Stat]:
    return [
        Stat("新入选", found.new.count(), "上期没有、本期入选的企业。", unit="户"),
        Stat("不再列入", found.gone.count(), "上期入选、本期没有入选的企业。", unit="户"),
        Stat("继续列入", found.stayed.count(), "两期都入选的企业。", unit="户"),
    ]


def _diff_table(whitelist: Whitelist, part: str, rows: list[WhitelistEntry]) -> Table:
    columns = [
        Column("企业名称"),
        Column("需求金额", Kind.MONEY),
    ]
    why = reasons_now(whitelist, rows) if part == "gone" else {}
    if part == "gone":
        columns.append(Column("本期未入选的原因"))
    found = []
    for row in rows:
        address = reverse("matching:whitelist-entry", args=[row.public_id])
        cells: list[Any] = [Cell(row.name, address, note=row.uscc), row.amount_yuan]
        if part == "gone":
            cells.append(" ".join(why.get(row.enterprise_id or 0, ["本期名单没有该企业。"])))
        found.append(cells)
    return Table(columns, found, empty="没有这样的企业。")
