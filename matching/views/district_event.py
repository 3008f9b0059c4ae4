"""Pages of a district's staff about events: the board, a new one, who is invited, its way from step to step."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lenders.views.attempt import attempted, form_status, reader
from marketplace.domain.errors import NotPermitted
from marketplace.models import User
from marketplace.policies import require_role
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Stat, Table
from marketplace.web.pagination import number_page
from matching.domain.event import EVENT
from matching.forms.event import CancelForm, EventForm, InviteForm
from matching.models import EventInvitation, MatchmakingEvent
from matching.policies.event import roles_towards_event
from matching.policies.whitelist import CITY_ROLES, DISTRICT_ROLES
from matching.selectors.event import (
    EventFigures,
    event_districts,
    event_figures,
    event_get,
    event_list,
    invitation_staffed,
    invitations_of,
    whitelists_to_invite,
)
from matching.services.event import (
    event_cancel,
    event_complete,
    event_create,
    event_finish,
    event_hold,
    event_invite,
    event_publish,
)
from matching.services.event_assign import event_confirm, event_rearrange
from matching.services.event_follow_up import event_track
from matching.services.event_invitation import invitation_sign_in
from matching.views.event_words import (
    EVENT_TONES,
    INVITATION_TONES,
    board_crumb,
    event_pairs,
    invited_name,
)

Step = Callable[..., MatchmakingEvent]
STEPS: dict[str, tuple[Step, str, str]] = {
    "PUBLISH": (
        event_publish,
        "发布后，已邀请的企业和机构收到通知，可以报名。",
        "已发布，报名开始。",
    ),
    "CONFIRM": (
        event_confirm,
        "确认后，企业和机构看到各自的面谈安排；机构看到所安排企业的名称和需求。",
        "排座已确认，已通知参会各方。",
    ),
    "REARRANGE": (
        event_rearrange,
        "退回报名阶段，可以重新排座；已通知的各方会收到提示。",
        "已退回，可重新排座。",
    ),
    "HOLD": (event_hold, "开始后可以签到、登记面谈结果。", "活动开始，可以签到。"),
    "FINISH": (event_finish, "结束现场面谈，继续补登面谈结果。", "面谈结束，请核对面谈结果。"),
    "TRACK": (event_track, "达成意向和继续沟通的面谈将在会后 30、60、90 日跟踪。", "已转入跟踪。"),
    "COMPLETE": (event_complete, "办结后不能再反馈。", "活动已办结。"),
}
"""Step of the table to its service, what is asked before, and what is said after."""


@login_required
@require_GET
def events(request: HttpRequest) -> HttpResponse:
    """List the events of the reader's districts; all of them for the city.

    Queries: at most 10.
    """
    user = reader(request)
    require_role(user, *DISTRICT_ROLES, *CITY_ROLES)
    page = number_page(request, event_list(user))
    new = Action("筹备对接会", reverse("matching:event-create"), primary=True)
    context = {
        "page": page,
        "table": _board(list(page.object_list)),
        "actions": [new] if event_districts(user) else [],
        "crumbs": [Crumb("对接会")],
    }
    return render(request, "matching/district/event_list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Prepare an event."""
    user = reader(request)
    districts = event_districts(user)
    if not districts:
        raise NotPermitted
    form = EventForm(request.POST or None, districts=districts)
    made = attempted(
        form,
        lambda: event_create(
            district=form.cleaned_data["district"], plan=form.plan(), actor=user, at=timezone.now()
        ),
    )
    if made is not None:
        messages.success(request, "已建立，请邀请企业和机构。")
        return redirect("matching:event-detail", made.public_id)
    context = {
        "form": form,
        "cancel_url": reverse("matching:event-list"),
        "crumbs": [board_crumb(), Crumb("筹备对接会")],
    }
    template = "matching/district/event_form.html"
    return render(request, template, context, status=form_status(form))


