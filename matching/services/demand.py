"""Writes to financing needs: typed once by the enterprise, published, matched, ended.

Source: domain note 3.7 (need status); design law 2.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from borrowers.models import Enterprise
from marketplace.audit import audit_record, enterprise_stream
from marketplace.domain.errors import NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.domain.roles import SYSTEM, Role
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.policies import has_role, roles_in
from marketplace.selectors import parameters_in_force
from marketplace.wall import whole_market
from matching.domain.application import FUNDED_STATES, LIVE_STATES
from matching.domain.demand import (
    DEMAND,
    OPEN_DEMAND_STATES,
    POOL_STATES,
    SEARCHING_STATES,
    DemandMode,
    check_demand,
)
from matching.domain.lead import OPEN_LEAD_STATES
from matching.domain.parameters import shipped
from matching.models import FinancingDemand
from matching.policies.application import VERIFIED, can_act_for, visible_demands
from matching.services.lead import leads_close

ENDED_STATES = DEMAND.terminal_states
NOT_VERIFIED = "企业身份尚未核验，暂不能填报融资需求。"


@transaction.atomic
def demand_create(
    *,
    enterprise: Enterprise,
    amount_yuan: Decimal | None,
    term_months: int | None,
    purpose: str,
    guarantee: str,
    actor: User,
    at: datetime,
    purpose_note: str = "",
    max_rate_bp: int | None = None,
    declared_employees: int | None = None,
    declared_revenue_yuan: Decimal | None = None,
    is_first_loan: bool = False,
    publish: bool = False,
) -> FinancingDemand:
    """Enter a financing need of the actor's enterprise, as a draft or published at once.

    Args:
        enterprise: whose need it is; its verified owner or agent acts.
        amount_yuan, term_months, max_rate_bp: None when the field was empty.
        purpose, guarantee: codes of the loan vocabulary.
        declared_employees, declared_revenue_yuan: what the enterprise states where the register knows nothing.
        is_first_loan: the enterprise states that it never had a business loan.
        publish: put it on the market in the same step.

    Raises:
        NotFound: the enterprise is not one the actor acts for.
        NotPermitted: ``ENTERPRISE_NOT_VERIFIED``.
        Refused: ``DEMAND_INVALID`` with one sentence per field.

    Writes: ``FinancingDemand``, audit ``matching.demand.create`` and, published, ``matching.demand.publish``.
    """
    _check_actor(actor, enterprise)
    entered = _entered(
        at,
        declared_employees,
        declared_revenue_yuan,
        amount_yuan=amount_yuan,
        term_months=term_months,
        purpose=purpose,
        purpose_note=purpose_note,
        guarantee=guarantee,
        max_rate_bp=max_rate_bp,
    )
    demand = FinancingDemand.objects.create(
        enterprise=enterprise,
        state=DEMAND.initial,
        **entered,
        is_first_loan=is_first_loan,
        created_by=actor,
        created_at=at,
    )
    _audit("create", demand, actor, at)
    return demand_publish(demand=demand, actor=actor, at=at) if publish else demand


@transaction.atomic
def demand_change(
    *,
    demand: FinancingDemand,
    amount_yuan: Decimal | None,
    term_months: int | None,
    purpose: str,
    guarantee: str,
    actor: User,
    at: datetime,
    purpose_note: str = "",
    max_rate_bp: int | None = None,
    declared_employees: int | None = None,
    declared_revenue_yuan: Decimal | None = None,
    is_first_loan: bool = False,
    publish: bool = False,
) -> FinancingDemand:
    """Enter a draft anew, and publish it when asked; what lenders may have seen already is not changed any more.

    Args:
        demand: a draft of the actor's enterprise.
        amount_yuan, term_months, purpose, guarantee, purpose_note, max_rate_bp, declared_employees,
            declared_revenue_yuan, is_first_loan, publish: as in `demand_create`; nothing is kept of what was there.
        actor: owner or agent.
        at: when.

    Raises:
        NotFound: it is not the actor's.
        TransitionRefused: it is no draft.
        NotPermitted, Refused: as of `demand_create`.

    Writes: ``FinancingDemand``, audit ``matching.demand.change`` and, published, ``matching.demand.publish``; locks the
        row.
    """
    row = _locked(demand.public_id, actor)
    _check_actor(actor, row.enterprise)
    if row.state != DEMAND.initial:
        raise TransitionRefused(row.state, "CHANGE", "只有草稿可以修改。")
    entered = _entered(
        at,
        declared_employees,
        declared_revenue_yuan,
        amount_yuan=amount_yuan,
        term_months=term_months,
        purpose=purpose,
        purpose_note=purpose_note,
        guarantee=guarantee,
        max_rate_bp=max_rate_bp,
    )
    entered["is_first_loan"] = is_first_loan
    for name, value in entered.items():
        setattr(row, name, value)
    row.save(update_fields=[*entered])
    _audit("change", row, actor, at)
    return demand_publish(demand=row, actor=actor, at=at) if publish else row


@transaction.atomic
def demand_publish(*, demand: FinancingDemand, actor: User, at: datetime) -> FinancingDemand:
    """Put a draft on the market; it stays there for the days the dated parameter says.

    Raises:
        NotFound: it is not the actor's.
        TransitionRefused: it is no draft, or the enterprise is not verified.

    Writes: ``FinancingDemand`` state and dates, audit; locks the row.
    """
    row = _locked(demand.public_id, actor)
    demand_advance(row, "PUBLISH", actor, at)
    days = parameters_in_force(shipped()).value_on("demand.validity_days", local_date(at))
    row.published_at = at
    row.expires_at = at + timedelta(days=int(days))
    row.save(update_fields=["state", "published_at", "expires_at"])
    return row


@transaction.atomic
def demand_withdraw(*, demand: FinancingDemand, actor: User, at: datetime) -> FinancingDemand:
    """Take a need off the market; refused while applications with it are under way.

    Raises:
        NotFound: it is not the actor's.
        TransitionRefused: it has ended, or an application is open.

    Writes: ``FinancingDemand`` state, audit; locks the row.
    """
    return _end(demand.public_id, "WITHDRAW", actor, at)


@transaction.atomic
def demand_close(*, demand: FinancingDemand, actor: User, at: datetime) -> FinancingDemand:
    """End the search for a need that found no lender; refused while applications with it are under way.

    Raises:
        NotFound: it is not the actor's.
        TransitionRefused: it is not being matched, or an application is open.

    Writes: ``FinancingDemand`` state, audit; locks the row.
    """
    return _end(demand.public_id, "FAIL", actor, at)


def demand_lock(*, demand_id: uuid.UUID, actor: User) -> FinancingDemand:
    """Return one of the actor's needs, locked until commit.

    Raises:
        NotFound: it is not the actor's.

    Writes: takes the row's lock.
    """
    return _locked(demand_id, actor)


def demand_check_open(demand: FinancingDemand, at: datetime) -> None:
    """Refuse a need with which nothing can be applied for now.

    Raises:
        Refused: ``DEMAND_NOT_OPEN``, ``DEMAND_EXPIRED``.
    """
    if demand.state not in OPEN_DEMAND_STATES:
        label = DEMAND.labels.get(demand.state, demand.state)
        raise Refused("DEMAND_NOT_OPEN", f"融资需求当前为“{label}”，不能用于申请。")
    if demand.expires_at is not None and at > demand.expires_at:
        raise Refused("DEMAND_EXPIRED", "融资需求已过有效期，请重新填报。")


def demand_advance(
    row: FinancingDemand, event: str, actor: User | None, at: datetime
) -> FinancingDemand:
    """Take one step of the table on a locked need; the caller saves it.

    Args:
        row: locked, with enterprise and account loaded.
        event: an event of ``DEMAND``.
        actor: who acts; None for the marketplace.
        at: when.

    Raises:
        TransitionRefused, NotPermitted: by the table.

    Writes: audit. Queries: four for the facts.
    """
    facts = {
        "enterprise_verified": row.enterprise.account.state == VERIFIED,
        "open_applications": _open_applications(row),
        "open_leads": row.leads.filter(state__in=OPEN_LEAD_STATES).count(),
        "taken_leads": row.leads.filter(state="INVITED").count(),
        "window_open": window_open(row, at),
        "funded": _is_funded(row),
        "clock_expired": row.expires_at is not None and at > row.expires_at,
    }
    row.state = DEMAND.advance(row.state, event, _roles(actor, row), facts).target
    _audit(event.lower(), row, actor, at)
    return row


def window_open(row: FinancingDemand, at: datetime) -> bool:
    """Return whether a need can be taken from the pool at a moment, as far as time decides it."""
    is_pooled = row.mode == DemandMode.POOL and row.state in POOL_STATES
    return is_pooled and row.pool_until is not None and at < row.pool_until


def demand_follow(demand: FinancingDemand, application_state: str, at: datetime) -> None:
    """Move a need after one of its applications moved: matching begins with the first, ends with money paid.

    It goes on when the payment turns out never to have happened.

    Args:
        demand: as it stood when the application was locked.
        application_state: state the application moved to.
        at: when.

    Writes: ``FinancingDemand`` state, audit, when something changes; locks the row.
    """
    is_paid = application_state in FUNDED_STATES
    is_unpaid = demand.state == "CONCLUDED" and application_state == "SIGNED"
    may_end = demand.state == "MATCHING" and is_paid
    if demand.state not in SEARCHING_STATES and not may_end and not is_unpaid:
        return
    row = FinancingDemand.objects.select_for_update().get(pk=demand.pk)
    before = row.state
    if row.state in SEARCHING_STATES and _open_applications(row):
        demand_advance(row, "START_MATCHING", None, at)
    if row.state == "MATCHING" and is_paid:
        demand_advance(row, "CONCLUDE", None, at)
        row.closed_at = at
        leads_close(row, at)
    if is_unpaid and row.state == "CONCLUDED" and not _is_funded(row):
        demand_advance(row, "RESUME_MATCHING", None, at)
        row.closed_at = None
    if row.state != before:
        row.save(update_fields=["state", "closed_at"])
    demand.state, demand.closed_at = row.state, row.closed_at


@transaction.atomic
def demand_expire(*, demand_id: int, at: datetime) -> bool:
    """End a need whose time is over, unless an application with it is under way; return whether it ended.

    Writes: ``FinancingDemand`` state, audit; locks the row.
    """
    row = FinancingDemand.objects.select_for_update().get(pk=demand_id)
    is_over = row.expires_at is not None and at > row.expires_at
    if row.state in ENDED_STATES or not is_over or _open_applications(row):
        return False
    demand_advance(row, "FAIL" if row.state == "MATCHING" else "EXPIRE", None, at)
    row.closed_at = at
    row.save(update_fields=["state", "closed_at"])
    leads_close(row, at)
    return True


def _end(demand_id: uuid.UUID, event: str, actor: User, at: datetime) -> FinancingDemand:
    row = _locked(demand_id, actor)
    demand_advance(row, event, actor, at)
    row.closed_at = at
    row.save(update_fields=["state", "closed_at"])
    leads_close(row, at)
    return row


def _locked(demand_id: uuid.UUID, actor: User) -> FinancingDemand:
    row = (
        visible_demands(actor)
        .select_for_update(of=("self",))
        .select_related("enterprise__account")
        .filter(public_id=demand_id)
        .first()
    )
    if row is None:
        raise NotFound
    return row


def _roles(actor: User | None, row: FinancingDemand) -> frozenset[str]:
    if actor is None:
        return frozenset({SYSTEM})
    held: frozenset[Role] = roles_in(actor, row.enterprise.account.organisation_id)
    city = {Role.OPERATOR} if has_role(actor, Role.OPERATOR) else frozenset[Role]()
    return frozenset(held | city)


@whole_market("a need goes on while any lender works on it")
def _open_applications(row: FinancingDemand) -> int:
    return row.applications.filter(state__in=LIVE_STATES).count()


@whole_market("a need ends with the first money paid, whose ever")
def _is_funded(row: FinancingDemand) -> bool:
    return row.applications.filter(state__in=FUNDED_STATES).exists()


def _check_actor(actor: User, enterprise: Enterprise) -> None:
    if not can_act_for(actor, enterprise):
        raise NotFound
    if enterprise.account.state != VERIFIED:
        raise NotPermitted("ENTERPRISE_NOT_VERIFIED", NOT_VERIFIED)


def _entered(
    at: datetime, employees: int | None, revenue_yuan: Decimal | None, **wanted: Any
) -> dict[str, Any]:
    """Return the columns of a need from what was typed, checked."""
    terms = check_demand(**wanted, on=local_date(at), parameters=parameters_in_force(shipped()))
    _check_declared(employees, revenue_yuan)
    return {
        "amount_yuan": terms.amount_yuan,
        "term_months": terms.term_months,
        "purpose": terms.purpose.value,
        "purpose_note": terms.purpose_note,
        "guarantee": terms.guarantee.value,
        "max_rate_bp": terms.max_rate_bp,
        "declared_employees": employees,
        "declared_revenue_yuan": revenue_yuan,
    }


def _check_declared(employees: int | None, revenue_yuan: Decimal | None) -> None:
    fields: dict[str, str] = {}
    if employees is not None and not 0 <= employees <= 1_000_000:
        fields["declared_employees"] = "从业人数应在 0 至 1,000,000 之间。"
    if revenue_yuan is not None and not 0 <= revenue_yuan < Decimal(10) ** 14:
        fields["declared_revenue_yuan"] = "营业收入超出可接受的范围。"
    if fields:
        raise Refused("DEMAND_INVALID", "融资需求填写有误，请按提示修改。", fields)


def _audit(verb: str, row: FinancingDemand, actor: User | None, at: datetime) -> None:
    payload: Mapping[str, Any] = {"state": row.state}
    audit_record(
        action=f"matching.demand.{verb}",
        subject_kind="FinancingDemand",
        subject_id=row.public_id,
        actor=actor,
        at=at,
        stream=enterprise_stream(row.enterprise.uscc),
        payload=payload,
    )
