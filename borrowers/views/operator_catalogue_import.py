"""The city operator's pages on changing the catalogue by a workbook: upload, differences or errors, apply."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from borrowers.forms import CatalogueUploadForm
from borrowers.ingest.delivered import source_of
from borrowers.models import CatalogueImport
from borrowers.policies import CITY_ROLES, can_handle_data
from borrowers.selectors import catalogue_import_get, catalogue_import_list, entry_lines
from borrowers.services import catalogue_import_apply, catalogue_import_read
from borrowers.sheets import catalogue_workbook
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.policies import require_role, signed_in
from marketplace.sheets import UPLOAD_LIMITS
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Cell, Change, Column, Crumb, Kind, Stat, Table, Tone
from marketplace.web.download import XLSX, file_answer
from marketplace.web.pagination import keyset_page, number_page

ENTRIES_A_PAGE = 20


@login_required
@require_GET
def catalogue_export(request: HttpRequest) -> HttpResponse:
    """Give the whole catalogue as a workbook that can be changed and imported again."""
    require_role(request.user, *CITY_ROLES)
    at = timezone.now()
    day = local_date(at)
    content = catalogue_workbook(at)
    return file_answer(content, XLSX, f"catalogue-{day:%Y%m%d}", f"公共信用信息目录-{day}")


@login_required
@require_http_methods(["GET", "POST"])
def catalogue_imports(request: HttpRequest) -> HttpResponse:
    """List the workbooks that were read, and read another; nothing of the catalogue changes here."""
    require_role(request.user, *CITY_ROLES)
    if request.method == "POST":
        require_role(request.user, Role.OPERATOR)
    form = CatalogueUploadForm(request.POST or None, request.FILES or None)
    done = attempted(
        form,
        lambda: catalogue_import_read(
            source=source_of(form.cleaned_data["file"]),
            file_name=form.cleaned_data["file"].name,
            actor=signed_in(request.user),
            at=timezone.now(),
            limits=UPLOAD_LIMITS,
        ),
    )
    if done is not None:
        return redirect("borrowers:catalogue-import", done.public_id)
    page = keyset_page(request, catalogue_import_list(request.user), field="id")
    context = {
        "form": form,
        "page": page,
        "table": _imports_table(page.rows),
        "can_import": can_handle_data(request.user),
        "crumbs": [*_trail()[:1], Crumb("目录导入")],
    }
    status = form_status(form)
    return render(request, "borrowers/operator/catalogue_imports.html", context, status=status)


@login_required
@require_GET
def catalogue_import(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show what a workbook would change or changed, or its errors row by row."""
    found = catalogue_import_get(request.user, public_id)
    page = number_page(request, found.errors or found.entries, size=ENTRIES_A_PAGE)
    shown = list(page.object_list)
    lines = [] if found.errors else entry_lines(shown)
    context = {
        "found": found,
        "stats": _stats(found),
        "lines": [(line, [Change(*change) for change in line.changes]) for line in lines],
        "errors": _errors_table(shown) if found.errors else None,
        "page": page,
        "can_apply": _can_apply(request, found),
        "crumbs": [*_trail(), Crumb(found.file_name)],
    }
    return render(request, "borrowers/operator/catalogue_import.html", context)


@login_required
@require_POST
def catalogue_apply(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Enter what the workbook changes."""
    found = catalogue_import_get(request.user, public_id)
    require_role(request.user, Role.OPERATOR)
    catalogue_import_apply(
        public_id=found.public_id, actor=signed_in(request.user), at=timezone.now()
    )
    messages.success(
        request,
        gettext("已生效：新增 %(created)s 项，变更 %(changed)s 项。")
        % {"created": found.created, "changed": found.changed},
    )
    return redirect("borrowers:catalogue-import", found.public_id)


def _can_apply(request: HttpRequest, found: CatalogueImport) -> bool:
    open_still = found.applied_at is None and not found.error_count and bool(found.entries)
    return open_still and can_handle_data(request.user)


def _trail() -> list[Crumb]:
    return [
        Crumb("目录与单位", reverse("borrowers:catalogue-list")),
        Crumb("目录导入", reverse("borrowers:catalogue-imports")),
    ]


def _stats(found: CatalogueImport) -> list[Stat]:
    return [
        Stat("读取", found.items_read, "“信息项”表中的行数。", unit="项"),
        Stat("新增", found.created, "目录中没有、表中有的信息项。", unit="项"),
        Stat("变更", found.changed, "声明或启用状态与目录不同的信息项。", unit="项"),
        Stat("新单位", len(found.units), "目录中没有、表中写明名称的来源单位。", unit="个"),
        Stat("错误", found.error_count, "有一处错误，整份表都不能生效。", unit="处"),
    ]


def _errors_table(errors: Iterable[dict[str, Any]]) -> Table:
    columns = [
        Column("工作表"),
        Column("行号", Kind.NUMBER),
        Column("列"),
        Column("错误代码", Kind.CODE),
        Column("说明"),
    ]
    names = ("sheet", "row", "field", "code", "sentence")
    return Table(columns, [[error[name] for name in names] for error in errors])


def _imports_table(rows: Iterable[CatalogueImport]) -> Table:
    columns = [
        Column("文件"),
        Column("读入时间", Kind.DATETIME),
        Column("读入人"),
        Column("新增", Kind.NUMBER),
        Column("变更", Kind.NUMBER),
        Column("错误", Kind.NUMBER),
        Column("状态", Kind.BADGE),
    ]
    return Table(columns, [_import_row(row) for row in rows], empty="还没有导入过目录表。")


def _import_row(row: CatalogueImport) -> list[Any]:
    state = Cell("待生效", tone=Tone.INFO)
    if row.applied_at is not None:
        state = Cell("已生效", tone=Tone.GOOD)
    elif row.error_count:
        state = Cell("有错误", tone=Tone.BAD)
    elif not row.created + row.changed:
        state = Cell("没有差异", tone=Tone.NEUTRAL)
    return [
        Cell(row.file_name, url=reverse("borrowers:catalogue-import", args=[row.public_id])),
        row.read_at,
        str(row.read_by or "平台"),
        row.created,
        row.changed,
        row.error_count,
        state,
    ]
