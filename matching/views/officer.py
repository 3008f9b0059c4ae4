"""Pages of a lender's officer about one case: the review on one screen, its steps, its notes."""

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

from lenders.views.attempt import attempted
from marketplace.domain.errors import NotFound
from marketplace.models import ExceptionalGrant
from marketplace.policies import signed_in
from marketplace.web.components import Crumb
from marketplace.web.grant_words import last_day_of
from marketplace.web.language import said
from matching.forms.review import ACTS, NoteForm
from matching.models import LoanApplication
from matching.selectors.application import application_get_handled, application_get_reviewed
from matching.services.application_handover import application_take_over
from matching.services.application_remark import application_note
from matching.services.transition import application_transition
from matching.views.case import state_label
from matching.views.case_screen import case_context, enterprise_pairs


@login_required
@require_GET
def review(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one case on one screen: portrait, fit then and now, contradictions, freshness, events, what may be done.

    A named reviewer reads the same without contact data, file and steps.

    Queries: at most 24; the reading is logged.
    """
    user = signed_in(request.user)
    case = application_get_reviewed(user, public_id, timezone.now())
    if case.grant is not None:
        return named_review_page(request, case.application, case.grant)
    return review_page(request, case.application, {}, NoteForm())


@login_required
@require_POST
def act(request: HttpRequest, public_id: uuid.UUID, slug: str) -> HttpResponse:
    """Take one step of the table."""
    user = signed_in(request.user)
    application = application_get_handled(user, public_id)
    if slug not in ACTS:
        raise NotFound
    taken = ACTS[slug]
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
        return review_page(request, application, {slug: form}, NoteForm())
    messages.success(
        request,
        gettext("已登记，当前状态：%(state)s。") % {"state": said(state_label(done.state))},
    )
    return redirect("matching:review-detail", public_id)


@login_required
@require_POST
def take_over(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Become the officer of a case whose own left the lender."""
    user = signed_in(request.user)
    application_get_handled(user, public_id)
    application_take_over(application_id=public_id, actor=user, at=timezone.now())
    messages.success(request, "已接手，由您经办；企业已收到通知。")
    return redirect("matching:review-detail", public_id)


@login_required
@require_POST
def note(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Keep a note beside the case."""
    user = signed_in(request.user)
    application = application_get_handled(user, public_id)
    form = NoteForm(request.POST)
    done = attempted(
        form,
        lambda: application_note(
            application_id=public_id,
            text=form.cleaned_data["text"],
            actor=user,
            at=timezone.now(),
        ),
    )
    if done is None:
        return review_page(request, application, {}, form)
    messages.success(request, "备注已保存，仅本机构可见。")
    return redirect("matching:review-detail", public_id)


def review_page(
    request: HttpRequest,
    application: LoanApplication,
    bound: Mapping[str, forms.Form],
    note_form: NoteForm,
) -> HttpResponse:
    """Return the review page, with the form that was refused open."""
    user, now = signed_in(request.user), timezone.now()
    context = case_context(application, user, now, bound) | {
        "note_form": note_form,
        "crumbs": [Crumb("工作队列", reverse("matching:queue-list")), Crumb("申请审查")],
    }
    has_errors = any(form.errors for form in [*bound.values(), note_form])
    status = 422 if has_errors else 200
    return render(request, "matching/officer/review.html", context, status=status)


def named_review_page(
    request: HttpRequest, application: LoanApplication, grant: ExceptionalGrant
) -> HttpResponse:
    """Return the review page as a named reviewer reads it: nothing to act with, nobody to call."""
    user, now = signed_in(request.user), timezone.now()
    context = case_context(application, user, now, {}) | {
        "enterprise": enterprise_pairs(application),
        "history": None,
        "acts": [],
        "outcomes_url": "",
        "grant": grant,
        "grant_note": named_note(grant),
        "crumbs": [Crumb("指定审阅")],
    }
    return render(request, "matching/officer/named_review.html", context)


def named_note(grant: ExceptionalGrant) -> str:
    """Return what a named reviewer is told: by whom, why, until when, and what stays shut."""
    return gettext(
        "您是本申请的指定审阅人，可以查看，不能办理；查看留痕，企业可见。"
        "授权人：%(granted_by)s；事由：%(reason)s；有效期至 %(last_day)s（含）。"
    ) % {"granted_by": grant.granted_by, "reason": grant.reason, "last_day": last_day_of(grant)}
