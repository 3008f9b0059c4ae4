"""The city operator's pages: admission of institutions, and every product's state. The auditor may read them."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from lenders.domain.institution import INSTITUTION, InstitutionState
from lenders.forms import InstitutionStateForm, ReasonForm, VersionStateForm
from lenders.models import Institution
from lenders.policies import CITY_ROLES, can_admit, require, roles_towards
from lenders.selectors import (
    institution_get,
    institution_list,
    product_list,
    product_list_in_state,
)
from lenders.services import institution_restore, institution_review, institution_suspend
from lenders.views.attempt import attempted, form_status, reader
from lenders.views.lender_product import products_table
from lenders.views.lender_team import team_context
from marketplace.domain.errors import Refused
from marketplace.policies import require_role
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Pair, Table
from marketplace.web.labels import tone_of
from marketplace.web.language import said
from marketplace.web.pagination import number_page


@login_required
@require_GET
def institutions(request: HttpRequest) -> HttpResponse:
    """List institutions by state, latest application first."""
    user = reader(request)
    require_role(user, *CITY_ROLES)
    form = InstitutionStateForm(request.GET)
    asked = form.cleaned_data if form.is_valid() else {"state": "", "text": ""}
    page = number_page(request, institution_list(user, asked["state"], asked["text"]))
    context = {
        "form": form,
        "page": page,
        "table": _institutions_table(list(page.object_list)),
        "actions": [Action("全部产品", reverse("lenders:product-oversee-list"))],
        "crumbs": [Crumb("机构")],
    }
    status = form_status(form)
    return render(request, "lenders/operator/institution_list.html", context, status=status)


@login_required
@require_GET
def institution_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show an institution with its team and products, and what the operator may decide."""
    user = reader(request)
    require_role(user, *CITY_ROLES)
    return _detail(request, institution_get(user, public_id), ReasonForm())


@login_required
@require_POST
def review(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Admit an applicant, or refuse it with a reason."""
    decision = request.POST.get("decision")
    if decision not in ("approve", "refuse"):
        raise Refused("DECISION_INVALID", "请选择准入或不予准入。", {"decision": "请选择。"})
    user, approve = reader(request), decision == "approve"

    def decide(institution: Institution, reason: str) -> Institution:
        return institution_review(
            institution=institution,
            approve=approve,
            reason=reason,
            actor=user,
            at=timezone.now(),
        )

    return _decide(request, public_id, decide, needs_reason=not approve)


@login_required
@require_POST
def suspend(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take an institution's products off the shelf with a reason."""

    def decide(institution: Institution, reason: str) -> Institution:
        return institution_suspend(
            institution=institution, reason=reason, actor=reader(request), at=timezone.now()
        )

    return _decide(request, public_id, decide, needs_reason=True)


@login_required
@require_POST
def restore(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Put a suspended institution's products back on the shelf."""

    def decide(institution: Institution, reason: str) -> Institution:
        return institution_restore(
            institution=institution, actor=reader(request), at=timezone.now()
        )

    return _decide(request, public_id, decide, needs_reason=False)


@login_required
@require_GET
def products(request: HttpRequest) -> HttpResponse:
    """List the products of all institutions by the state of their versions."""
    user = reader(request)
    require_role(user, *CITY_ROLES)
    form = VersionStateForm(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    page = number_page(request, product_list_in_state(user, state))
    context = {
        "form": form,
        "page": page,
        "table": products_table(list(page.object_list), with_institution=True),
        "crumbs": [_institutions_crumb(), Crumb("全部产品")],
    }
    return render(request, "lenders/operator/product_list.html", context, status=form_status(form))


def _decide(
    request: HttpRequest,
    public_id: uuid.UUID,
    decide: Callable[[Institution, str], Institution],
    *,
    needs_reason: bool,
) -> HttpResponse:
    user = reader(request)
    institution = institution_get(user, public_id)
    require(can_admit(user))
    form = ReasonForm(request.POST)
    form.fields["reason"].required = needs_reason
    done = attempted(form, lambda: decide(institution, form.cleaned_data["reason"]))
    if done is None:
        return _detail(request, institution, form)
    messages.success(
        request,
        gettext("%(organisation)s：%(state)s。")
        % {"organisation": institution.organisation.name, "state": said(done.get_state_display())},
    )
    return redirect("lenders:institution-detail", institution.public_id)


def _detail(request: HttpRequest, institution: Institution, form: forms.Form) -> HttpResponse:
    user = reader(request)
    events = INSTITUTION.events_for(institution.state, roles_towards(user, institution))
    context = {
        **team_context(user, institution),
        "pairs": _particulars(institution),
        "tone": tone_of(institution.state).value,
        "events": {row.event for row in events},
        "form": form,
        "is_admitted": institution.state == InstitutionState.ADMITTED,
        "products": products_table(
            list(product_list(user, institution)[:50]), with_institution=False
        ),
        "crumbs": [_institutions_crumb(), Crumb(institution.organisation.name)],
    }
    status = form_status(form)
    return render(request, "lenders/operator/institution_detail.html", context, status=status)


def _institutions_table(found: list[Institution]) -> Table:
    columns = [
        Column("机构"),
        Column("代码", Kind.CODE),
        Column("类型"),
        Column("统一社会信用代码", Kind.CODE),
        Column("申请时间", Kind.DATETIME),
        Column("状态", Kind.BADGE),
    ]
    rows = [
        [
            Cell(
                row.organisation.name, reverse("lenders:institution-detail", args=[row.public_id])
            ),
            row.code,
            row.get_kind_display(),
            row.organisation.uscc,
            row.applied_at,
            Cell(row.get_state_display(), tone=tone_of(row.state)),
        ]
        for row in found
    ]
    return Table(columns, rows, empty="没有这样的机构。")


def _particulars(institution: Institution) -> list[Pair]:
    admitted_by = institution.admitted_by
    return [
        Pair("统一社会信用代码", institution.organisation.uscc, Kind.CODE),
        Pair("机构代码", institution.code, Kind.CODE),
        Pair("机构类型", institution.get_kind_display()),
        Pair("简介", institution.introduction),
        Pair("联系人", institution.contact_name),
        Pair("联系电话", institution.contact_phone),
        Pair("申请时间", institution.applied_at, Kind.DATETIME),
        Pair(
            "入驻时间",
            institution.admitted_at,
            Kind.DATETIME,
            str(admitted_by) if admitted_by else "",
        ),
        _reason_pair(institution),
    ]


def _reason_pair(institution: Institution) -> Pair:
    """Say why it was refused before, where it applies again: the reviewer has to know."""
    if institution.state != InstitutionState.PENDING or not institution.review_reason:
        return Pair("审核意见", institution.review_reason)
    advice = "再次申请不须账号，名称与联系方式以这一次为准，准入之前请先电话核实。"
    return Pair("上一次未通过的原因", institution.review_reason, note=advice)


def _institutions_crumb() -> Crumb:
    return Crumb("机构", reverse("lenders:institution-list"))
