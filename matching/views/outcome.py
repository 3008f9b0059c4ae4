"""Pages on which a lender reports what became of its loans, one by one or by sheet."""

from __future__ import annotations

import io
import uuid
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from lenders.views.attempt import attempted, form_status
from marketplace.domain.errors import NotFound
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.policies import has_role, require_role, signed_in
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Table, Tone
from marketplace.web.download import XLSX
from marketplace.web.labels import tone_of
from marketplace.web.language import said
from marketplace.web.pagination import number_page
from marketplace.web.templatetags.market import wan
from matching.domain.application import buttons
from matching.domain.outcome import LOAN_CLASS_LABELS, OUTCOME_KIND_LABELS, LoanClass, OutcomeKind
from matching.forms.outcome import LoanFilter, OutcomeForm, OutcomeUploadForm
from matching.models import Loan, LoanApplication, OutcomeEvent
from matching.policies.application import LENDER_ROLES, can_rectify_outcomes, roles_towards
from matching.selectors.application import application_get_handled
from matching.selectors.loan import (
    loan_list,
    loan_position,
    outcomes_in_reading_order,
    outcomes_of,
)
from matching.services.application_effects import contract_digest
from matching.services.application_facts import feedback_agreed, feedback_revoked_at
from matching.services.outcome import outcome_record
from matching.services.outcome_import import (
    outcome_correction,
    outcome_import,
    outcome_template,
)
from matching.services.row_import import RowImport
from matching.services.transition import require_event
from matching.views.case import loan_pairs, state_label


