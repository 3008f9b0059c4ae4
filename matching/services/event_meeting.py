"""What comes of a meeting: its outcome, the intention, the lead it becomes, and its follow-ups.

An intention becomes a lead of the need at that institution by the way every lead goes, and the enterprise is asked for
its authorization; only that makes an application of it.

Source: domain note 4.1 (leads), 4.3 (意向→跟踪 at 30/60/90 days).
"""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from marketplace.audit import audit_record, enterprise_stream
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.roles import Role
from marketplace.domain.text import clean
from marketplace.models import User
from marketplace.policies import roles_in
from matching.domain.demand import OPEN_DEMAND_STATES
from matching.domain.event import (
    FOLLOWED_OUTCOMES,
    RECORDING_STATES,
    Outcome,
    outcome_problems,
)
from matching.domain.lead import LeadOrigin
from matching.models import DemandLead, EventIntention, EventMeeting, FinancingDemand
from matching.policies.event import can_record, visible_meetings
from matching.policies.lead import lender_leads
from matching.selectors.eligible import eligible_offers_of
from matching.services.lead import lead_offer
from matching.services.lead_answer import lead_take

LOADED = (
    "guest__event",
    "guest__enterprise__account",
    "guest__demand__enterprise__account",
    "desk__invitation__institution__organisation",
)


@transaction.atomic
def meeting_record(
    *,
    meeting_id: uuid.UUID,
    outcome: str,
    amount_yuan: Decimal | None = None,
    note: str = "",
    actor: User,
    at: datetime,
) -> EventMeeting:
    """Record what came of a meeting; a later record replaces an earlier one while outcomes are recorded.

    An intention that an officer records is put before the enterprise as a lead, to be authorized.

    Args:
        meeting_id: public id.
        outcome: code of ``Outcome``.
        amount_yuan: intended; needed with ``INTENDED``.
        note: further words.
        actor: officer of the institution, or the district's staff.
        at: now, aware.

    Raises:
        NotFound: the meeting is not the actor's to see.
        NotPermitted: the actor reads only.
        Conflict: ``EVENT_NOT_RECORDING``, the event is not held yet or is followed up already.
        Refused: ``EVENT_OUTCOME_INVALID`` with sentences at the fields; ``EVENT_INTENTION_LEAD``, an intention with a
            lead cannot be taken back.

    Writes: ``EventMeeting``, ``EventIntention``, ``DemandLead`` and what goes with it, audit; locks the need, then the
    meeting. The same record again changes nothing.
    """
    row = _locked(meeting_id, actor)
    if not can_record(actor, row):
        raise NotPermitted
    if row.guest.event.state not in RECORDING_STATES:
        raise Conflict("EVENT_NOT_RECORDING", "活动举行后、转入跟踪前才能登记面谈结果。")
    if problems := outcome_problems(outcome, amount_yuan, note):
        raise Refused("EVENT_OUTCOME_INVALID", "面谈结果填写有误，请按提示修改。", problems)
    known = EventIntention.objects.filter(meeting=row).first()
    if _is_same(row, known, outcome, amount_yuan, note):
        return row
    _intention(row, known, Outcome(outcome), amount_yuan, clean(note), actor, at)
    row.outcome, row.recorded_by, row.recorded_at = outcome, actor, at
    row.save(update_fields=["outcome", "recorded_by", "recorded_at"])
    _audit(row, actor, at)
    return row


def _locked(key: uuid.UUID, actor: User) -> EventMeeting:
    found = visible_meetings(actor).filter(public_id=key)
    demand = found.values_list("guest__demand_id", flat=True).first()
    if demand is not None:
        FinancingDemand.objects.select_for_update().filter(pk=demand).first()
    row = found.select_for_update(of=("self",)).select_related(*LOADED).first()
    if row is None:
        raise NotFound
    return row


def _is_same(
    row: EventMeeting,
    known: EventIntention | None,
    outcome: str,
    amount: Decimal | None,
    note: str,
) -> bool:
    if row.outcome != outcome or known is None:
        return row.outcome == outcome and outcome not in FOLLOWED_OUTCOMES
    return (known.amount_yuan, known.note) == (amount, clean(note))


def _intention(
    row: EventMeeting,
    known: EventIntention | None,
    outcome: Outcome,
    amount_yuan: Decimal | None,
    note: str,
    actor: User,
    at: datetime,
) -> None:
    if outcome not in FOLLOWED_OUTCOMES:
        if known and known.lead_id:
            sentence = "该意向已转为融资线索，不能改为其他结果。"
            raise Refused("EVENT_INTENTION_LEAD", sentence, {"outcome": sentence})
        if known:
            known.delete()
        return
    intention = known or EventIntention(meeting=row)
    intention.amount_yuan, intention.note = amount_yuan, note
    if outcome is Outcome.INTENDED and intention.lead is None:
        intention.lead = _lead(row, actor, at)
    intention.save()


def _lead(row: EventMeeting, actor: User, at: datetime) -> DemandLead | None:
    """Return the lead of the need at the institution, made when an officer says so; None when it cannot be.

    It cannot when the need has ended, the institution has had its application, or offers nothing for it. An officer of
    the branch that serves the enterprise takes it at once; for others it waits for that branch.
    """
    need, institution = row.guest.demand, row.desk.invitation.institution
    if need is None or institution is None:
        return None
    known = need.leads.filter(institution=institution).first()
    if known is not None:
        return known
    is_officer = Role.OFFICER in roles_in(actor, institution.organisation_id)
    is_open = need.state in OPEN_DEMAND_STATES and not (need.expires_at and need.expires_at <= at)
    has_applied = need.applications.filter(institution=institution).exists()
    if not is_officer or not is_open or has_applied:
        return None
    if not eligible_offers_of(institution, need, at):
        return None
    lead = lead_offer(need, institution, LeadOrigin.EVENT, actor=actor, at=at).lead
    if lender_leads(actor).filter(pk=lead.pk).exists():
        return lead_take(lead_id=lead.public_id, actor=actor, at=at)
    return lead


def _audit(row: EventMeeting, actor: User, at: datetime) -> None:
    enterprise = row.guest.enterprise
    stream = {"stream": enterprise_stream(enterprise.uscc)} if enterprise else {}
    institution = row.desk.invitation.institution
    audit_record(
        action="matching.event.record",
        subject_kind="EventMeeting",
        subject_id=row.public_id,
        actor=actor,
        at=at,
        payload={
            "event": str(row.guest.event.public_id),
            "institution": institution.code if institution else "",
            "outcome": row.outcome,
        },
        **stream,
    )
