"""The operator's pages of score models: draft the next, try it on a sample, approve it as second person."""

from __future__ import annotations

import uuid
from datetime import date

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
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.policies import has_role, require_role, signed_in
from marketplace.web.components import Cell, Column, Crumb, Kind, Pair, Table
from marketplace.web.labels import tone_of
from marketplace.web.language import bracketed, said
from marketplace.web.pagination import number_page
from matching.domain.drift import ARROW
from matching.domain.scorecard_diff import text_of_model, version_of
from matching.forms.operator import ScoreModelApprovalForm, ScoreModelForm
from matching.models import ScoreModelVersion
from matching.selectors.score_model import (
    dated_models,
    model_text_on,
    score_model_differences,
    score_model_get,
    score_model_list,
)
from matching.services.score_model import (
    score_model_approve,
    score_model_draft,
    score_model_revise,
    score_model_try,
    score_model_withdraw,
)

LIST = "matching:score-model-list"
DETAIL = "matching:score-model-detail"
NOT_SCORED = "未评价"


@login_required
@require_http_methods(["GET", "POST"])
def score_models(request: HttpRequest) -> HttpResponse:
    """List the models in force and the drafts; start a draft from the model in force. Queries: at most 12."""
    user, now = signed_in(request.user), timezone.now()
    found = score_model_list(user)
    initial = {"value": text_of_model(model_text_on(local_date(now)))}
    form = ScoreModelForm(request.POST or None, initial=initial)
    if request.method == "POST":
        require_role(user, Role.OPERATOR)
        row = attempted(form, lambda: score_model_draft(actor=user, at=now, **form.cleaned_data))
        if row is not None:
            messages.success(request, "草稿已保存，请试算。")
            return redirect(DETAIL, row.public_id)
    page = number_page(request, found)
    context = {
        "models": _models_table(local_date(now)),
        "page": page,
        "table": _drafts_table(list(page.object_list)),
        "form": form if has_role(user, Role.OPERATOR) else None,
        "crumbs": _crumbs("评价模型"),
    }
    return render(
        request, "matching/operator/score_model_list.html", context, status=form_status(form)
    )


