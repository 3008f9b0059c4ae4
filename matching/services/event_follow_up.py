"""Intentions of an event followed up: planned when the event is tracked, reminded of, reported.

Source: domain note 4.3 (跟踪 at 30/60/90 days); parameters ``events.follow_up_days``, ``events.remind_before_days``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from marketplace.audit import audit_record, enterprise_stream
from marketplace.domain.errors import NotFound, NotPermitted, Refused
from marketplace.domain.text import clean
from marketplace.domain.workdays import local_date
from marketplace.models import User
from matching.domain.event import (
    ENDING_STATUSES,
    FOLLOW_UP_LABELS,
    MAX_NOTE_LENGTH,
    FollowUpStatus,
    follow_up_due,
)
from matching.models import EventFollowUp, EventIntention, MatchmakingEvent
from matching.policies.event import can_record, visible_follow_ups
from matching.selectors.clock import ClockTable, clock_table
from matching.services.event import (
    event_is_past,
    event_locked,
    event_moved,
    event_step,
)
from matching.services.event_notices import follow_up_escalate, follow_up_remind

LOADED = (
    "intention__meeting__guest__event",
    "intention__meeting__guest__enterprise",
    "intention__meeting__desk__invitation__institution",
)


@dataclass
class EventCount:
    """What one sweep did."""

    reminded: int = 0
    escalated: int = 0


@transaction.atomic
def event_track(*, event: MatchmakingEvent, actor: User, at: datetime) -> MatchmakingEvent:
    """Follow the intentions up: each gets its looks after 30, 60 and 90 days, on working days.

    Raises:
        NotFound: the event is not the actor's.
        TransitionRefused, NotPermitted: by the table; every meeting must have its outcome.

    Writes: ``MatchmakingEvent`` state, ``EventFollowUp`` rows, audit; locks the event. A second time nothing.
    """
    row = event_locked(event, actor)
    if event_is_past(row, "TRACK", actor):
        return row
    step = event_step(row, "TRACK", actor, at)
    planned = EventFollowUp.objects.bulk_create(_planned(row, clock_table(), at))
    return event_moved(row, step, actor, at, (), {"follow_ups": len(planned)})


@transaction.atomic
def follow_up_report(
    *, follow_up_id: uuid.UUID, status: str, note: str = "", actor: User, at: datetime
) -> EventFollowUp:
    """Report how far an intention has come; one that ended needs no other look.

    Args:
        follow_up_id: public id.
        status: code of ``FollowUpStatus``.
        note: further words.
        actor: officer of the institution, or the district's staff.
        at: now, aware.

    Raises:
        NotFound: it is not the actor's to see.
        NotPermitted: the actor reads only.
        Refused: ``EVENT_FOLLOW_UP_INVALID`` with fields; ``EVENT_CLOSED``.

    Writes: ``EventFollowUp``, the others still open when the intention ended, audit; locks the row.
    """
    row = _locked(follow_up_id, actor)
    if not can_record(actor, row.intention.meeting):
        raise NotPermitted
    if row.intention.meeting.guest.event.state != "FOLLOW_UP":
        raise Refused("EVENT_CLOSED", "活动已办结，不能再反馈。")
    _check(status, note)
    if (row.status, row.note) == (status, clean(note)):
        return row
    row.status, row.note, row.reported_by, row.reported_at = status, clean(note), actor, at
    row.save(update_fields=["status", "note", "reported_by", "reported_at"])
    if status in ENDING_STATUSES:
        others = EventFollowUp.objects.filter(intention=row.intention_id, status="")
        others.update(status=status, reported_by=actor, reported_at=at)
    _audit(row, actor, at)
    return row


def events_sweep(*, at: datetime, table: ClockTable) -> EventCount:
    """Remind of follow-ups that are due soon and tell the district of those overdue, each once.

    Writes: ``EventFollowUp``, notices. Queries: one, and those of the rows that are due.
    """
    count = EventCount()
    before = timedelta(
        days=int(table.parameters.value_on("events.remind_before_days", local_date(at)))
    )
    waiting = Q(reminded_at=None, due_at__lte=at + before) | Q(escalated_at=None, due_at__lt=at)
    found = EventFollowUp.objects.filter(
        waiting, status="", intention__meeting__guest__event__state="FOLLOW_UP"
    )
    for key in found.values_list("pk", flat=True):
        _sweep_one(key, at, before, count)
    return count


@transaction.atomic
def _sweep_one(key: int, at: datetime, before: timedelta, count: EventCount) -> None:
    found = EventFollowUp.objects.select_for_update(of=("self",)).select_related(*LOADED)
    row = found.filter(pk=key, status="").first()
    if row is None:
        return
    if row.reminded_at is None and row.due_at <= at + before:
        row.reminded_at = at
        follow_up_remind(row, at)
        count.reminded += 1
    if row.escalated_at is None and row.due_at < at:
        row.escalated_at = at
        follow_up_escalate(row, at)
        count.escalated += 1
    row.save(update_fields=["reminded_at", "escalated_at"])


def _planned(row: MatchmakingEvent, table: ClockTable, at: datetime) -> list[EventFollowUp]:
    days: list[int] = table.parameters.value_on("events.follow_up_days", local_date(at))
    found = []
    for intention in EventIntention.objects.filter(meeting__guest__event=row).order_by("pk"):
        for after in days:
            due = follow_up_due(row.held_at or row.starts_at, int(after), table.calendar)
            found.append(
                EventFollowUp(
                    intention=intention,
                    after_days=after,
                    due_at=due.at,
                    is_provisional=due.provisional,
                )
            )
    return found


def _locked(key: uuid.UUID, actor: User) -> EventFollowUp:
    found = visible_follow_ups(actor).select_for_update(of=("self",)).select_related(*LOADED)
    row = found.filter(public_id=key).first()
    if row is None:
        raise NotFound
    return row


def _check(status: str, note: str) -> None:
    fields = {}
    if status not in FOLLOW_UP_LABELS:
        fields["status"] = "请从列表中选择落实情况。"
    if len(note) > MAX_NOTE_LENGTH:
        fields["note"] = f"说明不能超过 {MAX_NOTE_LENGTH} 字。"
    if fields:
        raise Refused("EVENT_FOLLOW_UP_INVALID", "落实情况填写有误，请按提示修改。", fields)


def _audit(row: EventFollowUp, actor: User, at: datetime) -> None:
    enterprise = row.intention.meeting.guest.enterprise
    stream = {"stream": enterprise_stream(enterprise.uscc)} if enterprise else {}
    audit_record(
        action="matching.event.follow_up",
        subject_kind="EventFollowUp",
        subject_id=row.public_id,
        actor=actor,
        at=at,
        payload={"after_days": row.after_days, "status": FollowUpStatus(row.status).value},
        **stream,
    )
