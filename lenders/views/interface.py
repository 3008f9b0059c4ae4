"""Pages of the tokens of lenders' systems: issued by an operator, drawn by who answers for them.

The lender's approvers see and revoke all of their own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lenders.domain.institution import InstitutionState
from lenders.domain.interface import INTERFACE_LABELS, Interface, interfaces_read
from lenders.models import Institution, InterfaceToken, InterfaceUse
from lenders.policies import CITY_ROLES, LENDER_ROLES, can_admit, can_manage_team
from lenders.selectors import institution_get, institution_of, staff_list
from lenders.selectors.interface import (
    interface_last_day,
    interface_most_calls,
    interface_token_get,
    interface_token_list,
    interface_uses,
)
from lenders.services.interface import (
    Scope,
    interface_token_draw,
    interface_token_issue,
    interface_token_revoke,
)
from lenders.views.attempt import attempted, form_status, reader
from marketplace.domain.roles import ROLE_LABELS, Role
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.policies import has_role, require_role
from marketplace.services.token import IssuedToken
from marketplace.web.components import Cell, Column, Crumb, Kind, Pair, Table, Tone
from marketplace.web.language import said
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


class InterfaceForm(TokenForm):
    """A token for a lender's system, with what it opens and who answers for it."""

    interfaces = forms.MultipleChoiceField(
        label="开放的接口",
        choices=[(code.value, words) for code, words in INTERFACE_LABELS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    daily_calls = forms.IntegerField(label="每个接口每日上限（次）", min_value=1)
    holder = forms.ChoiceField(
        label="责任人",
        help_text="以其名义查询与报送，看得到的与本人相同：客户经理为所在网点的，审批人为全机构的；报送贷款结果须是客户经理。离任或停用后令牌即失效。",
    )

    def __init__(self, data: Any = None, *, institution: Institution, today: date) -> None:
        super().__init__(data, today=today, latest=interface_last_day(today))
        self.fields["name"].help_text = gettext("如“信贷系统 2026 年第二枚”，本机构内不重复。")
        self.fields["purpose"].help_text = gettext("由哪个系统使用、用来做什么。")
        most = interface_most_calls(today)
        self.fields["daily_calls"].initial = most
        self.fields["daily_calls"].help_text = gettext("不超过 %(most)d 次。") % {"most": most}
        self.fields["holder"].choices = [  # type: ignore[attr-defined]
            ("", "请选择"),
            *(
                (str(post.membership.user.public_id), _holder_words(post.membership))
                for post in staff_list(institution)
            ),
        ]

    def scope(self) -> Scope:
        """Return what it is to open, as the service takes it."""
        given = self.cleaned_data
        interfaces = interfaces_read(given["interfaces"])
        return Scope(interfaces, given["daily_calls"], uuid.UUID(given["holder"]))


@login_required
@require_http_methods(["GET", "POST"])
def institution_tokens(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """List a lender's tokens, and issue one, which its holder draws."""
    user, at = reader(request), timezone.now()
    require_role(user, *CITY_ROLES)
    if request.method == "POST":
        require_role(user, Role.OPERATOR)
    institution = institution_get(user, public_id)
    form = InterfaceForm(request.POST or None, institution=institution, today=local_date(at))
    issued = attempted(
        form,
        lambda: interface_token_issue(
            institution=institution, order=form.order(), scope=form.scope(), actor=user, at=at
        ),
    )
    if issued is not None:
        messages.success(request, "已签发，请责任人登录后到“接口令牌”领取。")
        return redirect("lenders:institution-tokens", public_id)
    can_issue = can_admit(user) and institution.state == InstitutionState.ADMITTED
    crumbs = [*_institution_crumbs(institution), Crumb("接口令牌")]
    return _list_page(request, institution, crumbs, form if can_issue else None)


@login_required
@require_GET
def own_tokens(request: HttpRequest) -> HttpResponse:
    """List the tokens of the reader's own lender: an approver all, an officer those to answer for."""
    user = reader(request)
    require_role(user, *LENDER_ROLES)
    crumbs = [Crumb("网点与人员", reverse("lenders:team")), Crumb("接口令牌")]
    return _list_page(request, institution_of(user), crumbs, None)


@login_required
@require_GET
def token(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one token, how often it was used, and the form that revokes it."""
    return _page(request, interface_token_get(reader(request), public_id), RevokeForm())


@login_required
@require_POST
def revoke(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Revoke a token at once."""
    user = reader(request)
    found = interface_token_get(user, public_id)
    form = RevokeForm(request.POST)
    done = attempted(
        form,
        lambda: interface_token_revoke(
            token_id=public_id,
            reason=form.cleaned_data["reason"],
            actor=user,
            at=timezone.now(),
        ),
    )
    if done is None:
        return _page(request, found, form)
    messages.success(request, gettext("已撤销令牌“%(name)s”，即时失效。") % {"name": done.name})
    return redirect("lenders:interface-token", public_id)


@login_required
@require_POST
def draw(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the holder the text of a token, in this answer and nowhere again."""
    user = reader(request)
    interface_token_get(user, public_id)
    return _issued(request, interface_token_draw(token_id=public_id, actor=user, at=timezone.now()))


def _list_page(
    request: HttpRequest, institution: Institution, crumbs: list[Crumb], form: InterfaceForm | None
) -> HttpResponse:
    page = keyset_page(request, interface_token_list(request.user, institution), field="id")
    context = {
        "institution": institution,
        "page": page,
        "table": _table(page.rows, timezone.now()),
        "form": form,
        "crumbs": crumbs,
    }
    status = form_status(form) if form else 200
    return render(request, "lenders/operator/interface_tokens.html", context, status=status)


def _issued(request: HttpRequest, issued: IssuedToken[InterfaceToken]) -> HttpResponse:
    found = issued.token
    context = {
        "token": found,
        "text": issued.text,
        "address": settings.PUBLIC_BASE_URL.rstrip("/") + reverse("api:application-list"),
        "pairs": _facts(found),
        "list_url": reverse("lenders:interface-token-list"),
        "crumbs": [*_list_crumbs(reader(request), found.institution), Crumb(found.name)],
    }
    return render(request, "lenders/operator/interface_token_issued.html", context)


def _page(request: HttpRequest, found: InterfaceToken, form: RevokeForm) -> HttpResponse:
    user, at = reader(request), timezone.now()
    state, tone = _standing(found, at)
    can_revoke = found.revoked_at is None and can_manage_team(user, found.institution)
    is_live = found.revoked_at is None and at < found.valid_until
    context = {
        "token": found,
        "state": state,
        "tone": tone,
        "pairs": [*_facts(found), *token_ends(found)],
        "form": form if can_revoke else None,
        "can_draw": is_live and found.drawn_at is None and found.holder_id == user.pk,
        "uses": _uses_table(interface_uses(found, local_date(at))),
        "crumbs": [*_list_crumbs(user, found.institution), Crumb(found.name)],
    }
    template = "lenders/operator/interface_token.html"
    return render(request, template, context, status=form_status(form))


def _institution_crumbs(institution: Institution) -> list[Crumb]:
    address = reverse("lenders:institution-detail", args=[institution.public_id])
    return [
        Crumb("机构", reverse("lenders:institution-list")),
        Crumb(institution.organisation.name, address),
    ]


def _list_crumbs(user: User, institution: Institution) -> list[Crumb]:
    if has_role(user, *CITY_ROLES):
        address = reverse("lenders:institution-tokens", args=[institution.public_id])
        return [*_institution_crumbs(institution), Crumb("接口令牌", address)]
    return [
        Crumb("网点与人员", reverse("lenders:team")),
        Crumb("接口令牌", reverse("lenders:interface-token-list")),
    ]


def _facts(found: InterfaceToken) -> list[Pair]:
    opened = "、".join(said(INTERFACE_LABELS[Interface(code)]) for code in found.interfaces)
    return [
        Pair("机构", found.institution.organisation.name),
        Pair("责任人", str(found.holder), note=found.holder.username),
        Pair("开放的接口", opened),
        Pair("每个接口每日上限（次）", found.daily_calls, Kind.NUMBER),
        *token_facts(found),
        Pair("领取时间", found.drawn_at, Kind.DATETIME),
    ]


def _table(rows: Iterable[InterfaceToken], at: datetime) -> Table:
    return Table(
        TOKEN_COLUMNS,
        [_row(row, at) for row in rows],
        empty="还没有签发过令牌；由人员登录办理。",
    )


def _row(row: InterfaceToken, at: datetime) -> list[Any]:
    words, tone = _standing(row, at)
    url = reverse("lenders:interface-token", args=[row.public_id])
    return [*token_row(row, url, at)[:-1], Cell(words, tone=tone)]


def _standing(found: InterfaceToken, at: datetime) -> tuple[str, Tone]:
    """Return where a token stands; one that nobody drew lets nobody in."""
    if found.drawn_at is None and found.revoked_at is None and at < found.valid_until:
        return "待责任人领取", Tone.INFO
    return token_standing(found, at)


def _uses_table(rows: Iterable[InterfaceUse]) -> Table:
    columns = [
        Column("日期", Kind.DATE),
        Column("接口"),
        Column("次数", Kind.NUMBER),
        Column("超限次数", Kind.NUMBER, "当日用满之后被拒绝的次数，不计入次数。"),
    ]
    found = [
        [row.day, INTERFACE_LABELS[Interface(row.interface)], row.calls, row.refused]
        for row in rows
    ]
    return Table(columns, found, caption="最近 31 天的用量", empty="最近 31 天没有使用。")


def _holder_words(membership: Any) -> str:
    return f"{membership.user} · {said(ROLE_LABELS[Role(membership.role)])}"
