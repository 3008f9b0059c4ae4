"""Pages of an enterprise about its applications: consent screen, list, step line, withdrawal, supplement."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from borrowers.models import Enterprise
from lenders.selectors import PublishedProduct, product_get_published, published_of
from lenders.views.attempt import attempted, form_status
from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import DATA_CLASS_LABELS
from marketplace.policies import require_role, signed_in
from marketplace.web.components import Cell, Column, Crumb, Kind, Pair, Table
from marketplace.web.labels import tone_of
from marketplace.web.language import said
from marketplace.web.pagination import number_page
from matching.domain.application import buttons
from matching.domain.fit import Audience
from matching.domain.subject import ConsentFacts
from matching.forms.application import ConsentForm, SupplyForm, WithdrawForm
from matching.models import LoanApplication
from matching.policies.application import BORROWER_ROLES
from matching.selectors.application import application_get_own, application_list, events_of
from matching.selectors.clock import clock_readings, clock_table
from matching.selectors.consent_offer import (
    VALID_MONTHS,
    OfferedClass,
    classes_offered,
    consent_periods,
    consent_preview,
)
from matching.selectors.demand import demand_get
from matching.selectors.fit import in_words, product_fit
from matching.selectors.loan import loan_position
from matching.selectors.renewal import loans_maturing
from matching.selectors.timeline import Side, TimelineEntry, timeline
from matching.services.application import (
    ConsentChoice,
    application_consent_again,
    application_submit,
)
from matching.services.application_move import MOVABLE_STATES
from matching.services.transition import application_transition
from matching.views.case import (
    call_pairs,
    consent_pairs,
    line_pairs,
    loan_pairs,
    need_pairs,
    refusal_sentence,
    state_label,
    step_line,
)
from matching.views.renewal import renewal_lines

FEEDBACK = "本企业同意金融机构向平台反馈授信、签约、放款、还款、逾期信息。"
VERDICTS = {
    Outcome.FITS: "按现有数据，准入条件全部符合。",
    Outcome.DOES_NOT_FIT: "有条件不符合，机构可能拒绝。仍可申请，由机构决定。",
    Outcome.CANNOT_TELL: "没有不符合的条件，但有些条件缺少数据，机构可能请您补充。",
}
"""What the outcome of a fit means for whoever is about to apply."""
PREVIEW_MONTHS = max(VALID_MONTHS)
"""The preview names no end; a consent text cannot be made without one."""


@login_required
@require_http_methods(["GET", "POST"])
def application_create(
    request: HttpRequest, public_id: uuid.UUID, product_id: uuid.UUID
) -> HttpResponse:
    """Show how a product fits and what would be consented to; apply when it is ticked."""
    user, now = signed_in(request.user), timezone.now()
    demand = demand_get(user, public_id)
    offer = product_get_published(product_id, now)
    form = consent_form(request, demand.enterprise, offer, now, asks_again=True)
    application = attempted(
        form,
        lambda: application_submit(
            demand=demand, product_id=product_id, consent=consent_choice(form), actor=user, at=now
        ),
    )
    if application is not None:
        messages.success(
            request,
            gettext("申请已提交至%(organisation)s。")
            % {"organisation": offer.institution.organisation.name},
        )
        return redirect("matching:application-detail", application.public_id)
    fit = in_words(product_fit(demand, offer, now, ConsentFacts.own(), Audience.BORROWER))
    context = {
        "fit": fit,
        "verdict": VERDICTS[fit.outcome],
        "need": need_pairs(demand),
        "cancel_url": reverse("matching:need-detail", args=[public_id]),
        "submit": "同意授权并提交申请",
        "title": gettext("申请 %(product)s") % {"product": offer.product.name},
        "crumbs": [
            Crumb("融资需求", reverse("matching:need-list")),
            Crumb("需求详情", reverse("matching:need-detail", args=[public_id])),
            Crumb("授权并申请"),
        ],
    }
    return consent_page(request, demand.enterprise, offer, form, context, now)


@login_required
@require_http_methods(["GET", "POST"])
def application_consent(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Grant a new consent for a suspended application, which resumes."""
    user, now = signed_in(request.user), timezone.now()
    application = application_get_own(user, public_id)
    offer = published_of(application.product_version)
    form = consent_form(request, application.enterprise, offer, now)
    resumed = attempted(
        form,
        lambda: application_consent_again(
            application_id=public_id, consent=consent_choice(form), actor=user, at=now
        ),
    )
    if resumed is not None:
        messages.success(request, "已重新授权，申请恢复办理。")
        return redirect("matching:application-detail", public_id)
    context = {
        "need": need_pairs(application.demand),
        "cancel_url": reverse("matching:application-detail", args=[public_id]),
        "submit": "重新授权并恢复办理",
        "title": gettext("重新授权 %(product)s") % {"product": offer.product.name},
        "crumbs": [_list_crumb(), _detail_crumb(public_id), Crumb("重新授权")],
    }
    return consent_page(request, application.enterprise, offer, form, context, now)


