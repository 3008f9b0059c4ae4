"""One person's account, as the city's operators look after it: a new password, suspension, the end of a duty."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from marketplace.domain.account import (
    DUTY_END_LABELS,
    SUSPENSION_LABELS,
    SUSPENSIONS_BY_HAND,
    DutyEnd,
    SuspensionReason,
)
from marketplace.domain.roles import ROLE_LABELS, Role
from marketplace.domain.second_factor import IDENTITY_CHECK_LABELS, IdentityCheck
from marketplace.models import Membership, User
from marketplace.policies import has_role, require_role, signed_in
from marketplace.selectors import member_get, member_shown
from marketplace.services import account_reopen, account_suspend, duty_end, password_reset
from marketplace.services.account import ENDED_HERE, HandedOver
from marketplace.web.attempt import attempted
from marketplace.web.components import Crumb, Pair
from marketplace.web.language import said

CHOOSE = ("", "请选择")


class CheckForm(forms.Form):
    """How it was made sure who asks."""

    checked = forms.ChoiceField(
        label="怎样核实本人",
        choices=[CHOOSE, *((code.value, words) for code, words in IDENTITY_CHECK_LABELS.items())],
        help_text="不能只凭来电或消息；须回拨本单位登记的电话、当面核对，或有书面申请。",
    )

    def meaning(self) -> dict[str, Any]:
        """Return what was chosen, as services take it."""
        return {"checked": IdentityCheck(self.cleaned_data["checked"])}


class SuspendForm(forms.Form):
    """Why an account is suspended."""

    reason = forms.ChoiceField(
        label="停用原因",
        choices=[CHOOSE, *((code.value, SUSPENSION_LABELS[code]) for code in SUSPENSIONS_BY_HAND)],
    )

    def meaning(self) -> dict[str, Any]:
        """Return what was chosen, as the service takes it."""
        return {"reason": SuspensionReason(self.cleaned_data["reason"])}


class DutyEndForm(forms.Form):
    """Which duty ends, and why."""

    duty = forms.ChoiceField(label="任职")
    ended_for = forms.ChoiceField(
        label="终止原因",
        choices=[CHOOSE, *((code.value, words) for code, words in DUTY_END_LABELS.items())],
    )

    def __init__(self, data: Any = None, *, duties: Sequence[Membership]) -> None:
        super().__init__(data)
        own = [(str(duty.pk), _duty_words(duty)) for duty in duties if duty.role in ENDED_HERE]
        self.fields["duty"].choices = own if len(own) == 1 else [CHOOSE, *own]  # type: ignore[attr-defined]

    def meaning(self) -> dict[str, Any]:
        """Return what was chosen, as the service takes it."""
        given = self.cleaned_data
        return {"membership_id": int(given["duty"]), "reason": DutyEnd(given["ended_for"])}


@login_required
@require_GET
def person(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show for whom somebody acts and how the account stands, with what an operator may do about it."""
    require_role(request.user, Role.OPERATOR, Role.AUDITOR)
    return _page(request, public_id)


