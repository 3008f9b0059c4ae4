"""Pages of a lender's approver: what waits for a decision, and the decision with what it rests on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from lenders.views.attempt import attempted, form_status
from marketplace.domain.errors import NotFound
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from marketplace.web.components import Crumb
from marketplace.web.language import said
from marketplace.web.pagination import number_page
from matching.forms.review import ACTS
from matching.forms.search import search_field
from matching.models import ApplicationEvent, LoanApplication
from matching.selectors.application import application_get_handled, approval_list
from matching.services.transition import application_transition
from matching.views.case import state_label
from matching.views.case_screen import case_context
from matching.views.officer_queue import queue_table

DECISIONS = ("approve", "return", "reject")
NOTHING_TO_DECIDE = "没有待审批的申请。客户经理提交审批后列在这里，并有消息提醒。"


class ApprovalFilter(forms.Form):
    """Of which enterprise."""

    q = search_field()


@login_required
@require_GET
def approvals(request: HttpRequest) -> HttpResponse:
    """List what waits for the approver, the earliest deadline first. Queries: at most 10."""
    user = signed_in(request.user)
    require_role(user, Role.APPROVER)
    form = ApprovalFilter(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    page = number_page(request, approval_list(user, text))
    context = {
        "form": form,
        "page": page,
        "table": queue_table(
            list(page.object_list),
            timezone.now(),
            "matching:approval-detail",
            empty="没有这样的申请。" if text else NOTHING_TO_DECIDE,
        ),
        "crumbs": [Crumb("待审批")],
    }
    template = "matching/approver/approval_list.html"
    return render(request, template, context, status=form_status(form))


@login_required
@require_GET
def approval(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a case with amounts, the officer's opinion, portrait and fit. Queries: at most 25; the reading is logged."""
    return _page(request, _case(request, public_id), {})


@login_required
@require_POST
def decide(request: HttpRequest, public_id: uuid.UUID, slug: str) -> HttpResponse:
    """Approve, return or reject."""
    application = _case(request, public_id)
    if slug not in DECISIONS:
        raise NotFound
    taken, user = ACTS[slug], signed_in(request.user)
    form = taken.form(request.POST)
    done = attempted(
        form,
        lambda: application_transition(
            application_id=public_id,
            event=taken.event,
            payload=form.cleaned_data,
            actor=user,
            at=timezone.now(),
        ),
    )
    if done is None:
        return _page(request, application, {slug: form})
    messages.success(
        request,
        gettext("%(enterprise)s：%(state)s。已通知客户经理。")
        % {
            "enterprise": application.enterprise.name,
            "state": said(state_label(done.state)),
        },
    )
    return redirect("matching:approval-list")


def _case(request: HttpRequest, public_id: uuid.UUID) -> LoanApplication:
    user = signed_in(request.user)
    application = application_get_handled(user, public_id)
    require_role(user, Role.APPROVER)
    return application


def _page(
    request: HttpRequest, application: LoanApplication, bound: Mapping[str, forms.Form]
) -> HttpResponse:
    user, now = signed_in(request.user), timezone.now()
    context = case_context(application, user, now, bound)
    for entry in context["acts"]:
        entry["url"] = entry["url"].replace(
            reverse("matching:review-detail", args=[application.public_id]),
            reverse("matching:approval-detail", args=[application.public_id]),
        )
    context |= {
        "opinion": _opinion(context["events"]),
        "is_own": application.officer_id == user.pk,
        "crumbs": [Crumb("待审批", reverse("matching:approval-list")), Crumb("审批")],
    }
    status = 422 if any(form.errors for form in bound.values()) else 200
    return render(request, "matching/approver/approval.html", context, status=status)


def _opinion(events: list[ApplicationEvent]) -> str:
    """Return what the officer wrote when passing the file on, the latest time."""
    passed = [
        row.payload.get("opinion", "") for row in events if row.event == "SUBMIT_FOR_APPROVAL"
    ]
    return str(passed[-1]) if passed else ""
