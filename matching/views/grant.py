"""Pages on which exceptional grants are given and revoked: a case's named reviewers, a district's delegates."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from lenders.views.attempt import attempted, form_status
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.errors import NotPermitted
from marketplace.domain.grant import GrantKind, GrantState
from marketplace.models import ExceptionalGrant
from marketplace.policies import signed_in
from marketplace.web.components import Crumb
from marketplace.web.grant_words import last_day_of, state_cell, state_of
from matching.forms.grant import DelegationForm, GrantForm
from matching.selectors.grant import (
    application_to_open,
    delegate_choices,
    district_choices_to_delegate,
    grants_of,
    latest_day,
    reviewer_choices,
)
from matching.services.grant import GrantOffer, grant_give, grant_revoke
from matching.views.district import list_crumb


@login_required
@require_http_methods(["GET", "POST"])
def reviewers(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show who was named reviewer of a case, and name another one. Queries: at most 15."""
    user, now = signed_in(request.user), timezone.now()
    application = application_to_open(user, public_id)
    people = reviewer_choices(user, application)
    latest = latest_day(GrantKind.REVIEWER, now)
    form = GrantForm(request.POST or None, people=people, latest=latest)
    given = attempted(form, lambda: _give(request, GrantKind.REVIEWER, str(public_id), form, now))
    if given is not None:
        return _given(request, given, "matching:reviewer-list", public_id)
    case_url = reverse("matching:review-detail", args=[public_id])
    context = {
        "application": application,
        "form": form if people else None,
        "grants": _lines(grants_of(user, GrantKind.REVIEWER, str(public_id)), now),
        "case_url": case_url,
        "crumbs": [Crumb(application.enterprise.name, case_url), Crumb("指定审阅人")],
    }
    template = "matching/approver/reviewer_list.html"
    return render(request, template, context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def delegations(request: HttpRequest) -> HttpResponse:
    """Show to whom the drafting of the district's whitelists was delegated, and delegate it. Queries: at most 15."""
    user, now = signed_in(request.user), timezone.now()
    districts = district_choices_to_delegate(user)
    if not districts:
        raise NotPermitted
    form = DelegationForm(
        request.POST or None,
        districts=districts,
        people=delegate_choices(user, districts),
        latest=latest_day(GrantKind.DISTRICT, now),
    )
    given = attempted(
        form,
        lambda: _give(request, GrantKind.DISTRICT, form.cleaned_data["district"], form, now),
    )
    if given is not None:
        return _given(request, given, "matching:delegation-list")
    context = {
        "form": form,
        "grants": _lines(grants_of(user, GrantKind.DISTRICT), now),
        "crumbs": [list_crumb(), Crumb("委托办理")],
    }
    template = "matching/district/delegation_list.html"
    return render(request, template, context, status=form_status(form))


@login_required
@require_POST
def revoke(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Revoke a grant, and go back to where it was given."""
    user = signed_in(request.user)
    grant = grant_revoke(grant_id=public_id, actor=user, at=timezone.now())
    messages.success(
        request, gettext("已撤销对%(holder)s的授权，即时失效。") % {"holder": grant.holder}
    )
    if grant.kind == GrantKind.DISTRICT:
        return redirect("matching:delegation-list")
    return redirect("matching:reviewer-list", grant.subject_id)


def _give(
    request: HttpRequest, kind: GrantKind, subject_id: str, form: GrantForm, now: datetime
) -> ExceptionalGrant:
    data = form.cleaned_data
    offer = GrantOffer(kind, subject_id, data["holder"], data["last_day"], data["reason"])
    return grant_give(offer=offer, actor=signed_in(request.user), at=now)


def _given(
    request: HttpRequest, grant: ExceptionalGrant, name: str, *args: uuid.UUID
) -> HttpResponse:
    messages.success(
        request,
        gettext("已授权%(holder)s，有效期至 %(last_day)s（含）。")
        % {"holder": grant.holder, "last_day": last_day_of(grant)},
    )
    return redirect(name, *args)


def _lines(rows: Iterable[ExceptionalGrant], now: datetime) -> list[dict[str, object]]:
    """Return each grant with its state and, while it lives, the address that revokes it."""
    return [
        {
            "row": row,
            "subject": DISTRICT_LABELS.get(row.subject_id, ""),
            "state": state_cell(row, now),
            "last_day": last_day_of(row),
            "revoke_url": reverse("matching:grant-revoke", args=[row.public_id])
            if state_of(row, now) is GrantState.LIVE
            else "",
        }
        for row in rows
    ]
