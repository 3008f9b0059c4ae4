"""Pages of a lender's officer: the pool without names, and the leads the lender works on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lenders.selectors import institution_of
from lenders.views.attempt import attempted, form_status
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import require_role, roles_in, signed_in
from marketplace.web.components import Cell, Column, Crumb, Kind, Table
from marketplace.web.labels import tone_of
from marketplace.web.language import said
from marketplace.web.pagination import number_page
from matching.domain.lead import (
    LEAD,
    LEAD_EVENT_LABELS,
    LEAD_ORIGIN_LABELS,
    RETURN_LABELS,
    LeadOrigin,
    ReturnCode,
)
from matching.forms.lead import LeadFilter, LeadReturnForm, PoolFilter, TakeForm
from matching.models import DemandLead, LeadEvent
from matching.policies.application import LENDER_ROLES
from matching.selectors.eligible import eligible_offers_of
from matching.selectors.lead import (
    MaskedNeed,
    lead_events,
    lead_get,
    lead_list,
    masked,
    masked_get,
    masked_many,
    pool_get,
    pool_list,
)
from matching.services.lead_answer import lead_return, lead_take, pool_take
from matching.views.masked import (
    HIDDEN,
    lead_state_label,
    masked_pairs,
    need_note,
    need_title,
    time_cell,
)


@login_required
@require_GET
def pool(request: HttpRequest) -> HttpResponse:
    """List the needs that can be taken now, without names. Queries: at most 8, whatever the number of rows."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, *LENDER_ROLES)
    form = PoolFilter(request.GET)
    form.is_valid()
    asked = {
        "district_code": form.cleaned_data.get("district", ""),
        "guarantee": form.cleaned_data.get("guarantee", ""),
    }
    page = number_page(request, pool_list(user, now, **asked))
    needs = [masked(row) for row in page.object_list]
    context = {
        "form": form,
        "page": page,
        "table": _pool_table(needs, now),
        "lead": HIDDEN,
        "crumbs": [Crumb("抢单池")],
    }
    return render(request, "matching/officer/pool_list.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def pool_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a need of the pool without a name, and take it. Queries: at most 14 for the page."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, *LENDER_ROLES)
    demand = pool_get(user, public_id)
    institution = institution_of(user)
    offers = eligible_offers_of(institution, demand, now)
    form = TakeForm(request.POST or None, offers=offers)
    lead = attempted(
        form,
        lambda: pool_take(
            demand_id=public_id,
            product_id=uuid.UUID(form.cleaned_data["product"]),
            actor=user,
            at=now,
        ),
    )
    if lead is not None:
        messages.success(request, "抢单成功，已邀请企业确认授权。")
        return redirect("matching:lead-detail", lead.public_id)
    need = masked_get(demand, now)
    is_officer = Role.OFFICER in roles_in(user, institution.organisation_id)
    own = lead_list(user).filter(demand=demand).first()
    context = {
        "need": need,
        "pairs": masked_pairs(need),
        "title": need_title(need),
        "lead": HIDDEN,
        "form": form if offers and is_officer and own is None else None,
        "has_offers": bool(offers),
        "own": own,
        "crumbs": [Crumb("抢单池", reverse("matching:pool-list")), Crumb("需求")],
    }
    return render(request, "matching/officer/pool_detail.html", context, status=form_status(form))


@login_required
@require_GET
def leads(request: HttpRequest) -> HttpResponse:
    """List the lender's leads by deadline. Queries: at most 8, whatever the number of rows."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, *LENDER_ROLES)
    form = LeadFilter(request.GET)
    form.is_valid()
    is_open = form.cleaned_data.get("scope") != "done"
    page = number_page(request, lead_list(user, is_open=is_open))
    context = {
        "form": form,
        "page": page,
        "table": _lead_table(list(page.object_list), now),
        "crumbs": [Crumb("需求线索")],
    }
    return render(request, "matching/officer/lead_list.html", context, status=form_status(form))


@login_required
@require_GET
def lead_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a lead without a name, its steps, and what may be done. Queries: at most 14."""
    user = signed_in(request.user)
    return _lead_page(request, lead_get(user, public_id), user, {})


