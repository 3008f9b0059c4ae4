"""How far institutions are with published whitelists, for district and city: receipts, coverage, what is late."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from lenders.views.attempt import reader
from marketplace.domain.workdays import Deadline
from marketplace.policies import require_role
from marketplace.web.components import Cell, Clock, Column, Crumb, Kind, Pair, Table, Tone
from marketplace.web.language import bracketed
from marketplace.web.pagination import number_page
from matching.models import Whitelist
from matching.policies.whitelist import CITY_ROLES, DISTRICT_ROLES
from matching.selectors.clock import ClockTable, clock_table
from matching.selectors.whitelist_duty import (
    Coverage,
    ReceiptLine,
    contact_due,
    contacts_waiting,
    coverage_of,
    receipt_lines,
    watched_lists,
)

COVERED = "有机构登记对接的入选企业，占入选企业的比例；要求 100%。"


@login_required
@require_GET
def watch(request: HttpRequest) -> HttpResponse:
    """List the live whitelists with how far institutions are, the oldest first. Queries: at most 12."""
    user, now = reader(request), timezone.now()
    require_role(user, *DISTRICT_ROLES, *CITY_ROLES)
    page = number_page(request, watched_lists(user, now))
    context = {
        "page": page,
        "table": _watch_table(list(page.object_list), now),
        "crumbs": [Crumb("白名单", reverse("matching:whitelist-list")), Crumb("清单督办")],
    }
    return render(request, "matching/district/whitelist_watch.html", context)


def receipts_tables(whitelist: Whitelist) -> tuple[Table, Table]:
    """Return the receipts of the institutions that took somebody on, and of those that did not. Queries: two."""
    lines = receipt_lines(whitelist)
    taken = _receipts_table(line for line in lines if line.taken)
    return taken, _receipts_table(line for line in lines if not line.taken)


def _receipts_table(lines: Iterable[ReceiptLine]) -> Table:
    """Return receipts with what each institution did since."""
    columns = [
        Column("机构"),
        Column("送达时间", Kind.DATETIME),
        Column("通知人数", Kind.NUMBER, "推送时收到通知的客户经理与审批人数。"),
        Column("已读时间", Kind.DATETIME, "该机构首次打开推荐清单的时间。"),
        Column("首次对接", Kind.DATETIME),
        Column("已对接", Kind.NUMBER, "登记由本机构对接的户数。"),
        Column("已反馈", Kind.NUMBER, "其中已反馈结果的户数。"),
        Column("有意向", Kind.NUMBER, "其中有意向并引导申请的户数。"),
    ]
    rows = [
        [
            line.institution,
            line.pushed_at,
            line.told,
            Cell(line.read_at, note="" if line.read_at else "未读"),
            line.first_contact_at,
            line.taken,
            line.reported,
            line.will_apply,
        ]
        for line in lines
    ]
    return Table(columns, rows, empty="尚无机构对接。")


def duty_pairs(whitelist: Whitelist) -> list[Pair]:
    """Return coverage and deadline of a published list."""
    coverage = coverage_of([whitelist])[whitelist.pk]
    due = contact_due(whitelist, clock_table())
    pairs = [
        Pair("对接覆盖", _covered(coverage), definition=COVERED),
        Pair("未对接", coverage.left, Kind.NUMBER),
        Pair("已反馈", coverage.reported, Kind.NUMBER),
        Pair("对接截止", due.at if due else None, Kind.DATETIME, note=_provisional(due)),
        Pair("督办时间", whitelist.escalated_at, Kind.DATETIME),
    ]
    return [pair for pair in pairs if pair.value is not None]


def _watch_table(rows: list[Whitelist], now: datetime) -> Table:
    columns = [
        Column("名单"),
        Column("区"),
        Column("入选", Kind.NUMBER, "现在仍列入的企业户数，不含已移出。"),
        Column("对接覆盖", Kind.TEXT, COVERED),
        Column("未对接", Kind.NUMBER),
        Column("待反馈", Kind.NUMBER, "机构已登记对接、尚未反馈结果的户次。"),
        Column("对接时限", Kind.BADGE, "全部入选企业应当对接完成的时间；红色表示已超时。"),
        Column("督办时间", Kind.DATETIME),
    ]
    table, coverage, waiting = clock_table(), coverage_of(rows), contacts_waiting(rows)
    found = [
        [
            Cell(row.title, reverse("matching:whitelist-detail", args=[row.public_id])),
            row.district.name,
            coverage[row.pk].listed,
            _covered(coverage[row.pk]),
            coverage[row.pk].left,
            waiting.get(row.pk, 0),
            _due_cell(row, coverage[row.pk], table, now),
            row.escalated_at,
        ]
        for row in rows
    ]
    return Table(columns, found, empty="没有在有效期内的名单。")


def _due_cell(row: Whitelist, coverage: Coverage, table: ClockTable, now: datetime) -> Cell:
    due = contact_due(row, table)
    if not coverage.left:
        return Cell("已全部对接", tone=Tone.GOOD)
    clock = Clock("", due.at if due else None, now)
    local = gettext("%(due)s 截止") % {"due": f"{timezone.localtime(due.at):%m-%d}"} if due else ""
    return Cell(clock.sentence, tone=clock.tone, note=local + _provisional(due))


def _covered(coverage: Coverage) -> str:
    reached = f"{coverage.contacted} / {coverage.listed}"
    return reached if coverage.share is None else bracketed(reached, f"{coverage.share:.0%}")


def _provisional(due: Deadline | None) -> str:
    return "（暂定）" if due and due.provisional else ""
