"""The city's pages on thematic lists: the lists, who is on one, a sheet handed in, the rule run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from borrowers.domain.list_member import MEMBER_COLUMNS
from borrowers.domain.thematic import ListDeclaration, declaration_on
from borrowers.forms import MembersUploadForm
from borrowers.ingest.delivered import source_of
from borrowers.models import ListMembership, ThematicList
from borrowers.policies import CITY_ROLES, can_handle_data
from borrowers.selectors.thematic import (
    thematic_get,
    thematic_grounds,
    thematic_lists,
    thematic_members,
    thematic_members_once,
)
from borrowers.services.thematic import thematic_run, thematic_run_all
from borrowers.services.thematic_upload import thematic_upload
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.policies import require_role, signed_in
from marketplace.sheets import UPLOAD_KINDS, UPLOAD_LIMITS
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Pair, Table
from marketplace.web.language import listed
from marketplace.web.pagination import keyset_page

ON_IT = "该日在库的企业户数，规则与上传都在库的计一户。"


class MembersFilterForm(forms.Form):
    """Whether those who left are shown."""

    ended = forms.BooleanField(label="含已移出", required=False)


@login_required
@require_GET
def lists(request: HttpRequest) -> HttpResponse:
    """List the thematic lists with how many enterprises are on each today. Queries: at most 10."""
    require_role(request.user, *CITY_ROLES)
    found = thematic_lists(request.user, local_date(timezone.now()))
    context = {
        "table": _lists_table(found),
        "actions": _run_all_actions(request),
        "crumbs": [Crumb("专题库")],
    }
    return render(request, "borrowers/operator/thematic_lists.html", context)


@login_required
@require_POST
def run_all(request: HttpRequest) -> HttpResponse:
    """Enter the declared lists and bring all of them in line with their rules."""
    require_role(request.user, Role.OPERATOR)
    done = thematic_run_all(actor=signed_in(request.user), at=timezone.now())
    added, ended = sum(one.added for one in done), sum(one.ended for one in done)
    messages.success(
        request,
        gettext("已更新 %(count)s 个专题库：纳入 %(added)s 户次，移出 %(ended)s 户次。")
        % {"count": len(done), "added": added, "ended": ended},
    )
    return redirect("borrowers:thematic-list")


@login_required
@require_GET
def members(request: HttpRequest, code: str) -> HttpResponse:
    """Show who is on a list today, by what and since when. Queries: at most 10."""
    require_role(request.user, *CITY_ROLES)
    row, day = thematic_get(request.user, code), local_date(timezone.now())
    form = MembersFilterForm(request.GET)
    with_ended = form.is_valid() and form.cleaned_data["ended"]
    found = (
        thematic_members(request.user, row, day, with_ended=True)
        if with_ended
        else thematic_members_once(request.user, row, day)
    )
    page = keyset_page(request, found, field="id")
    enterprises = [one.enterprise_id for one in page.rows]
    grounds = {} if with_ended else thematic_grounds(request.user, row, enterprises, day)
    declaration = declaration_on(row.code, day)
    context = {
        "row": row,
        "form": form,
        "pairs": _pairs(row, declaration),
        "page": page,
        "table": _members_table(page.rows, grounds),
        "actions": _list_actions(request, row, declaration),
        "crumbs": [_lists_crumb(), Crumb(row.name)],
    }
    return render(request, "borrowers/operator/thematic_members.html", context)


@login_required
@require_POST
def run(request: HttpRequest, code: str) -> HttpResponse:
    """Bring one list in line with its rule."""
    require_role(request.user, Role.OPERATOR)
    row = thematic_get(request.user, code)
    done = thematic_run(code=row.code, actor=signed_in(request.user), at=timezone.now())
    messages.success(
        request,
        gettext("按规则更新：纳入 %(added)s 户，移出 %(ended)s 户，不变 %(stayed)s 户。")
        % {"added": done.added, "ended": done.ended, "stayed": done.stayed},
    )
    return redirect("borrowers:thematic-detail", row.code)


@login_required
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, code: str) -> HttpResponse:
    """Take a sheet of a list's members and say what became of its rows."""
    require_role(request.user, Role.OPERATOR)
    row = thematic_get(request.user, code)
    form = MembersUploadForm(request.POST or None, request.FILES or None)
    done = attempted(
        form,
        lambda: thematic_upload(
            code=row.code,
            source=source_of(form.cleaned_data["file"]),
            file_name=form.cleaned_data["file"].name,
            actor=signed_in(request.user),
            at=timezone.now(),
            kinds=UPLOAD_KINDS,
            limits=UPLOAD_LIMITS,
        ),
    )
    if done is not None:
        messages.success(
            request,
            gettext(
                "读取 %(rows_read)s 行：接收 %(accepted)s，拒绝 %(rejected)s，重复 %(duplicates)s。"
            )
            % {
                "rows_read": done.rows_read,
                "accepted": done.accepted,
                "rejected": done.rejected,
                "duplicates": done.duplicates,
            },
        )
        return redirect("borrowers:batch-detail", done.public_id)
    known = listed(column.label for column in MEMBER_COLUMNS)
    detail = reverse("borrowers:thematic-detail", args=[row.code])
    context = {
        "form": form,
        "title": gettext("上传名单：%(row)s") % {"row": row.name},
        "rules": gettext(
            "支持 csv（UTF-8 或 GB18030）和 xlsx；识别的列：%(known)s。未列出的原有成员不受影响，填写移出日期即移出。"
        )
        % {"known": known},
        "crumbs": [_lists_crumb(), Crumb(row.name, detail), Crumb("上传名单")],
    }
    return render(request, "borrowers/operator/upload.html", context, status=form_status(form))


