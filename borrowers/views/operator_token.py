"""The city operator's pages on the tokens of source units' systems: issue, show once, revoke. The auditor may read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from borrowers.models import SourceUnit, UnitToken
from borrowers.policies import CITY_ROLES, can_handle_data
from borrowers.selectors import unit_named
from borrowers.selectors.unit_token import (
    token_batches,
    token_get,
    token_last_day,
    token_list,
    unit_example_item,
)
from borrowers.services.unit_token import token_issue, token_revoke
from borrowers.views.wording import batches_table
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.policies import require_role, signed_in
from marketplace.services.token import IssuedToken
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Crumb, Pair, Table
from marketplace.web.pagination import keyset_page
from marketplace.web.token_pages import (
    TOKEN_COLUMNS,
    RevokeForm,
    TokenForm,
    token_ends,
    token_facts,
    token_row,
    token_standing,
)


@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest, code: str) -> HttpResponse:
    """List a unit's tokens, and issue one, whose text is shown in the answer and nowhere again."""
    require_role(request.user, *CITY_ROLES)
    unit, at = unit_named(request.user, code), timezone.now()
    if request.method == "POST":
        require_role(request.user, Role.OPERATOR)
    today = local_date(at)
    form = TokenForm(request.POST or None, today=today, latest=token_last_day(today))
    issued = attempted(
        form,
        lambda: token_issue(
            unit_id=unit.pk,
            order=form.order(),
            actor=signed_in(request.user),
            at=at,
        ),
    )
    if issued is not None:
        return _issued(request, unit, issued)
    page = keyset_page(request, token_list(request.user, unit), field="id")
    context = {
        "unit": unit,
        "page": page,
        "table": _table(page.rows, at),
        "form": form if can_handle_data(request.user) and unit.is_active else None,
        "crumbs": [*_crumbs(unit), Crumb("接口令牌")],
    }
    return render(request, "borrowers/operator/unit_tokens.html", context, status=form_status(form))


@login_required
@require_GET
def token(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one token, what it delivered, and the form that revokes it."""
    return _page(request, token_get(request.user, public_id), RevokeForm())


@login_required
@require_POST
def revoke(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Revoke a token at once."""
    found = token_get(request.user, public_id)
    require_role(request.user, Role.OPERATOR)
    form = RevokeForm(request.POST)
    done = attempted(
        form,
        lambda: token_revoke(
            token_id=public_id,
            reason=form.cleaned_data["reason"],
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is None:
        return _page(request, found, form)
    messages.success(request, gettext("已撤销令牌“%(name)s”，即时失效。") % {"name": done.name})
    return redirect("borrowers:unit-tokens", done.unit.code)


def _issued(request: HttpRequest, unit: SourceUnit, issued: IssuedToken[UnitToken]) -> HttpResponse:
    item = unit_example_item(unit)
    path = reverse("api:item-records", args=[item.code]) if item else ""
    context = {
        "token": issued.token,
        "text": issued.text,
        "address": f"{settings.PUBLIC_BASE_URL.rstrip('/')}{path}" if path else "",
        "pairs": _facts(issued.token),
        "list_url": reverse("borrowers:unit-tokens", args=[unit.code]),
        "crumbs": [*_crumbs(unit), _list_crumb(unit), Crumb(issued.token.name)],
    }
    return render(request, "borrowers/operator/unit_token_issued.html", context)


def _page(request: HttpRequest, found: UnitToken, form: RevokeForm) -> HttpResponse:
    at = timezone.now()
    page = keyset_page(request, token_batches(request.user, found), field="id")
    state, tone = token_standing(found, at)
    can_revoke = found.revoked_at is None and can_handle_data(request.user)
    context = {
        "token": found,
        "state": state,
        "tone": tone,
        "pairs": [*_facts(found), *token_ends(found)],
        "form": form if can_revoke else None,
        "page": page,
        "batches": batches_table(page.rows),
        "crumbs": [*_crumbs(found.unit), _list_crumb(found.unit), Crumb(found.name)],
    }
    return render(request, "borrowers/operator/unit_token.html", context, status=form_status(form))


def _crumbs(unit: SourceUnit) -> list[Crumb]:
    return [
        Crumb("报送质量", reverse("borrowers:unit-board")),
        Crumb(unit.name, reverse("borrowers:unit-detail", args=[unit.code])),
    ]


def _list_crumb(unit: SourceUnit) -> Crumb:
    return Crumb("接口令牌", reverse("borrowers:unit-tokens", args=[unit.code]))


def _facts(found: UnitToken) -> list[Pair]:
    return [Pair("来源单位", found.unit.name), *token_facts(found)]


def _table(rows: Iterable[UnitToken], at: datetime) -> Table:
    found = [
        token_row(row, reverse("borrowers:unit-token", args=[row.public_id]), at) for row in rows
    ]
    empty = "还没有签发过令牌；本单位的记录由市级运营上传。"
    return Table(TOKEN_COLUMNS, found, empty=empty)