@login_required
@require_POST
def password(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Make a new password for somebody, shown in the answer and nowhere again."""
    return _handed_over(request, public_id, "password", password_reset, "密码已重置")


@login_required
@require_POST
def reopen(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Reopen a suspended account with a password made for it."""
    return _handed_over(request, public_id, "reopen", account_reopen, "账号已启用")


@login_required
@require_POST
def suspend(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Let nobody log in with an account."""
    actor = _operator(request)
    form = SuspendForm(request.POST)
    done = attempted(
        form,
        lambda: account_suspend(
            user_id=public_id, **form.meaning(), actor=actor, at=timezone.now()
        ),
    )
    if done is None:
        return _page(request, public_id, suspend=form)
    messages.success(request, "账号已停用，其所有登录即时失效。")
    return redirect("marketplace:member-detail", public_id)


@login_required
@require_POST
def duty(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Relieve somebody of a role."""
    actor = _operator(request)
    form = DutyEndForm(request.POST, duties=member_get(public_id))
    done = attempted(form, lambda: duty_end(**form.meaning(), actor=actor, at=timezone.now()))
    if done is None:
        return _page(request, public_id, duty=form)
    messages.success(
        request, gettext("已终止%(name)s的任职，即时生效。") % {"name": member_shown(done)[0]}
    )
    return redirect("marketplace:member-list")


def handed_over_page(
    request: HttpRequest, title: str, account: str, password: str, half: int = 0, back: str = ""
) -> HttpResponse:
    """Show a password this once, to be handed to the person whose it is.

    Args:
        title: of the page.
        account, password: to log in with.
        half: 1 or 2 where it is one half of the password; 0 for the whole.
        back: where to go on, else to the list of people.
    """
    context = {
        "title": title,
        "account": account,
        "password": password,
        "half": half,
        "back_url": back or reverse("marketplace:member-list"),
        "crumbs": [Crumb("用户", reverse("marketplace:member-list")), Crumb(title)],
    }
    return render(request, "marketplace/operator/handed_over.html", context)


def _operator(request: HttpRequest) -> User:
    actor = signed_in(request.user)
    require_role(actor, Role.OPERATOR)
    return actor


def _handed_over(
    request: HttpRequest,
    public_id: uuid.UUID,
    name: str,
    deed: Callable[..., HandedOver],
    title: str,
) -> HttpResponse:
    actor = _operator(request)
    form = CheckForm(request.POST)
    handed = attempted(
        form,
        lambda: deed(user_id=public_id, **form.meaning(), actor=actor, at=timezone.now()),
    )
    if handed is None:
        return _page(request, public_id, **{name: form})
    return handed_over_page(request, title, handed.user.username, handed.password)


def _page(request: HttpRequest, public_id: uuid.UUID, **given: forms.Form) -> HttpResponse:
    duties = member_get(public_id)
    name, account = member_shown(duties[0])
    user = duties[0].user
    context = {
        "title": name,
        "is_open": user.is_active,
        "pairs": _facts(duties, account),
        "form": next(iter(given.values()), None),
        "person_id": public_id,
        "crumbs": [Crumb("用户", reverse("marketplace:member-list")), Crumb(name)],
        **_forms(request, duties, given),
    }
    status = 422 if any(form.errors for form in given.values()) else 200
    return render(request, "marketplace/operator/person.html", context, status=status)


def _forms(
    request: HttpRequest, duties: Sequence[Membership], given: dict[str, forms.Form]
) -> dict[str, forms.Form | bool | None]:
    """Return the forms of what the reader may do about the account; none about one's own."""
    user = duties[0].user
    may = has_role(request.user, Role.OPERATOR)
    is_own = user.pk == request.user.pk
    found: dict[str, forms.Form | bool | None] = {"is_own": may and is_own}
    if not may or is_own:
        return found
    if user.is_active:
        found["password_form"] = given.get("password") or CheckForm()
        found["suspend_form"] = given.get("suspend") or SuspendForm()
        found["has_second_factor"] = duties[0].has_second_factor  # type: ignore[attr-defined]
    else:
        found["reopen_form"] = given.get("reopen") or CheckForm()
    if any(duty.role in ENDED_HERE for duty in duties):
        found["duty_form"] = given.get("duty") or DutyEndForm(duties=duties)
    return found


def _facts(duties: Sequence[Membership], account: str) -> list[Pair]:
    user = duties[0].user
    found = [Pair("账号", account)] if account else []
    found += [Pair(ROLE_LABELS[Role(duty.role)], duty.organisation.name) for duty in duties]
    if user.is_active:
        found.append(Pair("状态", "可登录"))
    else:
        why = (
            SUSPENSION_LABELS.get(SuspensionReason(user.suspended_for))
            if user.suspended_for
            else ""
        )
        found.append(Pair("状态", "账号停用", note=why or ""))
    has_second = duties[0].has_second_factor  # type: ignore[attr-defined]
    found.append(Pair("双因素登录", "已启用" if has_second else "未启用"))
    if user.must_change_password:
        found.append(Pair("密码", "由他人设定，本人还没有修改"))
    return found


def _duty_words(duty: Membership) -> str:
    return f"{said(ROLE_LABELS[Role(duty.role)])} · {duty.organisation.name}"
