"""A lender's queue with its clocks: the page, and the list of cases as other desks show it too."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from lenders.views.attempt import form_status
from marketplace.domain.roles import Role
from marketplace.policies import has_role, require_role, signed_in
from marketplace.web.components import (
    Action,
    Cell,
    Clock,
    Column,
    Crumb,
    Kind,
    Pick,
    Table,
    Tone,
)
from marketplace.web.labels import tone_of
from marketplace.web.pagination import number_page
from matching.domain.application import CLOSED_STATES, STATE_LABELS, TO_DO_STATES, buttons
from matching.forms.search import search_field
from matching.models import LoanApplication
from matching.policies.application import BEFORE_ROUTING, LENDER_ROLES
from matching.selectors.application import QueueScope, queue_list, serving_officer
from matching.views.case import state_label
from matching.views.officer_batch import BatchForm

SCOPE_LABELS = {
    QueueScope.MINE: "我的待办",
    QueueScope.BRANCH: "本网点",
    QueueScope.DONE: "已办结",
}
SCOPE_STATES = {
    QueueScope.MINE: TO_DO_STATES,
    QueueScope.BRANCH: frozenset(STATE_LABELS) - CLOSED_STATES - set(BEFORE_ROUTING),
    QueueScope.DONE: CLOSED_STATES,
}
"""States that each part of the queue can hold."""

STATES = [(state.value, label) for state, label in STATE_LABELS.items()]
KEYS = "键盘：用 Tab 移到列表后，j 下一行，k 上一行，o 打开。"
KEYS_WITH_TAKING = "键盘：用 Tab 移到列表后，j 下一行，k 上一行，o 打开，x 勾选，t 受理。"
NOTHING_TO_DO = "没有待办的申请。企业提交的申请按所在区派到网点；也可到“抢单池”“需求线索”接单。"
BATCH = "batch"
"""Id of the form to which the ticked rows belong."""


class QueueFilter(forms.Form):
    """Which part of the queue; a state is asked for among those that the chosen scope can hold."""

    q = search_field()
    scope = forms.ChoiceField(
        label="范围",
        choices=[(scope.value, label) for scope, label in SCOPE_LABELS.items()],
        required=False,
    )
    state = forms.ChoiceField(label="状态", choices=[("", "全部"), *STATES], required=False)

    def clean(self) -> dict[str, Any]:
        """Return what is asked for; a state of another scope asks for nothing."""
        scope = QueueScope(self.cleaned_data.get("scope") or QueueScope.MINE)
        possible = SCOPE_STATES[scope]
        offered = [(code, label) for code, label in STATES if code in possible]
        cast("forms.ChoiceField", self.fields["state"]).choices = [("", "全部"), *offered]
        if self.cleaned_data.get("state") not in possible:
            self.cleaned_data["state"] = ""
        return self.cleaned_data


@login_required
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """List the lender's applications, those first that wait for an officer.

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
    state, text = form.cleaned_data.get("state", ""), form.cleaned_data.get("q", "")
    page = number_page(request, queue_list(user, scope, state, text))
    is_asked = bool(state or text) or scope is not QueueScope.MINE
    nothing = {} if is_asked else {"empty": NOTHING_TO_DO}
    can_batch = is_officer and scope is not QueueScope.DONE and bool(page.object_list)
    context = {
        "form": form,
        "page": page,
        "title": SCOPE_LABELS[scope],
        "table": queue_table(
            list(page.object_list),
            timezone.now(),
            "matching:review-detail",
            can_take=is_officer,
            **nothing,
        ),
        "batch": BatchForm(auto_id="batch-%s") if can_batch else None,
        "crumbs": [Crumb("工作队列")],
    }
    return render(request, "matching/officer/queue.html", context, status=form_status(form))


def queue_table(
    rows: list[LoanApplication],
    now: datetime,
    name: str,
    *,
    can_take: bool = False,
    empty: str = "没有这样的申请。",
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
            _officer(row),
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
        empty=empty,
        keys=keys,
    )


def _officer(row: LoanApplication) -> Cell:
    """Return who works on a case, and whether that one left."""
    if row.officer is None:
        return Cell("未受理")
    has_left = row.state not in CLOSED_STATES and serving_officer(row) is None
    return Cell(str(row.officer), note="已不在任，待接手" if has_left else "")


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


def due_cell(row: LoanApplication, now: datetime) -> Cell:
    """Return what is left of a case's clock, in words and colour."""
    if row.state in CLOSED_STATES or row.clock_due_at is None:
        return Cell("计时暂停" if row.paused_at else "—", tone=Tone.NEUTRAL)
    clock = Clock("", row.clock_due_at, now, row.clock_is_provisional)
    local = timezone.localtime(row.clock_due_at)
    words = gettext("%(due)s 截止（暂定）") if row.clock_is_provisional else gettext("%(due)s 截止")
    return Cell(clock.sentence, tone=clock.tone, note=words % {"due": f"{local:%m-%d %H:%M}"})