@login_required
@require_http_methods(["GET", "POST"])
def score_model(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one version beside the model before it; change it while it is a draft. Queries: at most 12."""
    user, now = signed_in(request.user), timezone.now()
    row = score_model_get(user, public_id)
    initial = {"value": text_of_model(row.value), "source": row.source}
    form = ScoreModelForm(request.POST or None, initial=initial)
    if request.method == "POST":
        require_role(user, Role.OPERATOR)
        done = attempted(
            form,
            lambda: score_model_revise(
                public_id=public_id, actor=user, at=now, **form.cleaned_data
            ),
        )
        if done is not None:
            messages.success(request, "草稿已修改，请重新试算。")
            return redirect(DETAIL, public_id)
    return _detail(request, user, row, form, ScoreModelApprovalForm())


@login_required
@require_POST
def attempt(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Try a draft on a sample of the register."""
    row = score_model_try(public_id=public_id, actor=signed_in(request.user), at=timezone.now())
    messages.success(
        request, gettext("已试算 %(sampled)s 户。") % {"sampled": row.trial["sampled"]}
    )
    return redirect(DETAIL, public_id)


@login_required
@require_POST
def approve(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Approve a draft as second person."""
    user, form = signed_in(request.user), ScoreModelApprovalForm(request.POST)
    row = score_model_get(user, public_id)
    require_role(user, Role.OPERATOR)
    done = attempted(
        form,
        lambda: score_model_approve(
            public_id=public_id, actor=user, at=timezone.now(), **form.cleaned_data
        ),
    )
    if done is None:
        initial = {"value": text_of_model(row.value), "source": row.source}
        return _detail(request, user, row, ScoreModelForm(initial=initial), form)
    messages.success(
        request,
        gettext("模型已批准，自 %(effective_from)s 起生效。")
        % {"effective_from": done.effective_from},
    )
    return redirect(DETAIL, public_id)


@login_required
@require_POST
def withdraw(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a draft back."""
    score_model_withdraw(public_id=public_id, actor=signed_in(request.user), at=timezone.now())
    messages.success(request, "草稿已撤回。")
    return redirect(LIST)


@login_required
@require_GET
def content(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Download one version as text, to be kept with the decision."""
    row = score_model_get(signed_in(request.user), public_id)
    answer = HttpResponse(text_of_model(row.value), content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="score-model-{row.public_id}.json"'
    return answer


def _detail(
    request: HttpRequest,
    user: User,
    row: ScoreModelVersion,
    form: ScoreModelForm,
    approval: ScoreModelApprovalForm,
) -> HttpResponse:
    is_draft = has_role(user, Role.OPERATOR) and row.state == "DRAFT"
    draft = said("草稿")
    context = {
        "row": row,
        "title": version_of(row.effective_from) if row.effective_from else "评价模型草稿",
        "tone": tone_of(row.state).value,
        "pairs": _pairs(row),
        "table": _differences_table(row),
        **_trial_tables(row),
        "form": form if is_draft else None,
        "approval": approval,
        "can_change": is_draft,
        "can_approve": is_draft and bool(row.trial) and row.drafted_by_id != user.pk,
        "crumbs": _crumbs(bracketed(row.effective_from or draft, row.based_on)),
    }
    failed: forms.Form = approval if approval.errors else form
    status = form_status(failed)
    return render(request, "matching/operator/score_model_detail.html", context, status=status)


def _pairs(row: ScoreModelVersion) -> list[Pair]:
    return [
        Pair("修改自", row.based_on, Kind.CODE),
        Pair("依据", row.source),
        Pair("起草人", str(row.drafted_by)),
        Pair("起草时间", row.drafted_at, Kind.DATETIME),
        Pair("批准人", str(row.approved_by) if row.approved_by else None),
        Pair("批准时间", row.approved_at, Kind.DATETIME),
        Pair("生效日期", row.effective_from, Kind.DATE),
    ]


def _models_table(today: date) -> Table:
    columns = [
        Column("版本", Kind.CODE),
        Column("生效日期", Kind.DATE),
        Column("依据"),
        Column("状态", Kind.BADGE),
    ]
    models = dated_models()
    current = models.entry_on(today).effective_from if models.in_force(today) else None
    rows = []
    for entry in reversed(models.values):
        day = entry.effective_from
        state, code = ("未生效", "PENDING") if day > today else ("已被取代", "CLOSED")
        if day == current:
            state, code = "现行", "ACTIVE"
        rows.append([version_of(day), day, entry.source, Cell(state, tone=tone_of(code))])
    return Table(columns, rows, caption="随版本发布的和已批准的模型")


def _drafts_table(found: list[ScoreModelVersion]) -> Table:
    columns = [
        Column("起草时间", Kind.DATETIME),
        Column("修改自"),
        Column("依据"),
        Column("起草人"),
        Column("批准人"),
        Column("生效日期", Kind.DATE),
        Column("状态", Kind.BADGE),
    ]
    rows = [
        [
            Cell(row.drafted_at, reverse(DETAIL, args=[row.public_id])),
            row.based_on,
            row.source,
            str(row.drafted_by),
            str(row.approved_by) if row.approved_by else None,
            row.effective_from,
            Cell(row.get_state_display(), tone=tone_of(row.state)),
        ]
        for row in found
    ]
    return Table(columns, rows, caption="起草的模型", empty="还没有起草过模型。")


def _differences_table(row: ScoreModelVersion) -> Table:
    columns = [Column("部分"), Column("原模型"), Column("本模型")]
    found = score_model_differences(row, local_date(row.drafted_at))
    rows = [[one.part, one.before or None, one.after or None] for one in found]
    return Table(columns, rows, caption="与原模型不同之处", empty="与原模型没有不同。")


def _trial_tables(row: ScoreModelVersion) -> dict[str, object]:
    """Return how the grades of the sample move; nothing before a trial."""
    trial = row.trial
    if not trial:
        return {}
    columns = [
        Column("等级"),
        Column("现行模型", Kind.NUMBER, "抽样市场主体在现行模型下得到该等级的户数。"),
        Column("本模型", Kind.NUMBER, "同一批市场主体在本模型下得到该等级的户数。"),
    ]
    grades = sorted({*trial["before"], *trial["after"]}, key=lambda grade: (not grade, grade))
    rows = [
        [grade or NOT_SCORED, trial["before"].get(grade, 0), trial["after"].get(grade, 0)]
        for grade in grades
    ]
    moves = [
        [old or NOT_SCORED, new or NOT_SCORED, count]
        for (old, new), count in sorted(
            ((tuple(key.split(ARROW)), count) for key, count in trial["moves"].items()),
            key=lambda entry: -entry[1],
        )
    ]
    move_columns = [
        Column("现行模型"),
        Column("本模型"),
        Column("户数", Kind.NUMBER, "等级不同的户数。"),
    ]
    return {
        "trial_lead": gettext("按登记次序均匀抽取 %(sampled)s 户，用试算时的记录计算，结果不发布。")
        % {"sampled": trial["sampled"]},
        "grades": Table(columns, rows, caption="等级分布"),
        "moves": Table(
            move_columns, moves, caption="等级变化", empty="没有市场主体的等级发生变化。"
        ),
    }


def _crumbs(last: str) -> list[Crumb]:
    first = Crumb("信用评价", reverse("matching:evaluation-list"))
    if last == "评价模型":
        return [first, Crumb(last)]
    return [first, Crumb("评价模型", reverse(LIST)), Crumb(last)]
