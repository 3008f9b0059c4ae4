"""Who may see and do what with needs in the pool and with leads.

A lender's people see the pool without names, and the leads of their own branches; an enterprise the leads of its own
needs; an operator every need that looks for a lender, without names. A stranger gets an empty answer.

Source: domain note 4.2 (need summary; pool only).
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from marketplace.domain.roles import SYSTEM, Role
from marketplace.models import User
from marketplace.policies import Reader, has_role, organisation_ids, roles_in
from matching.domain.demand import POOL_STATES, DemandMode
from matching.models import DemandLead, FinancingDemand
from matching.policies.application import (
    BORROWER_ROLES,
    LENDER_ROLES,
    officer_branches,
    visible_demands,
)


def pool_demands(user: Reader) -> QuerySet[FinancingDemand]:
    """Return the needs whose windows a lender's people may look through, open or not; none for others."""
    found = FinancingDemand.objects.filter(mode=DemandMode.POOL, state__in=POOL_STATES)
    return found if has_role(user, *LENDER_ROLES) else found.none()


def searching_demands(user: Reader) -> QuerySet[FinancingDemand]:
    """Return the needs an operator watches over: published in a mode of their own; none for others."""
    found = FinancingDemand.objects.exclude(mode=DemandMode.APPLY)
    return found if has_role(user, Role.OPERATOR) else found.none()


def lender_leads(user: Reader) -> QuerySet[DemandLead]:
    """Return the leads the user works on for a lender: the own branches', and those no branch takes."""
    officer = Q(institution__organisation__in=organisation_ids(user, Role.OFFICER)) & (
        Q(branch__in=officer_branches(user)) | Q(branch=None) | Q(officer=user.pk)
    )
    approver = Q(institution__organisation__in=organisation_ids(user, Role.APPROVER))
    return DemandLead.objects.filter(officer | approver)


def own_leads(user: Reader) -> QuerySet[DemandLead]:
    """Return the leads of the user's own enterprises' needs."""
    return DemandLead.objects.filter(demand__in=visible_demands(user))


def visible_leads(user: Reader) -> QuerySet[DemandLead]:
    """Return the leads the user may act on, whichever side."""
    return lender_leads(user) | own_leads(user)


def supervised_leads(user: Reader) -> QuerySet[DemandLead]:
    """Return the leads whose clocks the user watches over: all for the operator, none for others."""
    found = DemandLead.objects.all()
    return found if has_role(user, Role.OPERATOR) else found.none()


def roles_towards_lead(user: User | None, lead: DemandLead) -> frozenset[str]:
    """Return the roles in which somebody may act on a lead; the marketplace itself is ``SYSTEM``.

    Args:
        user: who acts; None for the marketplace.
        lead: with institution and the enterprise's account loaded.
    """
    if user is None:
        return frozenset({SYSTEM})
    own = roles_in(user, lead.demand.enterprise.account.organisation_id) & set(BORROWER_ROLES)
    lender = roles_in(user, lead.institution.organisation_id) & set(LENDER_ROLES)
    city = {Role.OPERATOR} if has_role(user, Role.OPERATOR) else frozenset[Role]()
    return frozenset(own | lender | city)
