"""The city's list of people with a duty: for whom and as what they act, and whether they still come."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from marketplace.domain.roles import ROLE_LABELS, Role
from marketplace.models import Membership
from marketplace.policies import require_role, signed_in
from marketplace.selectors import MemberFilter, member_list, member_shown
from marketplace.web.components import Cell, Column, Crumb, Kind, Table, Tone
from marketplace.web.pagination import keyset_page


class MemberForm(forms.Form):
    """Which people."""

    text = forms.CharField(label="姓名、账号或单位（开头部分）", required=False, max_length=64)
    role = forms.ChoiceField(
        label="角色",
        required=False,
        choices=[("", "全部"), *((role.value, label) for role, label in ROLE_LABELS.items())],
    )
    ended = forms.BooleanField(label="含已结束的任职", required=False)

    def wanted(self) -> MemberFilter:
        """Return the filter; what could not be read filters nothing."""
        given = self.cleaned_data if self.is_valid() else {}
        return MemberFilter(
            text=(given.get("text") or "").strip(),
            role=given.get("role") or "",
            with_ended=bool(given.get("ended")),
        )


@login_required
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """List who acts for whom, the latest first; no phone number and no identity document. Queries: at most 8."""
    require_role(signed_in(request.user), Role.OPERATOR, Role.AUDITOR)
    form = MemberForm(request.GET)
    page = keyset_page(request, member_list(form.wanted()), field="id")
    context = {
        "form": form,
        "page": page,
        "table": _table(page.rows),
        "crumbs": [Crumb("用户")],
    }
    return render(request, "marketplace/operator/people.html", context)


def _table(rows: Sequence[Membership]) -> Table:
    columns = [
        Column("姓名"),
        Column("单位"),
        Column("角色"),
        Column("任职时间", Kind.DATE),
        Column("最近登录", Kind.DATETIME),
        Column("状态", Kind.BADGE),
    ]
    found = [
        [
            _who(row),
            row.organisation.name,
            ROLE_LABELS[Role(row.role)],
            row.granted_at,
            row.user.last_login,
            _state(row),
        ]
        for row in rows
    ]
    return Table(columns, found, caption="任职", empty="没有这样的用户。")


def _who(row: Membership) -> Cell:
    name, account = member_shown(row)
    return Cell(name, note=account)


def _state(row: Membership) -> Cell:
    if row.ended_at is not None:
        return Cell("已结束", tone=Tone.NEUTRAL, note=f"{row.ended_at:%Y-%m-%d}")
    if not row.user.is_active:
        return Cell("账号停用", tone=Tone.BAD)
    return Cell("在任", tone=Tone.GOOD)
