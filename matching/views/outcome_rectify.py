"""Pages on which a lender's approver puts right what was reported of a loan, and the operator's list of it."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lenders.views.attempt import attempted, form_status
from marketplace.domain.errors import NotFound, NotPermitted
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import require_role, signed_in
from marketplace.web.components import Cell, Column, Crumb, Kind, Pair, Table
from marketplace.web.labels import tone_of
from marketplace.web.language import listed, said
from marketplace.web.pagination import number_page
from marketplace.web.templatetags.market import wan
from matching.domain.outcome import LOAN_CLASS_LABELS, LoanClass
from matching.domain.outcome_replay import FIELD_LABELS, changed_fields
from matching.forms.outcome import CONTENT, AmendForm, VoidForm
from matching.models import Loan, LoanApplication, OutcomeEvent
from matching.policies.application import can_rectify_outcomes
from matching.selectors.application import application_get_handled
from matching.selectors.loan import corrections_list, event_of, loan_position, outcomes_of
from matching.services.outcome_rectify import outcome_amend, outcome_void
from matching.views.case import loan_pairs, state_label
from matching.views.outcome import ended_words, is_correction, kind_label


@login_required
@require_http_methods(["GET", "POST"])
def rectify(request: HttpRequest, public_id: uuid.UUID, seq: int) -> HttpResponse:
    """Show one reported outcome with the forms that put it right, and amend it. Queries: at most 12 for the page."""
    application, row = _reported(request, public_id, seq)
    form = AmendForm(request.POST or None, row=row)
    done = attempted(
        form,
        lambda: outcome_amend(
            loan_id=row.loan.public_id,
            seq=seq,
            **{name: getattr(row, name) for name in CONTENT} | form.cleaned_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is None:
        return _page(request, application, row, form, VoidForm())
    return _done(request, application, row, gettext("已更正%(kind)s"))


@login_required
@require_POST
def void(request: HttpRequest, public_id: uuid.UUID, seq: int) -> HttpResponse:
    """Take an outcome out that never happened."""
    application, row = _reported(request, public_id, seq)
    form = VoidForm(request.POST)
    done = attempted(
        form,
        lambda: outcome_void(
            loan_id=row.loan.public_id,
            seq=seq,
            **form.cleaned_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is None:
        return _page(request, application, row, AmendForm(row=row), form)
    return _done(request, application, row, gettext("已作废%(kind)s"))


@login_required
@require_GET
def corrections(request: HttpRequest) -> HttpResponse:
    """List the outcomes that lenders put right, without amounts or reasons. Queries: at most 10."""
    user = signed_in(request.user)
    require_role(user, Role.OPERATOR)
    page = number_page(request, corrections_list(user))
    context = {
        "page": page,
        "table": _corrections_table(list(page.object_list)),
        "crumbs": [
            Crumb("派单与督办", reverse("matching:dispatch-list")),
            Crumb("贷款结果更正"),
        ],
    }
    return render(request, "matching/operator/correction_list.html", context)


def _reported(
    request: HttpRequest, public_id: uuid.UUID, seq: int
) -> tuple[LoanApplication, OutcomeEvent]:
    user = signed_in(request.user)
    application = application_get_handled(user, public_id)
    loan: Loan | None = getattr(application, "loan", None)
    if loan is None:
        raise NotFound
    if not can_rectify_outcomes(user, application):
        raise NotPermitted
    row = next((found for found in outcomes_of(loan) if found.seq == seq), None)
    if row is None:
        raise NotFound
    return application, row


def _done(
    request: HttpRequest, application: LoanApplication, row: OutcomeEvent, words: str
) -> HttpResponse:
    """Say where the loan stands now, so that a slip is seen at once."""
    now = application_get_handled(signed_in(request.user), application.public_id)
    position = loan_position(now.loan)
    told = gettext("%(deed)s。未还本金 %(amount)s，状态：%(state)s。已通知企业与报送人。") % {
        "deed": words % {"kind": said(kind_label(row))},
        "amount": wan(position.outstanding_yuan),
        "state": said(state_label(now.state)),
    }
    messages.success(request, told)
    return redirect("matching:outcome-list", application.public_id)


def _page(
    request: HttpRequest,
    application: LoanApplication,
    row: OutcomeEvent,
    form: AmendForm,
    void_form: VoidForm,
) -> HttpResponse:
    user = signed_in(request.user)
    back = reverse("matching:outcome-list", args=[application.public_id])
    own = _own_words(row, user)
    context = {
        "application": application,
        "pairs": _outcome_pairs(row),
        "loan": loan_pairs(row.loan, loan_position(row.loan)),
        "ended": ended_words(row),
        "title": _title(row),
        "now_url": _url(application, row.replaced_by) if row.replaced_by else "",
        "own": own,
        "form": form,
        "void_form": void_form,
        "can_act": row.ended_at is None and not own,
        "amend_url": _url(application, row),
        "void_url": reverse("matching:outcome-void", args=[application.public_id, row.seq]),
        "back": back,
        "crumbs": [
            Crumb("贷款与反馈", reverse("matching:loan-list")),
            Crumb("贷款结果", back),
            Crumb(_title(row)),
        ],
    }
    forms_shown: list[forms.Form] = [form, void_form]
    status = max(form_status(shown) for shown in forms_shown)
    return render(request, "matching/approver/outcome_rectify.html", context, status=status)


def _title(row: OutcomeEvent) -> str:
    return "更正或作废" if row.ended_at is None else "已更正或作废的一笔"


def _url(application: LoanApplication, row: OutcomeEvent) -> str:
    return reverse("matching:outcome-rectify", args=[application.public_id, row.seq])


def _own_words(row: OutcomeEvent, user: User) -> str:
    """Return why the reader may not judge what they wrote themselves, nothing when they did not write it."""
    if row.ended_at is not None:
        return ""
    if row.first_reported_by_id == user.pk:
        return "这一笔由您报送，须由另一位审批人更正或作废；本机构没有的，先在“网点与人员”中增加。"
    if row.reported_by_id == user.pk:
        return "这一笔是您上次更正的，再更正或作废须由另一位审批人办理；本机构没有的，先在“网点与人员”中增加。"
    return ""


def _outcome_pairs(row: OutcomeEvent) -> list[Pair]:
    label = LOAN_CLASS_LABELS[LoanClass(row.classification)] if row.classification else None
    return [
        Pair("事件", kind_label(row)),
        Pair("发生日期", row.event_date, Kind.DATE),
        Pair("本金", row.principal_yuan or None, Kind.MONEY),
        Pair("利息及费用", row.interest_yuan or None, Kind.MONEY),
        Pair("逾期天数", row.days_overdue, Kind.NUMBER),
        Pair("五级分类", label),
        Pair("机构流水号", row.reference, Kind.CODE),
        Pair("更正人" if is_correction(row) else "报送人", str(row.reported_by)),
        Pair("更正时间" if is_correction(row) else "报送时间", row.reported_at, Kind.DATETIME),
    ]


def _corrections_table(rows: list[OutcomeEvent]) -> Table:
    columns = [
        Column("企业"),
        Column("报送机构"),
        Column("事件", Kind.WORD),
        Column("办理", Kind.WORD, "更正的，下一行是哪几项与原报送不同；不含金额与原因。"),
        Column("报送时间", Kind.DATETIME),
        Column("更正或作废时间", Kind.DATETIME),
        Column("申请状态", Kind.BADGE),
    ]
    found = []
    for row in rows:
        application = row.loan.application
        url = reverse("matching:dispatch-detail", args=[application.public_id])
        state = Cell(state_label(application.state), tone=tone_of(application.state))
        found.append(
            [
                Cell(application.enterprise.name, url=url),
                application.institution.organisation.name,
                kind_label(row),
                Cell("已更正" if row.replaced_by else "已作废", note=_changes(row)),
                row.reported_at,
                row.ended_at,
                state,
            ]
        )
    return Table(columns, found, caption="更正与作废", empty="还没有更正或作废过贷款结果。")


def _changes(row: OutcomeEvent) -> str:
    if row.replaced_by is None:
        return ""
    names = changed_fields(event_of(row), event_of(row.replaced_by))
    return listed(FIELD_LABELS[name] for name in names)
