"""Pages of somebody with an account: in and out, password, for whom to act, where to begin, notices."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.domain.errors import Refused
from marketplace.models import User
from marketplace.policies import temporary_over
from marketplace.selectors import notification_list
from marketplace.services import (
    notification_read,
    notifications_read,
    password_change,
    phone_change,
)
from marketplace.web.acting import acting_seat, chosen, seats_of, sit_down
from marketplace.web.components import Action, Crumb
from marketplace.web.forms import refuse
from marketplace.web.idle import ENDED, session_begin, time_left
from marketplace.web.navigation import landing_for, links_for, places, waiting_link
from marketplace.web.pagination import number_page

TEMPORARY_OVER = "临时密码已过期，请联系平台的运营人员重新设定。"


class SignInForm(AuthenticationForm):
    """Account name and password."""

    error_messages = {
        "invalid_login": "账号或密码不正确。密码区分大小写；连续五次输错将暂停登录十五分钟。",
        "inactive": "账号或密码不正确。密码区分大小写；连续五次输错将暂停登录十五分钟。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "账号"
        longest = User._meta.get_field("username").max_length or 0
        self.fields["username"].validators.append(MaxLengthValidator(longest))
        self.fields["password"].label = "密码"

    def confirm_login_allowed(self, user: User) -> None:
        """Refuse a password that somebody else made and nobody changed in time.

        Raises:
            ValidationError: ``password_over``.
        """
        super().confirm_login_allowed(user)
        if temporary_over(user, timezone.now()):
            raise ValidationError(TEMPORARY_OVER, code="password_over")


class SignInView(LoginView):
    """Log in; whoever is logged in already goes to their own page."""

    template_name = "marketplace/account/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Log in, and note when."""
        answer = super().form_valid(form)
        session_begin(self.request)
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """Answer 422 as every form does that needs correcting."""
        return self.render_to_response(self.get_context_data(form=form), status=422)


class SignOutView(LogoutView):
    """Log out, and have the browser drop what it kept of the pages."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """End the session and answer with ``Clear-Site-Data`` (GB/T 22239-2019 剩余信息保护)."""
        answer = super().dispatch(request, *args, **kwargs)
        answer.headers["Clear-Site-Data"] = '"cache", "storage"'
        return answer


@require_http_methods(["GET", "POST"])
def session(request: HttpRequest) -> JsonResponse:
    """Tell a page's script how long the log-in lasts; a POST is the reader's wish to go on."""
    left = time_left(request) if request.user.is_authenticated else None
    return JsonResponse(asdict(left or ENDED))


class NewPasswordForm(forms.Form):
    """A new password, twice."""

    new_password = forms.CharField(
        label="新密码",
        strip=False,
        help_text="至少 12 位，不能全是数字，不能是常见密码，不能与账号或姓名相近。",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="再次输入新密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_again(self) -> str:
        """Refuse two different new passwords."""
        again = str(self.cleaned_data["again"])
        if again != self.cleaned_data.get("new_password"):
            raise forms.ValidationError("两次输入的新密码不一致。", code="PASSWORD_DIFFERS")
        return again


class PasswordForm(NewPasswordForm):
    """The present password and the new one twice."""

    old_password = forms.CharField(
        label="当前密码",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("old_password", "new_password", "again")


@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Change the reader's own password."""
    form = PasswordForm(request.POST or None)
    if form.is_valid() and _password_changed(request, form):
        messages.success(request, "密码已修改。其他设备上的登录已失效。")
        return redirect("marketplace:landing")
    context = {"form": form, "crumbs": [Crumb("修改密码")]}
    status = 422 if form.is_bound else 200
    return render(request, "marketplace/account/password.html", context, status=status)


def _password_changed(request: HttpRequest, form: PasswordForm) -> bool:
    try:
        user = password_change(
            old_password=form.cleaned_data["old_password"],
            new_password=form.cleaned_data["new_password"],
            actor=cast("User", request.user),
            at=timezone.now(),
        )
    except Refused as refused:
        refuse(form, refused)
        return False
    update_session_auth_hash(request, user)
    return True


class PhoneForm(forms.Form):
    """The number the reader can be called at."""

    phone = forms.CharField(
        label="办公电话",
        required=False,
        max_length=32,
        help_text="企业办理申请时看到的客户经理电话；不填则显示机构的电话。加密保存。",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )


@login_required
@require_http_methods(["GET", "POST"])
def phone(request: HttpRequest) -> HttpResponse:
    """Change the number the reader can be called at."""
    user = cast("User", request.user)
    form = PhoneForm(request.POST or None, initial={"phone": user.phone})
    if form.is_valid() and _phone_changed(user, form):
        messages.success(request, "办公电话已保存。")
        return redirect("marketplace:landing")
    context = {"form": form, "crumbs": [Crumb("办公电话")]}
    status = 422 if form.is_bound else 200
    return render(request, "marketplace/account/phone.html", context, status=status)


def _phone_changed(user: User, form: PhoneForm) -> bool:
    try:
        phone_change(phone=form.cleaned_data["phone"], actor=user, at=timezone.now())
    except Refused as refused:
        refuse(form, refused)
        return False
    return True


@login_required
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Choose for which organisation to act."""
    if request.method == "POST":
        seat = sit_down(request, request.POST.get("organisation", ""))
        messages.success(
            request,
            gettext("现在以“%(organisation)s”的身份办理。")
            % {"organisation": seat.organisation.name},
        )
        return redirect("marketplace:landing")
    context = {"seats": seats_of(request), "crumbs": [Crumb("选择组织")]}
    return render(request, "marketplace/account/choose.html", context)


@login_required
@require_GET
def landing(request: HttpRequest) -> HttpResponse:
    """Go to the first page of the reader's role; ask first when it is not clear for whom they act."""
    seats = seats_of(request)
    if len(seats) > 1 and not chosen(request):
        return redirect("marketplace:choose")
    roles = seats[0].roles if seats else ()
    waiting = None if roles else waiting_link(cast("User", request.user))
    address = waiting.name if waiting else landing_for(roles)
    if address:
        return redirect(address)
    context = {"places": places(links_for(roles, is_logged_in=True)), "seat": acting_seat(request)}
    return render(request, "marketplace/account/landing.html", context)


@login_required
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """List the reader's notices, latest first; with ``unread`` only those not read."""
    is_unread = request.GET.get("unread") == "1"
    found = notification_list(cast("User", request.user), unread=is_unread)
    context = {
        "page": number_page(request, found),
        "is_unread": is_unread,
        "actions": [Action("站外提醒", reverse("marketplace:reminders"))],
        "crumbs": [Crumb("消息")],
    }
    return render(request, "marketplace/account/notices.html", context)


@login_required
@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """Mark all of the reader's notices as read."""
    notifications_read(actor=cast("User", request.user), at=timezone.now())
    messages.success(request, "消息已全部标为已读。")
    return redirect("marketplace:notification-list")


@login_required
@require_POST
def notice_read(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Mark a notice as read and go where it leads."""
    notice = notification_read(
        public_id=public_id, actor=cast("User", request.user), at=timezone.now()
    )
    leads_inside = notice.path.startswith("/") and url_has_allowed_host_and_scheme(
        notice.path, allowed_hosts=None
    )
    return redirect(notice.path if leads_inside else "marketplace:notification-list")
