"""Pages on which an enterprise moves an application to another lender: which product, then the new consent."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from lenders.selectors import product_get_published
from lenders.views.attempt import attempted
from marketplace.domain.errors import TransitionRefused
from marketplace.domain.verdict import OUTCOME_LABELS, Outcome
from marketplace.policies import signed_in
from marketplace.web.components import Cell, Column, Crumb, Kind, Table
from matching.domain.subject import ConsentFacts
from matching.models import LoanApplication
from matching.selectors.application import application_get_own, events_of
from matching.selectors.fit import ProductFit, demand_fit, in_words, product_fit
from matching.services.application_move import MOVABLE_STATES, application_move, papers_of
from matching.views.borrower_application import consent_choice, consent_form, consent_page
from matching.views.case import need_pairs, state_label


@login_required
@require_GET
def choose(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """List other lenders' products that may suit, by fit. Queries: at most 18."""
    user, now = signed_in(request.user), timezone.now()
    application = application_get_own(user, public_id)
    _require_movable(application)
    found = [
        entry
        for entry in demand_fit(user, application.demand, now)
        if entry.product.institution.pk != application.institution_id
        and entry.result.outcome is not Outcome.DOES_NOT_FIT
    ]
    context = {
        "application": application,
        "table": _table(application, found),
        "papers": papers_of(events_of(application)),
        "is_open": application.closed_at is None,
        "crumbs": [*_crumbs(public_id), Crumb("转至其他机构")],
    }
    return render(request, "matching/borrower/application_move.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, public_id: uuid.UUID, product_id: uuid.UUID) -> HttpResponse:
    """Show what would be consented to for the new lender; move the application when it is ticked."""
    user, now = signed_in(request.user), timezone.now()
    application = application_get_own(user, public_id)
    _require_movable(application)
    offer = product_get_published(product_id, now)
    form = consent_form(request, application.enterprise, offer, now)
    moved = attempted(
        form,
        lambda: application_move(
            application_id=public_id,
            product_id=product_id,
            consent=consent_choice(form),
            actor=user,
            at=now,
        ),
    )
    if moved is not None:
        messages.success(
            request,
            gettext("申请已转至%(organisation)s。")
            % {"organisation": offer.institution.organisation.name},
        )
        return redirect("matching:application-detail", moved.public_id)
    demand = application.demand
    context = {
        "fit": in_words(product_fit(demand, offer, now, ConsentFacts.own())),
        "need": need_pairs(demand),
        "cancel_url": reverse("matching:application-move", args=[public_id]),
        "submit": "撤回原申请，授权并转至新机构",
        "title": gettext("转至 %(product)s") % {"product": offer.product.name},
        "crumbs": [*_crumbs(public_id), Crumb("授权并转至新机构")],
    }
    return consent_page(request, application.enterprise, offer, form, context, now)


def _require_movable(application: LoanApplication) -> None:
    if application.state not in MOVABLE_STATES:
        state = application.state
        sentence = f"当前状态为“{state_label(state)}”，不能转至其他机构。"
        raise TransitionRefused(state, "MOVE", sentence)


def _table(application: LoanApplication, found: list[ProductFit]) -> Table:
    columns = [
        Column("产品"),
        Column("机构"),
        Column("综合年化成本上限", Kind.RATE, "利息与直接相关费用合计，折算为年。"),
        Column("匹配"),
    ]
    rows = [
        [
            Cell(
                entry.product.product.name,
                url=reverse(
                    "matching:application-move-to",
                    args=[application.public_id, entry.product.product.public_id],
                ),
            ),
            entry.product.institution.organisation.name,
            entry.product.terms.all_in_rate_max_bp,
            OUTCOME_LABELS[entry.result.outcome],
        ]
        for entry in found
    ]
    return Table(columns, rows, empty="没有其他机构的合适产品。")


def _crumbs(public_id: uuid.UUID) -> list[Crumb]:
    return [
        Crumb("我的申请", reverse("matching:application-list")),
        Crumb("申请进度", reverse("matching:application-detail", args=[public_id])),
    ]
