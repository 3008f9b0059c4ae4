"""The city's list of people with a duty: for whom and as what they act, and whether they still come.

An operator helps whoever lost the telephone that shows the codes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from marketplace.domain.account import SUSPENSION_LABELS, SuspensionReason
from marketplace.domain.roles import ROLE_LABELS, Role
from marketplace.domain.second_factor import (
    IDENTITY_CHECK_LABELS,
    RESET_REASON_LABELS,
    IdentityCheck,
    ResetReason,
)
from marketplace.models import Membership, User
from marketplace.policies import has_role, require_role, signed_in
from marketplace.selectors import (
    MemberFilter,
    appointment_list,
    member_get,
    member_list,
    member_shown,
)
from marketplace.services import authenticator_reset
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Pair, Table, Tone
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
    """List who acts for whom, the latest first; no phone number and no identity document. Queries: at most 9."""
    reader = signed_in(request.user)
    require_role(reader, Role.OPERATOR, Role.AUDITOR)
    form = MemberForm(request.GET)
    page = keyset_page(request, member_list(form.wanted()), field="id")
    is_operator = has_role(reader, Role.OPERATOR)
    context = {
        "form": form,
        "page": page,
        "table": _table(page.rows, reader),
        "waiting": _waiting(),
        "actions": [Action("添加人员", reverse("marketplace:member-new"))] if is_operator else [],
        "crumbs": [Crumb("用户")],
    }
    return render(request, "marketplace/operator/people.html", context)


class ResetForm(forms.Form):
    """Why an authenticator is reset, and how it was made sure who asks."""

    reason = forms.ChoiceField(
        label="原因",
        choices=[
            ("", "请选择"),
            *((code.value, said) for code, said in RESET_REASON_LABELS.items()),
        ],
    )
    checked = forms.ChoiceField(
        label="怎样核实本人",
        choices=[
            ("", "请选择"),
            *((code.value, said) for code, said in IDENTITY_CHECK_LABELS.items()),
        ],
        help_text="不能只凭来电或消息；须回拨本单位登记的电话、当面核对，或有书面申请。",
    )

    def meaning(self) -> dict[str, Any]:
        """Return both, as the service takes them."""
        given = self.cleaned_data
        return {
            "reason": ResetReason(given["reason"]),
            "checked": IdentityCheck(given["checked"]),
        }


@login_required
@require_http_methods(["GET", "POST"])
def second_factor_reset(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take the authenticator of somebody else out of use who lost it."""
    actor = signed_in(request.user)
    require_role(actor, Role.OPERATOR)
    duties = member_get(public_id)
    name, account = member_shown(duties[0])
    form = ResetForm(request.POST or None)
    done = attempted(
        form,
        lambda: authenticator_reset(
            user_id=public_id, **form.meaning(), actor=actor, at=timezone.now()
        ),
    )
    if done is not None:
        messages.success(
            request, gettext("已重置%(name)s的动态口令，并通知本人。") % {"name": name}
        )
        return redirect("marketplace:member-list")
    can_reset = public_id != actor.public_id and duties[0].has_second_factor  # type: ignore[attr-defined]
    context = {
        "form": form if can_reset else None,
        "is_own": public_id == actor.public_id,
        "pairs": [
            Pair("姓名", name, note=account),
            *(Pair(ROLE_LABELS[Role(duty.role)], duty.organisation.name) for duty in duties),
        ],
        "crumbs": [Crumb("用户", reverse("marketplace:member-list")), Crumb("重置动态口令")],
    }
    return render(
        request, "marketplace/operator/second_factor_reset.html", context, status=form_status(form)
    )


def _table(rows: Sequence[Membership], reader: User) -> Table:
    columns = [
        Column("姓名"),
        Column("单位"),
        Column("角色"),
        Column("任职时间", Kind.DATE),
        Column("最近登录", Kind.DATETIME),
        Column("双因素登录", Kind.BADGE),
        Column("状态", Kind.BADGE),
    ]
    can_reset = has_role(reader, Role.OPERATOR)
    found = [
        [
            _who(row),
            row.organisation.name,
            ROLE_LABELS[Role(row.role)],
            row.granted_at,
            row.user.last_login,
            _second_factor(row, can_reset and row.user_id != reader.pk),
            _state(row),
        ]
        for row in rows
    ]
    return Table(columns, found, caption="任职", empty="没有这样的用户。")


def _waiting() -> Table:
    columns = [
        Column("姓名"),
        Column("角色"),
        Column("单位"),
        Column("提出人"),
        Column("提出时间", Kind.DATETIME),
    ]
    rows = [
        [
            Cell(
                found.display_name,
                reverse("marketplace:appointment-detail", args=[found.public_id]),
            ),
            ROLE_LABELS[Role(found.role)],
            found.organisation.name,
            str(found.asked_by),
            found.asked_at,
        ]
        for found in appointment_list()
    ]
    return Table(columns, rows, caption="待确认的任职")


def _who(row: Membership) -> Cell:
    name, account = member_shown(row)
    is_live = row.ended_at is None
    address = reverse("marketplace:member-detail", args=[row.user.public_id]) if is_live else ""
    return Cell(name, address, note=account)


def _second_factor(row: Membership, can_reset: bool) -> Cell:
    if not row.has_second_factor:  # type: ignore[attr-defined]
        return Cell("未启用", tone=Tone.NEUTRAL)
    address = reverse("marketplace:member-second-factor", args=[row.user.public_id])
    return Cell("已启用", tone=Tone.GOOD, url=address if can_reset else "")


def _state(row: Membership) -> Cell:
    if row.ended_at is not None:
        return Cell("已结束", tone=Tone.NEUTRAL, note=f"{row.ended_at:%Y-%m-%d}")
    if not row.user.is_active:
        why = row.user.suspended_for
        note = SUSPENSION_LABELS[SuspensionReason(why)] if why else ""
        return Cell("账号停用", tone=Tone.BAD, note=note)
    return Cell("在任", tone=Tone.GOOD)