@login_required
@require_GET
def applications(request: HttpRequest) -> HttpResponse:
    """List the applications of the reader's enterprise."""
    user = signed_in(request.user)
    require_role(user, *BORROWER_ROLES)
    page = number_page(request, application_list(user))
    context = {
        "page": page,
        "table": _table(list(page.object_list)),
        "crumbs": [Crumb("我的申请")],
    }
    return render(request, "matching/borrower/application_list.html", context)


@login_required
@require_GET
def application_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show where an application stands, what is due, whom to call, and what may be done.

    Queries: at most 12.
    """
    return _detail(request, application_get_own(signed_in(request.user), public_id), {})


@login_required
@require_POST
def application_withdraw(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Withdraw an application; its consent ends with it."""
    return _act(
        request, public_id, "WITHDRAW", WithdrawForm(request.POST), "申请已撤回，授权同时终止。"
    )


@login_required
@require_POST
def application_supply(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say that what was asked for has been supplied."""
    return _act(
        request, public_id, "SUPPLY", SupplyForm(request.POST), "已告知机构，资料补充完成。"
    )


def _act(
    request: HttpRequest, public_id: uuid.UUID, event: str, form: forms.Form, said: str
) -> HttpResponse:
    user = signed_in(request.user)
    application = application_get_own(user, public_id)
    done = attempted(
        form,
        lambda: application_transition(
            application_id=public_id,
            event=event,
            payload={name: value for name, value in form.cleaned_data.items() if value != ""},
            actor=user,
            at=timezone.now(),
        ),
    )
    if done is None:
        return _detail(request, application, {event: form})
    messages.success(request, said)
    return redirect("matching:application-detail", public_id)


def _detail(
    request: HttpRequest, application: LoanApplication, bound: Mapping[str, forms.Form]
) -> HttpResponse:
    user, now = signed_in(request.user), timezone.now()
    events = events_of(application)
    readings = clock_readings(application, events, now, clock_table())
    offered = {event for event, _ in buttons(application.state, BORROWER_ROLES)}
    asked = {"WITHDRAW": WithdrawForm(), "SUPPLY": SupplyForm()} | dict(bound)
    entries = timeline(events, Side.BORROWER)
    line = getattr(application, "credit_line", None)
    loan = getattr(application, "loan", None)
    context = {
        "application": application,
        "state": state_label(application.state),
        "tone": tone_of(application.state).value,
        "renewals": renewal_lines(
            entry for entry in loans_maturing(user, now) if entry.loan.pk == loan.pk
        )
        if loan
        else [],
        "steps": step_line(application, events, readings, now),
        "call": call_pairs(application),
        "consent": consent_pairs(application.consent, now),
        "refusal": refusal_sentence(application),
        "need": need_pairs(application.demand),
        "line": line_pairs(line) if line else None,
        "loan": loan_pairs(loan, loan_position(loan)) if loan else None,
        "entries": entries,
        "withdraw_form": asked["WITHDRAW"] if "WITHDRAW" in offered else None,
        "supply_form": asked["SUPPLY"] if "SUPPLY" in offered else None,
        "supply_wanted": _wanted(entries),
        "is_suspended": application.state == "SUSPENDED",
        "can_move": application.state in MOVABLE_STATES,
        "crumbs": [_list_crumb(), Crumb("申请进度")],
    }
    status = 422 if any(form.errors for form in bound.values()) else 200
    return render(request, "matching/borrower/application_detail.html", context, status=status)


def _wanted(entries: Sequence[TimelineEntry]) -> Sequence[tuple[str, str]]:
    """Return what the lender last asked to be supplied."""
    asked = [entry for entry in entries if entry.event == "REQUEST_SUPPLEMENT"]
    return max(asked, key=lambda entry: entry.at).lines if asked else ()


def _class_words(entry: OfferedClass) -> str:
    """Return the name of a class with what speaks for ticking it."""
    held = gettext("%(count)s 条记录") % {"count": entry.count} if entry.count else said("暂无记录")
    asked = gettext("，该产品的准入规则会用到") if entry.is_asked else ""
    words = gettext("（%(words)s）") % {"words": f"{held}{asked}"}
    return f"{said(DATA_CLASS_LABELS[entry.data_class])}{words}"


def consent_form(
    request: HttpRequest,
    enterprise: Enterprise,
    offer: PublishedProduct,
    now: datetime,
    *,
    asks_again: bool = False,
) -> ConsentForm:
    """Return the form of the classes a product may ask for, none ticked.

    Args:
        request: carries what was ticked.
        enterprise: who consents.
        offer: the product.
        now: moment of asking.
        asks_again: whether leaving out a class that the rules look at must be confirmed.

    Queries: one.
    """
    offered = classes_offered(enterprise, offer, now)
    return ConsentForm(
        request.POST or None,
        data_classes=[(entry.data_class.value, _class_words(entry)) for entry in offered],
        valid_months=VALID_MONTHS,
        feedback_text=FEEDBACK,
        asked={
            entry.data_class.value: DATA_CLASS_LABELS[entry.data_class]
            for entry in offered
            if entry.is_asked and asks_again
        },
    )


def consent_choice(form: ConsentForm) -> ConsentChoice:
    """Return what was ticked in a valid form."""
    return ConsentChoice(
        data_classes=tuple(form.cleaned_data["data_classes"]),
        valid_months=form.cleaned_data["valid_months"],
        feedback_clause=form.cleaned_data["feedback_clause"],
    )


def consent_page(
    request: HttpRequest,
    enterprise: Enterprise,
    offer: PublishedProduct,
    form: ConsentForm,
    context: dict[str, Any],
    now: datetime,
) -> HttpResponse:
    """Return the consent screen: terms, wording, and what the page says beside them."""
    periods = consent_periods(PREVIEW_MONTHS, now)
    context |= {
        "form": form,
        "offer": offer,
        "product": _product_pairs(offer),
        "terms": [
            Pair("被授权机构", offer.institution.organisation.name),
            Pair("用途", "贷款申请审查，仅限本次申请"),
            Pair("数据所属期间起", periods.data_from, Kind.DATE),
            Pair("授权有效期", "自提交时起，至所选期限届满或申请办结，以先到者为准"),
            Pair(
                "机构最长留存",
                gettext("%(data_life_days)s 天") % {"data_life_days": periods.data_life_days},
            ),
            Pair("查询留痕", "每次查询的机构、人员、时间、用途和内容均被记录，随时可查看"),
        ],
        "preview": consent_preview(enterprise, offer, periods, str(signed_in(request.user))),
    }
    template = "matching/borrower/consent.html"
    return render(request, template, context, status=form_status(form))


def _product_pairs(offer: PublishedProduct) -> list[Pair]:
    terms = offer.terms
    return [
        Pair("机构", offer.institution.organisation.name),
        Pair("额度下限", terms.amount_min_yuan, Kind.MONEY),
        Pair("额度上限", terms.amount_max_yuan, Kind.MONEY),
        Pair(
            "期限",
            gettext("%(term_min_months)s 至 %(term_max_months)s 个月")
            % {"term_min_months": terms.term_min_months, "term_max_months": terms.term_max_months},
        ),
        Pair(
            "综合年化成本上限",
            terms.all_in_rate_max_bp,
            Kind.RATE,
            definition="利息与直接相关费用合计，折算为年。",
        ),
        Pair(
            "审批时限",
            gettext("资料齐全后 %(decision_days)s 个工作日")
            % {"decision_days": terms.decision_days},
        ),
    ]


def _table(rows: list[LoanApplication]) -> Table:
    columns = [
        Column("产品"),
        Column("机构"),
        Column("金额", Kind.MONEY),
        Column("提交时间", Kind.DATETIME),
        Column("当前时限", Kind.DATETIME, "当前环节应当完成的时间。"),
        Column("状态", Kind.BADGE),
    ]
    found = [
        [
            Cell(
                row.product.name, url=reverse("matching:application-detail", args=[row.public_id])
            ),
            row.institution.organisation.name,
            row.demand.amount_yuan,
            row.submitted_at,
            row.clock_due_at,
            Cell(state_label(row.state), tone=tone_of(row.state)),
        ]
        for row in rows
    ]
    return Table(columns, found, caption="我的申请", empty="还没有提交过申请。")


def _list_crumb() -> Crumb:
    return Crumb("我的申请", reverse("matching:application-list"))


def _detail_crumb(public_id: uuid.UUID) -> Crumb:
    return Crumb("申请进度", reverse("matching:application-detail", args=[public_id]))
