"""The operator's working calendar: a year at a glance, its notice entered, a single day changed."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.calendars import work_calendar
from marketplace.domain.errors import NotFound
from marketplace.domain.roles import Role
from marketplace.domain.workdays import SATURDAY, TableCalendar, local_date
from marketplace.models import CalendarDay
from marketplace.policies import has_role, require_role, signed_in
from marketplace.services import calendar_day_set, calendar_year_enter
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Cell, Column, Crumb, Kind, Pair, Table, Tone
from marketplace.web.forms import DayField
from marketplace.web.language import said

FIRST_YEAR = 2020
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
WORKED, OFF, PROVISIONAL = "上班", "放假", "暂定"


class NoticeForm(forms.Form):
    """A year's notice."""

    year = forms.IntegerField(label="年份", min_value=2000, max_value=2199)
    source = forms.CharField(label="文号", max_length=64, help_text="如 国办发明电〔2026〕示例号。")
    notice = forms.CharField(
        label="通知正文",
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text="粘贴国务院办公厅关于部分节假日安排的通知；按“放假”“上班”逐句识别，不能识别的会指出。",
    )


class DayForm(forms.Form):
    """One day."""

    day = DayField(label="日期")
    is_working = forms.TypedChoiceField(
        label="安排",
        choices=[("1", WORKED), ("0", OFF)],
        coerce=lambda code: code == "1",
        empty_value=None,
    )
    note = forms.CharField(label="依据", max_length=64)


@login_required
@require_http_methods(["GET", "POST"])
def calendar(request: HttpRequest) -> HttpResponse:
    """Show a year's days that depart from the week, and enter a year's notice. Queries: at most 8."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, Role.OPERATOR, Role.AUDITOR)
    year = _year(request, local_date(now))
    form = NoticeForm(request.POST or None, initial={"year": year})
    if request.method == "POST":
        require_role(user, Role.OPERATOR)
        count = attempted(
            form, lambda: calendar_year_enter(**form.cleaned_data, actor=user, at=now)
        )
        if count is not None:
            entered = form.cleaned_data["year"]
            messages.success(
                request,
                gettext("%(entered)s 年的安排已录入，与周历不同的日期 %(count)s 天。")
                % {"entered": entered, "count": count},
            )
            return redirect(f"{request.path}?year={entered}")
    return _page(request, year, form, DayForm())


@login_required
@require_POST
def calendar_day(request: HttpRequest) -> HttpResponse:
    """Change one day."""
    user, now = signed_in(request.user), timezone.now()
    require_role(user, Role.OPERATOR)
    form = DayForm(request.POST)
    done = attempted(form, lambda: calendar_day_set(**form.cleaned_data, actor=user, at=now))
    if done is None:
        return _page(request, local_date(now).year, NoticeForm(), form)
    messages.success(
        request,
        gettext("%(date)s 已改为%(kind)s。")
        % {"date": done.date, "kind": said(WORKED if done.is_working else OFF)},
    )
    return redirect("marketplace:calendar")


def _page(request: HttpRequest, year: int, form: NoticeForm, day_form: DayForm) -> HttpResponse:
    kinds = work_calendar()
    provisional = kinds.is_working(date(year, 1, 4)).provisional
    is_operator = has_role(signed_in(request.user), Role.OPERATOR)
    context: dict[str, Any] = {
        "year": year,
        "years": [year - 1, year + 1],
        "state": PROVISIONAL if provisional else "已公布",
        "tone": (Tone.WARN if provisional else Tone.GOOD).value,
        "pairs": _pairs(kinds, year),
        "table": _table(kinds, year),
        "form": form if is_operator else None,
        "day_form": day_form,
        "crumbs": [Crumb("工作日历")],
    }
    status = max(form_status(form), form_status(day_form))
    return render(request, "marketplace/operator/calendar.html", context, status=status)


def _year(request: HttpRequest, today: date) -> int:
    text = request.GET.get("year", "")
    year = int(text) if text.isdecimal() and len(text) == 4 else today.year
    if not FIRST_YEAR <= year <= today.year + 5:
        raise NotFound
    return year


def _days(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [day for n in range(366) if (day := first + timedelta(days=n)).year == year]


def _pairs(kinds: TableCalendar, year: int) -> list[Pair]:
    found = [kinds.is_working(day) for day in _days(year)]
    worked = sum(kind.working for kind in found)
    return [
        Pair("工作日", worked, Kind.NUMBER),
        Pair("休息日", len(found) - worked, Kind.NUMBER),
        Pair(
            "暂定日期",
            sum(kind.provisional for kind in found),
            Kind.NUMBER,
            definition="通知录入以前按法定节假日和周历推定，由此算出的期限注明“暂定”。",
        ),
    ]


def _table(kinds: TableCalendar, year: int) -> Table:
    columns = [
        Column("日期", Kind.DATE),
        Column("星期"),
        Column("安排", Kind.BADGE),
        Column("说明"),
    ]
    notes = dict(CalendarDay.objects.filter(date__year=year).values_list("date", "note"))
    rows = []
    for day in _days(year):
        kind = kinds.is_working(day)
        if kind.working is (day.weekday() < SATURDAY):
            continue
        words = WORKED if kind.working else OFF
        rows.append(
            [
                day,
                WEEKDAYS[day.weekday()],
                Cell(words, tone=Tone.INFO if kind.working else Tone.GOOD),
                PROVISIONAL if kind.provisional else notes.get(day, "随版本发布的安排"),
            ]
        )
    return Table(
        columns,
        rows,
        caption=gettext("%(year)s 年与周历不同的日期") % {"year": year},
        empty="没有与周历不同的日期。",
    )
