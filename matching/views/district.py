"""Pages of a district's staff about making whitelists: the lists, a sheet uploaded or checked, an issue generated."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lenders.views.attempt import attempted, form_status, reader
from marketplace.domain.errors import NotPermitted
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.models import District, User
from marketplace.policies import has_role, require_role
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Stat, Table
from marketplace.web.labels import tone_of
from marketplace.web.language import said
from marketplace.web.pagination import number_page
from matching.domain.whitelist_labels import code_label
from matching.domain.whitelist_sheet import COLUMNS
from matching.forms.whitelist import GenerateForm, IssueForm, UploadForm
from matching.models import Whitelist, WhitelistUpload
from matching.policies.whitelist import CITY_ROLES, DISTRICT_ROLES
from matching.selectors.whitelist import district_choices, issue_proposed, whitelist_list
from matching.services.whitelist_generate import (
    GenerationParameters,
    whitelist_count,
    whitelist_generate,
)
from matching.services.whitelist_run import Tally
from matching.services.whitelist_upload import whitelist_upload_begin

ORIGINS = {"GENERATED": "平台生成", "UPLOADED": "上传"}
REASONS_SHOWN = 3


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
    """Take a sheet in to be checked, or to become a draft; its rows are judged in the background."""
    user = reader(request)
    form = UploadForm(request.POST or None, request.FILES or None, districts=_own(user))
    _number_proposed(form)
    only_check = "check" in request.POST
    if only_check:
        form.fields["issue_no"].required = False
    found = attempted(form, lambda: _begun(form, user, only_check=only_check))
    if found is not None:
        return redirect("matching:whitelist-upload-detail", found.public_id)
    context = {
        "form": form,
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
    """Make a draft of the district's enterprises that want finance; with ``count``, say how many it would hold."""
    user = reader(request)
    form = GenerateForm(request.POST or None, districts=_own(user))
    _number_proposed(form)
    tally = _counted(form, user) if "count" in request.POST else None
    found = None
    if "count" not in request.POST:
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
            request,
            gettext("已核验 %(rows_read)s 户：入选 %(admitted)s，未入选 %(refused)s。")
            % {"rows_read": found.rows_read, "admitted": found.admitted, "refused": found.refused},
        )
        return redirect("matching:whitelist-detail", found.public_id)
    context = {
        "form": form,
        "count": count_stats(tally) if tally else [],
        "reasons": reason_lines(tally) if tally else [],
        "cancel_url": reverse("matching:whitelist-list"),
        "crumbs": [list_crumb(), Crumb("由平台生成")],
    }
    template = "matching/district/whitelist_generate.html"
    return render(request, template, context, status=form_status(form))


@login_required
@require_POST
def count(request: HttpRequest) -> HttpResponse:
    """Return how many enterprises the criteria would leave, as a piece of the page.

    Queries: as ``whitelist_count``.
    """
    user = reader(request)
    form = GenerateForm(request.POST, districts=_own(user))
    tally = _counted(form, user)
    context = {
        "form": form,
        "count": count_stats(tally) if tally else [],
        "reasons": reason_lines(tally) if tally else [],
    }
    piece = "matching/district/_generate_count.html"
    return render(request, piece, context, status=form_status(form))


def list_crumb() -> Crumb:
    """Return the way back to the lists."""
    return Crumb("白名单", reverse("matching:whitelist-list"))


def _own(user: User) -> list[District]:
    found = district_choices(user, timezone.now())
    if not found:
        raise NotPermitted
    return found


def _number_proposed(form: IssueForm) -> None:
    """Propose a number where it is known for which district."""
    if not form.is_bound and len(form.own) == 1:
        today = local_date(timezone.now())
        form.fields["issue_no"].initial = issue_proposed(form.own[0], today)


def _issue(form: IssueForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {name: data[name] for name in ("district", "issue_no", "title")}


def _counted(form: GenerateForm, user: User) -> Tally | None:
    """Return how many the form's criteria would leave; None when they need correcting."""
    form.fields["issue_no"].required = False
    return attempted(
        form,
        lambda: whitelist_count(
            district=form.cleaned_data["district"],
            parameters=GenerationParameters(**form.asked()),
            actor=user,
            at=timezone.now(),
        ),
    )


def count_stats(tally: Tally) -> list[Stat]:
    """Return how many would be judged, admitted and refused."""
    return [
        Stat("表示有融资意愿", tally.read, "符合所选行业、专题库和需求金额的企业户数。", unit="户"),
        Stat("将入选", tally.admitted, "其中按此刻数据符合全部门槛和所选条件的户数。", unit="户"),
        Stat("将不入选", tally.refused, "其中触发门槛或不符合所选条件的户数。", unit="户"),
    ]


def reason_lines(tally: Tally) -> list[str]:
    """Return why enterprises would be refused, the most frequent reasons first."""
    found = tally.reasons.most_common(REASONS_SHOWN)
    return [
        gettext("%(reason)s %(count)s 户") % {"reason": said(code_label(code)), "count": rows}
        for code, rows in found
    ]


def _begun(form: UploadForm, user: User, *, only_check: bool) -> WhitelistUpload:
    file = form.cleaned_data["file"]
    return whitelist_upload_begin(
        **_issue(form),
        source=file.read(),
        file_name=file.name,
        only_check=only_check,
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
