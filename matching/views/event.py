"""Pages of those invited to an event: invitations, sign-up with wishes, the own schedule, outcomes and follow-ups."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lenders.views.attempt import attempted, form_status, reader
from marketplace.models import User
from marketplace.policies import require_role
from marketplace.web.components import Cell, Column, Crumb, Kind, Pair, Table
from marketplace.web.language import said
from marketplace.web.pagination import number_page
from marketplace.web.templatetags.market import wan
from matching.domain.event import INVITATION, RECORDING_STATES, SEATED_STATES
from matching.domain.lead import LEAD_STATE_LABELS, LeadState
from matching.forms.event import Choices, DeskForm, FollowUpForm, GuestForm, OutcomeForm
from matching.models import EventInvitation, EventMeeting
from matching.policies.application import BORROWER_ROLES, LENDER_ROLES
from matching.policies.event import can_record, roles_towards_invitation
from matching.selectors.event import (
    event_rules,
    follow_up_get,
    follow_ups_of,
    institutions_coming,
    invitation_get,
    invitation_list,
    meeting_get,
    meetings_own,
    needs_coming,
    needs_to_bring,
)
from matching.services.event_follow_up import follow_up_report
from matching.services.event_invitation import (
    invitation_decline,
    invitation_sign_in,
    invitation_sign_up,
)
from matching.services.event_meeting import meeting_record
from matching.views.event_words import (
    EVENT_TONES,
    INVITATION_TONES,
    event_pairs,
    follow_up_cell,
    follow_up_table,
    guest_name,
    invitations_crumb,
    invited_name,
    lender_name,
    outcome_cell,
    slot_words,
    table_words,
    why_words,
)


@login_required
@require_GET
def invitations(request: HttpRequest) -> HttpResponse:
    """List the invitations of the reader's enterprise or institution, the latest event first.

    Queries: at most 10.
    """
    user = reader(request)
    require_role(user, *BORROWER_ROLES, *LENDER_ROLES)
    page = number_page(request, invitation_list(user))
    columns = [
        Column("活动"),
        Column("区"),
        Column("开始时间", Kind.DATETIME),
        Column("报名截止", Kind.DATETIME),
        Column("活动状态", Kind.BADGE),
        Column("本方", Kind.BADGE),
    ]
    rows = [
        [
            Cell(row.event.title, reverse("matching:event-invitation", args=[row.public_id])),
            row.event.district.name,
            row.event.starts_at,
            row.event.sign_up_until,
            Cell(row.event.get_state_display(), tone=EVENT_TONES[row.event.state]),
            Cell(row.get_state_display(), tone=INVITATION_TONES[row.state]),
        ]
        for row in page.object_list
    ]
    context = {
        "page": page,
        "table": Table(columns, rows, empty="还没有收到邀请。"),
        "crumbs": [Crumb("对接会")],
    }
    return render(request, "matching/event/invitation_list.html", context)


@login_required
@require_GET
def invitation(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show an invitation: the event, the sign-up, and once the seats are confirmed the own schedule.

    Queries: at most 20.
    """
    user, now = reader(request), timezone.now()
    row = invitation_get(user, public_id)
    return _invitation(request, user, row, _form(row, None, now), now)


