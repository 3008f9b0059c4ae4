"""Registration of an enterprise in three short steps: code, check of what the register says, account.

The code is kept in the session between the steps; nothing is asked that the register knows. Works without script.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from borrowers.domain.identity import ENTERPRISE_ACCOUNT
from borrowers.forms import ApplyAgainForm, ContactForm, RegistrationForm, UsccForm
from borrowers.models import EnterpriseAccount
from borrowers.policies import VERIFIED
from borrowers.selectors import Prefill, account_of, enterprise_prefill
from borrowers.services import account_apply, account_apply_again
from borrowers.services.account import HELD
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.models import User
from marketplace.policies import signed_in
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Action, Crumb, Kind, Pair, Step, StepState
from marketplace.web.idle import session_begin

KEPT = "register_uscc"
STEPS = ("填写代码", "核对登记信息", "设置账号")
LOGIN_BACKEND = "marketplace.backends.SeatedBackend"


@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the credit code; somebody who has applied is shown where that stands."""
    if account_of(request.user) is not None:
        return redirect("borrowers:account-status")
    form = UsccForm(request.POST or None)
    found = attempted(form, lambda: _free(form.cleaned_data["uscc"]))
    if found is not None:
        request.session[KEPT] = found.uscc
        return redirect("borrowers:account-confirm")
    context = {"form": form, "steps": _steps(0), "crumbs": [Crumb("企业登记")]}
    return render(request, "borrowers/register/code.html", context, status=form_status(form))


@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Show what the register holds, to be confirmed."""
    found = _kept(request)
    if found is None:
        return redirect("borrowers:account-register")
    if request.method == "POST":
        return redirect("borrowers:account-apply")
    context = {
        "found": found,
        "pairs": _pairs(found),
        "steps": _steps(1),
        "back_url": reverse("borrowers:account-register"),
        "crumbs": [Crumb("企业登记")],
    }
    return render(request, "borrowers/register/confirm.html", context)


@require_http_methods(["GET", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """Take the person's account and contact, and apply; a signed-in person keeps the account there is."""
    found = _kept(request)
    if found is None:
        return redirect("borrowers:account-register")
    actor = request.user if isinstance(request.user, User) else None
    form = (ContactForm if actor else RegistrationForm)(request.POST or None)
    account = attempted(
        form,
        lambda: account_apply(uscc=found.uscc, **form.cleaned_data, actor=actor, at=timezone.now()),
    )
    if account is not None:
        del request.session[KEPT]
        if actor is None:
            login(request, account.applied_by, backend=LOGIN_BACKEND)
            session_begin(request)
        messages.success(request, "登记已提交。")
        return redirect("borrowers:account-status")
    context = {"form": form, "found": found, "steps": _steps(2), "crumbs": [Crumb("企业登记")]}
    return render(request, "borrowers/register/account.html", context, status=form_status(form))


@login_required
@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """Show where the reader's application stands."""
    account = _own(request)
    context = {
        "account": account,
        "steps": _status_steps(account),
        "pairs": _account_pairs(account),
        "action": _next_action(account),
        "is_open": account.state != VERIFIED,
        "crumbs": [Crumb("登记进度")],
    }
    return render(request, "borrowers/register/status.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def again(request: HttpRequest) -> HttpResponse:
    """Apply once more after a refusal."""
    account = _own(request)
    initial = {"contact_name": account.contact_name, "contact_phone": account.contact_phone}
    form = ApplyAgainForm(request.POST or None, initial=initial)
    done = attempted(
        form,
        lambda: account_apply_again(
            account=account,
            **form.cleaned_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is not None:
        messages.success(request, "已重新提交。")
        return redirect("borrowers:account-status")
    context = {
        "form": form,
        "account": account,
        "crumbs": [Crumb("登记进度", reverse("borrowers:account-status")), Crumb("重新提交")],
    }
    return render(request, "borrowers/register/again.html", context, status=form_status(form))


def _free(uscc: str) -> Prefill:
    """Return the register's facts of an enterprise that nobody holds yet."""
    found = enterprise_prefill(uscc)
    if found.has_account:
        raise Conflict("ACCOUNT_HELD", HELD, {"uscc": HELD})
    return found


def _kept(request: HttpRequest) -> Prefill | None:
    uscc = request.session.get(KEPT, "")
    try:
        return enterprise_prefill(uscc) if uscc else None
    except Refused:
        return None


def _own(request: HttpRequest) -> EnterpriseAccount:
    account = account_of(request.user)
    if account is None:
        raise NotFound("ACCOUNT_NONE", "您还没有登记企业。")
    return account


def _steps(current: int) -> list[Step]:
    states = [StepState.DONE] * current + [StepState.CURRENT] + [StepState.TODO] * 2
    return [Step(label, state) for label, state in zip(STEPS, states, strict=False)]


def _status_steps(account: EnterpriseAccount) -> list[Step]:
    decided = {VERIFIED: StepState.DONE, "REFUSED": StepState.REFUSED}
    review = decided.get(account.state, StepState.CURRENT)
    passed = account.state == VERIFIED
    return [
        Step("提交登记", StepState.DONE, account.applied_at),
        Step("身份核验", review, account.verified_at, account.refusal_reason),
        Step("可以填报需求", StepState.DONE if passed else StepState.TODO),
    ]


def _pairs(found: Prefill) -> list[Pair]:
    return [
        Pair("企业名称", found.name),
        Pair("统一社会信用代码", found.uscc, Kind.CODE),
        Pair("企业类型", found.legal_form),
        Pair("登记状态", found.status_label),
        Pair("成立日期", found.established_date, Kind.DATE),
        Pair("所在区", found.district_name),
        Pair("住所", found.address),
        Pair("法定代表人（负责人）", found.legal_representative),
    ]


def _account_pairs(account: EnterpriseAccount) -> list[Pair]:
    return [
        Pair("企业", account.enterprise.name),
        Pair("统一社会信用代码", account.enterprise.uscc, Kind.CODE),
        Pair("状态", ENTERPRISE_ACCOUNT.labels[account.state]),
        Pair("提交时间", account.applied_at, Kind.DATETIME),
        Pair("联系人", account.contact_name),
    ]


def _next_action(account: EnterpriseAccount) -> Action | None:
    if account.state == VERIFIED:
        return Action("进入企业主页", reverse("borrowers:enterprise-own"), primary=True)
    if account.state == "REFUSED":
        return Action("重新提交", reverse("borrowers:account-again"), primary=True)
    return None
