"""The one door through which an application moves: lock, policy, table, effects, event, clock, consent, notices, audit.

Source: domain note 4.1; design law 2.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import QuerySet

from borrowers.domain.consent import BY_APPLICATION
from borrowers.services import consent_close
from marketplace.audit import audit_record, enterprise_stream
from marketplace.domain.errors import NotFound, Refused, TransitionRefused
from marketplace.domain.roles import SYSTEM
from marketplace.models import User
from matching.domain.application import APPLICATION, CLOSED_STATES, EVENT_LABELS, RECTIFYING
from matching.domain.clock import ClockReading
from matching.domain.outcome import OutcomeKind
from matching.models import ApplicationEvent, LoanApplication
from matching.policies.application import (
    roles_towards,
    visible_applications,
)
from matching.selectors.clock import ClockTable, clock_readings, clock_table
from matching.services.application_effects import Step, effect
from matching.services.application_facts import (
    check_payload,
    facts_of,
    feedback_agreed,
)
from matching.services.application_notices import step_notify
from matching.services.demand import demand_follow
from matching.services.demand_mode import demand_release
from matching.services.lead import lead_follow

BY_LEDGER = frozenset({*OutcomeKind, *RECTIFYING})
"""Events that `outcome_record`, `outcome_amend` and `outcome_void` cause, with the loan's amounts."""

BY_SERVICE = frozenset({"SUBMIT", "ROUTE", "RESUME"})
"""Events with a service of their own."""

SECRET_PAYLOAD = frozenset({"contract_no", "product_published", "clock_expired"})
INTERNAL_EVENTS = frozenset({"NOTE", "URGE", "REMIND", "ESCALATE"})
"""Events that leave the state as it is and that only the lender and the operator read of."""

PAUSED_STATES = frozenset({"SUPPLEMENT", "SUSPENDED"})
MOVING_FIELDS = (
    "state",
    "branch",
    "officer",
    "consent",
    "portrait",
    "frozen_fit",
    "submitted_at",
    "accepted_at",
    "contacted_at",
    "file_complete_at",
    "decided_at",
    "closed_at",
    "clock_code",
    "clock_due_at",
    "clock_is_provisional",
    "paused_at",
    "suspended_from",
    "refusal_code",
    "refusal_note",
)
_NEEDED = (
    "demand",
    "enterprise__account",
    "product_version",
    "institution__organisation",
    "consent",
    "credit_line",
)


@dataclass
class LockedCase:
    """An application locked until commit, with its events so far."""

    application: LoanApplication
    events: list[ApplicationEvent]


@transaction.atomic
def application_transition(
    *,
    application_id: uuid.UUID,
    event: str,
    actor: User | None,
    at: datetime,
    payload: Mapping[str, Any] | None = None,
) -> LoanApplication:
    """Cause one event of an application.

    Args:
        application_id: public id.
        event: an event of the table; submitting, resuming and reporting amounts have services of their own.
        actor: who acts; None for the marketplace itself.
        at: when, aware.
        payload: what the event asks for, typed (``application_facts.PAYLOADS``).

    Raises:
        NotFound: the application is not the actor's to see.
        NotPermitted: ``ROLE_NOT_ALLOWED``.
        TransitionRefused: the event is not allowed in the state, or a condition is not met (``GUARD_REFUSED``).
        Refused: ``PAYLOAD_INVALID``, ``OUTCOME_BY_LEDGER``, ``SIGN_AMOUNT``, ``SIGN_REPAYMENT``.
        Conflict: ``CONTRACT_EXISTS``.

    Writes: ``LoanApplication``, ``ApplicationEvent``, ``CreditLine`` or ``Loan``, the need's state, the consent's end,
        notices, audit; locks the application's row.
    """
    if event in BY_SERVICE:
        raise TransitionRefused("", event, "此操作有专门的入口，不能直接进行。")
    given = dict(payload or {})
    case = case_lock(application_id, actor)
    if event in BY_LEDGER:
        _check_status_only(case, event, given, actor)
    step(case, event, given, actor=actor, at=at)
    return case.application


def case_lock(application_id: uuid.UUID, actor: User | None) -> LockedCase:
    """Return an application the actor may see, locked until commit, with its events.

    Raises:
        NotFound: it is not there for this actor.

    Writes: takes the row's lock. Queries: two, after those for memberships.
    """
    found: QuerySet[LoanApplication] = (
        LoanApplication.objects.all() if actor is None else visible_applications(actor)
    )
    try:
        row = (
            found.select_for_update(of=("self",))
            .select_related(*_NEEDED)
            .get(public_id=application_id)
        )
    except LoanApplication.DoesNotExist:
        raise NotFound from None
    row.demand.enterprise = row.enterprise
    return LockedCase(row, list(row.events.order_by("seq")))