@login_required
@require_GET
def detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show an event: what it has come to, who is invited, what the reader may do now.

    Queries: at most 15.
    """
    user = reader(request)
    event = event_get(user, public_id)
    return _detail(request, user, event, _invite_form(user, event), CancelForm())


@login_required
@require_POST
def invite(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Invite everybody of one source."""
    user = reader(request)
    event = event_get(user, public_id)
    form = InviteForm(request.POST, whitelists=whitelists_to_invite(user, event))
    count = attempted(
        form, lambda: event_invite(event=event, **form.asked(), actor=user, at=timezone.now())
    )
    if count is None:
        return _detail(request, user, event, form, CancelForm())
    messages.success(
        request,
        gettext("新邀请 %(count)s 家。") % {"count": count} if count else "没有尚未邀请的对象。",
    )
    return redirect("matching:event-detail", public_id)


@login_required
@require_POST
def cancel(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Cancel an event with a reason."""
    user = reader(request)
    event = event_get(user, public_id)
    form = CancelForm(request.POST)
    done = attempted(
        form,
        lambda: event_cancel(
            event=event, reason=form.cleaned_data["reason"], actor=user, at=timezone.now()
        ),
    )
    if done is None:
        return _detail(request, user, event, _invite_form(user, event), form)
    messages.success(request, "活动已取消，已通知受邀各方。")
    return redirect("matching:event-detail", public_id)


@login_required
@require_POST
def sign_in(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Sign a guest in at the door."""
    user = reader(request)
    row = invitation_staffed(user, public_id)
    invitation_sign_in(invitation_id=row.public_id, actor=user, at=timezone.now())
    messages.success(request, gettext("%(invited)s已签到。") % {"invited": invited_name(row)})
    return redirect("matching:event-detail", row.event.public_id)


def step_view(event_code: str) -> Callable[..., HttpResponse]:
    """Return the view of one step of the table."""
    service, _, said = STEPS[event_code]

    @login_required
    @require_POST
    def view(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
        """Take the step."""
        user = reader(request)
        service(event=event_get(user, public_id), actor=user, at=timezone.now())
        messages.success(request, said)
        return redirect("matching:event-detail", public_id)

    return view


def _invite_form(user: User, event: MatchmakingEvent) -> InviteForm:
    return InviteForm(whitelists=whitelists_to_invite(user, event))


def _detail(
    request: HttpRequest,
    user: User,
    event: MatchmakingEvent,
    form: InviteForm,
    cancel_form: CancelForm,
) -> HttpResponse:
    roles = roles_towards_event(user, event.district_id)
    allowed = EVENT.events_for(event.state, roles)
    figures = event_figures(event)
    is_inviting = bool(roles) and event.state in ("PREPARING", "SIGN_UP")
    invitations = list(invitations_of(event))
    silent = [row for row in invitations if row.state == "INVITED"]
    answered = [row for row in invitations if row.state != "INVITED"]
    context = {
        "event": event,
        "tone": EVENT_TONES[event.state].value,
        "pairs": event_pairs(event),
        "stats": _stats(figures),
        "steps": _steps(event, {step.event for step in allowed}),
        "can_cancel": any(step.event == "CANCEL" for step in allowed),
        "invite_form": form if is_inviting else None,
        "form": cancel_form,
        "lenders": _lenders([row for row in answered if row.institution_id]),
        "guests": _guests([row for row in answered if row.enterprise_id]),
        "silent_lenders": [invited_name(row) for row in silent if row.institution_id],
        "silent_guests": [invited_name(row) for row in silent if row.enterprise_id],
        "waiting": _at_the_door(invitations) if roles and event.state == "HELD" else [],
        "actions": _links(event),
        "crumbs": [board_crumb(), Crumb(event.title)],
    }
    status = max(form_status(form), form_status(cancel_form))
    return render(request, "matching/district/event_detail.html", context, status=status)


def _steps(event: MatchmakingEvent, allowed: set[str]) -> list[dict[str, str]]:
    """Return label, address and question of each step the reader may take."""
    labels = {row.event: row.label for row in EVENT.transitions}
    return [
        {
            "label": labels[code],
            "url": reverse(f"matching:event-{code.lower()}", args=[event.public_id]),
            "question": question,
        }
        for code, (_, question, _) in STEPS.items()
        if code in allowed
    ]


def _links(event: MatchmakingEvent) -> list[Action]:
    args = [event.public_id]
    links = []
    if event.state != "PREPARING":
        links.append(Action("排座", reverse("matching:event-plan", args=args)))
    if event.held_at:
        links.append(Action("面谈结果与跟踪", reverse("matching:event-results", args=args)))
    if event.method:
        links.append(Action("下载（XLSX）", reverse("matching:event-sheet", args=args)))
    return links


def _stats(figures: EventFigures) -> list[Stat]:
    return [
        Stat(
            "报名企业",
            figures.needs,
            gettext("邀请 %(enterprises)s 家。") % {"enterprises": figures.enterprises},
            unit="家",
        ),
        Stat(
            "机构席位",
            figures.tables,
            gettext("邀请 %(institutions)s 家机构。") % {"institutions": figures.institutions},
            unit="席",
        ),
        Stat("面谈", figures.meetings, "已排座的场数。", unit="场"),
        Stat("签到", figures.signed_in, "企业与机构合计。", unit="家"),
        Stat("达成意向", figures.intended, "面谈结果为达成意向的场数。", unit="场"),
    ]


def _board(rows: list[MatchmakingEvent]) -> Table:
    columns = [
        Column("活动"),
        Column("区"),
        Column("地点"),
        Column("开始时间", Kind.DATETIME),
        Column("状态", Kind.BADGE),
    ]
    found = [
        [
            Cell(row.title, reverse("matching:event-detail", args=[row.public_id])),
            row.district.name,
            row.venue,
            row.starts_at,
            Cell(row.get_state_display(), tone=EVENT_TONES[row.state]),
        ]
        for row in rows
    ]
    return Table(columns, found, empty="还没有对接会。")


def _lenders(rows: list[EventInvitation]) -> Table:
    columns = [
        Column("机构"),
        Column("席位", Kind.NUMBER, "同一时段可同时接待的企业数。"),
        Column("志愿", Kind.NUMBER, "填报的志愿数。"),
        Column("状态", Kind.BADGE),
    ]
    found = [
        [
            invited_name(row),
            row.desk.tables if hasattr(row, "desk") else None,
            len(row.wishes),
            Cell(row.get_state_display(), tone=INVITATION_TONES[row.state]),
        ]
        for row in rows
    ]
    return Table(columns, found, empty="还没有机构答复。")


def _guests(rows: list[EventInvitation]) -> Table:
    columns = [
        Column("企业"),
        Column("需求金额", Kind.MONEY, "报名时所选需求的金额。"),
        Column("期限", Kind.MONTHS),
        Column("志愿", Kind.NUMBER, "填报的志愿数。"),
        Column("状态", Kind.BADGE),
    ]
    found = [
        [
            Cell(invited_name(row), note=row.enterprise.uscc if row.enterprise else ""),
            row.demand.amount_yuan if row.demand else None,
            row.demand.term_months if row.demand else None,
            len(row.wishes),
            Cell(row.get_state_display(), tone=INVITATION_TONES[row.state]),
        ]
        for row in rows
    ]
    return Table(columns, found, empty="还没有企业答复。")


def _at_the_door(rows: list[EventInvitation]) -> list[Action]:
    """Return a button for each guest who has not signed in."""
    return [
        Action(
            invited_name(row), reverse("matching:event-sign-in", args=[row.public_id]), post=True
        )
        for row in rows
        if row.state == "SIGNED_UP"
    ]
