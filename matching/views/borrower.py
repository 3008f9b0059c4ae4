"""Pages of an enterprise about its needs: list, one-page form, products that fit with reasons."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from borrowers.models import Enterprise
from borrowers.selectors import enterprise_for_owner
from lenders.views.attempt import attempted, form_status
from marketplace.domain.errors import NotFound
from marketplace.domain.vocabulary import GUARANTEE_LABELS, PURPOSE_LABELS, Purpose
from marketplace.models import User
from marketplace.policies import require_role, signed_in
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Pair, Table
from marketplace.web.labels import tone_of
from marketplace.web.pagination import number_page
from matching.domain.application import LIVE_STATES
from matching.domain.demand import DEMAND, DEMAND_STATE_LABELS, OPEN_DEMAND_STATES, DemandState
from matching.forms.demand import DemandForm
from matching.models import FinancingDemand, LoanApplication
from matching.policies.application import BORROWER_ROLES
from matching.selectors.application import waits_for_borrower
from matching.selectors.demand import applications_of, demand_get, demand_list
from matching.selectors.renewal import loans_maturing, renewal_start
from matching.services.demand import (
    demand_change,
    demand_close,
    demand_create,
    demand_publish,
    demand_withdraw,
)
from matching.views.case import need_pairs, state_label
from matching.views.fit_list import fit_context
from matching.views.need_mode import mode_context
from matching.views.renewal import RENEW, renewal_lines

REST = "rest"
"""Parameter of a need's page: the group of products that is shown whole."""
NEED_FIELDS = tuple(DemandForm.base_fields)
"""What was typed of a need, by the names of its form and of its row alike."""
BEFORE_APPLYING = frozenset({"DRAFT", "PUBLISHED"})
"""States of a need with which nothing was applied for yet: the first application moves it on."""
HELD_UP = "有在办的申请：先撤回申请或等待办结，才能撤回需求、结束对接、进入抢单池或请平台派单。"

WAITS = {"SUPPLEMENT": "机构请您补充资料", "SUSPENDED": "授权已撤回或到期，重新授权后恢复办理"}
"""What the borrower has to do in a state."""


