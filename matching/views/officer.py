"""Pages of a lender's officer: the queue with its clocks, and one case on one screen."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
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
from django.views.decorators.http import require_GET, require_POST

from lenders.views.attempt import attempted, form_status
from marketplace.domain.errors import NotFound
from marketplace.domain.grant import GRANT_TERMS, GrantKind
from marketplace.domain.roles import Role
from marketplace.models import ExceptionalGrant, User
from marketplace.policies import has_role, require_role, signed_in
from marketplace.web.components import (
    Action,
    Cell,
    Clock,
    Column,
    Crumb,
    Kind,
    Pair,
    Pick,
    Table,
    Tone,
)
from marketplace.web.grant_words import last_day_of
from marketplace.web.labels import tone_of
from marketplace.web.language import said
from marketplace.web.pagination import number_page
from matching.domain.application import CLOSED_STATES, STATE_LABELS, buttons
from matching.forms.review import (
    ACT_OF_EVENT,
    ACTS,
    ApproveForm,
    NoteForm,
    SignForm,
)
from matching.models import LoanApplication
from matching.policies.application import LENDER_ROLES, can_read_contact, roles_towards
from matching.selectors.application import (
    QueueScope,
    application_get_handled,
    application_get_reviewed,
    events_of,
    lender_history,
    queue_list,
)
from matching.selectors.clock import clock_readings, clock_table
from matching.selectors.timeline import Side, timeline
from matching.services.application_facts import feedback_agreed
from matching.services.application_remark import application_note
from matching.services.review import review_open
from matching.services.transition import application_transition
from matching.views.case import clocks_of, line_pairs, need_pairs, refusal_sentence, state_label
from matching.views.officer_batch import BatchForm
from matching.views.portrait_screen import reading_screen

SCOPE_LABELS = {
    QueueScope.MINE: "我的待办",
    QueueScope.BRANCH: "本网点",
    QueueScope.DONE: "已办结",
}
KEYS = "键盘：用 Tab 移到列表后，j 下一行，k 上一行，o 打开。"
KEYS_WITH_TAKING = "键盘：用 Tab 移到列表后，j 下一行，k 上一行，o 打开，x 勾选，t 受理。"
BATCH = "batch"
"""Id of the form to which the ticked rows belong."""


class QueueFilter(forms.Form):
    """Which part of the queue."""

    scope = forms.ChoiceField(
        label="范围",
        choices=[(scope.value, label) for scope, label in SCOPE_LABELS.items()],
        required=False,
    )
    state = forms.ChoiceField(
        label="状态",
        choices=[("", "全部"), *((state.value, label) for state, label in STATE_LABELS.items())],
        required=False,
    )


@login_required
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """List the lender's applications, the earliest deadline first.

    Queries: at most 10, whatever the number of rows.
    """
    user = signed_in(request.user)
    require_role(user, *LENDER_ROLES)
    is_officer = has_role(user, Role.OFFICER)
    if not is_officer and "scope" not in request.GET:
        return redirect("matching:approval-list")
    form = QueueFilter(request.GET)
    form.is_valid()
    scope = QueueScope(form.cleaned_data.get("scope") or QueueScope.MINE)
    page = number_page(request, queue_list(user, scope, form.cleaned_data.get("state", "")))
    can_batch = is_officer and scope is not QueueScope.DONE and bool(page.object_list)
    context = {
        "form": form,
        "page": page,
        "title": SCOPE_LABELS[scope],
        "table": queue_table(
            list(page.object_list), timezone.now(), "matching:review-detail", can_take=is_officer
        ),
        "batch": BatchForm(auto_id="batch-%s") if can_batch else None,
        "crumbs": [Crumb("工作队列")],
    }
    return render(request, "matching/officer/queue.html", context, status=form_status(form))


@login_required
@require_GET
def review(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one case on one screen: portrait, fit then and now, contradictions, freshness, events, what may be done.

    A named reviewer reads the same without contact data, file and steps.

    Queries: at most 24; the reading is logged.
    """
    user = signed_in(request.user)
    case = application_get_reviewed(user, public_id, timezone.now())
    if case.grant is not None:
        return named_review_page(request, case.application, case.grant)
    return review_page(request, case.application, {}, NoteForm())


@login_required
@require_POST
def act(request: HttpRequest, public_id: uuid.UUID, slug: str) -> HttpResponse:
    """Take one step of the table."""
    user = signed_in(request.user)
    application = application_get_handled(user, public_id)
    if slug not in ACTS:
        raise NotFound
    taken = ACTS[slug]
    form = taken.form(request.POST)
    done = attempted(
        form,
        lambda: application_transition(
            application_id=public_id,
            event=taken.event,
            payload=form.cleaned_data,
            actor=user,
            at=timezone.now(),
        ),
    )
    if done is None:
        return review_page(request, application, {slug: form}, NoteForm())
    messages.success(
        request,
        gettext("已登记，当前状态：%(state)s。") % {"state": said(state_label(done.state))},
    )
    return redirect("matching:review-detail", public_id)


