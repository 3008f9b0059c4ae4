"""Pages of a district's staff about the seats of an event: both ways side by side, the plan, results, the workbook."""

from __future__ import annotations

import io
import uuid
from itertools import groupby
from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from lenders.views.attempt import reader
from marketplace.domain.errors import NotFound
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Stat, Table
from marketplace.web.language import said
from matching.domain.assignment import METHOD_LABELS, Assignment, Method
from matching.models import EventInvitation, EventMeeting, MatchmakingEvent
from matching.policies.event import roles_towards_event
from matching.selectors.event import (
    event_figures,
    event_get,
    follow_ups_of,
    invitations_of,
    meetings_of,
)
from matching.selectors.event_plan import EventWays, event_ways
from matching.selectors.event_sheet import event_sheet_write
from matching.services.event_assign import event_assign
from matching.views.district_whitelist import XLSX
from matching.views.event_words import (
    EVENT_TONES,
    board_crumb,
    event_crumb,
    follow_up_table,
    guest_name,
    invited_name,
    lender_name,
    outcome_cell,
    slot_words,
    table_words,
    why_words,
)


@login_required
@require_GET
def plan(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the seats as assigned, and while the sign-up is open both ways as they would come out now.

    Queries: at most 20, whatever the number of meetings.
    """
    user = reader(request)
    event = event_get(user, public_id)
    is_open = event.state == "SIGN_UP"
    ways = event_ways(event, timezone.now()) if is_open else None
    rows = list(meetings_of(event))
    context = {
        "event": event,
        "tone": EVENT_TONES[event.state].value,
        "ways": _ways_table(ways) if ways else None,
        "choices": _choices(event) if ways and roles_towards_event(user, event.district_id) else [],
        "cost": f"{ways.cost_bp / 100:.1f}%" if ways else "",
        "chosen": METHOD_LABELS[Method(event.method)] if event.method else "",
        "stats": _stats(event),
        "slots": _slot_tables(event, rows),
        "unmet": _unmet_table(event),
        "crumbs": [board_crumb(), event_crumb(event), Crumb("排座")],
    }
    return render(request, "matching/district/event_plan.html", context)


@login_required
@require_POST
def assign(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Seat everybody who signed up by one of the two ways."""
    user = reader(request)
    event = event_get(user, public_id)
    method = request.POST.get("method", Method.OPTIMAL.value)
    if method not in set(Method):
        raise NotFound
    event_assign(event=event, method=Method(method), actor=user, at=timezone.now())
    messages.success(request, "已排座，请核对后由复核人员确认。")
    return redirect("matching:event-plan", public_id)


@login_required
@require_GET
def results(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show what came of an event's meetings, and how far the intentions have come.

    Queries: at most 20, whatever the number of meetings.
    """
    user = reader(request)
    event = event_get(user, public_id)
    figures = event_figures(event)
    rows = meetings_of(event)
    stats = [
        Stat("面谈", figures.meetings, "已排座的场数。", unit="场"),
        Stat("达成意向", figures.intended, "面谈结果为达成意向的场数。", unit="场"),
        Stat("意向金额", figures.intended_yuan, "各场意向金额之和，不是授信。", Kind.MONEY),
        Stat("未登记", figures.unrecorded, "还没有登记结果的面谈。", unit="场"),
        Stat("已放款", figures.disbursed, "跟踪中反馈已放款的意向。", unit="项"),
    ]
    context = {
        "event": event,
        "tone": EVENT_TONES[event.state].value,
        "stats": stats,
        "table": _results_table(list(rows)),
        "follow_ups": follow_up_table(follow_ups_of(rows), timezone.now()),
        "actions": [Action("下载（XLSX）", reverse("matching:event-sheet", args=[public_id]))],
        "crumbs": [board_crumb(), event_crumb(event), Crumb("面谈结果与跟踪")],
    }
    return render(request, "matching/district/event_results.html", context)


@login_required
@require_GET
def sheet(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hand out plan, results and follow-ups as a workbook."""
    event = event_get(reader(request), public_id)
    stream = io.BytesIO()
    event_sheet_write(event, stream, timezone.now())
    name = quote(f"{event.title}-排座与结果.xlsx")
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return HttpResponse(stream.getvalue(), content_type=XLSX, headers=headers)


def _choices(event: MatchmakingEvent) -> list[dict[str, str]]:
    url = reverse("matching:event-assign", args=[event.public_id])
    return [
        {
            "label": gettext("采用%(label)s") % {"label": said(label)},
            "value": method.value,
            "url": url,
        }
        for method, label in METHOD_LABELS.items()
    ]


def _ways_table(ways: EventWays) -> Table:
    columns = [
        Column("方式"),
        Column("得到面谈的企业", Kind.NUMBER, "至少安排一场面谈的企业数。"),
        Column("面谈场数", Kind.NUMBER),
        Column("匹配度之和", Kind.NUMBER, "每场面谈匹配度的合计；构成见页末。"),
        Column("羡慕数", Kind.NUMBER, "更愿意去别的企业所去机构的企业数。"),
        Column("不稳定对数", Kind.NUMBER, "双方都更愿意彼此面谈、却没有排到一起的企业与机构。"),
    ]
    rows = [
        _way_row(label, ways.of(method), len(ways.case.guests))
        for method, label in METHOD_LABELS.items()
    ]
    return Table(columns, rows)


def _way_row(label: str, found: Assignment, needs: int) -> list[Any]:
    return [
        label,
        Cell(found.covered, note=gettext("共 %(needs)s 家报名") % {"needs": needs}),
        len(found.chosen),
        found.utility,
        found.envy,
        found.blocking,
    ]


def _stats(event: MatchmakingEvent) -> list[Stat]:
    figures = event.figures
    if not figures:
        return []
    return [
        Stat(
            "得到面谈",
            figures["covered"],
            gettext("共 %(needs)s 家企业报名。") % {"needs": figures["needs"]},
            unit="家",
        ),
        Stat("面谈", figures["meetings"], "已排座的场数。", unit="场"),
        Stat("匹配度之和", figures["utility"], "每场面谈匹配度的合计。", unit="分"),
        Stat("羡慕数", figures["envy"], "更愿意去别的企业所去机构的企业数。", unit="家"),
        Stat(
            "不稳定对数", figures["blocking"], "双方都更愿意彼此面谈、却没有排到一起。", unit="对"
        ),
    ]


def _slot_tables(event: MatchmakingEvent, rows: list[EventMeeting]) -> list[dict[str, Any]]:
    """Return the plan slot by slot, institutions and tables in their order."""
    columns = [
        Column("机构"),
        Column("席号"),
        Column("企业"),
        Column("匹配度", Kind.NUMBER, "产品条件、网点与双方志愿合计的分数。"),
        Column("为什么"),
    ]
    found = []
    for slot, group in groupby(rows, key=lambda row: row.slot):
        cells = [
            [
                lender_name(row),
                table_words(row),
                guest_name(row),
                row.utility,
                Cell(why_words(row.why), note=row.fit),
            ]
            for row in group
        ]
        found.append({"words": slot_words(event, slot), "table": Table(columns, cells)})
    return found


def _unmet_table(event: MatchmakingEvent) -> Table | None:
    """Return the enterprises without a meeting and why, None when nothing is assigned."""
    if not event.figures:
        return None
    why: dict[str, str] = event.figures["unmet"]
    rows = [row for row in invitations_of(event) if str(row.public_id) in why]
    cells = [[_named(row), why_words(why[str(row.public_id)])] for row in rows]
    return Table([Column("企业"), Column("原因")], cells, empty="报名企业都得到了面谈。")


def _named(row: EventInvitation) -> Cell:
    return Cell(invited_name(row), note=row.enterprise.uscc if row.enterprise else "")


def _results_table(rows: list[EventMeeting]) -> Table:
    columns = [
        Column("企业"),
        Column("机构"),
        Column("时段", Kind.NUMBER),
        Column("意向金额", Kind.MONEY, "双方面谈时的意向，不是授信。"),
        Column("结果", Kind.BADGE),
        Column("后续"),
    ]
    found = []
    for row in rows:
        address = reverse("matching:event-meeting", args=[row.public_id])
        intention = getattr(row, "intention", None)
        lead = intention.lead if intention else None
        found.append(
            [
                Cell(guest_name(row), address),
                lender_name(row),
                row.slot + 1,
                intention.amount_yuan if intention else None,
                outcome_cell(row),
                "已转为融资线索" if lead else "",
            ]
        )
    return Table(columns, found, empty="没有面谈。")