def step(
    case: LockedCase,
    event: str,
    payload: Mapping[str, Any],
    *,
    actor: User | None,
    at: datetime,
    as_system: bool = False,
    facts: Mapping[str, Any] | None = None,
    table: ClockTable | None = None,
) -> ApplicationEvent:
    """Take one step of the table on a locked case, with everything that follows from it.

    Args:
        case: from `case_lock`; its events grow by the new one.
        event: what happens.
        payload: what came with it.
        actor: who acts.
        at: when.
        as_system: the marketplace acts on what the actor did elsewhere (a new consent resumes).
        facts: facts of the loan's ledger, laid over the others.
        table: calendar and limits when loaded already.

    Raises:
        TransitionRefused, NotPermitted: by the table.

    Writes: as `application_transition`.
    """
    application = case.application
    check_payload(event, payload)
    roles = frozenset({SYSTEM}) if as_system else roles_towards(actor, application)
    known = facts_of(application, case.events, event, payload, actor=actor, at=at)
    row = APPLICATION.advance(application.state, event, roles, known | dict(facts or {}))
    effect(event, Step(application, row.source, payload, actor, at))
    application.state = row.target
    if row.target != row.source:
        application.closed_at = at if row.target in CLOSED_STATES else None
    role = next(name for name in sorted(row.roles) if name in roles)
    kept = {name: value for name, value in payload.items() if name not in SECRET_PAYLOAD}
    written = event_append(
        case, event, row.source, row.target, payload=kept, actor=actor, role=role, at=at
    )
    clock_refresh(case, at, table)
    application.save(update_fields=MOVING_FIELDS)
    _follow(case, event, payload, actor=actor, at=at)
    return written


def require_event(state: str, event: str, roles: Collection[str]) -> None:
    """Refuse an event that the table does not allow in a state or for the roles, whatever its conditions say.

    Raises:
        TransitionRefused, NotPermitted: by the table.
    """
    if event not in {row.event for row in APPLICATION.events_for(state, roles)}:
        APPLICATION.advance(state, event, roles, {})


def event_append(
    case: LockedCase,
    event: str,
    source: str,
    target: str,
    *,
    payload: Mapping[str, Any],
    actor: User | None,
    role: str,
    at: datetime,
) -> ApplicationEvent:
    """Append the next event of a locked case.

    Writes: ``ApplicationEvent``.
    """
    written = ApplicationEvent.objects.create(
        application=case.application,
        seq=len(case.events) + 1,
        at=at,
        actor=actor,
        actor_role=role,
        event=event,
        source=source,
        target=target,
        payload=json.loads(json.dumps(dict(payload), cls=DjangoJSONEncoder)),
        is_internal=event in INTERNAL_EVENTS,
    )
    case.events.append(written)
    return written


def clock_refresh(case: LockedCase, at: datetime, table: ClockTable | None = None) -> None:
    """Set the application's clock fields to the clock that ends first now; the caller saves them.

    Queries: two unless the table is given, none for a closed application.
    """
    application = case.application
    found: tuple[ClockReading, ...] = ()
    if application.state not in CLOSED_STATES:
        found = clock_readings(application, case.events, at, table or clock_table())
    first = next((reading for reading in found if reading.due is not None), None)
    application.clock_code = first.clock.code if first else ""
    application.clock_due_at = first.due.at if first and first.due else None
    application.clock_is_provisional = bool(first and first.due and first.due.provisional)
    application.paused_at = at if application.state in PAUSED_STATES else None


def step_audit(case: LockedCase, event: str, actor: User | None, at: datetime) -> None:
    """Append what was done to the enterprise's chain; codes and counts only. Writes: audit."""
    application = case.application
    audit_record(
        action=f"matching.application.{event.lower()}",
        subject_kind="LoanApplication",
        subject_id=application.public_id,
        actor=actor,
        at=at,
        stream=enterprise_stream(application.enterprise.uscc),
        payload={
            "state": application.state,
            "seq": len(case.events),
            "institution": application.institution.code,
        },
    )


def _check_status_only(
    case: LockedCase, event: str, payload: Mapping[str, Any], actor: User | None
) -> None:
    """Let DISBURSE through as a bare status where the enterprise did not agree to outcome feedback."""
    application = case.application
    is_bare = event == "DISBURSE" and not payload
    if is_bare and not feedback_agreed(application.consent):
        return
    require_event(application.state, event, roles_towards(actor, application))
    raise Refused("OUTCOME_BY_LEDGER", f"“{EVENT_LABELS[event]}”请通过贷款结果登记。")


def _follow(
    case: LockedCase, event: str, payload: Mapping[str, Any], *, actor: User | None, at: datetime
) -> None:
    application = case.application
    consent = application.consent
    if application.state in CLOSED_STATES and consent is not None and consent.revoked_at is None:
        consent_close(
            consent=consent,
            ended_by=BY_APPLICATION,
            reason=EVENT_LABELS[event],
            at=at,
            actor=actor,
        )
    demand_follow(application.demand, application.state, at)
    if lead_follow(application, at):
        demand_release(demand_id=application.demand_id, at=at)
    step_notify(
        application,
        event,
        actor_id=actor.pk if actor else None,
        at=at,
        suspension=str(payload.get("suspension_reason", "")),
    )
    step_audit(case, event, actor, at)
