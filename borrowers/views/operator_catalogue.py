"""The city operator's pages on the catalogue: its items, their declarations and versions, units' own codes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from borrowers.domain.archive import KeptIn
from borrowers.domain.catalogue import ItemSpec, item_from_mapping
from borrowers.domain.item_spec import (
    FIELD_TYPE_LABELS,
    LEVEL_LABELS,
    PUBLICATION_LABELS,
    SHARING_MODE_LABELS,
)
from borrowers.domain.quality_rule import QualityKind
from borrowers.domain.rhythm import UPDATE_RHYTHM_LABELS, UpdateRhythm
from borrowers.forms import AliasForm, ItemFilterForm
from borrowers.models import CatalogueItem, SubjectAlias
from borrowers.policies import CITY_ROLES, can_handle_data
from borrowers.selectors import (
    ItemFilter,
    alias_list,
    catalogue_list,
    class_counts,
    enterprise_registered,
    item_get,
    unit_list,
    version_steps,
)
from borrowers.services import subject_alias_confirm
from borrowers.sheets.correction import BOM
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Action, Cell, Change, Column, Crumb, Kind, Pair, Table
from marketplace.web.language import listed, said
from marketplace.web.pagination import keyset_page, number_page

ITEMS_A_PAGE = 50


@login_required
@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Search the catalogue by class, level, unit and name; a page costs the same however many items there are."""
    require_role(request.user, *CITY_ROLES)
    form = ItemFilterForm(request.GET, units=list(unit_list(request.user)))
    wanted = form.wanted() if form.is_valid() else ItemFilter()
    found = catalogue_list(request.user, wanted)
    page = keyset_page(request, found, field="code", descending=False, size=ITEMS_A_PAGE)
    counts = class_counts(request.user)
    context = {
        "form": form,
        "page": page,
        "table": _items_table(page.rows),
        "total": sum(counts.values()),
        "classes": len(counts),
        "actions": catalogue_actions(request),
        "crumbs": [Crumb("目录与单位")],
    }
    status = form_status(form)
    return render(request, "borrowers/operator/catalogue.html", context, status=status)


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
        "quality": _quality_table(spec),
        "template_url": reverse("borrowers:catalogue-template", args=[found.code]),
        "crumbs": [Crumb("目录与单位", reverse("borrowers:catalogue-list")), Crumb(found.name)],
    }
    return render(request, "borrowers/operator/item.html", context)


@login_required
@require_GET
def versions(request: HttpRequest, code: str) -> HttpResponse:
    """Show the versions of an item's declaration, latest first, each with what it changed."""
    require_role(request.user, *CITY_ROLES)
    found = item_get(request.user, code)
    context = {
        "item": found,
        "steps": [
            (step, [Change(*change) for change in step.changes]) for step in version_steps(found)
        ],
        "crumbs": [
            Crumb("目录与单位", reverse("borrowers:catalogue-list")),
            Crumb(found.name, reverse("borrowers:catalogue-detail", args=[found.code])),
            Crumb("版本"),
        ],
    }
    return render(request, "borrowers/operator/item_versions.html", context)


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
        messages.success(request, "已确认对照；此前因此被拒绝的行请重新报送。")
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


def catalogue_actions(request: HttpRequest) -> list[Action]:
    """Return what can be done with the catalogue: reading for all readers, importing for operators."""
    actions = [
        Action("报送质量", reverse("borrowers:unit-board")),
        Action("主体对照", reverse("borrowers:alias-list")),
        Action("导出目录（xlsx）", reverse("borrowers:catalogue-export")),
        Action("目录导入", reverse("borrowers:catalogue-imports")),
    ]
    if can_handle_data(request.user):
        actions.append(Action("上传文件", reverse("borrowers:batch-upload"), primary=True))
    return actions