def _lists_crumb() -> Crumb:
    return Crumb("专题库", reverse("borrowers:thematic-list"))


def _run_all_actions(request: HttpRequest) -> list[Action]:
    if not can_handle_data(request.user):
        return []
    return [
        Action("全部按规则更新", reverse("borrowers:thematic-run-all"), primary=True, post=True)
    ]


def _list_actions(
    request: HttpRequest, row: ThematicList, declaration: ListDeclaration
) -> list[Action]:
    if not can_handle_data(request.user):
        return []
    found = [Action("上传名单", reverse("borrowers:thematic-upload", args=[row.code]))]
    if declaration.conditions:
        url = reverse("borrowers:thematic-run", args=[row.code])
        found.append(Action("按规则更新", url, primary=True, post=True))
    return found


def _lists_table(found: Iterable[tuple[ThematicList, int]]) -> Table:
    columns = [
        Column("专题库"),
        Column("类别"),
        Column("在库", Kind.NUMBER, ON_IT),
        Column("首次入库", Kind.DATE),
        Column("最近更新", Kind.DATETIME),
        Column("可作限制依据"),
    ]
    lines = [
        [
            Cell(row.name, reverse("borrowers:thematic-detail", args=[row.code])),
            row.get_kind_display(),
            count,
            row.filled_from,
            row.checked_at,
            Cell("是", note=row.legal_basis) if row.may_block else "否",
        ]
        for row, count in found
    ]
    return Table(columns, lines, caption="专题库", empty="还没有专题库，请先按规则更新。")


def _pairs(row: ThematicList, declaration: ListDeclaration) -> list[Pair]:
    return [
        Pair("类别", row.get_kind_display()),
        Pair("依据", declaration.source),
        Pair("规则版本", declaration.version),
        Pair("法律依据", row.legal_basis),
        Pair("最近更新", row.checked_at, Kind.DATETIME),
    ]


def _members_table(
    rows: Iterable[ListMembership], grounds: Mapping[int, Sequence[ListMembership]]
) -> Table:
    """Return a line for each row, with all the grounds of its enterprise where they are given."""
    columns = [
        Column("企业"),
        Column("所在区"),
        Column("纳入日期", Kind.DATE),
        Column("移出日期", Kind.DATE),
        Column("来源"),
    ]
    lines = [
        [
            Cell(
                row.enterprise.name,
                reverse("borrowers:enterprise-detail", args=[row.enterprise.public_id]),
                note=row.enterprise.uscc,
            ),
            row.enterprise.district.name if row.enterprise.district else "",
            row.from_date,
            row.until_date,
            _origins(grounds.get(row.enterprise_id, [row])),
        ]
        for row in rows
    ]
    return Table(columns, lines, caption="成员", empty="没有成员。")


def _origins(grounds: Sequence[ListMembership]) -> Cell:
    return Cell(
        listed(one.get_origin_display() for one in grounds),
        note="；".join(_why(one) for one in grounds),
    )


def _why(row: ListMembership) -> str:
    if row.batch is None:
        return gettext("%(reason)s（规则 %(rule_version)s）") % {
            "reason": row.reason,
            "rule_version": row.rule_version,
        }
    return (
        gettext("%(reason)s %(file_name)s 第 %(row_number)s 行")
        % {"reason": row.reason, "file_name": row.batch.file_name, "row_number": row.row_number}
    ).strip()
