"""The city operator's pages on source units: timeliness and quality by month, a unit's items and findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from borrowers.domain.rhythm import UpdateRhythm
from borrowers.domain.unit_board import DEFINITIONS
from borrowers.forms import MonthForm
from borrowers.models import QualityFinding
from borrowers.policies import CITY_ROLES
from borrowers.selectors import finding_list, unit_board, unit_items, unit_named
from borrowers.selectors.unit_board import UnitItem, UnitLine
from borrowers.sheets import unit_board_workbook
from borrowers.views.operator_catalogue import due_words
from marketplace.domain.workdays import local_date
from marketplace.policies import require_role
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Table, Tone
from marketplace.web.download import XLSX, file_answer
from marketplace.web.pagination import keyset_page, number_page

ITEMS_A_PAGE = 50


@login_required
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Show timeliness and quality of every unit in a month."""
    require_role(request.user, *CITY_ROLES)
    at = timezone.now()
    form = MonthForm(request.GET, today=local_date(at))
    month = form.wanted()
    lines = unit_board(request.user, month, at)
    sheet = f"{reverse('borrowers:unit-board-sheet')}?month={month.start:%Y-%m}"
    context = {
        "form": form,
        "month": month.start,
        "table": _board_table(lines),
        "definitions": DEFINITIONS.values(),
        "actions": [
            Action("数据缺口", reverse("matching:gap-list")),
            Action("导出（xlsx）", sheet),
        ],
        "crumbs": [_catalogue_crumb(), Crumb("报送质量")],
    }
    return render(request, "borrowers/operator/unit_board.html", context)


@login_required
@require_GET
def board_sheet(request: HttpRequest) -> HttpResponse:
    """Give the board of a month as a workbook."""
    require_role(request.user, *CITY_ROLES)
    at = timezone.now()
    month = MonthForm(request.GET, today=local_date(at)).wanted()
    content = unit_board_workbook(unit_board(request.user, month, at), month, at)
    name = f"来源单位报送质量-{month.start:%Y-%m}"
    return file_answer(content, XLSX, f"units-{month.start:%Y%m}", name)


@login_required
@require_GET
def unit(request: HttpRequest, code: str) -> HttpResponse:
    """Show the items a unit answers for and where their rules were not kept."""
    require_role(request.user, *CITY_ROLES)
    found = unit_named(request.user, code)
    is_all = request.GET.get("all") == "1"
    page = keyset_page(request, finding_list(request.user, found, is_open=not is_all), field="id")
    items = number_page(request, unit_items(found, timezone.now()), size=ITEMS_A_PAGE)
    context = {
        "unit": found,
        "items_page": items,
        "items": _items_table(items.object_list),
        "page": page,
        "is_all": is_all,
        "actions": [Action("接口令牌", reverse("borrowers:unit-tokens", args=[code]))],
        "findings": _findings_table(page.rows),
        "crumbs": [
            _catalogue_crumb(),
            Crumb("报送质量", reverse("borrowers:unit-board")),
            Crumb(found.name),
        ],
    }
    return render(request, "borrowers/operator/unit.html", context)


def _catalogue_crumb() -> Crumb:
    return Crumb("目录与单位", reverse("borrowers:catalogue-list"))


def _board_table(lines: Iterable[UnitLine]) -> Table:
    columns = [
        Column("来源单位"),
        Column("信息项", Kind.NUMBER, DEFINITIONS["items"]),
        Column("应报期数", Kind.NUMBER, "本月到期、已过期限或已送达的期数。"),
        Column("上报率", Kind.PERCENT, DEFINITIONS["delivery"]),
        Column("及时率", Kind.PERCENT, DEFINITIONS["timeliness"]),
        Column("随发生及时率", Kind.PERCENT, DEFINITIONS["events"]),
        Column("合规率", Kind.PERCENT, DEFINITIONS["acceptance"]),
        Column("未消除", Kind.NUMBER, DEFINITIONS["findings"]),
        Column("最近一次接收", Kind.DATETIME, DEFINITIONS["latest_at"]),
        Column("下一期限", Kind.DATE, DEFINITIONS["next_due"]),
    ]
    return Table(columns, [_board_row(line) for line in lines], empty="还没有来源单位。")


def _board_row(line: UnitLine) -> list[Any]:
    figures = line.figures
    return [
        Cell(line.unit.name, url=reverse("borrowers:unit-detail", args=[line.unit.code])),
        figures.items,
        figures.periods.owed,
        figures.delivery,
        figures.timeliness,
        figures.event_timeliness,
        figures.acceptance,
        Cell(figures.findings, tone=Tone.WARN if figures.findings else Tone.NEUTRAL),
        figures.latest_at,
        figures.next_due,
    ]


def _items_table(items: Iterable[UnitItem]) -> Table:
    columns = [
        Column("信息项"),
        Column("更新周期"),
        Column("最近一次送达", Kind.DATETIME),
        Column("下一期限", Kind.DATE, DEFINITIONS["next_due"]),
        Column("未消除", Kind.NUMBER, DEFINITIONS["findings"]),
    ]
    return Table(
        columns,
        [
            [
                Cell(
                    line.item.name,
                    url=reverse("borrowers:catalogue-detail", args=[line.item.code]),
                    note=line.item.code,
                ),
                due_words(UpdateRhythm(line.item.update_rhythm), line.item.due_days),
                line.latest_at,
                line.next_due,
                line.findings,
            ]
            for line in items
        ],
        empty="本单位没有负责的信息项。",
    )


def _findings_table(rows: Iterable[QualityFinding]) -> Table:
    columns = [
        Column("信息项"),
        Column("发现"),
        Column("批次"),
        Column("发现日期", Kind.DATE),
        Column("消除时间", Kind.DATETIME),
    ]
    return Table(columns, [_finding_row(row) for row in rows], empty="没有未消除的发现。")


def _finding_row(row: QualityFinding) -> list[Any]:
    batch = Cell("")
    if row.batch is not None:
        address = reverse("borrowers:batch-detail", args=[row.batch.public_id])
        batch = Cell(row.batch.file_name, url=address)
    return [row.item.name, row.sentence, batch, row.found_on, row.closed_at]
