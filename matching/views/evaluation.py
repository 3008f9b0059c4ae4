"""The operator's pages of the monthly public credit evaluation: start a run, watch it, publish it as second person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
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

from lenders.views.attempt import attempted, form_status
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.policies import has_role, require_role, signed_in
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Pair, Table, Tone
from marketplace.web.labels import tone_of
from marketplace.web.language import month_words
from marketplace.web.pagination import number_page
from matching.domain.drift import ALARM, WATCH
from matching.forms.operator import EvaluationStartForm
from matching.models import EvaluationRun
from matching.selectors.drift import Drift, run_drift
from matching.selectors.evaluation import grade_counts, run_get, run_list, subjects_count
from matching.services.evaluation import (
    evaluation_publish,
    evaluation_resume,
    evaluation_start,
)

GRADES = ("A", "B", "C", "D", "")
NOT_SCORED = "未评价"
INPUTS = "数据截至时间以前接收完毕的信用记录文件数。"
MANIFEST = "对这些文件的编号、文件哈希和接收行数所作的 SHA-256；相同输入得到相同结果。"


@login_required
@require_http_methods(["GET", "POST"])
def runs(request: HttpRequest) -> HttpResponse:
    """List the runs with how many enterprises got each grade; start one. Queries: at most 12."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, Role.OPERATOR, Role.AUDITOR)
    today = local_date(now)
    form = EvaluationStartForm(request.POST or None, today=today)
    if request.method == "POST":
        require_role(user, Role.OPERATOR)
        run = attempted(
            form, lambda: evaluation_start(month=form.cleaned_data["month"], actor=user, at=now)
        )
        if run is not None:
            messages.success(request, "评价已开始。")
            return redirect("matching:evaluation-detail", run.public_id)
    page = number_page(request, run_list(user))
    context = {
        "form": form if has_role(user, Role.OPERATOR) else None,
        "page": page,
        "table": _runs_table(list(page.object_list)),
        "links": [Action("评价模型", reverse("matching:score-model-list"))],
        "crumbs": [Crumb("信用评价")],
    }
    return render(
        request, "matching/operator/evaluation_list.html", context, status=form_status(form)
    )


@login_required
@require_GET
def detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one run: how far it is, its grades, who started and who published it. Queries: at most 12."""
    user = signed_in(request.user)
    return _detail(request, user, run_get(user, public_id), forms.Form())


@login_required
@require_GET
def progress(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return how far a run is, for the page to ask again. Queries: at most 6."""
    run = run_get(signed_in(request.user), public_id)
    return render(request, "matching/operator/_evaluation_progress.html", _progress(run))


