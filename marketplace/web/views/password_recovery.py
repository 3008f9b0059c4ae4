"""Pages of a forgotten password: a code asked for, a new password chosen with it; and who opens that way for later."""

from __future__ import annotations

import secrets

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.domain.reminder import Channel, address_masked
from marketplace.models import User
from marketplace.outreach import senders
from marketplace.policies import authenticator_in_use, recovers_by_code, signed_in
from marketplace.selectors import reminder_address_of
from marketplace.services import password_recover, recovery_ask, recovery_close, recovery_open
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Crumb
from marketplace.web.second_step import pause_end, paused
from marketplace.web.sender import sender_of
from marketplace.web.views.account import NewPasswordForm
from marketplace.web.views.second_factor import PasswordForm, ProofForm, proven_form

NAME, TICKET = "forgotten_account", "forgotten_ticket"
"""Under which a session remembers whose password was asked for, and with which ticket."""
REMINDERS = "marketplace:reminders"


class AccountForm(forms.Form):
    """Whose password."""

    username = forms.CharField(
        label="账号",
        max_length=User._meta.get_field("username").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )


class RecoverForm(NewPasswordForm):
    """The code that was sent, and the new password."""

    code = forms.CharField(
        label="验证码",
        max_length=20,
        help_text="最近一次收到的八位数字。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )
    field_order = ("code", "new_password", "again")


class OpenForm(PasswordForm):
    """The password, for the address that is shown."""

    entered_at = forms.DateTimeField(widget=forms.HiddenInput)


class OpenProofForm(ProofForm):
    """Password and code, for the address that is shown."""

    entered_at = forms.DateTimeField(widget=forms.HiddenInput)


@require_http_methods(["GET", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a code; the answer is the same for every name."""
    if request.user.is_authenticated:
        return redirect("marketplace:password-change")
    form = AccountForm(request.POST or None)

    def ask() -> str:
        name: str = form.cleaned_data["username"]
        ticket = request.session.setdefault(TICKET, secrets.token_urlsafe())
        recovery_ask(username=name, ticket=ticket, sender=sender_of(request), at=timezone.now())
        return name

    name = attempted(form, ask)
    if name is not None:
        request.session[NAME] = name
        return redirect("marketplace:password-recover")
    context = {"form": form, "is_open": bool(senders()), "crumbs": [_log_in(), Crumb("找回密码")]}
    return render(request, "marketplace/account/forgotten.html", context, status=form_status(form))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def recover(request: HttpRequest) -> HttpResponse:
    """Choose a new password with the code, also during a pause for wrong passwords, which ends by it."""
    name = request.session.get(NAME)
    if request.user.is_authenticated or not name:
        return redirect("marketplace:password-forgotten")
    form = RecoverForm(request.POST or None)
    done = attempted(
        form,
        lambda: password_recover(
            username=name,
            ticket=request.session.get(TICKET, ""),
            code=form.cleaned_data["code"],
            new_password=form.cleaned_data["new_password"],
            sender=sender_of(request),
            at=timezone.now(),
        ),
    )
    if done is not None:
        del request.session[NAME], request.session[TICKET]
        pause_end(request, name)
        messages.success(request, "密码已重设，此前的登录都已失效。请用新密码登录。")
        return redirect("marketplace:login")
    crumbs = [
        _log_in(),
        Crumb("找回密码", reverse("marketplace:password-forgotten")),
        Crumb("设定新密码"),
    ]
    context = {"form": form, "name": name, "crumbs": crumbs}
    return render(request, "marketplace/account/recover.html", context, status=form_status(form))


@sensitive_post_parameters("password", "code")
@login_required
@require_http_methods(["GET", "POST"])
def opening(request: HttpRequest) -> HttpResponse:
    """Let the reader's address take codes for a new password, after password and code."""
    user = signed_in(request.user)
    if not recovers_by_code(user):
        return redirect("marketplace:second-factor")
    if request.method == "POST" and (pause := paused(request, user.username)):
        return pause
    row = reminder_address_of(user)
    if row is None or row.confirmed_at is None:
        return redirect(REMINDERS)
    kind = OpenForm if authenticator_in_use(user) is None else OpenProofForm
    form = kind(request.POST or None, initial={"entered_at": row.entered_at.isoformat()})
    done = proven_form(
        request,
        form,
        lambda proof: recovery_open(
            entered_at=form.cleaned_data["entered_at"], actor=user, proof=proof, at=timezone.now()
        ),
    )
    if done is not None:
        messages.success(request, "已开通。忘记密码时，在登录页点“忘记密码”。")
        return redirect(REMINDERS)
    context = {
        "form": form,
        "title": "开通自助找回密码",
        "lead": gettext("今后忘记密码，可凭发到 %(address)s 的验证码自行重设。请先证明是您本人。")
        % {"address": address_masked(Channel(row.channel), row.address)},
        "back": reverse(REMINDERS),
        "crumbs": [Crumb("站外提醒", reverse(REMINDERS)), Crumb("开通自助找回密码")],
    }
    return render(
        request, "marketplace/account/second_factor_proof.html", context, status=form_status(form)
    )


@login_required
@require_POST
def closing(request: HttpRequest) -> HttpResponse:
    """Let the reader's address take codes for a new password no more."""
    recovery_close(actor=signed_in(request.user), at=timezone.now())
    messages.success(request, "已关闭自助找回密码。")
    return redirect(REMINDERS)


def _log_in() -> Crumb:
    return Crumb("登录", reverse("marketplace:login"))