def _items_table(items: Iterable[CatalogueItem]) -> Table:
    columns = [
        Column("信息项"),
        Column("代码", Kind.CODE),
        Column("类别"),
        Column("管理层级"),
        Column("来源单位"),
        Column("更新周期"),
        Column("须企业授权"),
        Column("最近一次接收", Kind.DATETIME),
    ]
    return Table(columns, [_item_row(item) for item in items], empty="没有这样的信息项。")


def _item_row(item: CatalogueItem) -> list[Any]:
    rhythm = UpdateRhythm(item.update_rhythm)
    return [
        Cell(
            item.name,
            url=reverse("borrowers:catalogue-detail", args=[item.code]),
            note="" if item.is_active else "已停用",
        ),
        item.code,
        item.get_data_class_display(),
        item.get_administration_display(),
        gettext("%(source_unit)s等") % {"source_unit": item.source_unit.name}
        if item.spec["any_unit"]
        else item.source_unit.name,
        due_words(rhythm, item.due_days),
        "是" if item.consent_required else "否",
        getattr(item, "latest_at", None),
    ]


def due_words(rhythm: UpdateRhythm, due_days: int) -> str:
    """Return rhythm and due term in words.

    >>> due_words(UpdateRhythm.MONTHLY, 15)
    '每月，期满后 15 天内'
    """
    if rhythm is UpdateRhythm.ON_EVENT:
        return gettext("随发生，%(due_days)s 个工作日内") % {"due_days": due_days}
    return gettext("%(words)s，期满后 %(due_days)s 天内") % {
        "words": said(UPDATE_RHYTHM_LABELS[rhythm]),
        "due_days": due_days,
    }


def _item_pairs(found: CatalogueItem, spec: ItemSpec) -> list[Pair]:
    labels = {field.code: field.label for field in spec.fields}
    return [
        Pair("信息项代码", found.code, Kind.CODE),
        Pair("类别", found.get_data_class_display()),
        Pair("管理层级", found.get_administration_display()),
        Pair("来源单位", listed(unit.name for unit in found.units.all())),
        Pair("须企业授权", "是" if found.consent_required else "否"),
        Pair("共享方式", SHARING_MODE_LABELS[spec.sharing_mode]),
        Pair("公开方式", PUBLICATION_LABELS[spec.publication]),
        Pair("依据", found.legal_basis),
        Pair(
            "主体名称、注册号字段",
            listed(labels[code] for code in (spec.name_field, spec.registration_field) if code),
            note="没有有效信用代码的行，按这些字段在登记库中找出候选，由人工核对。",
        ),
        Pair("自然键", listed(labels[code] for code in spec.natural_key) or "每个主体一条"),
        Pair("事件日期", labels.get(spec.event_date, "")),
        Pair("更新周期", due_words(spec.update_rhythm, spec.due_days)),
        Pair(
            "更新时限", gettext("%(freshness_days)s 天") % {"freshness_days": spec.freshness_days}
        ),
        Pair(
            "保存期限",
            gettext("%(retention_months)s 个月") % {"retention_months": spec.retention_months},
            note=spec.retention_basis,
        ),
        Pair(
            "记录存放",
            found.get_kept_in_display(),
            note="逐户从归档文件读出，归档须与数据库一样备份。"
            if found.kept_in == KeptIn.ARCHIVE
            else "",
        ),
        Pair("声明版本", found.version, Kind.NUMBER),
        Pair("状态", "启用" if found.is_active else "停用"),
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
                FIELD_TYPE_LABELS[field.type],
                "是" if field.required else "否",
                LEVEL_LABELS[field.level] if field.kept else "识别后丢弃，不保存",
                listed(field.synonyms),
            ]
            for field in spec.fields
        ],
    )


def _quality_table(spec: ItemSpec) -> Table:
    labels = {field.code: field.label for field in spec.fields}
    columns = [Column("质量规则"), Column("字段"), Column("检查时间")]
    return Table(
        columns,
        [
            [
                rule.demand,
                labels.get(rule.field, ""),
                "每日" if rule.kind is QualityKind.DUE else "每批报送之后",
            ]
            for rule in spec.quality
        ],
        empty="没有声明质量规则。",
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
