"""Needs in the pool, waiting for dispatch, dispatched and directed; leads in every state; made through the services."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from lenders.models import Institution, LoanProduct
from marketplace.domain.roles import Role
from marketplace.models import User
from matching.models import DemandLead, FinancingDemand
from matching.services.application import application_submit
from matching.services.demand import demand_withdraw
from matching.services.demand_mode import (
    demand_ask_dispatch,
    demand_choose,
    demand_dispatch,
    demand_enter_pool,
)
from matching.services.lead import lead_lock, lead_step
from matching.services.lead_answer import lead_decline, lead_return, lead_take, pool_take
from tests.cast import NOW, Cast, make_user
from tests.factories.lenders import make_institution, make_product, make_staff
from tests.factories.matching import CONSENT, make_demand, make_offer

REASON = {"return_code": "NO_CAPACITY", "return_note": "本月额度已用完。"}
LATER = timedelta(days=30)


def make_offers(cast: Cast, at: datetime = NOW) -> tuple[LoanProduct, LoanProduct]:
    """One suitable product of each of the cast's two banks."""
    first = LoanProduct.objects.filter(institution=cast.institution, code="P001").first()
    rival = LoanProduct.objects.filter(institution=cast.rival_institution, code="R001").first()
    return (
        first or make_offer(cast, at=at),
        rival
        or make_product(
            institution=cast.rival_institution,
            code="R001",
            name="对照信用贷",
            drafted_by=cast.rival_officer,
            published_by=cast.rival_approver,
            at=at,
        ),
    )


def make_pooled(cast: Cast, at: datetime = NOW, **fields: Any) -> FinancingDemand:
    """A need in the pool, with both banks able to take it."""
    make_offers(cast, at)
    return demand_enter_pool(demand=make_demand(cast, at, **fields), actor=cast.owner, at=at)


def make_waiting(cast: Cast, at: datetime = NOW, **fields: Any) -> FinancingDemand:
    """A need that waits for dispatch."""
    make_offers(cast, at)
    return demand_ask_dispatch(demand=make_demand(cast, at, **fields), actor=cast.owner, at=at)


def make_taken(cast: Cast, at: datetime = NOW, actor: User | None = None) -> DemandLead:
    """A need taken from the pool."""
    need = make_pooled(cast, at)
    return pool_take(demand_id=need.public_id, actor=actor or cast.officer, at=at)


def make_dispatched(cast: Cast, at: datetime = NOW) -> DemandLead:
    """A need dispatched to the cast's bank."""
    need = make_waiting(cast, at)
    return demand_dispatch(
        demand_id=need.public_id, institution_code="B001", actor=cast.operator, at=at
    )


def make_directed(cast: Cast, at: datetime = NOW, codes: tuple[str, ...] = ("B001",)) -> DemandLead:
    """A need directed at lenders; the first one's lead."""
    make_offers(cast, at)
    need = make_demand(cast, at)
    return demand_choose(demand=need, institution_codes=codes, actor=cast.owner, at=at)[0]


def make_lead(cast: Cast, state: str, at: datetime = NOW) -> DemandLead:
    """A lead of the cast's bank, brought to a state by the people of the cast."""
    lead = make_dispatched(cast, at)
    key = lead.public_id
    if state == "INVITED":
        lead_take(lead_id=key, actor=cast.officer, at=at)
    elif state == "CONVERTED":
        make_converted(cast, lead, at)
    elif state == "RETURNED":
        lead_return(lead_id=key, **REASON, actor=cast.officer, at=at)
    elif state == "DECLINED":
        lead_decline(lead_id=key, actor=cast.owner, at=at)
    elif state == "LAPSED":
        lead_step(lead_lock(key, None), "LAPSE", {"clock_expired": True}, actor=None, at=at)
    elif state == "CLOSED":
        demand_withdraw(demand=lead.demand, actor=cast.owner, at=at)
    lead = DemandLead.objects.get(pk=lead.pk)
    assert lead.state == state
    return lead


def make_converted(cast: Cast, lead: DemandLead, at: datetime = NOW) -> DemandLead:
    """The enterprise consents and applies: the lead becomes an application."""
    application_submit(
        demand=FinancingDemand.objects.get(pk=lead.demand_id),
        product_id=make_offers(cast, at)[0].public_id,
        consent=CONSENT,
        actor=cast.owner,
        at=at,
    )
    return DemandLead.objects.get(pk=lead.pk)


def make_bank(number: int, at: datetime = NOW) -> tuple[Institution, User]:
    """One more bank with an officer and a product that suits; for crowds."""
    code = f"T{number:03d}"
    institution = make_institution(code=code, name=f"示例银行{code}", uscc="", at=at)
    officer = make_user(f"taker{number:03d}")
    make_staff(user=officer, institution=institution, role=Role.OFFICER, at=at)
    make_product(
        institution=institution,
        code=f"{code}-1",
        name=f"示例贷{code}",
        drafted_by=officer,
        published_by=make_user(f"approver{number:03d}"),
        at=at,
    )
    return institution, officer
