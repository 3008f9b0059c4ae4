"""The operator's pages of dated parameters: every value with date and source; one is entered or taken back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lenders.views.attempt import attempted, form_status
from marketplace.domain.parameters import DatedParameter
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.models import ParameterValue
from marketplace.policies import has_role, require_role, signed_in
from marketplace.web.components import Cell, Column, Crumb, Kind, Table, Tone
from matching.domain.parameter_value import text_from_value
from matching.forms.operator import ParameterValueForm, ParameterWithdrawForm
from matching.selectors.parameter import (
    entered_values,
    parameter_get,
    parameter_list,
    shipped_groups,
)
from matching.services.parameter import parameter_enter, parameter_withdraw
from matching.views.parameter_words import words_of


@login_required
@require_GET
def parameters(request: HttpRequest) -> HttpResponse:
    """List every parameter with the value in force. Queries: at most 10."""
    today = local_date(timezone.now())
    context = {
        "table": _list_table(parameter_list(signed_in(request.user)), today),
        "shipped": _shipped_table(),
        "crumbs": [Crumb("参数")],
    }
    return render(request, "matching/operator/parameter_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def parameter(request: HttpRequest, code: str) -> HttpResponse:
    """Show all values of one parameter, and enter the next. Queries: at most 12."""
    user, now = signed_in(request.user), timezone.now()
    form = ParameterValueForm(request.POST or None, initial=_initial(parameter_get(user, code)))
    if request.method == "POST":
        require_role(user, Role.OPERATOR)
        done = attempted(
            form, lambda: parameter_enter(code=code, actor=user, at=now, **form.cleaned_data)
        )
        if done is not None:
            messages.success(
                request,
                gettext("已录入，自 %(effective_from)s 起生效。")
                % {"effective_from": done.effective_from},
            )
            return redirect("matching:parameter-detail", code)
    return _page(request, code, form, None)


@login_required
@require_POST
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Take a value back that is not in force yet."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, Role.OPERATOR)
    form = ParameterWithdrawForm(request.POST)

    def taken_back() -> bool:
        parameter_withdraw(code=code, actor=user, at=now, **form.cleaned_data)
        return True

    if attempted(form, taken_back) is None:
        blank = ParameterValueForm(initial=_initial(parameter_get(user, code)))
        return _page(request, code, blank, form)
    messages.success(request, "已撤回该取值，其他运营人员会收到通知。")
    return redirect("matching:parameter-detail", code)


def _initial(found: DatedParameter) -> dict[str, str]:
    return {"value": text_from_value(found.values[-1].value)}


def _page(
    request: HttpRequest, code: str, form: ParameterValueForm, asked: ParameterWithdrawForm | None
) -> HttpResponse:
    user, today = signed_in(request.user), local_date(timezone.now())
    found, entered = parameter_get(user, code), entered_values(user, code)
    operates = has_role(user, Role.OPERATOR)
    context = {
        "parameter": found,
        "table": _values_table(found, entered, today),
        "form": form if operates else None,
        "coming": _coming(entered, asked, today) if operates else [],
        "asked": asked,
        "crumbs": [Crumb("参数", reverse("matching:parameter-list")), Crumb(found.label)],
    }
    status = form_status(asked or form)
    return render(request, "matching/operator/parameter_detail.html", context, status=status)


def _coming(
    entered: Mapping[date, ParameterValue], asked: ParameterWithdrawForm | None, today: date
) -> list[tuple[date, ParameterWithdrawForm]]:
    """Return the entered values that are not in force yet, each with the form to take it back."""
    wanted = asked.data.get("effective_from", "") if asked else ""
    return [
        (
            day,
            asked
            if asked and wanted == day.isoformat()
            else ParameterWithdrawForm(
                initial={"effective_from": day.isoformat()}, auto_id=f"id_{day:%Y%m%d}_%s"
            ),
        )
        for day in sorted(entered)
        if day > today
    ]


def _list_table(found: list[DatedParameter], today: date) -> Table:
    columns = [
        Column("参数"),
        Column("现行取值"),
        Column("单位"),
        Column("生效日期", Kind.DATE),
        Column("依据"),
    ]
    rows = []
    for entry in found:
        current = entry.entry_on(today) if entry.in_force(today) else None
        url = reverse("matching:parameter-detail", args=[entry.code])
        coming = entry.values[-1].effective_from
        note = (
            gettext("%(code)s · %(coming)s 起有新取值") % {"code": entry.code, "coming": coming}
            if coming > today
            else entry.code
        )
        rows.append(
            [
                Cell(entry.label, url, note=note),
                words_of(current.value) if current else None,
                entry.unit,
                current.effective_from if current else None,
                current.source if current else None,
            ]
        )
    return Table(columns, rows, caption="可由运营人员录入新取值的参数")


def _values_table(
    found: DatedParameter, entered: Mapping[date, ParameterValue], today: date
) -> Table:
    columns = [
        Column("生效日期", Kind.DATE),
        Column("取值"),
        Column("依据"),
        Column("来历"),
        Column("状态", Kind.BADGE),
    ]
    current = found.entry_on(today).effective_from if found.in_force(today) else None
    rows = []
    for value in reversed(found.values):
        row = entered.get(value.effective_from)
        day = value.effective_from
        state = ("未生效", Tone.INFO) if day > today else ("已被取代", Tone.NEUTRAL)
        if day == current:
            state = ("现行", Tone.GOOD)
        origin = (
            gettext("%(entered_by)s 录入") % {"entered_by": row.entered_by} if row else "随版本发布"
        )
        rows.append(
            [day, words_of(value.value), value.source, origin, Cell(state[0], tone=state[1])]
        )
    return Table(columns, rows, caption="全部取值")


def _shipped_table() -> Table:
    columns = [
        Column("参数组"),
        Column("文件", Kind.CODE),
        Column("项数", Kind.NUMBER),
        Column("最近生效日期", Kind.DATE),
    ]
    rows = [[entry.label, entry.name, entry.count, entry.latest] for entry in shipped_groups()]
    return Table(columns, rows, caption="随版本发布的参数")
