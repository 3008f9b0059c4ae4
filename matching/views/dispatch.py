"""Pages of the operator: needs that look for a lender, dispatch, and the clocks of leads; never a name."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from lenders.views.attempt import attempted, form_status
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from marketplace.web.components import Cell, Column, Crumb, Kind, Table
from marketplace.web.labels import tone_of
from marketplace.web.pagination import number_page
from matching.domain.demand import DEMAND_STATE_LABELS, DemandState
from matching.domain.lead import LEAD_ORIGIN_LABELS, LeadOrigin
from matching.forms.lead import DispatchForm, LateFilter, SearchingFilter
from matching.models import DemandLead
from matching.selectors.dispatch import Suggestion, dispatch_suggestions
from matching.selectors.lead import (
    leads_of,
    leads_supervised,
    masked,
    masked_get,
    masked_many,
    searching_get,
    searching_list,
)
from matching.services.demand_mode import demand_dispatch
from matching.views.masked import (
    HIDDEN,
    lead_state_label,
    masked_pairs,
    need_note,
    need_title,
    time_cell,
)
from matching.views.pool import return_words


@login_required
@require_GET
def assign_list(request: HttpRequest) -> HttpResponse:
    """List the needs that look for a lender, the next due first. Queries: at most 8, whatever the number of rows."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, Role.OPERATOR)
    form = SearchingFilter(request.GET)
    form.is_valid()
    page = number_page(request, searching_list(user, now, form.cleaned_data.get("state", "")))
    context = {
        "form": form,
        "page": page,
        "table": _needs_table(list(page.object_list), now),
        "lead": HIDDEN,
        "crumbs": [Crumb("需求派单")],
    }
    return render(request, "matching/operator/assign_list.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def assign_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a need without a name, its leads, and the lenders suggested; dispatch it. Queries: at most 20."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, Role.OPERATOR)
    demand = searching_get(user, public_id)
    is_waiting = demand.state == "TO_DISPATCH"
    suggestions = dispatch_suggestions(demand, now) if is_waiting else []
    form = DispatchForm(request.POST or None, suggestions=suggestions)
    lead = attempted(
        form,
        lambda: demand_dispatch(
            demand_id=public_id,
            institution_code=form.cleaned_data["institution"],
            actor=user,
            at=now,
        ),
    )
    if lead is not None:
        messages.success(
            request,
            gettext("已派单至%(organisation)s。")
            % {"organisation": lead.institution.organisation.name},
        )
        return redirect("matching:assign-detail", public_id)
    need = masked_get(demand, now)
    context = {
        "title": need_title(need),
        "state": DEMAND_STATE_LABELS[DemandState(demand.state)],
        "tone": tone_of(demand.state).value,
        "pairs": masked_pairs(need),
        "lead": HIDDEN,
        "leads": _leads_table(leads_of(demand), now),
        "form": form if suggestions else None,
        "suggestions": _suggestions_table(suggestions),
        "is_waiting": is_waiting,
        "crumbs": [Crumb("需求派单", reverse("matching:assign-list")), Crumb("需求")],
    }
    status = form_status(form)
    return render(request, "matching/operator/assign_detail.html", context, status=status)


@login_required
@require_GET
def lead_watch(request: HttpRequest) -> HttpResponse:
    """List open leads by deadline. Queries: at most 8, whatever the number of rows."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, Role.OPERATOR)
    form = LateFilter(request.GET)
    form.is_valid()
    found = leads_supervised(user, now, is_late=bool(form.cleaned_data.get("late")))
    page = number_page(request, found)
    rows: list[DemandLead] = list(page.object_list)
    context = {
        "form": form,
        "page": page,
        "table": _watch_table(rows, now),
        "crumbs": [Crumb("接单督办")],
    }
    return render(request, "matching/operator/lead_watch.html", context, status=form_status(form))


def _needs_table(rows: list[dict[str, Any]], now: datetime) -> Table:
    columns = [
        Column("行业与区域"),
        Column("金额", Kind.MONEY),
        Column("期限", Kind.MONTHS),
        Column("担保方式"),
        Column("时限", Kind.BADGE, "抢单截止，或应当派单的时间；红色表示已超时。"),
        Column("状态", Kind.BADGE),
    ]
    found = []
    for row in rows:
        need = masked(row)
        due = row["dispatch_due_at"] if row["state"] == "TO_DISPATCH" else None
        closes = need.closes_at if row["state"] == "IN_POOL" else None
        url = reverse("matching:assign-detail", args=[need.id])
        found.append(
            [
                Cell(need_title(need), url=url, note=need_note(need)),
                need.amount_yuan,
                need.term_months,
                need.guarantee,
                time_cell(due or closes, now),
                Cell(DEMAND_STATE_LABELS[DemandState(row["state"])], tone=tone_of(row["state"])),
            ]
        )
    return Table(columns, found, caption="寻找机构的需求", empty="没有这样的需求。")


def _suggestions_table(found: list[Suggestion]) -> Table:
    columns = [
        Column("次序", Kind.NUMBER),
        Column("机构"),
        Column("服务该区"),
        Column("适合的产品", Kind.NUMBER, "按需求摘要不被排除的在架产品数。"),
        Column(
            "条件已知符合", Kind.PERCENT, "最适合的产品中，仅凭需求摘要就能判定符合的条件占比。"
        ),
        Column("人均在办", Kind.NUMBER, "待处理的线索与审批前的申请，按客户经理平均。"),
    ]
    rows = [
        [
            place,
            Cell(entry.institution.organisation.name, note=entry.before),
            "有网点" if entry.candidate.serves_district else "兜底网点",
            entry.candidate.products,
            entry.candidate.fit_share,
            round(entry.candidate.load, 1),
        ]
        for place, entry in enumerate(found, start=1)
    ]
    return Table(columns, rows)


def _leads_table(rows: list[DemandLead], now: datetime) -> Table:
    columns = [
        Column("机构"),
        Column("来源"),
        Column("推送时间", Kind.DATETIME),
        Column("时限", Kind.BADGE),
        Column("状态", Kind.BADGE),
    ]
    found = [
        [
            row.institution.organisation.name,
            LEAD_ORIGIN_LABELS[LeadOrigin(row.origin)],
            row.offered_at,
            time_cell(row.clock_due_at, now, row.clock_is_provisional),
            Cell(lead_state_label(row), tone=tone_of(row.state), note=return_words(row)),
        ]
        for row in rows
    ]
    return Table(columns, found, empty="还没有推送过机构。")


def _watch_table(rows: list[DemandLead], now: datetime) -> Table:
    columns = [
        Column("机构"),
        Column("需求"),
        Column("来源"),
        Column("时限", Kind.BADGE, "机构接单或企业答复应当完成的时间；红色表示已超时。"),
        Column("状态", Kind.BADGE),
    ]
    needs = masked_many([row.demand_id for row in rows], now)
    found = [
        [
            Cell(
                row.institution.organisation.name,
                url=reverse("matching:assign-detail", args=[row.demand.public_id]),
                note=row.branch.name if row.branch else "",
            ),
            need_title(needs[row.demand_id]),
            LEAD_ORIGIN_LABELS[LeadOrigin(row.origin)],
            time_cell(row.clock_due_at, now, row.clock_is_provisional),
            Cell(lead_state_label(row), tone=tone_of(row.state)),
        ]
        for row in rows
    ]
    return Table(columns, found, caption="待答复的线索", empty="没有这样的线索。")
