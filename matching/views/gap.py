"""The city's page on gaps: which unit's item leaves how many enterprises "无法判断", and which products ask for it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from borrowers.policies import CITY_ROLES
from marketplace.policies import require_role
from marketplace.web.components import Cell, Column, Crumb, Kind, Stat, Table, Tone
from marketplace.web.language import bracketed, listed_first, said
from matching.domain.gaps import GAP_LABELS, GapKind
from matching.selectors.gaps import GapLine, GapReport, gap_report

TONES = {
    GapKind.NOT_DELIVERED: Tone.BAD,
    GapKind.OUTDATED: Tone.BAD,
    GapKind.INCOMPLETE: Tone.WARN,
    GapKind.NONE: Tone.GOOD,
}
LACKING = (
    "存续企业中，因没有可用记录而至少有一项由该信息项算出的指标缺失的户数；假定企业均已授权。"
    "名单、处罚一类已送达的，没有记录即为 0，不算缺失。"
)
PRODUCTS = "在架产品中，现行准入规则要求这些指标的产品数。"
NAMES_SHOWN = 3
"""Indicators and products of an item named on the page; the interface names all."""
PAIRS = "户数乘产品数：至多有这么多对企业与产品，因该信息项缺失而有规则无法判断。"


@login_required
@require_GET
def gaps(request: HttpRequest) -> HttpResponse:
    """List the items that indicators are made of, the gravest gap first."""
    require_role(request.user, *CITY_ROLES)
    report = gap_report(timezone.now())
    context = {
        "stats": _stats(report),
        "table": _table(report),
        "counted_at": report.counted_at,
        "crumbs": [
            Crumb("目录与单位", reverse("borrowers:catalogue-list")),
            Crumb("报送质量", reverse("borrowers:unit-board")),
            Crumb("数据缺口"),
        ],
    }
    return render(request, "matching/operator/gap_list.html", context)


def _stats(report: GapReport) -> list[Stat]:
    open_lines = [line for line in report.lines if line.gap.lacking]
    units = {line.unit_code for line in open_lines}
    return [
        Stat("存续企业", report.active, "登记库中登记状态为存续的企业。", unit="户"),
        Stat("有缺口的信息项", len(open_lines), LACKING, unit="项"),
        Stat("涉及单位", len(units), "这些信息项的责任单位数。", unit="个"),
    ]


def _table(report: GapReport) -> Table:
    columns = [
        Column("信息项"),
        Column("责任单位"),
        Column("缺口", Kind.BADGE),
        Column("无法判断的户数", Kind.NUMBER, LACKING),
        Column("缺失的指标"),
        Column("涉及产品", Kind.NUMBER, PRODUCTS),
        Column("企业与产品对数", Kind.NUMBER, PAIRS),
        Column("最近一次送达", Kind.DATETIME),
    ]
    return Table(columns, [_row(line) for line in report.lines], empty="没有由信息项算出的指标。")


def _row(line: GapLine) -> list[Any]:
    gap = line.gap
    item = Cell(line.name, note=gap.item)
    unit = Cell(line.unit_name)
    if line.unit_code:
        item = Cell(
            line.name, reverse("borrowers:catalogue-detail", args=[gap.item]), note=gap.item
        )
        unit = Cell(line.unit_name, reverse("borrowers:unit-detail", args=[line.unit_code]))
    return [
        item,
        unit,
        Cell(GAP_LABELS[gap.kind], tone=TONES[gap.kind]),
        gap.lacking,
        listed_first(
            [bracketed(said(one.declaration.label), f"{one.lacking:,}") for one in gap.indicators],
            NAMES_SHOWN,
        ),
        Cell(len(gap.products), note=listed_first(line.product_names, NAMES_SHOWN)),
        gap.pairs,
        line.latest_at,
    ]