@login_required
@require_GET
def loans(request: HttpRequest) -> HttpResponse:
    """List the loans of the reader's lender with where they stand. Queries: at most 10."""
    user = signed_in(request.user)
    require_role(user, *LENDER_ROLES)
    form = LoanFilter(request.GET)
    form.is_valid()
    state, text = form.cleaned_data.get("state", ""), form.cleaned_data.get("q", "")
    page = number_page(request, loan_list(user, state, text, contract_digest(text)))
    nothing = "没有这样的贷款。" if state or text else "还没有签约的贷款。"
    context = {
        "form": form,
        "page": page,
        "table": _loans_table(list(page.object_list), nothing),
        "actions": _actions(user),
        "crumbs": [Crumb("贷款与反馈")],
    }
    template = "matching/officer/loan_list.html"
    return render(request, template, context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def outcomes(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show what was reported of a case's loan, and report one more event. Queries: at most 10 for the page."""
    user = signed_in(request.user)
    application = application_get_handled(user, public_id)
    loan: Loan | None = getattr(application, "loan", None)
    if loan is None:
        raise NotFound
    roles = roles_towards(user, application)
    kinds = [pair for pair in buttons(application.state, roles) if pair[0] in set(OutcomeKind)]
    if request.method == "POST" and not kinds:
        require_event(application.state, request.POST.get("kind", ""), roles)
    form = OutcomeForm(request.POST or None, kinds=kinds, initial=_first_drawdown(loan, kinds))
    reported = attempted(form, lambda: _record(form, loan, request))
    if reported is not None:
        messages.success(request, _registered(reported))
        return redirect("matching:outcome-list", public_id)
    return _outcomes_page(request, application, loan, form if kinds else None)


@login_required
@require_http_methods(["GET", "POST"])
def outcome_upload(request: HttpRequest) -> HttpResponse:
    """Report a sheet of outcomes; rejected rows come back with their reasons."""
    user = signed_in(request.user)
    require_role(user, Role.OFFICER)
    form = OutcomeUploadForm(request.POST or None, request.FILES or None)
    result = attempted(form, lambda: _import(request, timezone.now()))
    context = {
        "form": form,
        "result": result,
        "errors": _errors_table(result) if result else None,
        "correction": _as_link(outcome_correction(result)) if result and result.rejected else "",
        "sample_url": reverse("matching:outcome-template"),
        "crumbs": [Crumb("贷款与反馈", reverse("matching:loan-list")), Crumb("批量报送")],
    }
    template = "matching/officer/outcome_upload.html"
    return render(request, template, context, status=form_status(form))


@login_required
@require_GET
def template_sheet(request: HttpRequest) -> HttpResponse:
    """Give the sheet with a row for each open loan, to be filled in."""
    user = signed_in(request.user)
    require_role(user, Role.OFFICER)
    stream = io.BytesIO()
    outcome_template(user, stream)
    return HttpResponse(
        stream.getvalue(),
        content_type=XLSX,
        headers={"Content-Disposition": "attachment; filename=outcomes.xlsx"},
    )


def _actions(user: User) -> list[Action]:
    """Return what may be done from the list: reporting is the officer's."""
    if not has_role(user, Role.OFFICER):
        return []
    return [Action("批量报送", reverse("matching:outcome-upload"), primary=True)]


def _record(form: OutcomeForm, loan: Loan, request: HttpRequest) -> OutcomeEvent:
    return outcome_record(
        loan_id=loan.public_id,
        **form.cleaned_data,
        actor=signed_in(request.user),
        at=timezone.now(),
    )


def _first_drawdown(loan: Loan, kinds: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the whole contract to start from while nothing was paid out."""
    if [code for code, _ in kinds] != [OutcomeKind.DISBURSE.value]:
        return {}
    return {"principal_yuan": loan.amount_yuan}


def _registered(reported: OutcomeEvent) -> str:
    """Return what was registered, with the principal, so that a slip of unit is seen at once."""
    words = {"kind": said(kind_label(reported)), "amount": wan(reported.principal_yuan)}
    if reported.principal_yuan:
        return gettext("已登记%(kind)s：本金 %(amount)s。") % words
    return gettext("已登记%(kind)s。") % words


def _import(request: HttpRequest, now: datetime) -> RowImport:
    delivered = cast("UploadedFile", request.FILES["file"])
    return outcome_import(
        source=delivered.read(),
        file_name=delivered.name or "上传的表格",
        actor=signed_in(request.user),
        at=now,
    )


def _outcomes_page(
    request: HttpRequest, application: LoanApplication, loan: Loan, form: OutcomeForm | None
) -> HttpResponse:
    review = reverse("matching:review-detail", args=[application.public_id])
    context = {
        "application": application,
        "loan": loan_pairs(loan, loan_position(loan)),
        "state": state_label(application.state),
        "tone": tone_of(application.state).value,
        "table": outcomes_table(
            outcomes_of(loan),
            application.public_id
            if can_rectify_outcomes(signed_in(request.user), application)
            else None,
        ),
        "form": form if feedback_agreed(application.consent) else None,
        "no_feedback": _no_feedback(application),
        "crumbs": [
            Crumb("贷款与反馈", reverse("matching:loan-list")),
            Crumb("申请审查", review),
            Crumb("贷款结果"),
        ],
    }
    status = form_status(form) if form is not None else 200
    return render(request, "matching/officer/outcomes.html", context, status=status)


def _no_feedback(application: LoanApplication) -> str:
    """Return why outcomes cannot be reported for want of the clause, nothing when they can or the loan has ended."""
    if feedback_agreed(application.consent) or application.closed_at is not None:
        return ""
    revoked = feedback_revoked_at(application.consent)
    if revoked is None:
        return gettext(
            "企业未同意反馈贷款结果，只能在审查页登记放款状态，不能报送金额、还款与逾期。"
        )
    words = gettext("企业已于 %(day)s 撤回反馈条款，不能再报送；此前报送的仍可更正或作废。")
    return words % {"day": local_date(revoked).isoformat()}


def outcomes_table(rows: list[OutcomeEvent], rectifiable: uuid.UUID | None = None) -> Table:
    """Return what was reported of a loan, what was put right struck out before what replaced it.

    Args:
        rows: all of a loan.
        rectifiable: the application's public id when the reader may put an event right, None when not.
    """
    columns = [
        Column("事件"),
        Column("发生日期", Kind.DATE),
        Column("本金", Kind.MONEY),
        Column("利息及费用", Kind.MONEY),
        Column("逾期（天）", Kind.NUMBER, "机构报送的该笔贷款当前连续逾期天数。"),
        Column("五级分类"),
        Column("报送时间", Kind.DATETIME, "下一行是机构流水号。"),
    ]
    found = [_outcome_line(row) for row in outcomes_in_reading_order(rows)]
    if rectifiable is not None:
        columns.append(Column("办理", Kind.WORD))
        for row, line in zip(outcomes_in_reading_order(rows), found, strict=True):
            line.append(_rectify_link(row, rectifiable))
    return Table(columns, found, caption="已报送", empty="还没有报送过贷款结果。")


def _outcome_line(row: OutcomeEvent) -> list[Any]:
    is_struck = row.ended_at is not None
    note = ended_words(row) or row.warning or (said("更正后") if is_correction(row) else "")
    is_warned = bool(row.warning) and not is_struck
    values = [
        row.event_date,
        row.principal_yuan or None,
        row.interest_yuan or None,
        row.days_overdue,
        LOAN_CLASS_LABELS[LoanClass(row.classification)] if row.classification else "",
    ]
    tone = Tone.WARN if is_warned else Tone.NEUTRAL
    return [
        Cell(kind_label(row), note=note, tone=tone, struck=is_struck),
        *(Cell(value, struck=is_struck and value not in (None, "")) for value in values),
        Cell(row.reported_at, note=row.reference, struck=is_struck),
    ]


def ended_words(row: OutcomeEvent) -> str:
    """Return what became of an outcome that counts no more: when, by whom and why; nothing of one that counts."""
    if row.ended_at is None:
        return ""
    day = local_date(row.ended_at).isoformat()
    words = {"who": str(row.ended_by), "day": day, "reason": row.end_reason}
    if row.replaced_by_id is None:
        return gettext("已作废（%(who)s，%(day)s）：%(reason)s") % words
    return gettext("已更正（%(who)s，%(day)s）：%(reason)s") % words


def is_correction(row: OutcomeEvent) -> bool:
    """Return whether a row replaced another one; nobody corrects what they reported themselves."""
    return row.reported_by_id != row.first_reported_by_id


def _rectify_link(row: OutcomeEvent, application_id: uuid.UUID) -> Cell:
    if row.ended_at is not None:
        return Cell("")
    return Cell(
        "更正或作废", url=reverse("matching:outcome-rectify", args=[application_id, row.seq])
    )


def _loans_table(rows: list[Loan], nothing: str) -> Table:
    columns = [
        Column("企业"),
        Column("产品"),
        Column("合同金额", Kind.MONEY),
        Column("未还本金", Kind.MONEY, "已放款减去已还和已核销的本金。"),
        Column("签约日期", Kind.DATE),
        Column("状态", Kind.BADGE),
    ]
    found = [
        [
            Cell(
                row.application.enterprise.name,
                url=reverse("matching:outcome-list", args=[row.application.public_id]),
            ),
            row.application.product.name,
            row.amount_yuan,
            loan_position(row).outstanding_yuan,
            row.signed_date,
            Cell(state_label(row.application.state), tone=tone_of(row.application.state)),
        ]
        for row in rows
    ]
    return Table(columns, found, caption="贷款", empty=nothing)


def _errors_table(result: RowImport) -> Table:
    columns = [
        Column("行号", Kind.NUMBER),
        Column("列", Kind.WORD),
        Column("原因"),
        Column("代码", Kind.CODE),
    ]
    rows = [[error.row, error.field, error.sentence, error.code] for error in result.errors]
    return Table(columns, rows, caption="未接收的行", empty="全部接收。")


def _as_link(text: str) -> str:
    """Return a small file as an address, so that nothing of it is kept on the server."""
    return f"data:text/csv;charset=utf-8,{quote(text)}"


def kind_label(row: OutcomeEvent) -> str:
    """Return the Chinese name of what happened."""
    return OUTCOME_KIND_LABELS[OutcomeKind(row.kind)]
