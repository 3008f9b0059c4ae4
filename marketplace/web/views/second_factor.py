"""Pages of the second step of signing in: its code, and the reader's own authenticator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from marketplace.domain.second_factor import in_fours, key_address
from marketplace.domain.vocabulary import PRODUCT_NAME
from marketplace.models import Authenticator, User
from marketplace.policies import second_factor_required, signed_in
from marketplace.selectors import AuthenticatorState, authenticator_begun, authenticator_state
from marketplace.services import (
    authenticator_begin,
    authenticator_confirm,
    authenticator_remove,
    code_accept,
    recovery_codes_renew,
)
from marketplace.services.second_factor import CODE_WRONG, Proof, code_wrong
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Action, Crumb, Kind, Pair
from marketplace.web.forms import refuse
from marketplace.web.second_step import awaits_code, failure_count, paused, step_done
from marketplace.web.square_code import square_code

T = TypeVar("T")
HOME = "marketplace:second-factor"
ONE_TIME = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "autocapitalize": "off",
    "spellcheck": "false",
}
BY_HAND = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class CodeForm(forms.Form):
    """A one-time code."""

    code = forms.CharField(
        label="动态口令",
        max_length=32,
        help_text="手机上的身份验证器此刻显示的六位数字。",
        widget=forms.TextInput(attrs=ONE_TIME),
    )


class RecoveryForm(forms.Form):
    """A recovery code."""

    code = forms.CharField(
        label="恢复码",
        max_length=32,
        help_text="启用动态口令时保存的十六位字母和数字，每个只能用一次。",
        widget=forms.TextInput(attrs=BY_HAND),
    )


class PasswordForm(forms.Form):
    """The password once more."""

    password = forms.CharField(
        label="当前密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def proof(self) -> Proof:
        """Return what was given."""
        return Proof(self.cleaned_data["password"], self.cleaned_data.get("code", ""))


class ProofForm(PasswordForm):
    """Password and code once more."""

    code = forms.CharField(
        label="动态口令或恢复码",
        max_length=32,
        help_text="登录时用过的口令不能再用，请等待下一个。",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )


# --- The second step of signing in ---------------------------------------------------------------


@sensitive_post_parameters("code")
@login_required
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Take the one-time code that completes a sign-in."""
    return _step(request, CodeForm(request.POST or None), "marketplace/account/code.html")


@sensitive_post_parameters("code")
@login_required
@require_http_methods(["GET", "POST"])
def recovery(request: HttpRequest) -> HttpResponse:
    """Take a recovery code in its place."""
    return _step(request, RecoveryForm(request.POST or None), "marketplace/account/recovery.html")


def _step(request: HttpRequest, form: forms.Form, template: str) -> HttpResponse:
    user, wanted = signed_in(request.user), _wanted(request)
    if not awaits_code(request):
        return redirect(wanted or "marketplace:landing")
    if request.method == "POST" and (pause := paused(request, user.username)):
        return pause
    if form.is_valid():
        found = code_accept(user=user, code=form.cleaned_data["code"], at=timezone.now())
        if found is not None:
            step_done(request, found)
            return redirect(wanted or "marketplace:landing")
        failure_count(request, user.username)
        refuse(form, code_wrong())
    return render(request, template, {"form": form, "next": wanted}, status=form_status(form))


def _wanted(request: HttpRequest) -> str:
    """Return the page of ours that was asked for before, empty for none."""
    given = request.POST.get("next", request.GET.get("next", ""))
    is_ours = given.startswith("/") and url_has_allowed_host_and_scheme(given, allowed_hosts=None)
    return given if is_ours else ""


# --- The reader's own authenticator ---------------------------------------------------------------


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Say how the reader signs in; a POST begins to set up a first authenticator."""
    user = signed_in(request.user)
    state = authenticator_state(user)
    if request.method == "POST":
        if state is not None:
            return redirect(HOME)
        if pause := paused(request, user.username):
            return pause
    form = PasswordForm(request.POST or None)
    at = timezone.now()
    if proven_form(
        request, form, lambda proof: authenticator_begin(actor=user, proof=proof, at=at)
    ):
        return redirect("marketplace:second-factor-enrol")
    context = {
        "state": state,
        "form": None if state else form,
        "is_required": second_factor_required(user),
        "pairs": _particulars(state) if state else [],
        "actions": _deeds(user) if state else [],
        "crumbs": [Crumb("双因素登录")],
    }
    return render(
        request, "marketplace/account/second_factor.html", context, status=form_status(form)
    )


@sensitive_post_parameters("code")
@login_required
@require_http_methods(["GET", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Show the key for the telephone; with a first code from it the recovery codes, this once."""
    user, at = signed_in(request.user), timezone.now()
    begun = authenticator_begun(user, at)
    if begun is None:
        return redirect(HOME)
    form = CodeForm(request.POST or None)
    done = attempted(
        form,
        lambda: authenticator_confirm(
            actor=user, code=form.cleaned_data["code"], at=timezone.now()
        ),
    )
    if done is not None:
        update_session_auth_hash(request, done.user)
        step_done(request, done.authenticator)
        return _codes_shown(request, user, done.recovery_codes, "已启用动态口令")
    address = key_address(begun.secret, user.username, PRODUCT_NAME)
    context = {
        "form": form,
        "address": address,
        "square": square_code(address, gettext("绑定身份验证器的二维码")),
        "key": in_fours(begun.secret),
        "account": user.username,
        "crumbs": [_home(), Crumb("绑定身份验证器")],
    }
    return render(
        request, "marketplace/account/second_factor_enrol.html", context, status=form_status(form)
    )


