"""The reader's page of reminders outside the site: where to, a code to confirm it, and the end of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from marketplace.domain.reminder import CHANNEL_LABELS, Channel, address_masked
from marketplace.models import ReminderAddress, User
from marketplace.outreach import senders
from marketplace.policies import recovers_by_code, signed_in
from marketplace.selectors import reminder_address_of
from marketplace.services import address_confirm, address_enter, address_remove
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Crumb, Kind, Pair

PAGE = "marketplace:reminders"


class AddressForm(forms.Form):
    """Where to be reminded."""

    channel = forms.ChoiceField(label="方式", widget=forms.RadioSelect)
    address = forms.CharField(label="手机号码或邮箱地址", max_length=254)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        ways = [(way.value, words) for way, words in CHANNEL_LABELS.items() if way in senders()]
        self.fields["channel"].choices = ways  # type: ignore[attr-defined]
        if ways:
            self.fields["channel"].initial = ways[-1][0]


class CodeForm(forms.Form):
    """The code that was sent."""

    code = forms.CharField(
        label="验证码",
        max_length=10,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )


@login_required
@require_GET
def reminders(request: HttpRequest) -> HttpResponse:
    """Show where the reader is reminded, and the form of the next step."""
    return _page(request)


@login_required
@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Send a code to an address."""
    form = AddressForm(request.POST)
    done = attempted(
        form,
        lambda: address_enter(
            channel=Channel(form.cleaned_data["channel"]),
            address=form.cleaned_data["address"],
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is None:
        return _page(request, address=form)
    messages.success(request, "验证码已发送，十分钟内有效。")
    return redirect(PAGE)


@login_required
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """Begin to remind by the code."""
    form = CodeForm(request.POST)
    done = attempted(
        form,
        lambda: address_confirm(
            code=form.cleaned_data["code"], actor=signed_in(request.user), at=timezone.now()
        ),
    )
    if done is None:
        return _page(request, code=form)
    messages.success(request, "已确认，今后有未读消息时会提醒您；还可以开通自助找回密码。")
    return redirect(PAGE)


@login_required
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Remind no more."""
    address_remove(actor=signed_in(request.user), at=timezone.now())
    messages.success(request, "已停止提醒，地址已删除。")
    return redirect(PAGE)


def _page(request: HttpRequest, **given: forms.Form) -> HttpResponse:
    row = reminder_address_of(signed_in(request.user))
    waits = row is not None and row.confirmed_at is None
    form = next(iter(given.values()), None)
    context = {
        "is_open": bool(senders()),
        "has_address": row is not None,
        "pairs": _facts(row) if row else [],
        "recovery": _recovery(signed_in(request.user), row),
        "form": form,
        "code_form": (given.get("code") or CodeForm()) if waits else None,
        "address_form": given.get("address") or AddressForm(),
        "crumbs": [
            Crumb("消息", reverse("marketplace:notification-list")),
            Crumb("站外提醒"),
        ],
    }
    status = form_status(form) if form else 200
    return render(request, "marketplace/account/reminders.html", context, status=status)


def _recovery(user: User, row: ReminderAddress | None) -> str:
    """Return how the address stands as a way to a new password, empty where there is none confirmed."""
    if row is None or row.confirmed_at is None:
        return ""
    if not recovers_by_code(user):
        return "barred"
    return "open" if row.recovers_since else "closed"


def _facts(row: ReminderAddress) -> list[Pair]:
    channel = Channel(row.channel)
    state = "已开通" if row.confirmed_at else "待验证"
    found = [Pair(CHANNEL_LABELS[channel], address_masked(channel, row.address), note=state)]
    if row.confirmed_at:
        found.append(Pair("确认时间", row.confirmed_at, Kind.DATETIME))
    return found
