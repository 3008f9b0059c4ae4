"""What pages of an event say the same way for every reader: crumbs, tones, times of slots, tables of meetings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from marketplace.web.components import Cell, Column, Crumb, Kind, Pair, Table, Tone
from matching.domain.assignment import WHY_SENTENCES, Why
from matching.domain.event import slot_start
from matching.models import EventFollowUp, EventInvitation, EventMeeting, MatchmakingEvent

EVENT_TONES = {
    "PREPARING": Tone.NEUTRAL,
    "SIGN_UP": Tone.INFO,
    "ARRANGED": Tone.INFO,
    "HELD": Tone.GOOD,
    "INTENTION": Tone.WARN,
    "FOLLOW_UP": Tone.WARN,
    "CLOSED": Tone.GOOD,
    "CANCELLED": Tone.BAD,
}
INVITATION_TONES = {
    "INVITED": Tone.NEUTRAL,
    "SIGNED_UP": Tone.INFO,
    "DECLINED": Tone.WARN,
    "SIGNED_IN": Tone.GOOD,
}
OUTCOME_TONES = {
    "": Tone.NEUTRAL,
    "INTENDED": Tone.GOOD,
    "CONTINUE": Tone.INFO,
    "NO_INTENT": Tone.NEUTRAL,
    "ABSENT": Tone.WARN,
}


def slot_words(event: MatchmakingEvent, slot: int) -> str:
    """Return a slot with its time, e.g. ``第 1 时段 09:00–09:20``."""
    begin = slot_start(event.starts_at, event.slot_minutes, slot)
    end = slot_start(event.starts_at, event.slot_minutes, slot + 1)
    return gettext("第 %(number)s 时段 %(begin)s–%(end)s") % {
        "number": slot + 1,
        "begin": _clock(begin),
        "end": _clock(end),
    }


def event_pairs(event: MatchmakingEvent) -> list[Pair]:
    """Return an event's particulars."""
    return [
        Pair("区", event.district.name),
        Pair("地点", event.venue),
        Pair("开始时间", event.starts_at, Kind.DATETIME),
        Pair(
            "时段",
            gettext("%(slots)s 个，每个 %(slot_minutes)s 分钟")
            % {"slots": event.slots, "slot_minutes": event.slot_minutes},
        ),
        Pair("每家企业面谈场数上限", event.most_meetings, Kind.NUMBER),
        Pair("报名截止", event.sign_up_until, Kind.DATETIME),
    ]


def board_crumb() -> Crumb:
    """Return the crumb of the district's events."""
    return Crumb("对接会", reverse("matching:event-list"))


def event_crumb(event: MatchmakingEvent) -> Crumb:
    """Return the crumb of one event on the district's side."""
    return Crumb(event.title, reverse("matching:event-detail", args=[event.public_id]))


def invitations_crumb() -> Crumb:
    """Return the crumb of the reader's invitations."""
    return Crumb("对接会", reverse("matching:event-invitations"))


def lender_name(row: EventMeeting) -> str:
    """Return the institution of a meeting, with its organisation loaded."""
    institution = row.desk.invitation.institution
    return institution.organisation.name if institution else ""


def guest_name(row: EventMeeting) -> str:
    """Return the enterprise of a meeting."""
    return row.guest.enterprise.name if row.guest.enterprise else ""


def invited_name(row: EventInvitation) -> str:
    """Return who is invited, with its organisation loaded."""
    if row.institution is not None:
        return row.institution.organisation.name
    return row.enterprise.name if row.enterprise else ""


def table_words(row: EventMeeting) -> str:
    """Return the table of a meeting, counted from 1."""
    return gettext("%(number)s 号席") % {"number": row.table + 1}


def outcome_cell(row: EventMeeting) -> Cell:
    """Return what came of a meeting."""
    return Cell(row.get_outcome_display() or "未登记", tone=OUTCOME_TONES[row.outcome])


def why_words(code: str) -> str:
    """Return the sentence of a reason."""
    return WHY_SENTENCES[Why(code)]


def follow_up_table(
    rows: Iterable[EventFollowUp], now: datetime, *, is_linked: bool = True
) -> Table:
    """Return follow-ups with their deadlines; those open and overdue marked."""
    columns = [
        Column("企业"),
        Column("机构"),
        Column("会后", definition="活动举行后的天数；遇非工作日顺延。"),
        Column("应跟踪时间", Kind.DATE),
        Column("落实情况", Kind.BADGE),
        Column("说明"),
    ]
    found: list[list[Any]] = []
    for row in rows:
        meeting = row.intention.meeting
        address = reverse("matching:event-follow-up", args=[row.public_id])
        found.append(
            [
                Cell(guest_name(meeting), address if is_linked else ""),
                lender_name(meeting),
                gettext("%(after_days)s 日") % {"after_days": row.after_days},
                Cell(row.due_at, note="暂定" if row.is_provisional else ""),
                follow_up_cell(row, now),
                row.note,
            ]
        )
    return Table(columns, found, empty="没有需要跟踪的意向。")


def follow_up_cell(row: EventFollowUp, now: datetime) -> Cell:
    """Return how far a follow-up has come."""
    if row.status:
        return Cell(row.get_status_display(), tone=Tone.GOOD)
    is_late = row.due_at < now
    return Cell("逾期未反馈" if is_late else "未到期", tone=Tone.BAD if is_late else Tone.NEUTRAL)


def _clock(at: datetime) -> str:
    return f"{timezone.localtime(at):%H:%M}"
