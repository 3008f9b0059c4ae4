"""The enterprise's consents: list, the signed text with its proof, taking back in one click."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from borrowers.domain.consent import ConsentState
from borrowers.forms import ReasonForm
from borrowers.models import Consent
from borrowers.selectors import (
    consent_get,
    consent_is_intact,
    consent_list_for_owner,
    consent_state,
    consent_text,
    feedback_ended_at,
    feedback_label,
)
from borrowers.services import consent_revoke, feedback_revoke
from borrowers.views.borrower import own_enterprise
from borrowers.views.wording import class_label, consent_badge, consents_table
from marketplace.domain.errors import Refused
from marketplace.policies import signed_in
from marketplace.web.components import Crumb, Kind, Pair
from marketplace.web.language import listed
from marketplace.web.pagination import number_page


@login_required
@require_GET
def consents(request: HttpRequest) -> HttpResponse:
    """List the enterprise's consents with their state now."""
    own_enterprise(request)
    page = number_page(request, consent_list_for_owner(request.user))
    context = {
        "page": page,
        "table": consents_table(page.object_list, timezone.now()),
        "crumbs": [_home(), Crumb("授权")],
    }
    return render(request, "borrowers/borrower/consents.html", context)


@login_required
@require_GET
def consent(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one consent: what it allows, the signed text made again, whether the proof holds."""
    at = timezone.now()
    found = consent_get(request.user, public_id)
    own_enterprise(request)
    state = consent_state(found, at)
    context = {
        "consent": found,
        "badge": consent_badge(found, at),
        "can_revoke": state in (ConsentState.LIVE, ConsentState.NOT_YET),
        "can_revoke_feedback": found.feedback_clause and feedback_ended_at(found) is None,
        "has_ended": state in (ConsentState.REVOKED, ConsentState.EXPIRED),
        "feedback_form": ReasonForm(auto_id="feedback_%s"),
        "pairs": _pairs(found),
        "text": consent_text(found),
        "is_intact": consent_is_intact(found),
        "reason_form": ReasonForm(),
        "crumbs": [_home(), _list_crumb(), Crumb("授权详情")],
    }
    return render(request, "borrowers/borrower/consent.html", context)


@login_required
@require_POST
def revoke(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a consent back at once."""
    consent_revoke(
        consent_id=public_id,
        reason=_reason(request),
        actor=signed_in(request.user),
        at=timezone.now(),
    )
    messages.success(request, "授权已撤回，该机构立即不能再查询。撤回前已完成的查询记录保留。")
    return redirect("borrowers:consent-detail", public_id)


@login_required
@require_POST
def feedback(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take back the clause on outcomes alone."""
    feedback_revoke(
        consent_id=public_id,
        reason=_reason(request),
        actor=signed_in(request.user),
        at=timezone.now(),
    )
    messages.success(request, "反馈条款已撤回，该机构不能再报送这笔贷款的结果。已报送的保留。")
    return redirect("borrowers:consent-detail", public_id)


def _reason(request: HttpRequest) -> str:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        raise Refused("REASON_LENGTH", "撤回原因不能超过 200 字。")
    return str(form.cleaned_data["reason"])


def _pairs(found: Consent) -> list[Pair]:
    classes = listed(class_label(code) for code in found.data_classes)
    pairs = [
        Pair("被授权机构", found.lender.name),
        Pair("用途", found.get_purpose_display()),
        Pair(
            "对应申请",
            "查看申请",
            url=reverse("matching:application-detail", args=[found.application_ref]),
            note=str(found.application_ref),
        ),
        Pair("信息类别", classes),
        Pair(
            "数据期间",
            gettext("%(data_from)s 至 %(data_to)s")
            % {"data_from": f"{found.data_from:%Y-%m-%d}", "data_to": f"{found.data_to:%Y-%m-%d}"},
        ),
        Pair("有效期起", found.valid_from, Kind.DATETIME),
        Pair("有效期止", found.valid_until, Kind.DATETIME, note="不含该时刻"),
        Pair(
            "机构留存", gettext("%(data_life_days)s 天") % {"data_life_days": found.data_life_days}
        ),
        Pair("反馈贷款结果", feedback_label(found)),
        Pair("签署", str(found.signed_by), note=str(found.names.get("signer_role", ""))),
        Pair("签署时间", found.signed_at, Kind.DATETIME),
        Pair("授权书文本", found.text_version, note=f"SHA-256 {found.text_sha256}"),
    ]
    if found.revoked_at is not None:
        pairs.append(Pair("终止时间", found.revoked_at, Kind.DATETIME, note=found.end_reason))
    if found.feedback_revoked_at is not None:
        pairs.append(
            Pair(
                "反馈条款撤回时间",
                found.feedback_revoked_at,
                Kind.DATETIME,
                note=found.feedback_end_reason,
            )
        )
    return pairs


def _home() -> Crumb:
    return Crumb("本企业", reverse("borrowers:enterprise-own"))


def _list_crumb() -> Crumb:
    return Crumb("授权", reverse("borrowers:consent-list"))