@login_required
@require_POST
def sign_up(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Sign up with a need or with tables, and wishes."""
    user, now = reader(request), timezone.now()
    row = invitation_get(user, public_id)
    form = _form(row, request.POST, now)
    done = attempted(
        form,
        lambda: invitation_sign_up(invitation_id=public_id, **form.asked(), actor=user, at=now),
    )
    if done is None:
        return _invitation(request, user, row, form, now)
    messages.success(request, "报名已提交；排座确认后可在本页查看安排。")
    return redirect("matching:event-invitation", public_id)


@login_required
@require_POST
def decline(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Decline, or take the sign-up back."""
    user = reader(request)
    invitation_decline(invitation_id=public_id, actor=user, at=timezone.now())
    messages.success(request, "已答复不参加。")
    return redirect("matching:event-invitation", public_id)


@login_required
@require_POST
def arrive(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Sign in on the day."""
    user = reader(request)
    row = invitation_get(user, public_id)
    invitation_sign_in(invitation_id=row.public_id, actor=user, at=timezone.now())
    messages.success(request, "已签到。")
    return redirect("matching:event-invitation", public_id)


@login_required
@require_http_methods(["GET", "POST"])
def meeting(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a meeting to those who record what came of it, and record it."""
    user = reader(request)
    row = meeting_get(user, public_id)
    known = getattr(row, "intention", None)
    initial = {
        "outcome": row.outcome,
        "amount_yuan": known.amount_yuan if known else None,
        "note": known.note if known else "",
    }
    form = OutcomeForm(request.POST or None, initial=initial)
    done = attempted(
        form,
        lambda: meeting_record(
            meeting_id=public_id, **form.cleaned_data, actor=user, at=timezone.now()
        ),
    )
    if done is not None:
        messages.success(request, "面谈结果已登记。")
        return redirect("matching:event-meeting", public_id)
    lead = known.lead if known else None
    context = {
        "title": gettext("%(enterprise)s与%(lender)s")
        % {"enterprise": guest_name(row), "lender": lender_name(row)},
        "state": outcome_cell(row),
        "pairs": _meeting_pairs(row),
        "lead": LEAD_STATE_LABELS[LeadState(lead.state)] if lead else "",
        "can_record": can_record(user, row) and row.guest.event.state in RECORDING_STATES,
        "form": form,
        "crumbs": [Crumb("面谈")],
    }
    return render(request, "matching/event/meeting.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def follow_up(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one look at an intention, and report how far it has come."""
    user, now = reader(request), timezone.now()
    row = follow_up_get(user, public_id)
    form = FollowUpForm(request.POST or None, initial={"status": row.status, "note": row.note})
    done = attempted(
        form,
        lambda: follow_up_report(follow_up_id=public_id, **form.cleaned_data, actor=user, at=now),
    )
    if done is not None:
        messages.success(request, "落实情况已反馈。")
        return redirect("matching:event-follow-up", public_id)
    met = row.intention.meeting
    context = {
        "title": gettext("会后 %(after_days)s 日跟踪：%(enterprise)s")
        % {"after_days": row.after_days, "enterprise": guest_name(met)},
        "state": follow_up_cell(row, now),
        "pairs": [
            Pair("机构", lender_name(met)),
            Pair("意向金额", row.intention.amount_yuan, Kind.MONEY),
            Pair("意向说明", row.intention.note),
            Pair("应跟踪时间", row.due_at, Kind.DATE, "暂定" if row.is_provisional else ""),
            Pair("反馈时间", row.reported_at, Kind.DATETIME),
        ],
        "can_report": can_record(user, met) and met.guest.event.state == "FOLLOW_UP",
        "form": form,
        "crumbs": [Crumb("意向跟踪")],
    }
    return render(request, "matching/event/follow_up.html", context, status=form_status(form))


def _form(row: EventInvitation, data: Any, now: datetime) -> GuestForm | DeskForm:
    most = event_rules(now).most_wishes
    initial: dict[str, Any] = {f"wish_{n}": wish for n, wish in enumerate(row.wishes, start=1)}
    if row.institution_id is None:
        initial["demand"] = str(row.demand.public_id) if row.demand else ""
        offered = [(str(b.public_id), invited_name(b)) for b in institutions_coming(row.event)]
        needs = needs_to_bring(row, now)
        return GuestForm(data, needs=needs, offered=offered, most=most, initial=initial)
    initial["tables"] = row.desk.tables if hasattr(row, "desk") else 1
    return DeskForm(data, offered=_masked_choices(row, now), most=most, initial=initial)


def _masked_choices(row: EventInvitation, now: datetime) -> Choices:
    """Return the needs signed up in words without a name."""
    return [
        (
            str(guest.public_id),
            gettext(
                "%(number)s 号需求：%(sector)s，%(district)s，%(amount)s，%(term_months)s 个月，%(guarantee)s"
            )
            % {
                "number": number,
                "sector": said(need.sector),
                "district": said(need.district),
                "amount": wan(need.amount_yuan),
                "term_months": need.term_months,
                "guarantee": said(need.guarantee),
            },
        )
        for number, (guest, need) in enumerate(needs_coming(row.event, now), start=1)
    ]


def _invitation(
    request: HttpRequest,
    user: User,
    row: EventInvitation,
    form: GuestForm | DeskForm,
    now: datetime,
) -> HttpResponse:
    event = row.event
    facts = {"event_state": event.state, "sign_up_open": now <= event.sign_up_until}
    roles = roles_towards_invitation(user, row)
    may = {
        step.event
        for step in INVITATION.events_for(row.state, roles)
        if step.guard is None or step.guard(facts) is None
    }
    is_guest = row.institution_id is None
    met = meetings_own(row)
    is_seated = event.state in SEATED_STATES
    context = {
        "event": event,
        "row": row,
        "tone": INVITATION_TONES[row.state].value,
        "pairs": [Pair("活动状态", event.get_state_display()), *event_pairs(event)],
        "is_guest": is_guest,
        "can_sign_up": "SIGN_UP" in may,
        "can_decline": "DECLINE" in may,
        "can_sign_in": "SIGN_IN" in may,
        "lacks_need": is_guest and not needs_to_bring(row, now),
        "form": form,
        "schedule": _schedule(row, list(met)) if is_seated else None,
        "unmet": _unmet(row) if is_seated else "",
        "missed": _missed(row) if is_seated else [],
        "follow_ups": None if is_guest else follow_up_table(follow_ups_of(met), now),
        "crumbs": [invitations_crumb(), Crumb(event.title)],
    }
    template = "matching/event/invitation.html"
    return render(request, template, context, status=form_status(form))


def _unmet(row: EventInvitation) -> str:
    """Return why an enterprise that signed up meets nobody, empty when it does."""
    code = row.event.figures.get("unmet", {}).get(str(row.public_id))
    return why_words(code) if code else ""


def _missed(row: EventInvitation) -> list[Pair]:
    """Return the institutions an enterprise wished for and does not meet, each with the reason."""
    why: dict[str, str] = row.event.figures.get("missed", {}).get(str(row.public_id), {})
    banks = institutions_coming(row.event) if why else []
    return [
        Pair(invited_name(bank), why_words(why[str(bank.public_id)]))
        for bank in banks
        if str(bank.public_id) in why
    ]


def _schedule(row: EventInvitation, rows: list[EventMeeting]) -> Table:
    """Return an own schedule: whom one meets, when and at which table; an institution also the need."""
    if row.institution_id is None:
        columns = [
            Column("时段"),
            Column("机构"),
            Column("席号"),
            Column("为什么"),
            Column("结果", Kind.BADGE),
        ]
        cells = [
            [
                slot_words(row.event, met.slot),
                lender_name(met),
                table_words(met),
                Cell(why_words(met.why), note=met.fit),
                outcome_cell(met),
            ]
            for met in rows
        ]
        return Table(columns, cells, empty="没有安排面谈。")
    columns = [
        Column("企业"),
        Column("时段"),
        Column("席号"),
        Column("需求金额", Kind.MONEY),
        Column("期限", Kind.MONTHS),
        Column("结果", Kind.BADGE),
    ]
    return Table(columns, [_desk_row(row, met) for met in rows], empty="没有安排面谈。")


def _desk_row(row: EventInvitation, met: EventMeeting) -> list[Any]:
    need = met.guest.demand
    return [
        Cell(guest_name(met), reverse("matching:event-meeting", args=[met.public_id])),
        slot_words(row.event, met.slot),
        table_words(met),
        need.amount_yuan if need else None,
        need.term_months if need else None,
        outcome_cell(met),
    ]


def _meeting_pairs(row: EventMeeting) -> list[Pair]:
    need, event = row.guest.demand, row.guest.event
    pairs = [
        Pair("活动", event.title),
        Pair("时段", slot_words(event, row.slot), note=table_words(row)),
        Pair(
            "统一社会信用代码", row.guest.enterprise.uscc if row.guest.enterprise else "", Kind.CODE
        ),
        Pair("匹配度", row.utility, Kind.NUMBER, row.fit),
        Pair("安排原因", why_words(row.why)),
    ]
    if need is not None:
        pairs += [
            Pair("需求金额", need.amount_yuan, Kind.MONEY),
            Pair("期限", need.term_months, Kind.MONTHS),
            Pair("用途", need.get_purpose_display()),
            Pair("担保方式", need.get_guarantee_display()),
        ]
    return pairs