@login_required
@require_POST
def resume(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Let a run that stands still go on."""
    user = signed_in(request.user)
    evaluation_resume(public_id=public_id, actor=user, at=timezone.now())
    messages.success(request, "评价继续进行。")
    return redirect("matching:evaluation-detail", public_id)


@login_required
@require_POST
def publish(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Publish a finished run as second person."""
    user, form = signed_in(request.user), forms.Form(request.POST)
    run = run_get(user, public_id)
    done = attempted(
        form, lambda: evaluation_publish(public_id=public_id, actor=user, at=timezone.now())
    )
    if done is None:
        return _detail(request, user, run, form)
    messages.success(
        request, gettext("%(month)s的信用评价已发布。") % {"month": month_words(done.month)}
    )
    return redirect("matching:evaluation-detail", public_id)


def _detail(request: HttpRequest, user: User, run: EvaluationRun, form: forms.Form) -> HttpResponse:
    is_operator = has_role(user, Role.OPERATOR)
    is_waiting = is_operator and run.state == "COMPLETED"
    is_own = run.started_by_id == user.pk
    context = {
        "run": run,
        "tone": tone_of(run.state).value,
        "pairs": [
            Pair("评价月份", month_words(run.month)),
            Pair("模型版本", run.model_version),
            Pair("数据截至", run.as_of, Kind.DATETIME, definition="此后收到的记录不计入。"),
            Pair("输入批次", run.snapshot.get("batches"), Kind.NUMBER, definition=INPUTS),
            Pair("输入哈希", run.snapshot.get("manifest"), Kind.CODE, definition=MANIFEST),
            Pair("评价户数", run.evaluated, Kind.NUMBER),
            Pair("发起人", str(run.started_by)),
            Pair("发起时间", run.started_at, Kind.DATETIME),
            Pair("完成时间", run.finished_at, Kind.DATETIME),
            Pair("发布人", str(run.published_by) if run.published_by else None),
            Pair("发布时间", run.published_at, Kind.DATETIME),
        ],
        "grades": _grades_table(grade_counts(run)),
        **_drift_tables(run),
        "form": form,
        "can_resume": is_operator and run.state == "RUNNING",
        "can_publish": is_waiting and not is_own,
        "waits_for_other": is_waiting and is_own,
        "crumbs": [
            Crumb("信用评价", reverse("matching:evaluation-list")),
            Crumb(month_words(run.month)),
        ],
        "month": month_words(run.month),
        **_progress(run),
    }
    status = form_status(form)
    return render(request, "matching/operator/evaluation_detail.html", context, status=status)


def _progress(run: EvaluationRun) -> dict[str, object]:
    if run.state != "RUNNING":
        return {"run": run, "total": run.evaluated, "poll_url": ""}
    url = reverse("matching:evaluation-progress", args=[run.public_id])
    return {"run": run, "total": subjects_count(run.as_of), "poll_url": url}


def _runs_table(found: list[EvaluationRun]) -> Table:
    columns = [
        Column("月份"),
        Column("模型版本"),
        Column("数据截至", Kind.DATETIME),
        *(
            Column(
                grade or NOT_SCORED,
                Kind.NUMBER,
                _definition(grade),
            )
            for grade in GRADES
        ),
        Column("发起"),
        Column("发布"),
        Column("状态", Kind.BADGE),
    ]
    rows = [_run_row(run) for run in found]
    return Table(columns, rows, caption="评价批次，等级列为户数", empty="还没有评价批次。")


def _run_row(run: EvaluationRun) -> list[Any]:
    counts = grade_counts(run)
    return [
        Cell(f"{run.month:%Y-%m}", reverse("matching:evaluation-detail", args=[run.public_id])),
        run.model_version,
        run.as_of,
        *(counts.get(grade, 0) for grade in GRADES),
        str(run.started_by),
        str(run.published_by) if run.published_by else None,
        Cell(run.get_state_display(), tone=tone_of(run.state)),
    ]


def _grades_table(counts: Mapping[str, int]) -> Table:
    columns = [Column("等级"), Column("户数", Kind.NUMBER, "本批次中得到该等级的市场主体数。")]
    rows = [[grade or NOT_SCORED, counts.get(grade, 0)] for grade in GRADES]
    rows.append(["合计", sum(counts.values())])
    return Table(columns, rows, caption="等级分布")


def _drift_tables(run: EvaluationRun) -> dict[str, Table | str]:
    """Return what changed since the run before: grades that moved, and how far each indicator did."""
    drift = run_drift(run)
    if drift is None:
        return {}
    columns = [
        Column(f"{drift.before.month:%Y-%m}"),
        Column(f"{run.month:%Y-%m}"),
        Column("户数", Kind.NUMBER, "两期都评价、等级不同的市场主体数。"),
    ]
    rows = [[old or NOT_SCORED, new or NOT_SCORED, count] for old, new, count in drift.moves]
    moves = Table(columns, rows, caption="等级变化", empty="没有市场主体的等级发生变化。")
    psi = "无法计算" if drift.psi is None else f"{drift.psi}"
    lead = gettext("与 %(month)s 的评价相比，等级分布的稳定性指标（PSI）为 %(psi)s。") % {
        "month": f"{drift.before.month:%Y-%m}",
        "psi": psi,
    }
    return {"moves": moves, "indicators": _indicators_table(drift), "drift_lead": lead}


def _indicators_table(drift: Drift) -> Table:
    columns = [
        Column("指标"),
        Column("PSI", Kind.TEXT, "分档分布与上期相比的稳定性；0.10 以下稳定，0.25 以上需要核查。"),
        Column("变档户数", Kind.NUMBER, "等级变化的市场主体中，该指标也换了分档的户数。"),
        Column("判断", Kind.BADGE),
    ]
    rows = [
        [one.label, None if one.psi is None else f"{one.psi}", one.changed, _verdict(one.psi)]
        for one in drift.indicators
    ]
    return Table(columns, rows, caption="指标稳定性，变动大的在前")


def _verdict(psi: Decimal | None) -> Cell:
    if psi is None:
        return Cell("无法计算", tone=Tone.NEUTRAL)
    if psi >= ALARM:
        return Cell("需要核查", tone=Tone.BAD)
    return Cell("关注", tone=Tone.WARN) if psi >= WATCH else Cell("稳定", tone=Tone.GOOD)


def _definition(grade: str) -> str:
    if grade:
        return gettext("本批次中等级为 %(grade)s 的市场主体数。") % {"grade": grade}
    return "个体工商户和非存续主体，不作评价。"