@login_required
@require_GET
def need_list(request: HttpRequest) -> HttpResponse:
    """List the needs of the reader's enterprise."""
    user = signed_in(request.user)
    require_role(user, *BORROWER_ROLES)
    page = number_page(request, demand_list(user))
    context = {
        "page": page,
        "table": _needs_table(list(page.object_list)),
        "waits": [
            {
                "application": row,
                "words": WAITS[row.state],
                "url": reverse("matching:application-detail", args=[row.public_id]),
            }
            for row in waits_for_borrower(user)
        ],
        "renewals": renewal_lines(loans_maturing(user, timezone.now())),
        "actions": [Action("填写融资需求", reverse("matching:need-create"), primary=True)],
        "crumbs": [Crumb("融资需求")],
    }
    return render(request, "matching/borrower/need_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def need_create(request: HttpRequest) -> HttpResponse:
    """Ask for a need on one page and publish it, or keep it as a draft; with ``renew``, filled from that loan."""
    user = signed_in(request.user)
    require_role(user, *BORROWER_ROLES)
    enterprise = enterprise_for_owner(user)
    start = _renewal_of(user, request.GET.get(RENEW, ""))
    form = DemandForm(request.POST or None, enterprise=enterprise, initial=start)
    is_draft = "draft" in request.POST
    demand = attempted(
        form,
        lambda: demand_create(
            enterprise=enterprise,
            **form.cleaned_data,
            publish=not is_draft,
            actor=user,
            at=timezone.now(),
        ),
    )
    if demand is not None:
        said = "已存为草稿。" if is_draft else "融资需求已发布，以下是逐条比对的结果。"
        messages.success(request, said)
        return redirect("matching:need-detail", demand.public_id)
    context = {
        "title": "填写融资需求",
        "form": form,
        "pairs": _register_pairs(enterprise),
        "cancel_url": reverse("matching:need-list"),
        "crumbs": [_needs_crumb(), Crumb("填写融资需求")],
    }
    return render(request, "matching/borrower/need_form.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def need_change(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Change a draft on the page it was written on, keep it or publish it."""
    user = signed_in(request.user)
    demand = demand_get(user, public_id)
    back = reverse("matching:need-detail", args=[public_id])
    if demand.state != DEMAND.initial and request.method == "GET":
        return redirect(back)
    initial = model_to_dict(demand, NEED_FIELDS)
    form = DemandForm(request.POST or None, enterprise=demand.enterprise, initial=initial)
    is_draft = "draft" in request.POST
    changed = attempted(
        form,
        lambda: demand_change(
            demand=demand,
            **form.cleaned_data,
            publish=not is_draft,
            actor=user,
            at=timezone.now(),
        ),
    )
    if changed is not None:
        said = "草稿已修改。" if is_draft else "融资需求已发布，以下是逐条比对的结果。"
        messages.success(request, said)
        return redirect(back)
    context = {
        "title": "修改融资需求",
        "form": form,
        "pairs": _register_pairs(demand.enterprise),
        "cancel_url": back,
        "crumbs": [_needs_crumb(), Crumb("需求详情", back), Crumb("修改融资需求")],
    }
    return render(request, "matching/borrower/need_form.html", context, status=form_status(form))


@login_required
@require_GET
def need_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a need, what was applied for with it, and how every product fits; with ``rest``, one group whole.

    Queries: at most 12 while nobody was asked to look for lenders, with those of the session and the page's frame.
    """
    user, now = signed_in(request.user), timezone.now()
    demand = demand_get(user, public_id)
    applications = [] if demand.state in BEFORE_APPLYING else applications_of(demand)
    applied = {row.product_id: row for row in applications if row.state in LIVE_STATES}
    is_open = demand.state in OPEN_DEMAND_STATES
    state = DEMAND_STATE_LABELS[DemandState(demand.state)]
    context = {
        "demand": demand,
        "state": state,
        "tone": tone_of(demand.state).value,
        "pairs": need_pairs(demand),
        "applications": _applications_table(applications),
        "is_open": is_open,
        "change_url": reverse("matching:need-change", args=[public_id])
        if demand.state == DEMAND.initial
        else "",
        "acts": _acts(demand, is_applied=bool(applied)),
        "held_up": HELD_UP if applied and is_open else "",
        "crumbs": [_needs_crumb(), Crumb("需求详情")],
    }
    rest = request.GET.get(REST, "")
    context |= mode_context(demand, now, is_applied=bool(applied))
    context |= fit_context(demand, now, is_open=is_open, rest=rest, applied=applied)
    return render(request, "matching/borrower/need_detail.html", context)


@login_required
@require_POST
def need_publish(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Publish a draft."""
    return _deed(request, public_id, demand_publish, "融资需求已发布。")


@login_required
@require_POST
def need_withdraw(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a need off the market."""
    return _deed(request, public_id, demand_withdraw, "融资需求已撤回。")


@login_required
@require_POST
def need_close(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """End the search for a need that found no lender."""
    return _deed(request, public_id, demand_close, "已结束对接。")


def _renewal_of(user: User, text: str) -> dict[str, Any]:
    """Return what the form starts from: the loan that is asked to be renewed, or nothing."""
    if not text:
        return {}
    try:
        return renewal_start(user, uuid.UUID(text))
    except ValueError:
        raise NotFound from None


def _deed(
    request: HttpRequest,
    public_id: uuid.UUID,
    service: Callable[..., FinancingDemand],
    said: str,
) -> HttpResponse:
    user = signed_in(request.user)
    demand = demand_get(user, public_id)
    service(demand=demand, actor=user, at=timezone.now())
    messages.success(request, said)
    return redirect("matching:need-detail", public_id)


def _acts(demand: FinancingDemand, *, is_applied: bool) -> list[dict[str, str]]:
    """Return what the enterprise may do with the need in its state; it ends only when no application is under way."""
    ends = {} if is_applied else {"WITHDRAW": "need-withdraw", "FAIL": "need-close"}
    names = {"PUBLISH": "need-publish", **ends}
    rows = [row for row in DEMAND.events_for(demand.state, BORROWER_ROLES) if row.event in names]
    return [
        {
            "label": row.label,
            "url": reverse(f"matching:{names[row.event]}", args=[demand.public_id]),
            "danger": "yes" if row.event != "PUBLISH" else "",
        }
        for row in rows
    ]


def _needs_table(demands: Sequence[FinancingDemand]) -> Table:
    columns = [
        Column("用途"),
        Column("金额", Kind.MONEY),
        Column("期限", Kind.MONTHS),
        Column("担保方式"),
        Column("有效期至", Kind.DATE),
        Column("申请", Kind.NUMBER, "用这项需求提交过的申请数。"),
        Column("状态", Kind.BADGE),
    ]
    rows = [
        [
            Cell(
                PURPOSE_LABELS[Purpose(row.purpose)],
                url=reverse("matching:need-detail", args=[row.public_id]),
            ),
            row.amount_yuan,
            row.term_months,
            dict(GUARANTEE_LABELS).get(row.guarantee, row.guarantee),  # type: ignore[call-overload]
            row.expires_at,
            row.application_count,  # type: ignore[attr-defined]
            Cell(DEMAND_STATE_LABELS[DemandState(row.state)], tone=tone_of(row.state)),
        ]
        for row in demands
    ]
    return Table(columns, rows, caption="融资需求", empty="还没有填写过融资需求。")


def _applications_table(applications: Sequence[LoanApplication]) -> Table:
    columns = [
        Column("产品"),
        Column("机构"),
        Column("提交时间", Kind.DATETIME),
        Column("状态", Kind.BADGE),
    ]
    rows = [
        [
            Cell(
                row.product.name, url=reverse("matching:application-detail", args=[row.public_id])
            ),
            row.institution.organisation.name,
            row.submitted_at,
            Cell(state_label(row.state), tone=tone_of(row.state)),
        ]
        for row in applications
    ]
    return Table(columns, rows, caption="用这项需求提交的申请", empty="还没有用这项需求提交申请。")


def _register_pairs(enterprise: Enterprise) -> list[Pair]:
    """Return what the register knows and the form therefore does not ask."""
    return [
        Pair("企业名称", enterprise.name),
        Pair("统一社会信用代码", enterprise.uscc, Kind.CODE),
        Pair("所在区", enterprise.district.name if enterprise.district else None),
        Pair("行业代码", enterprise.industry_code),
        Pair("成立日期", enterprise.established_date, Kind.DATE),
        Pair("企业规模", enterprise.get_size_class_display()),
        Pair("从业人数", enterprise.employees, Kind.NUMBER),
        Pair("营业收入", enterprise.revenue_yuan, Kind.MONEY),
    ]


def _needs_crumb() -> Crumb:
    return Crumb("融资需求", reverse("matching:need-list"))
