"""Credit repair: duties fulfilled and commitment made, checked by the district, decided by the city.

A repaired record is neither shown nor used from the moment of the decision; corrections of it inherit that.

Source: 信用修复管理办法 (2026-04-01); 国办发〔2025〕22号; domain note 2.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from borrowers.domain.procedures import REPAIR
from borrowers.domain.repair import clock_days, refuse_inadmissible_repair
from borrowers.models import CreditRecord, CreditRepair
from borrowers.models.repair import REPAIR_OPEN
from borrowers.policies import roles_towards_repair
from borrowers.selectors.parameter import repair_parameters
from borrowers.selectors.repair import finding_of, repair_get
from borrowers.services.objection import locked_record, standing_versions
from marketplace.audit import audit_record, enterprise_stream
from marketplace.calendars import work_calendar
from marketplace.domain.errors import Conflict, NotFound, Refused, TransitionRefused
from marketplace.domain.vocabulary import DataClass
from marketplace.domain.workdays import add_working_days, local_date
from marketplace.models import User
from marketplace.queue import enqueue
from marketplace.services import notify

STEP_EVENTS = ("ACCEPT", "ASK_SUPPLEMENT", "PASS_ON", "AGREE", "APPROVE", "REFUSE", "WITHDRAW")
"""Events that need no documents; submitting and supplying have services of their own."""
TEXT_LENGTH = 500


@transaction.atomic
def repair_submit(
    *,
    record_id: UUID,
    duty_fulfilled_date: date,
    commitment_made: bool,
    proof: str,
    statement: str,
    actor: User,
    at: datetime,
) -> CreditRepair:
    """Apply for repair of a penalty of the actor's enterprise.

    Only two documents count: the proof that the duties are fulfilled, and the commitment.

    Args:
        record_id: public id of a penalty that stands.
        duty_fulfilled_date: when the duties were fulfilled.
        commitment_made: the credit commitment was signed with this application.
        proof: which document proves it, e.g. the receipt's number.
        statement: further words, may be empty.
        actor: owner or agent of the enterprise.
        at: when, aware; the clock starts here.

    Raises:
        NotFound: it is not a record of the actor's enterprise.
        Conflict: ``REPAIR_OPEN``, ``REPAIR_DONE``, ``RECORD_SUPERSEDED``.
        Refused: ``REPAIR_ITEM``, ``PROOF_REQUIRED``, and the ``REPAIR_*`` reasons of the rule.

    Writes: ``CreditRepair``, audit ``borrowers.repair.submit``; locks the record.
    """
    record = locked_record(record_id, actor)
    _check_record(record)
    _check_proof(proof)
    parameters = repair_parameters()
    finding = finding_of(record, duty_fulfilled_date, commitment_made=commitment_made)
    refuse_inadmissible_repair(finding, local_date(at), parameters)
    days = clock_days("repair.total_working_days", local_date(at), parameters)
    repair = CreditRepair(
        record=record,
        state=REPAIR.initial,
        duty_fulfilled_date=duty_fulfilled_date,
        commitment_made=commitment_made,
        proof=proof.strip()[:200],
        statement=statement.strip()[:TEXT_LENGTH],
        submitted_by=actor,
        submitted_at=at,
        due_at=add_working_days(at, days, work_calendar()).at,
    )
    repair.save(force_insert=True)
    _audit("submit", repair, actor, at)
    return repair


@transaction.atomic
def repair_supply(
    *, repair_id: UUID, proof: str, statement: str, actor: User, at: datetime
) -> CreditRepair:
    """Hand in what the district asked for.

    Raises:
        NotFound: it is not one of the actor's enterprise.
        TransitionRefused: nothing was asked for.
        Refused: ``PROOF_REQUIRED``.

    Writes: ``CreditRepair``, audit ``borrowers.repair.supply``; locks the row.
    """
    repair = _locked(repair_id, actor)
    _check_proof(proof)
    _advance(repair, "SUPPLY", actor, {})
    repair.proof = proof.strip()[:200]
    repair.statement = statement.strip()[:TEXT_LENGTH]
    repair.save()
    _audit("supply", repair, actor, at)
    return repair


@transaction.atomic
def repair_step(
    *,
    repair_id: UUID,
    event: str,
    reason: str,
    actor: User,
    at: datetime,
    false_material: bool = False,
) -> CreditRepair:
    """Move a repair one step: check by the district, opinion and decision by the city, withdrawal.

    Args:
        repair_id: public id.
        event: of ``STEP_EVENTS``.
        reason: required to refuse and to ask for a supplement; the enterprise reads it.
        actor: whoever the table allows the event.
        at: when, aware.
        false_material: with REFUSE, the material was false; bars further applications for years.

    Raises:
        NotFound: the actor may not see it.
        NotPermitted: the event is not for the actor's role.
        TransitionRefused: not in this state, or a reason is missing.

    Writes: ``CreditRepair``; with APPROVE the record's ``repaired_at``, outbox ``matching.enterprise_rejudge`` and
        ``matching.evaluation_refresh``; audit ``borrowers.repair.<event>``, a notice to who applied; locks the row.
    """
    repair = _locked(repair_id, actor)
    if event not in STEP_EVENTS:
        raise TransitionRefused(repair.state, event, "没有这一操作。")
    words = reason.strip()[:300]
    facts = {"reason": words, "supplemented": repair.supplemented_at is not None}
    _advance(repair, event, actor, facts)
    if event == "ASK_SUPPLEMENT":
        repair.supplemented_at = at
    repair.false_material = event == "REFUSE" and false_material
    repair.review_reason = words
    if repair.state in REPAIR.terminal_states:
        repair.reviewed_by, repair.reviewed_at = actor, at
    repair.save()
    if event == "APPROVE":
        concerned = CreditRecord.objects.filter(pk=repair.record_id)
        (concerned | standing_versions(repair.record)).update(repaired_at=at)
        enqueue("matching.enterprise_rejudge", enterprise_id=repair.record.enterprise_id)
        enqueue(
            "matching.evaluation_refresh",
            enterprise_id=repair.record.enterprise_id,
            cause="REPAIR",
            at=at.isoformat(),
        )
    _audit(event.lower(), repair, actor, at)
    _tell(repair, at)
    return repair


def _check_record(record: CreditRecord) -> None:
    if record.item.data_class != DataClass.PENALTY.value:
        sentence = "只有行政处罚信息可以在此申请信用修复；名单类信息由认定单位移出。"
        raise Refused("REPAIR_ITEM", sentence)
    if record.repaired_at is not None:
        raise Conflict("REPAIR_DONE", "这条记录已经修复。")
    if CreditRepair.objects.filter(record=record, state__in=REPAIR_OPEN).exists():
        raise Conflict("REPAIR_OPEN", "这条记录已有正在办理的修复申请。")


def _check_proof(proof: str) -> None:
    if not proof.strip():
        sentence = "请填写履行证明的名称或编号（如缴款书号）。"
        raise Refused("PROOF_REQUIRED", sentence, {"proof": sentence})


def _advance(repair: CreditRepair, event: str, actor: User, facts: Mapping[str, Any]) -> None:
    roles = roles_towards_repair(actor, repair.record.enterprise)
    repair.state = REPAIR.advance(repair.state, event, roles, facts).target


def _locked(repair_id: UUID, actor: User) -> CreditRepair:
    seen = repair_get(actor, repair_id)
    row = (
        CreditRepair.objects.select_for_update(of=("self",))
        .select_related("record__enterprise", "record__item")
        .filter(pk=seen.pk)
        .first()
    )
    if row is None:
        raise NotFound
    return row


def _tell(repair: CreditRepair, at: datetime) -> None:
    notify(
        users=[repair.submitted_by_id],
        kind="repair.moved",
        title=f"信用修复申请：{REPAIR.labels[repair.state]}",
        body=repair.review_reason,
        path="/enterprise/disputes/",
        at=at,
    )


def _audit(verb: str, repair: CreditRepair, actor: User, at: datetime) -> None:
    audit_record(
        action=f"borrowers.repair.{verb}",
        subject_kind="CreditRepair",
        subject_id=repair.public_id,
        actor=actor,
        at=at,
        stream=enterprise_stream(repair.record.enterprise.uscc),
        payload={"record": repair.record.public_id, "state": repair.state},
    )
