"""The city operator's pages on the catalogue: items by class, their declarations, units' own codes."""

from __future__ import annotations

import csv
from collections.abc import Iterable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from borrowers.domain.catalogue import ItemSpec, item_from_mapping
from borrowers.domain.item_spec import LEVEL_LABELS, SHARING_MODE_LABELS
from borrowers.forms import AliasForm
from borrowers.models import CatalogueItem, SubjectAlias
from borrowers.policies import CITY_ROLES, can_handle_data
from borrowers.selectors import (
    ClassGroup,
    alias_list,
    catalogue_by_class,
    enterprise_registered,
    item_get,
    unit_list,
)
from borrowers.services import subject_alias_confirm
from borrowers.views.operator_batch import BOM, data_actions
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Cell, Column, Crumb, Kind, Pair, Table
from marketplace.web.pagination import number_page

FIELD_TYPE_LABELS = {
    "TEXT": "文本",
    "DATE": "日期",
    "MONTH": "年月",
    "INTEGER": "整数",
    "MONEY_YUAN": "金额(元)",
    "MONEY_WAN": "金额(万元)",
    "DECIMAL": "小数",
    "CHOICE": "选项",
    "BOOLEAN": "是/否",
    "USCC": "统一社会信用代码",
    "LOCAL_CODE": "单位内部代码",
}


@login_required
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Show the catalogue by class, with units and latest deliveries."""
    require_role(request.user, *CITY_ROLES)
    groups = catalogue_by_class(request.user)
    context = {
        "groups": [(group, _items_table(group)) for group in groups],
        "actions": data_actions(request),
        "crumbs": [Crumb("目录与单位")],
    }
    return render(request, "borrowers/operator/catalogue.html", context)


@login_required
@require_GET
def item(request: HttpRequest, code: str) -> HttpResponse:
    """Show one item's declaration: fields, keys, who may read it, on which basis."""
    require_role(request.user, *CITY_ROLES)
    found = item_get(request.user, code)
    spec = item_from_mapping(found.spec)
    context = {
        "item": found,
        "pairs": _item_pairs(found, spec),
        "fields": _fields_table(spec),
        "template_url": reverse("borrowers:catalogue-template", args=[found.code]),
        "crumbs": [Crumb("目录与单位", reverse("borrowers:catalogue-list")), Crumb(found.name)],
    }
    return render(request, "borrowers/operator/item.html", context)


@login_required
@require_GET
def item_template(request: HttpRequest, code: str) -> HttpResponse:
    """Give the empty sheet of an item."""
    require_role(request.user, *CITY_ROLES)
    spec = item_from_mapping(item_get(request.user, code).spec)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{spec.code}.csv"'
    answer.write(BOM)
    csv.writer(answer).writerow([field.label for field in spec.fields if field.kept])
    return answer


@login_required
@require_http_methods(["GET", "POST"])
def aliases(request: HttpRequest) -> HttpResponse:
    """List units' own codes and confirm one; only an operator confirms."""
    require_role(request.user, *CITY_ROLES)
    if request.method == "POST":
        require_role(request.user, Role.OPERATOR)
    units = list(unit_list(request.user))
    form = AliasForm(request.POST or None, units=units)
    done = attempted(
        form,
        lambda: subject_alias_confirm(
            unit=next(unit for unit in units if unit.code == form.cleaned_data["unit"]),
            local_code=form.cleaned_data["local_code"],
            enterprise=enterprise_registered(form.cleaned_data["uscc"]),
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is not None:
        messages.success(request, "已确认对照;此前因此被拒绝的行请重新报送。")
        return redirect("borrowers:alias-list")
    page = number_page(request, alias_list(request.user))
    context = {
        "form": form,
        "page": page,
        "table": _aliases_table(page.object_list),
        "can_confirm": can_handle_data(request.user),
        "crumbs": [Crumb("目录与单位", reverse("borrowers:catalogue-list")), Crumb("主体对照")],
    }
    return render(request, "borrowers/operator/aliases.html", context, status=form_status(form))


def _items_table(group: ClassGroup) -> Table:
    columns = [
        Column("信息项"),
        Column("代码", Kind.CODE),
        Column("来源单位"),
        Column("须企业授权"),
        Column("最近一次接收", Kind.DATETIME),
    ]
    return Table(
        columns,
        [
            [
                Cell(
                    line.item.name,
                    url=reverse("borrowers:catalogue-detail", args=[line.item.code]),
                ),
                line.item.code,
                line.units[0] if len(line.units) == 1 else f"{len(line.units)} 个单位",
                "是" if line.item.consent_required else "否",
                line.latest_at,
            ]
            for line in group.lines
        ],
        empty="该类别还没有信息项。",
    )


def _item_pairs(found: CatalogueItem, spec: ItemSpec) -> list[Pair]:
    labels = {field.code: field.label for field in spec.fields}
    return [
        Pair("信息项代码", found.code, Kind.CODE),
        Pair("类别", found.get_data_class_display()),
        Pair("来源单位", "、".join(unit.name for unit in found.units.all())),
        Pair("须企业授权", "是" if found.consent_required else "否"),
        Pair("共享方式", SHARING_MODE_LABELS[spec.sharing_mode]),
        Pair("依据", found.legal_basis),
        Pair("自然键", "、".join(labels[code] for code in spec.natural_key) or "每个主体一条"),
        Pair("事件日期", labels.get(spec.event_date, "")),
        Pair("更新时限", f"{spec.freshness_days} 天"),
        Pair("声明版本", found.version, Kind.NUMBER),
    ]


def _fields_table(spec: ItemSpec) -> Table:
    columns = [
        Column("字段"),
        Column("代码", Kind.CODE),
        Column("类型"),
        Column("必填"),
        Column("保护级别"),
        Column("其他写法"),
    ]
    return Table(
        columns,
        [
            [
                field.label,
                field.code,
                FIELD_TYPE_LABELS.get(field.type.value, field.type.value),
                "是" if field.required else "否",
                LEVEL_LABELS[field.level] if field.kept else "识别后丢弃,不保存",
                "、".join(field.synonyms),
            ]
            for field in spec.fields
        ],
    )


def _aliases_table(rows: Iterable[SubjectAlias]) -> Table:
    columns = [
        Column("单位内部代码", Kind.CODE),
        Column("来源单位"),
        Column("企业"),
        Column("确认人"),
        Column("确认时间", Kind.DATETIME),
    ]
    return Table(
        columns,
        [
            [
                row.local_code,
                row.unit.name,
                row.enterprise.name,
                str(row.confirmed_by),
                row.confirmed_at,
            ]
            for row in rows
        ],
        empty="还没有确认过的对照。",
    )
