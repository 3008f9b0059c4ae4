"""The operator's watch over clocks (督办): which case is late with whom, never its amounts or the enterprise's data."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from lenders.selectors import institution_admitted_list
from lenders.views.attempt import attempted, form_status
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Pair, Table
from marketplace.web.labels import tone_of
from marketplace.web.pagination import number_page
from matching.forms.review import UrgeForm
from matching.models import LoanApplication
from matching.selectors.application import (
    events_of,
    supervised_get,
    supervised_list,
    watched_counts,
)
from matching.selectors.clock import clock_readings, clock_table
from matching.selectors.timeline import Side, timeline
from matching.services.application_remark import application_urge
from matching.views.case import clocks_of, state_label
from matching.views.officer_queue import due_cell


class WatchFilter(forms.Form):
    """Which cases."""

    late = forms.BooleanField(label="只看已超时", required=False)
    institution = forms.ChoiceField(label="机构", required=False)

    def __init__(self, data: object = None) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        listed = institution_admitted_list().values_list("code", "organisation__name")
        self.fields["institution"].choices = [("", "全部"), *listed]  # type: ignore[attr-defined]


@login_required
@require_GET
def watch(request: HttpRequest) -> HttpResponse:
    """List open cases by deadline. Queries: at most 10, whatever the number of rows."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, Role.OPERATOR)
    form = WatchFilter(request.GET)
    form.is_valid()
    found = supervised_list(
        user,
        now,
        is_late=bool(form.cleaned_data.get("late")),
        institution_code=form.cleaned_data.get("institution", ""),
    )
    page = number_page(request, found)
    rows: list[LoanApplication] = list(page.object_list)
    counts = watched_counts(rows)
    columns = [
        Column("企业"),
        Column("所在区"),
        Column("机构"),
        Column("产品"),
        Column("时限", Kind.BADGE, "当前环节应当完成的时间；红色表示已超时。"),
        Column("督办次数", Kind.NUMBER, "时限督办与平台督办的次数。"),
        Column("状态", Kind.BADGE),
    ]
    lines = [
        [
            Cell(
                row.enterprise.name, url=reverse("matching:dispatch-detail", args=[row.public_id])
            ),
            row.enterprise.district.name if row.enterprise.district else "",
            Cell(row.institution.organisation.name, note=row.branch.name if row.branch else ""),
            row.product.name,
            due_cell(row, now),
            counts.get(row.pk, 0),
            Cell(state_label(row.state), tone=tone_of(row.state)),
        ]
        for row in rows
    ]
    context = {
        "form": form,
        "page": page,
        "table": Table(columns, lines, caption="在办申请", empty="没有这样的申请。"),
        "actions": [Action("贷款结果更正", reverse("matching:correction-list"))],
        "crumbs": [Crumb("派单与督办")],
    }
    return render(request, "matching/operator/watch.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the clocks and steps of one case, and urge its lender on. Queries: at most 12 for the page."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, Role.OPERATOR)
    application = supervised_get(user, public_id)
    form = UrgeForm(request.POST or None)
    done = attempted(
        form,
        lambda: application_urge(
            application_id=public_id, text=form.cleaned_data["text"], actor=user, at=now
        ),
    )
    if done is not None:
        messages.success(request, "督办意见已送达机构。")
        return redirect("matching:dispatch-detail", public_id)
    events = events_of(application)
    context = {
        "application": application,
        "state": state_label(application.state),
        "tone": tone_of(application.state).value,
        "pairs": _pairs(application),
        "clocks": clocks_of(clock_readings(application, events, now, clock_table()), now),
        "entries": timeline(events, Side.OPERATOR),
        "form": form if application.closed_at is None else None,
        "crumbs": [Crumb("派单与督办", reverse("matching:dispatch-list")), Crumb("申请时限")],
    }
    return render(request, "matching/operator/case.html", context, status=form_status(form))


def _pairs(application: LoanApplication) -> list[Pair]:
    enterprise, officer = application.enterprise, application.officer
    return [
        Pair("企业", enterprise.name),
        Pair("所在区", enterprise.district.name if enterprise.district else None),
        Pair("机构", application.institution.organisation.name),
        Pair("网点", application.branch.name if application.branch else None),
        Pair("客户经理", str(officer) if officer else "未受理"),
        Pair("产品", application.product.name),
        Pair("提交时间", application.submitted_at, Kind.DATETIME),
    ]
