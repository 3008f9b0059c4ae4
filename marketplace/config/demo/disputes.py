"""Objections and credit repairs of the demonstration city, each standing at another step of its way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from random import Random

from borrowers.domain.repair import repair_admissible
from borrowers.models import CreditRecord, EnterpriseAccount
from borrowers.selectors import finding_of
from borrowers.services import (
    objection_answer,
    objection_submit,
    repair_step,
    repair_submit,
)
from marketplace.config.demo.people import People
from marketplace.config.demo.timeline import Clock, Tale, at_hour, working_days_before
from marketplace.domain.workdays import local_date

REPAIR_WORKING_DAYS_AGO, OBJECTION_WORKING_DAYS_AGO = 24, 16
WAY = ("ACCEPT", "PASS_ON", "AGREE", "APPROVE")
STEPS_TAKEN = (4, 4, 2, 3, 1, 0)
"""How far each repair has come; the last one waits for its district."""
ANSWERS = (("CORRECT", True), ("UPHOLD", False), ("LEAVE_OPEN", False), None, None)
"""How each objection was answered, and whether the record was withdrawn; the last ones wait for an answer."""


def repairs_lived(people: People, seed: int, until: datetime) -> Tale:
    """Apply for the repair of some penalties whose duties are fulfilled, and take each some steps."""
    random = Random(f"repairs-{seed}")
    clock = Clock(
        at_hour(working_days_before(local_date(until), REPAIR_WORKING_DAYS_AGO), 9), random
    )
    yield clock.office(0)
    chosen = list(islice(_repairable(local_date(clock.at)), len(STEPS_TAKEN)))
    for record, steps in zip(chosen, STEPS_TAKEN, strict=False):
        yield clock.office(1)
        repair = repair_submit(
            record_id=record.public_id,
            duty_fulfilled_date=_fulfilled(record),
            commitment_made=True,
            proof="缴款书（演示）",
            statement="已缴清罚款并完成整改（演示）。",
            actor=record.enterprise.account.applied_by,
            at=clock.at,
        )
        clerk = people.clerks[record.enterprise.district_id or ""]
        actors = (clerk, clerk, people.operator, people.second_operator)
        for event, actor in list(zip(WAY, actors, strict=True))[:steps]:
            yield clock.office(0.4)
            repair_step(
                repair_id=repair.public_id, event=event, reason="", actor=actor, at=clock.at
            )


def _repairable(day: date) -> Iterator[CreditRecord]:
    """Yield penalties of enterprises with an account that may be repaired, one of each enterprise."""
    penalties = (
        CreditRecord.objects.filter(
            item__code="PENALTY", superseded_at=None, enterprise__account__state="VERIFIED"
        )
        .select_related("enterprise__account__applied_by", "item")
        .order_by("enterprise__uscc", "event_date")
    )
    seen: set[int] = set()
    for record in penalties:
        is_new = record.enterprise_id not in seen and "CF_LXRQ" in record.payload
        if is_new and _is_admissible(record, day):
            seen.add(record.enterprise_id)
            yield record


def _is_admissible(record: CreditRecord, day: date) -> bool:
    finding = finding_of(record, _fulfilled(record), commitment_made=True)
    return repair_admissible(finding, day).passed


def _fulfilled(record: CreditRecord) -> date:
    return date.fromisoformat(str(record.payload["CF_LXRQ"]))


def objections_lived(people: People, seed: int, until: datetime) -> Tale:
    """Let some enterprises object to a record, and the operator answer most of them."""
    random = Random(f"objections-{seed}")
    day = working_days_before(local_date(until), OBJECTION_WORKING_DAYS_AGO)
    clock = Clock(at_hour(day, 10), random)
    yield clock.office(0)
    accounts = EnterpriseAccount.objects.filter(state="VERIFIED").select_related("applied_by")
    objectors = list(accounts.order_by("enterprise__uscc")[: len(ANSWERS)])
    for account, answer in zip(objectors, ANSWERS, strict=False):
        yield clock.later(1.2)
        record = _disputable(account)
        if record is None:
            continue
        objection = objection_submit(
            record_id=record.public_id,
            reason="该条记录与实际情况不符，请核实（演示）。",
            actor=account.applied_by,
            at=clock.at,
        )
        if answer is None:
            continue
        outcome, withdraw = answer
        yield clock.office(0.5)
        objection_answer(
            objection_id=objection.public_id,
            outcome=outcome,
            answer="经核查来源单位原始数据，答复如上（演示）。",
            withdraw_record=withdraw,
            actor=people.operator,
            at=clock.at,
        )


def _disputable(account: EnterpriseAccount) -> CreditRecord | None:
    records = CreditRecord.objects.filter(
        enterprise=account.enterprise_id, superseded_at=None, item__code="SOCIAL_INSURANCE"
    )
    return records.order_by("-event_date").first()
