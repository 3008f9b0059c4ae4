"""Pages of a district's staff about making whitelists: the lists, a sheet uploaded or checked, an issue generated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from lenders.views.attempt import attempted, form_status, reader
from marketplace.domain.errors import NotPermitted
from marketplace.domain.roles import Role
from marketplace.models import District, User
from marketplace.policies import has_role, require_role
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Table
from marketplace.web.labels import tone_of
from marketplace.web.pagination import number_page
from matching.domain.whitelist_entry import ENTRY_STATUS_LABELS
from matching.domain.whitelist_labels import code_label
from matching.domain.whitelist_sheet import COLUMNS
from matching.forms.whitelist import GenerateForm, IssueForm, UploadForm
from matching.models import Whitelist
from matching.policies.whitelist import CITY_ROLES, DISTRICT_ROLES
from matching.selectors.whitelist import district_choices, whitelist_list
from matching.services.whitelist_build import WhitelistCheck, whitelist_check, whitelist_upload
from matching.services.whitelist_generate import GenerationParameters, whitelist_generate

ORIGINS = {"GENERATED": "平台生成", "UPLOADED": "上传"}


@login_required
@require_GET
def whitelists(request: HttpRequest) -> HttpResponse:
    """List the whitelists of the reader's districts; all of them for the city.

    Queries: at most 10.
    """
    user, now = reader(request), timezone.now()
    require_role(user, *DISTRICT_ROLES, *CITY_ROLES)
    page = number_page(request, whitelist_list(user, now))
    is_maker = bool(district_choices(user, now))
    context = {
        "page": page,
        "table": _lists_table(list(page.object_list)),
        "actions": _make_actions(can_delegate=has_role(user, Role.DISTRICT_LEAD))
        if is_maker
        else [],
        "crumbs": [Crumb("白名单")],
    }
    return render(request, "matching/district/whitelist_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Check a sheet, or make a draft of it; every row is accounted for."""
    user = reader(request)
    form = UploadForm(request.POST or None, request.FILES or None, districts=_own(user))
    only_check = "check" in request.POST
    if only_check:
        form.fields["issue_no"].required = False
    found = attempted(form, lambda: _checked(form) if only_check else _uploaded(form, user))
    if isinstance(found, Whitelist):
        messages.success(
            request,
            f"已读取 {found.rows_read} 行:入选 {found.admitted},未入选 {found.refused},"
            f"重复 {found.duplicates}。",
        )
        return redirect("matching:whitelist-detail", found.public_id)
    context = {
        "form": form,
        "check": found,
        "problems": _problems_table(found) if found else None,
        "reasons": _reasons_table(found) if found else None,
        "sample_url": reverse("matching:whitelist-template"),
        "crumbs": [list_crumb(), Crumb("上传名单")],
    }
    template = "matching/district/whitelist_upload.html"
    return render(request, template, context, status=form_status(form))


@login_required
@require_GET
def template(request: HttpRequest) -> HttpResponse:
    """Give an empty sheet with the expected titles."""
    require_role(reader(request), *DISTRICT_ROLES)
    text = "\ufeff" + ",".join(column.label for column in COLUMNS) + "\r\n"
    headers = {"Content-Disposition": 'attachment; filename="whitelist-template.csv"'}
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


@login_required
@require_http_methods(["GET", "POST"])
def generate(request: HttpRequest) -> HttpResponse:
    """Make a draft of the district's enterprises that want finance."""
    user = reader(request)
    form = GenerateForm(request.POST or None, districts=_own(user))
    found = attempted(
        form,
        lambda: whitelist_generate(
            **_issue(form),
            parameters=GenerationParameters(**form.asked()),
            actor=user,
            at=timezone.now(),
        ),
    )
    if found is not None:
        messages.success(
            request, f"已核验 {found.rows_read} 户:入选 {found.admitted},未入选 {found.refused}。"
        )
        return redirect("matching:whitelist-detail", found.public_id)
    context = {
        "form": form,
        "cancel_url": reverse("matching:whitelist-list"),
        "crumbs": [list_crumb(), Crumb("由平台生成")],
    }
    template = "matching/district/whitelist_generate.html"
    return render(request, template, context, status=form_status(form))


def list_crumb() -> Crumb:
    """Return the way back to the lists."""
    return Crumb("白名单", reverse("matching:whitelist-list"))


def source_of(file: UploadedFile) -> Path | bytes:
    """Return an uploaded file as its temporary path when it has one, else its bytes."""
    held = getattr(file, "temporary_file_path", None)
    return Path(held()) if held else file.read()


def _own(user: User) -> list[District]:
    found = district_choices(user, timezone.now())
    if not found:
        raise NotPermitted
    return found


def _issue(form: IssueForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {name: data[name] for name in ("district", "issue_no", "title")}


def _checked(form: forms.Form) -> WhitelistCheck:
    file = form.cleaned_data["file"]
    return whitelist_check(
        district=form.cleaned_data["district"],
        source=source_of(file),
        file_name=file.name,
        at=timezone.now(),
    )


def _uploaded(form: UploadForm, user: User) -> Whitelist:
    file = form.cleaned_data["file"]
    return whitelist_upload(
        **_issue(form),
        source=source_of(file),
        file_name=file.name,
        actor=user,
        at=timezone.now(),
    )


def _make_actions(*, can_delegate: bool) -> list[Action]:
    delegate = Action("委托办理", reverse("matching:delegation-list"))
    return [
        *([delegate] if can_delegate else []),
        Action("由平台生成", reverse("matching:whitelist-generate")),
        Action("上传名单", reverse("matching:whitelist-upload"), primary=True),
    ]


def _lists_table(rows: list[Whitelist]) -> Table:
    columns = [
        Column("名称"),
        Column("区"),
        Column("来源"),
        Column("入选", Kind.NUMBER, "核验时符合全部门槛的企业户数。"),
        Column("未入选", Kind.NUMBER, "有错误或触发门槛的行数。"),
        Column("重复", Kind.NUMBER, "同一企业在本期名单中再次出现的行数，不重复计入。"),
        Column("有效期至", Kind.DATE),
        Column("状态", Kind.BADGE),
    ]
    found = [
        [
            Cell(row.title, reverse("matching:whitelist-detail", args=[row.public_id])),
            row.district.name,
            ORIGINS[row.origin],
            row.admitted,
            row.refused,
            row.duplicates,
            row.expires_at,
            Cell(row.get_state_display(), tone=tone_of(row.state)),
        ]
        for row in rows
    ]
    return Table(columns, found, empty="还没有白名单。")


def _reasons_table(check: WhitelistCheck) -> Table:
    columns = [Column("原因"), Column("代码", Kind.CODE), Column("行数", Kind.NUMBER)]
    rows = [[code_label(code), code, count] for code, count in check.tally.reasons.most_common()]
    return Table(columns, rows, caption="未入选与重复的原因")


def _problems_table(check: WhitelistCheck) -> Table:
    columns = [
        Column("行号", Kind.NUMBER),
        Column("企业名称"),
        Column("统一社会信用代码", Kind.CODE),
        Column("结果"),
        Column("原因"),
    ]
    rows = [
        [
            row.row_number,
            row.name,
            row.uscc,
            ENTRY_STATUS_LABELS[row.status],
            " ".join(f"{reason['sentence']}({reason['rule_code']})" for reason in row.reasons),
        ]
        for row in check.problems
    ]
    return Table(columns, rows, caption="未入选的行(前 100 行)", empty="没有问题。")