@login_required
@require_POST
def lead_take_act(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a need that was dispatched or directed here."""
    user, now = signed_in(request.user), timezone.now()
    lead = lead_get(user, public_id)
    form = TakeForm(request.POST, offers=eligible_offers_of(lead.institution, lead.demand, now))
    done = attempted(
        form,
        lambda: lead_take(
            lead_id=public_id,
            product_id=uuid.UUID(form.cleaned_data["product"]),
            actor=user,
            at=now,
        ),
    )
    if done is None:
        return _lead_page(request, lead, user, {"TAKE": form})
    messages.success(request, "已接单，已邀请企业确认授权。")
    return redirect("matching:lead-detail", public_id)


@login_required
@require_POST
def lead_return_act(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Give a lead back with a reason."""
    user = signed_in(request.user)
    lead = lead_get(user, public_id)
    form = LeadReturnForm(request.POST)
    done = attempted(
        form,
        lambda: lead_return(lead_id=public_id, **form.cleaned_data, actor=user, at=timezone.now()),
    )
    if done is None:
        return _lead_page(request, lead, user, {"RETURN": form})
    messages.success(request, "已退回，平台将另行安排机构。")
    return redirect("matching:lead-detail", public_id)


def _lead_page(
    request: HttpRequest, lead: DemandLead, user: User, bound: Mapping[str, forms.Form]
) -> HttpResponse:
    now = timezone.now()
    events = lead_events(lead)
    need = masked_get(lead.demand, now)
    context = {
        "item": lead,
        "state": lead_state_label(lead),
        "tone": tone_of(lead.state).value,
        "origin": LEAD_ORIGIN_LABELS[LeadOrigin(lead.origin)],
        "title": need_title(need),
        "pairs": masked_pairs(need),
        "lead": HIDDEN,
        "clock": time_cell(lead.clock_due_at, now, lead.clock_is_provisional),
        "steps": _steps_table(events),
        "reason": return_words(lead),
        "application": lead.application,
        "crumbs": [Crumb("需求线索", reverse("matching:lead-list")), Crumb("线索")],
    } | _acts(lead, user, events, bound, now)
    status = 422 if any(form.errors for form in bound.values()) else 200
    return render(request, "matching/officer/lead_detail.html", context, status=status)


def _acts(
    lead: DemandLead,
    user: User,
    events: list[LeadEvent],
    bound: Mapping[str, forms.Form],
    now: datetime,
) -> dict[str, forms.Form | None]:
    roles = roles_in(user, lead.institution.organisation_id)
    offered = {row.event for row in LEAD.events_for(lead.state, roles)}
    has_returned = any(event.event == "RETURN" for event in events)
    take = bound.get("TAKE")
    if take is None and "TAKE" in offered:
        take = TakeForm(offers=eligible_offers_of(lead.institution, lead.demand, now))
    give_back = bound.get("RETURN") or LeadReturnForm()
    return {
        "take_form": take if "TAKE" in offered else None,
        "return_form": give_back if "RETURN" in offered and not has_returned else None,
    }


def return_words(lead: DemandLead) -> str:
    """Return why a lead was given back, empty when it was not."""
    if not lead.return_code:
        return ""
    return (
        gettext("%(words)s。%(return_note)s")
        % {
            "words": said(RETURN_LABELS[ReturnCode(lead.return_code)]),
            "return_note": lead.return_note,
        }
    ).rstrip()


def _pool_table(needs: list[MaskedNeed], now: datetime) -> Table:
    columns = [
        Column("行业与区域"),
        Column("金额", Kind.MONEY),
        Column("期限", Kind.MONTHS),
        Column("担保方式"),
        Column("剩余名额", Kind.NUMBER, "还可由几家机构接单，先到先得，一家机构限一次。"),
        Column("抢单截止", Kind.BADGE),
    ]
    rows = [
        [
            Cell(
                need_title(need),
                url=reverse("matching:pool-detail", args=[need.id]),
                note=need_note(need),
            ),
            need.amount_yuan,
            need.term_months,
            need.guarantee,
            need.slots_free,
            time_cell(need.closes_at, now),
        ]
        for need in needs
    ]
    return Table(columns, rows, caption="可抢的需求", empty="现在没有可抢的需求。")


def _lead_table(rows: list[DemandLead], now: datetime) -> Table:
    columns = [
        Column("行业与区域"),
        Column("来源"),
        Column("金额", Kind.MONEY),
        Column("期限", Kind.MONTHS),
        Column("时限", Kind.BADGE, "当前环节应当完成的时间；红色表示已超时。"),
        Column("接单人"),
        Column("状态", Kind.BADGE),
    ]
    needs = masked_many([row.demand_id for row in rows], now)
    found = [
        [
            Cell(
                need_title(needs[row.demand_id]),
                url=reverse("matching:lead-detail", args=[row.public_id]),
                note=need_note(needs[row.demand_id]),
            ),
            LEAD_ORIGIN_LABELS[LeadOrigin(row.origin)],
            needs[row.demand_id].amount_yuan,
            needs[row.demand_id].term_months,
            time_cell(row.clock_due_at, now, row.clock_is_provisional),
            str(row.officer) if row.officer else "未接单",
            Cell(lead_state_label(row), tone=tone_of(row.state)),
        ]
        for row in rows
    ]
    return Table(columns, found, caption="需求线索", empty="没有这样的线索。")


def _steps_table(events: list[LeadEvent]) -> Table:
    columns = [Column("时间", Kind.DATETIME), Column("步骤")]
    rows = [[event.at, LEAD_EVENT_LABELS[event.event]] for event in events]
    return Table(columns, rows)
