"""What an enterprise does besides applying: pool, dispatch, lenders of its choice, answers to invitations."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from lenders.views.attempt import attempted, form_status
from marketplace.policies import signed_in
from marketplace.selectors import parameters_in_force
from marketplace.web.components import Crumb
from marketplace.web.labels import tone_of
from matching.domain.demand import DEMAND, DEMAND_MODE_LABELS, DemandMode
from matching.domain.lead import LEAD_ORIGIN_LABELS, LeadOrigin
from matching.domain.parameters import shipped
from matching.forms.lead import LendersForm
from matching.models import DemandLead, FinancingDemand
from matching.policies.application import BORROWER_ROLES
from matching.selectors.demand import demand_get
from matching.selectors.dispatch import dispatch_suggestions
from matching.selectors.lead import lead_get_own, leads_of, masked_get
from matching.services.demand_mode import demand_ask_dispatch, demand_choose, demand_enter_pool
from matching.services.lead_answer import lead_decline
from matching.views.masked import lead_state_label, masked_pairs, time_cell

WAYS = {
    "ENTER_POOL": (
        "need-pool",
        "进入抢单池",
        "机构只看到行业、区域、金额、期限和担保方式，看不到企业名称和联系方式；先到先得，名额有限。",
    ),
    "ASK_DISPATCH": (
        "need-dispatch",
        "请平台派单",
        "平台按区域、产品匹配和机构在办情况派给一家机构，机构同样只看到不含名称的摘要。",
    ),
}
"""Event to page, name, and what it means for the enterprise."""


def mode_context(
    demand: FinancingDemand, now: datetime, *, is_applied: bool = False
) -> dict[str, Any]:
    """Return what the page of a need shows of pool, dispatch and invitations.

    Args:
        demand: the need.
        now: moment of asking.
        is_applied: whether an application with it is under way; pool and dispatch are refused meanwhile.

    Queries: at most four.
    """
    rows = leads_of(demand)
    offered = {row.event for row in DEMAND.events_for(demand.state, BORROWER_ROLES)}
    is_idle = not any(row.state in ("OFFERED", "INVITED") for row in rows)
    ways = [
        {
            "label": label,
            "text": text,
            "url": reverse(f"matching:{name}", args=[demand.public_id]),
        }
        for event, (name, label, text) in WAYS.items()
        if event in offered and is_idle and not is_applied
    ]
    is_looking = demand.mode != DemandMode.APPLY
    return {
        "mode": DEMAND_MODE_LABELS[DemandMode(demand.mode)],
        "ways": ways,
        "choose_url": (
            reverse("matching:need-lenders", args=[demand.public_id]) if "CHOOSE" in offered else ""
        ),
        "shown_pairs": masked_pairs(masked_get(demand, now)) if is_looking else [],
        "invitations": [_invitation(row, now) for row in rows],
    }


@login_required
@require_POST
def need_pool(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Put a need into the pool."""
    said = "需求已进入抢单池，机构接单后会在此邀请您授权。"
    return _deed(request, public_id, demand_enter_pool, said)


@login_required
@require_POST
def need_dispatch(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Leave it to the marketplace which lender a need goes to."""
    return _deed(request, public_id, demand_ask_dispatch, "已提交平台派单。")


@login_required
@require_http_methods(["GET", "POST"])
def need_lenders(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Choose the lenders a need is directed at, of those with a suitable product. Queries: at most 16."""
    user, now = signed_in(request.user), timezone.now()
    demand = demand_get(user, public_id)
    form = LendersForm(request.POST or None, suggestions=dispatch_suggestions(demand, now))
    done = attempted(
        form,
        lambda: demand_choose(
            demand=demand,
            institution_codes=form.cleaned_data["institutions"],
            actor=user,
            at=now,
        ),
    )
    if done is not None:
        messages.success(
            request,
            gettext("已推送至 %(count)s 家机构，机构接单后会在此邀请您授权。")
            % {"count": len(done)},
        )
        return redirect("matching:need-detail", public_id)
    back = reverse("matching:need-detail", args=[public_id])
    limits = parameters_in_force(shipped())
    context = {
        "form": form,
        "most": limits.value_on("demand.directed_lenders", timezone.localdate()),
        "pairs": masked_pairs(masked_get(demand, now)),
        "cancel_url": back,
        "has_lenders": bool(form.fields["institutions"].choices),  # type: ignore[attr-defined]
        "crumbs": [
            Crumb("融资需求", reverse("matching:need-list")),
            Crumb("需求详情", back),
            Crumb("定向选择机构"),
        ],
    }
    status = form_status(form)
    return render(request, "matching/borrower/need_lenders.html", context, status=status)


@login_required
@require_POST
def invitation_decline(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Decline a lender's invitation."""
    user = signed_in(request.user)
    lead = lead_get_own(user, public_id)
    lead_decline(lead_id=public_id, actor=user, at=timezone.now())
    messages.success(request, "已告知机构不予对接。")
    return redirect("matching:need-detail", lead.demand.public_id)


def _deed(
    request: HttpRequest,
    public_id: uuid.UUID,
    service: Callable[..., FinancingDemand],
    said: str,
) -> HttpResponse:
    user = signed_in(request.user)
    service(demand=demand_get(user, public_id), actor=user, at=timezone.now())
    messages.success(request, said)
    return redirect("matching:need-detail", public_id)


def _invitation(lead: DemandLead, now: datetime) -> dict[str, Any]:
    """Return one lender's lead as the enterprise reads it: who, by which way, what to answer and until when."""
    is_asked = lead.state == "INVITED" and lead.product is not None
    keys = [lead.demand.public_id, lead.product.public_id] if lead.product else []
    is_open = lead.state in ("OFFERED", "INVITED")
    return {
        "lender": lead.institution.organisation.name,
        "product": lead.product.name if lead.product else "",
        "origin": LEAD_ORIGIN_LABELS[LeadOrigin(lead.origin)],
        "state": lead_state_label(lead),
        "tone": tone_of(lead.state).value,
        "clock": time_cell(lead.clock_due_at, now, lead.clock_is_provisional) if is_open else None,
        "apply_url": reverse("matching:application-create", args=keys) if is_asked else "",
        "decline_url": reverse("matching:lead-decline", args=[lead.public_id]) if is_open else "",
    }