@login_required
@require_POST
def note(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Keep a note beside the case."""
    user = signed_in(request.user)
    application = application_get_handled(user, public_id)
    form = NoteForm(request.POST)
    done = attempted(
        form,
        lambda: application_note(
            application_id=public_id,
            text=form.cleaned_data["text"],
            actor=user,
            at=timezone.now(),
        ),
    )
    if done is None:
        return review_page(request, application, {}, form)
    messages.success(request, "备注已保存，仅本机构可见。")
    return redirect("matching:review-detail", public_id)


def review_page(
    request: HttpRequest,
    application: LoanApplication,
    bound: Mapping[str, forms.Form],
    note_form: NoteForm,
) -> HttpResponse:
    """Return the review page, with the form that was refused open."""
    user, now = signed_in(request.user), timezone.now()
    context = case_context(application, user, now, bound) | {
        "note_form": note_form,
        "crumbs": [Crumb("工作队列", reverse("matching:queue-list")), Crumb("申请审查")],
    }
    has_errors = any(form.errors for form in [*bound.values(), note_form])
    status = 422 if has_errors else 200
    return render(request, "matching/officer/review.html", context, status=status)


def named_review_page(
    request: HttpRequest, application: LoanApplication, grant: ExceptionalGrant
) -> HttpResponse:
    """Return the review page as a named reviewer reads it: nothing to act with, nobody to call."""
    user, now = signed_in(request.user), timezone.now()
    context = case_context(application, user, now, {}) | {
        "enterprise": enterprise_pairs(application),
        "history": None,
        "acts": [],
        "outcomes_url": "",
        "grant": grant,
        "grant_note": named_note(grant),
        "crumbs": [Crumb("指定审阅")],
    }
    return render(request, "matching/officer/named_review.html", context)


def named_note(grant: ExceptionalGrant) -> str:
    """Return what a named reviewer is told: by whom, why, until when, and what stays shut."""
    return gettext(
        "您是本申请的指定审阅人，可以查看，不能办理；查看留痕，企业可见。"
        "授权人：%(granted_by)s；事由：%(reason)s；有效期至 %(last_day)s（含）。"
    ) % {"granted_by": grant.granted_by, "reason": grant.reason, "last_day": last_day_of(grant)}


def case_context(
    application: LoanApplication, user: User, now: datetime, bound: Mapping[str, forms.Form]
) -> dict[str, Any]:
    """Return what the pages of officer and approver show of a case; the reading is logged."""
    events = events_of(application)
    readings = clock_readings(application, events, now, clock_table())
    opened = review_open(application=application, user=user, at=now)
    line = getattr(application, "credit_line", None)
    return {
        "application": application,
        "state": state_label(application.state),
        "tone": tone_of(application.state).value,
        "clocks": clocks_of(readings, now),
        "enterprise": enterprise_pairs(application) + contact_pairs(application, user, now),
        "need": need_pairs(application.demand),
        "line": line_pairs(line) if line else None,
        "refusal": refusal_sentence(application),
        "review": opened,
        "screen": reading_screen(opened.reading),
        "events": events,
        "entries": timeline(events, Side.LENDER),
        "history": history_table(lender_history(user, application)),
        "acts": acts_for(application, user, bound),
        "outcomes_url": _outcomes_url(application),
        "reviewers_url": _reviewers_url(application, user),
        "reader": opened.reading.reader if opened.reading else user,
        "now": now,
    }


def acts_for(
    application: LoanApplication, user: User, bound: Mapping[str, forms.Form]
) -> list[dict[str, Any]]:
    """Return the steps the reader may take in this state, each with its form; outcomes have a page of their own."""
    offered = buttons(application.state, roles_towards(user, application))
    found = []
    for event, label in offered:
        taken = ACT_OF_EVENT.get(event)
        if taken is None or (event == "DISBURSE" and not _is_bare(application)):
            continue
        form = bound.get(taken.slug) or _blank(taken.form, application)
        form.auto_id = f"{taken.slug}-%s"  # several forms on one page ask for an opinion
        url = reverse("matching:review-act", args=[application.public_id, taken.slug])
        found.append(
            {
                "label": label,
                "url": url,
                "form": form if form.fields else None,
                "question": taken.question,
                "danger": taken.danger,
            }
        )
    return found


def queue_table(
    rows: list[LoanApplication], now: datetime, name: str, *, can_take: bool = False
) -> Table:
    """Return a lender's list of cases; each leads to the page of that URL name, and waiting ones can be taken there."""
    columns = [
        Column("企业"),
        Column("产品"),
        Column("金额", Kind.MONEY),
        Column("提交时间", Kind.DATETIME),
        Column("时限", Kind.BADGE, "当前环节应当完成的时间；红色表示已超时。"),
        Column("客户经理"),
        Column("状态", Kind.BADGE),
    ]
    found = [
        [
            Cell(
                row.enterprise.name,
                url=reverse(name, args=[row.public_id]),
                note=row.branch.name if row.branch else "",
                pick=_pick(row) if can_take else None,
            ),
            row.product.name,
            row.demand.amount_yuan,
            row.submitted_at,
            due_cell(row, now),
            str(row.officer) if row.officer else "未受理",
            Cell(
                state_label(row.state),
                tone=tone_of(row.state),
                action=_taking(row) if can_take else None,
            ),
        ]
        for row in rows
    ]
    keys = KEYS_WITH_TAKING if can_take else KEYS
    return Table(
        columns,
        found,
        caption="申请",
        empty="没有这样的申请。",
        keys=keys,
    )


def _pick(row: LoanApplication) -> Pick | None:
    """Return the box that chooses an open case for a step with several."""
    if row.state in CLOSED_STATES:
        return None
    label = gettext("%(enterprise)s，%(product)s") % {
        "enterprise": row.enterprise.name,
        "product": row.product.name,
    }
    return Pick(row.public_id, BATCH, label)


def _taking(row: LoanApplication) -> Action | None:
    """Return the button that takes a waiting case on."""
    if not any(event == "ACCEPT" for event, _ in buttons(row.state, [Role.OFFICER])):
        return None
    return Action("受理", reverse("matching:review-act", args=[row.public_id, "accept"]))


def history_table(rows: list[LoanApplication]) -> Table:
    """Return what the enterprise asked of this lender before, and what came of it."""
    columns = [
        Column("产品"),
        Column("提交时间", Kind.DATE),
        Column("申请金额", Kind.MONEY),
        Column("授信金额", Kind.MONEY),
        Column("状态", Kind.BADGE),
    ]
    found = [
        [
            Cell(
                row.product.name,
                url=reverse("matching:review-detail", args=[row.public_id]),
                note=refusal_sentence(row),
            ),
            row.submitted_at,
            row.demand.amount_yuan,
            row.credit_line.amount_yuan if hasattr(row, "credit_line") else None,
            Cell(state_label(row.state), tone=tone_of(row.state)),
        ]
        for row in rows
    ]
    return Table(columns, found, empty="在本机构没有其他申请。")


def due_cell(row: LoanApplication, now: datetime) -> Cell:
    """Return what is left of a case's clock, in words and colour."""
    if row.state in CLOSED_STATES or row.clock_due_at is None:
        return Cell("计时暂停" if row.paused_at else "—", tone=Tone.NEUTRAL)
    clock = Clock("", row.clock_due_at, now, row.clock_is_provisional)
    local = timezone.localtime(row.clock_due_at)
    words = gettext("%(due)s 截止（暂定）") if row.clock_is_provisional else gettext("%(due)s 截止")
    return Cell(clock.sentence, tone=clock.tone, note=words % {"due": f"{local:%m-%d %H:%M}"})


def enterprise_pairs(application: LoanApplication) -> list[Pair]:
    """Return who the enterprise is."""
    enterprise = application.enterprise
    return [
        Pair("企业名称", enterprise.name),
        Pair("统一社会信用代码", enterprise.uscc, Kind.CODE),
        Pair("所在区", enterprise.district.name if enterprise.district else None),
        Pair("企业规模", enterprise.get_size_class_display()),
        Pair("成立日期", enterprise.established_date, Kind.DATE),
    ]


def contact_pairs(application: LoanApplication, user: User, now: datetime) -> list[Pair]:
    """Return whom to call, from acceptance until the consent ends."""
    if not can_read_contact(user, application, now):
        return []
    account = application.enterprise.account
    return [Pair("联系人", account.contact_name), Pair("联系电话", account.contact_phone)]


def _blank(form: type[forms.Form], application: LoanApplication) -> forms.Form:
    line = getattr(application, "credit_line", None)
    if form is ApproveForm:
        return ApproveForm(initial=ApproveForm.initial_for(application.demand))
    if form is SignForm and line is not None:
        return SignForm(initial=SignForm.initial_for(line))
    return form()


def _is_bare(application: LoanApplication) -> bool:
    """Return whether a disbursement may only be reported as a state, without amounts."""
    return not feedback_agreed(application.consent) and application.state == "SIGNED"


def _reviewers_url(application: LoanApplication, user: User) -> str:
    if GRANT_TERMS[GrantKind.REVIEWER].giver not in roles_towards(user, application):
        return ""
    return reverse("matching:reviewer-list", args=[application.public_id])


def _outcomes_url(application: LoanApplication) -> str:
    if getattr(application, "loan", None) is None:
        return ""
    return reverse("matching:outcome-list", args=[application.public_id])
