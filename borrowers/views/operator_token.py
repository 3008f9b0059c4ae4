"""The city operator's pages on the tokens of source units' systems: issue, show once, revoke. The auditor may read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from borrowers.forms import RevokeForm, TokenForm
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
from marketplace.domain.token import TOKEN_STATE_LABELS, TokenState, token_state
from marketplace.domain.workdays import local_date
from marketplace.policies import require_role, signed_in
from marketplace.services.token import SECOND, IssuedToken, TokenOrder
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Cell, Column, Crumb, Kind, Pair, Table, Tone
from marketplace.web.pagination import keyset_page

TONES = {TokenState.LIVE: Tone.GOOD, TokenState.PENDING: Tone.INFO}


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
            order=TokenOrder(**form.cleaned_data),
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
    state = _state(found, at)
    can_revoke = found.revoked_at is None and can_handle_data(request.user)
    context = {
        "token": found,
        "state": TOKEN_STATE_LABELS[state],
        "tone": TONES.get(state, Tone.NEUTRAL),
        "pairs": [*_facts(found), *_ends(found)],
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


def _state(found: UnitToken, at: datetime) -> TokenState:
    return token_state(found.valid_from, found.valid_until, found.revoked_at, at)


def _facts(found: UnitToken) -> list[Pair]:
    return [
        Pair("来源单位", found.unit.name),
        Pair("用途", found.purpose),
        Pair("公开前缀", found.prefix, Kind.CODE, definition="令牌的开头，用来辨认是哪一枚。"),
        Pair("生效时间", found.valid_from, Kind.DATETIME),
        Pair("有效期至", local_date(found.valid_until - SECOND), Kind.DATE, note="含当日"),
        Pair("签发人", str(found.issued_by)),
        Pair("签发时间", found.issued_at, Kind.DATETIME),
    ]


def _ends(found: UnitToken) -> list[Pair]:
    pairs = [Pair("最近使用", found.last_used_at, Kind.DATETIME)]
    if found.revoked_at is not None:
        pairs += [
            Pair("撤销人", str(found.revoked_by)),
            Pair("撤销时间", found.revoked_at, Kind.DATETIME),
            Pair("撤销原因", found.revoke_reason),
        ]
    return pairs


def _table(rows: Iterable[UnitToken], at: datetime) -> Table:
    columns = [
        Column("名称"),
        Column("公开前缀", Kind.CODE),
        Column("签发时间", Kind.DATETIME),
        Column("有效期至", Kind.DATE, "含当日；到期自动失效，不必另行撤销。"),
        Column("最近使用", Kind.DATETIME),
        Column("状态", Kind.BADGE),
    ]
    empty = "还没有签发过令牌；本单位的记录由市级运营上传。"
    return Table(columns, [_row(row, at) for row in rows], empty=empty)


def _row(row: UnitToken, at: datetime) -> list[Any]:
    state = _state(row, at)
    return [
        Cell(
            row.name,
            url=reverse("borrowers:unit-token", args=[row.public_id]),
            note=row.purpose,
        ),
        row.prefix,
        row.issued_at,
        local_date(row.valid_until - SECOND),
        row.last_used_at,
        Cell(TOKEN_STATE_LABELS[state], tone=TONES.get(state, Tone.NEUTRAL)),
    ]
