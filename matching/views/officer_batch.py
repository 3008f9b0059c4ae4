"""Page of a step for several applications of the queue: chosen, looked over, then done or refused one by one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from lenders.views.attempt import attempted, form_status
from marketplace.domain.errors import NotFound
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from marketplace.web.components import Cell, Column, Crumb, Kind, Table, Tone
from marketplace.web.labels import tone_of
from matching.domain.application import buttons
from matching.forms.review import ACTS, Act, NoteForm
from matching.models import LoanApplication
from matching.selectors.application import queue_chosen
from matching.services.application_batch import NOTE, BatchLine, applications_step
from matching.views.case import state_label

BATCH_ACTS = {
    act.slug: act
    for act in (
        ACTS["accept"],
        ACTS["start-due-diligence"],
        ACTS["request-supplement"],
        Act("note", NOTE, NoteForm),
    )
}
BATCH_LABELS = {
    "accept": "受理",
    "start-due-diligence": "开始尽调",
    "request-supplement": "要求补充资料",
    "note": "写内部备注",
}
SKIPPED = "当前状态不能办理，将跳过"


@login_required
@require_http_methods(["GET", "POST"])
def batch(request: HttpRequest) -> HttpResponse:
    """Show what was chosen and what would be done to it; on POST do it and say what became of each.

    Queries: at most 10 to show; to do, those of the step for each application.
    """
    user, now = signed_in(request.user), timezone.now()
    require_role(user, Role.OFFICER)
    asked = request.POST if request.method == "POST" else request.GET
    act = BATCH_ACTS.get(asked.get("act", ""))
    if act is None:
        raise NotFound
    rows = queue_chosen(user, _chosen(asked))
    if not rows:
        messages.warning(request, "请先在列表中勾选申请。")
        return redirect("matching:queue-list")
    form = act.form(request.POST if request.method == "POST" else None)
    done = attempted(
        form,
        lambda: applications_step(
            application_ids=[row.public_id for row in rows],
            event=act.event,
            payload=form.cleaned_data,
            actor=user,
            at=now,
        ),
    )
    if done is not None:
        return _done_page(request, act, rows, done)
    context = {
        "act": act,
        "label": BATCH_LABELS[act.slug],
        "form": form,
        "rows": rows,
        "table": _chosen_table(act, rows),
        "able": sum(_is_able(act, row) for row in rows),
        "cancel_url": reverse("matching:queue-list"),
        "crumbs": _crumbs(act),
    }
    return render(request, "matching/officer/batch.html", context, status=form_status(form))


def _chosen(asked: QueryDict) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(text) for text in asked.getlist("id")]
    except ValueError:
        raise NotFound from None


def _done_page(
    request: HttpRequest, act: Act, rows: Sequence[LoanApplication], done: Sequence[BatchLine]
) -> HttpResponse:
    user = signed_in(request.user)
    refusals = {line.application_id: line.refusal for line in done}
    now_rows = sorted(
        queue_chosen(user, list(refusals)), key=lambda row: not refusals[row.public_id]
    )
    refused = sum(bool(line.refusal) for line in done)
    context = {
        "label": BATCH_LABELS[act.slug],
        "done": len(done) - refused,
        "refused": refused,
        "tone": (Tone.WARN if refused else Tone.GOOD).value,
        "table": _done_table(now_rows, refusals),
        "crumbs": _crumbs(act),
    }
    return render(request, "matching/officer/batch_done.html", context)


def _is_able(act: Act, row: LoanApplication) -> bool:
    """Return whether the table allows the step in the state; a condition may still refuse it."""
    offered = {event for event, _ in buttons(row.state, [Role.OFFICER])}
    return act.event == NOTE or act.event in offered


def _chosen_table(act: Act, rows: Sequence[LoanApplication]) -> Table:
    columns = [*_COLUMNS, Column("本次办理", Kind.BADGE)]
    found = [
        [
            *_cells(row),
            Cell(BATCH_LABELS[act.slug], tone=Tone.INFO)
            if _is_able(act, row)
            else Cell(SKIPPED, tone=Tone.WARN),
        ]
        for row in rows
    ]
    return Table(columns, found, caption="所选申请")


def _done_table(rows: Sequence[LoanApplication], refusals: dict[uuid.UUID, str]) -> Table:
    columns = [*_COLUMNS, Column("结果", Kind.BADGE), Column("原因")]
    found = []
    for row in rows:
        refusal = refusals[row.public_id]
        result = Cell("未办理", tone=Tone.BAD) if refusal else Cell("已办理", tone=Tone.GOOD)
        found.append([*_cells(row), result, refusal])
    return Table(columns, found, caption="办理结果")


_COLUMNS = (
    Column("企业"),
    Column("产品"),
    Column("金额", Kind.MONEY),
    Column("状态", Kind.BADGE),
)


def _cells(row: LoanApplication) -> list[object]:
    return [
        Cell(row.enterprise.name, url=reverse("matching:review-detail", args=[row.public_id])),
        row.product.name,
        row.demand.amount_yuan,
        Cell(state_label(row.state), tone=tone_of(row.state)),
    ]


def _crumbs(act: Act) -> list[Crumb]:
    return [Crumb("工作队列", reverse("matching:queue-list")), Crumb(BATCH_LABELS[act.slug])]


class BatchForm(forms.Form):
    """What to do with the rows that are ticked in the queue."""

    act = forms.ChoiceField(label="对所选申请", choices=list(BATCH_LABELS.items()))