@sensitive_post_parameters("password", "code")
@login_required
@require_http_methods(["GET", "POST"])
def renew(request: HttpRequest) -> HttpResponse:
    """Make new recovery codes and show them, this once."""
    user = signed_in(request.user)

    def deed(proof: Proof) -> list[str]:
        return recovery_codes_renew(actor=user, proof=proof, at=timezone.now())

    def shown(codes: list[str]) -> HttpResponse:
        return _codes_shown(request, user, codes, "恢复码已重新生成")

    lead = "此前的恢复码随即失效。新的只显示一次，请准备好保存。"
    return _with_proof(request, "重新生成恢复码", lead, deed, shown)


@sensitive_post_parameters("password", "code")
@login_required
@require_http_methods(["GET", "POST"])
def replace(request: HttpRequest) -> HttpResponse:
    """Begin to set up another telephone; the one in use stays so until the new one has given a code."""
    user = signed_in(request.user)

    def deed(proof: Proof) -> Authenticator:
        return authenticator_begin(actor=user, proof=proof, at=timezone.now())

    lead = "换到另一部手机或另一个应用。新的绑定完成之前，原来的继续有效。"
    return _with_proof(
        request, "更换验证器", lead, deed, lambda _: redirect("marketplace:second-factor-enrol")
    )


@sensitive_post_parameters("password", "code")
@login_required
@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest) -> HttpResponse:
    """Take the reader's authenticator out of use, where none is required."""
    user = signed_in(request.user)

    def deed(proof: Proof) -> User:
        return authenticator_remove(actor=user, proof=proof, at=timezone.now())

    def done(changed: User) -> HttpResponse:
        update_session_auth_hash(request, changed)
        messages.success(request, "已停用动态口令。其他设备上的登录已失效。")
        return redirect(HOME)

    if second_factor_required(user):
        messages.warning(request, "您的角色须使用动态口令，不能停用；更换手机请用“更换验证器”。")
        return redirect(HOME)
    lead = "停用后登录只需密码，恢复码一并失效。"
    return _with_proof(request, "停用动态口令", lead, deed, done)


def _with_proof(
    request: HttpRequest,
    title: str,
    lead: str,
    deed: Callable[[Proof], T],
    done: Callable[[T], HttpResponse],
) -> HttpResponse:
    """Do something to the reader's authenticator after password and code, which count as those of a sign-in."""
    user = signed_in(request.user)
    if authenticator_state(user) is None:
        return redirect(HOME)
    if request.method == "POST" and (pause := paused(request, user.username)):
        return pause
    form = ProofForm(request.POST or None)
    found = proven_form(request, form, deed)
    if found is not None:
        return done(found)
    context = {
        "form": form,
        "title": title,
        "lead": lead,
        "back": resolve_url(HOME),
        "crumbs": [_home(), Crumb(title)],
    }
    return render(
        request, "marketplace/account/second_factor_proof.html", context, status=form_status(form)
    )


def proven_form(request: HttpRequest, form: PasswordForm, deed: Callable[[Proof], T]) -> T | None:
    """Return what a deed returns, None when it was refused; a wrong password or code counts as one of a sign-in."""
    found = attempted(form, lambda: deed(form.proof()))
    codes = {fault.code for faults in form.errors.as_data().values() for fault in faults}
    if CODE_WRONG in codes:
        failure_count(request, signed_in(request.user).username)
    return found


def _codes_shown(request: HttpRequest, user: User, codes: list[str], title: str) -> HttpResponse:
    shown = [in_fours(code, "-") for code in codes]
    head = gettext("%(product)s恢复码，账号 %(account)s，%(day)s 生成；每个只能用一次。") % {
        "product": gettext(PRODUCT_NAME),
        "account": user.username,
        "day": f"{timezone.localtime():%Y-%m-%d}",
    }
    text = "\n".join([head, "", *shown, ""])
    context = {
        "title": title,
        "head": head,
        "codes": shown,
        "file": f"data:text/plain;charset=utf-8,{quote(text)}",
        "crumbs": [_home(), Crumb("恢复码")],
    }
    return render(request, "marketplace/account/recovery_codes.html", context)


def _home() -> Crumb:
    return Crumb("双因素登录", reverse(HOME))


def _particulars(state: AuthenticatorState) -> list[Pair]:
    return [
        Pair("启用时间", state.confirmed_at, Kind.DATETIME),
        Pair("剩余恢复码", state.codes_left, Kind.NUMBER),
    ]


def _deeds(user: User) -> list[Action]:
    found = [
        Action("重新生成恢复码", reverse("marketplace:second-factor-renew")),
        Action("更换验证器", reverse("marketplace:second-factor-replace")),
    ]
    if not second_factor_required(user):
        found.append(Action("停用动态口令", reverse("marketplace:second-factor-remove")))
    return found
