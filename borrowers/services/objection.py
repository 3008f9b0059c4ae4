"""Objections: an enterprise says a record is wrong; the mark stands at once, the answer comes in writing.

Source: 征信业管理条例 第二十五条; domain note 2.4, 4.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from borrowers.domain.procedures import OBJECTION
from borrowers.domain.repair import clock_days
from borrowers.models import CreditRecord, Objection
from borrowers.models.repair import OBJECTION_OPEN
from borrowers.policies import can_act_for, can_handle_data, operator_ids, require
from borrowers.selectors.parameter import repair_parameters
from borrowers.selectors.record import UNCONFIRMED
from borrowers.selectors.record_version import record_get
from borrowers.selectors.repair import objection_get
from borrowers.services.archived import record_bring_back
from marketplace.audit import audit_record, enterprise_stream
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.machine import Transition
from marketplace.domain.roles import SYSTEM, Role
from marketplace.domain.workdays import add_calendar_days, local_date
from marketplace.models import User
from marketplace.queue import enqueue
from marketplace.services import notify

BORROWER_ROLES = (Role.OWNER, Role.AGENT)
OUTCOMES = {"CORRECT": "更正", "UPHOLD": "维持原记录", "LEAVE_OPEN": "无法确认"}
"""How an objection can be answered; the keys are events of the machine."""


@transaction.atomic
def objection_submit(*, record_id: UUID, reason: str, actor: User, at: datetime) -> Objection:
    """Object to a record of the actor's enterprise; it is marked as disputed in the same step.

    Args:
        record_id: public id of a record that stands.
        reason: what is wrong with it, 5 to 500 characters.
        actor: owner or agent of the enterprise.
        at: when, aware; the 20 days start here.

    Raises:
        NotFound: it is not a record of the actor's enterprise.
        Conflict: ``OBJECTION_OPEN``, ``RECORD_SUPERSEDED``.
        Refused: ``REASON_LENGTH``.

    Writes: ``Objection``, the record's mark, audit ``borrowers.objection.submit``, notices to the operators; locks the
        record.
    """
    record = locked_record(record_id, actor)
    words = reason.strip()
    if not 5 <= len(words) <= 500:
        sentence = "请用 5 至 500 字说明记录哪里有误。"
        raise Refused("REASON_LENGTH", sentence, {"reason": sentence})
    if Objection.objects.filter(record=record, state__in=OBJECTION_OPEN).exists():
        raise Conflict("OBJECTION_OPEN", "这条记录已有正在办理的异议。")
    days = clock_days("objection.answer_days", local_date(at), repair_parameters())
    objection = Objection(
        record=record,
        state=OBJECTION.initial,
        reason=words,
        submitted_by=actor,
        submitted_at=at,
        due_at=add_calendar_days(at, days).at,
    )
    _advance(objection, "MARK", (SYSTEM,), {})
    objection.save(force_insert=True)
    _mark(record, since=at, until=None)
    _audit("submit", objection, actor, at)
    title = f"新异议：{record.item.name}"
    path = f"/operator/objections/{objection.public_id}/"
    notify(users=operator_ids(), kind="objection.submitted", title=title, at=at, path=path)
    return objection


@transaction.atomic
def objection_answer(
    *,
    objection_id: UUID,
    outcome: str,
    answer: str,
    actor: User,
    at: datetime,
    withdraw_record: bool = False,
) -> Objection:
    """Answer an objection in writing.

    Corrected means that the record changed: its unit has delivered the corrected row since, or the record was wrong
    as a whole and is withdrawn in this step. What cannot be confirmed keeps its mark, with both sides on file.

    Args:
        objection_id: public id.
        outcome: key of ``OUTCOMES``.
        answer: the written answer, at most 500 characters.
        actor: an operator.
        at: when, aware.
        withdraw_record: with CORRECT, take the record out of use.

    Raises:
        NotPermitted: the actor is no operator.
        TransitionRefused: it has been answered or withdrawn.
        Refused: ``OUTCOME_UNKNOWN``, ``ANSWER_REQUIRED``, ``CORRECTION_MISSING``.

    Writes: ``Objection``, the record's mark or end, audit ``borrowers.objection.answer``, a notice to who objected,
        outbox ``matching.evaluation_refresh`` and with CORRECT ``matching.enterprise_rejudge``; locks the row and the
        record.
    """
    require(can_handle_data(actor))
    objection = _locked(objection_id, actor)
    words = answer.strip()[:500]
    _check_answer(outcome, words)
    if objection.state == "MARKED":
        _advance(objection, "START_CHECK", (Role.OPERATOR,), {})
    _advance(objection, outcome, (Role.OPERATOR,), {"answer": words})
    if outcome == "CORRECT":
        _correct(objection.record, at, withdraw=withdraw_record)
        enqueue("matching.enterprise_rejudge", enterprise_id=objection.record.enterprise_id)
    enqueue(
        "matching.evaluation_refresh",
        enterprise_id=objection.record.enterprise_id,
        cause="OBJECTION",
        at=at.isoformat(),
    )
    objection.answer, objection.answered_by, objection.answered_at = words, actor, at
    objection.save()
    if objection.state != UNCONFIRMED:
        _mark(objection.record, since=None, until=at)
    _audit("answer", objection, actor, at)
    notify(
        users=[objection.submitted_by_id],
        kind="objection.answered",
        title=f"异议已答复：{OUTCOMES[outcome]}",
        body=words,
        path="/enterprise/disputes/",
        at=at,
    )
    return objection


@transaction.atomic
def objection_withdraw(*, objection_id: UUID, actor: User, at: datetime) -> Objection:
    """Take an objection back; the mark goes.

    Raises:
        NotFound: it is not one of the actor's enterprise.
        TransitionRefused: it has been answered.

    Writes: ``Objection``, the record's mark, audit ``borrowers.objection.withdraw``; locks the row.
    """
    objection = _locked(objection_id, actor)
    if not can_act_for(actor, objection.record.enterprise):
        raise NotFound
    _advance(objection, "WITHDRAW", BORROWER_ROLES, {})
    objection.answered_at = at
    objection.save()
    _mark(objection.record, since=None, until=at)
    _audit("withdraw", objection, actor, at)
    return objection


def locked_record(record_id: UUID, actor: User) -> CreditRecord:
    """Return a standing record of the actor's own enterprise, locked; brought back where the archive alone keeps it.

    Raises:
        NotFound: it is not a record of the actor's enterprise.
        Conflict: ``RECORD_SUPERSEDED``; ``ITEM_LOADING``, as `record_bring_back`.
    """
    seen = record_get(actor, record_id)
    if not can_act_for(actor, seen.enterprise):
        raise NotFound
    if seen._state.adding:
        seen = record_bring_back(seen)
    record = (
        CreditRecord.objects.select_for_update(of=("self",))
        .select_related("enterprise", "item")
        .get(pk=seen.pk)
    )
    if record.superseded_at is not None:
        raise Conflict("RECORD_SUPERSEDED", "该记录已被更正或撤下，请查看最新记录。")
    return record


def standing_versions(record: CreditRecord) -> QuerySet[CreditRecord]:
    """Return the version of the record that stands now: itself, its correction, or none."""
    return CreditRecord.objects.filter(
        enterprise=record.enterprise_id,
        item=record.item_id,
        natural_key=record.natural_key,
        superseded_at=None,
    )


def _check_answer(outcome: str, words: str) -> None:
    if outcome not in OUTCOMES:
        sentence = "请选择答复结论。"
        raise Refused("OUTCOME_UNKNOWN", sentence, {"outcome": sentence})
    if not words:
        sentence = "请填写书面答复。"
        raise Refused("ANSWER_REQUIRED", sentence, {"answer": sentence})


def _correct(record: CreditRecord, at: datetime, *, withdraw: bool) -> None:
    """Check that the record was corrected, or withdraw it: superseded without a successor."""
    if withdraw:
        standing_versions(record).update(superseded_at=at)
    elif record.superseded_at is None:
        sentence = "来源单位尚未报送更正后的记录；如整条记录有误，请选择“撤下该记录”。"
        raise Refused("CORRECTION_MISSING", sentence, {"withdraw_record": sentence})


def _mark(record: CreditRecord, *, since: datetime | None, until: datetime | None) -> None:
    """Set or end the mark on the standing version of the record and on the one objected to."""
    values: Mapping[str, datetime | None] = (
        {"disputed_at": since, "dispute_ended_at": None} if since else {"dispute_ended_at": until}
    )
    concerned = CreditRecord.objects.filter(pk=record.pk) | standing_versions(record)
    concerned.update(**values)


def _advance(
    objection: Objection, event: str, roles: tuple[str, ...], facts: Mapping[str, object]
) -> Transition:
    step = OBJECTION.advance(objection.state, event, roles, facts)
    objection.state = step.target
    return step


def _locked(objection_id: UUID, actor: User) -> Objection:
    seen = objection_get(actor, objection_id)
    return (
        Objection.objects.select_for_update(of=("self",))
        .select_related("record__enterprise", "record__item")
        .get(pk=seen.pk)
    )


def _audit(verb: str, objection: Objection, actor: User, at: datetime) -> None:
    audit_record(
        action=f"borrowers.objection.{verb}",
        subject_kind="Objection",
        subject_id=objection.public_id,
        actor=actor,
        at=at,
        stream=enterprise_stream(objection.record.enterprise.uscc),
        payload={"record": objection.record.public_id, "state": objection.state},
    )
