"""Who may see and do what on the lending side. The public shelf of published products stands outside of it.

A lender's people see their own institution only; the operator and the auditor see all; everybody else sees what is
published (``lenders.selectors.product``).
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from lenders.models import (
    Branch,
    BranchPosting,
    Institution,
    InterfaceToken,
    LoanProduct,
    ProductVersion,
)
from marketplace.domain.errors import NotPermitted
from marketplace.domain.roles import Role
from marketplace.models import Membership, User
from marketplace.policies import Reader, has_role, organisation_ids, roles_in

LENDER_ROLES = (Role.OFFICER, Role.APPROVER)
CITY_ROLES = (Role.OPERATOR, Role.AUDITOR)


def visible_institutions(user: Reader) -> QuerySet[Institution]:
    """Return the institutions whose administration the user may see: all for the city, else the own one."""
    if has_role(user, *CITY_ROLES):
        return Institution.objects.all()
    return Institution.objects.filter(organisation__in=organisation_ids(user, *LENDER_ROLES))


def visible_products(user: Reader) -> QuerySet[LoanProduct]:
    """Return the products whose drafts and history the user may see."""
    return LoanProduct.objects.filter(institution__in=visible_institutions(user))


def visible_versions(user: Reader) -> QuerySet[ProductVersion]:
    """Return the product versions of any state the user may see."""
    return ProductVersion.objects.filter(product__institution__in=visible_institutions(user))


def visible_branches(user: Reader) -> QuerySet[Branch]:
    """Return the branches the user may see the staff of."""
    return Branch.objects.filter(institution__in=visible_institutions(user))


def visible_postings(user: Reader) -> QuerySet[BranchPosting]:
    """Return the live postings the user may see."""
    return BranchPosting.objects.filter(
        branch__institution__in=visible_institutions(user), membership__ended_at=None
    )


def visible_interface_tokens(user: Reader) -> QuerySet[InterfaceToken]:
    """Return the tokens of lenders' systems the user may see: all for the city, an approver the own lender's.

    An officer sees those he answers for.
    """
    if has_role(user, *CITY_ROLES):
        return InterfaceToken.objects.all()
    decided = Q(institution__organisation__in=organisation_ids(user, Role.APPROVER))
    held = Q(holder=user.pk, institution__organisation__in=organisation_ids(user, *LENDER_ROLES))
    return InterfaceToken.objects.filter(decided | held)


def roles_towards(user: Reader, institution: Institution) -> frozenset[Role]:
    """Return the roles in which the user may act on an institution: those held in it, and the operator's."""
    held = roles_in(user, institution.organisation_id)
    return held | {Role.OPERATOR} if has_role(user, Role.OPERATOR) else held


def can_draft(user: Reader, institution: Institution) -> bool:
    """Return whether the user may write products of the institution: its officers and approvers."""
    return bool(roles_in(user, institution.organisation_id) & set(LENDER_ROLES))


def can_review(user: Reader, version: ProductVersion) -> bool:
    """Return whether the user may publish or return a version: an approver or operator who did not draft it."""
    roles = roles_towards(user, version.product.institution)
    return bool(roles & {Role.APPROVER, Role.OPERATOR}) and version.drafted_by_id != user.pk


def can_withdraw(user: Reader, institution: Institution) -> bool:
    """Return whether the user may take a product off the shelf: the institution's staff and the operator."""
    return bool(roles_towards(user, institution) & {*LENDER_ROLES, Role.OPERATOR})


def can_manage_team(user: Reader, institution: Institution) -> bool:
    """Return whether the user may open branches and post staff: the institution's approvers and the operator."""
    return bool(roles_towards(user, institution) & {Role.APPROVER, Role.OPERATOR})


def can_admit(user: Reader) -> bool:
    """Return whether the user may decide on institutions."""
    return has_role(user, Role.OPERATOR)


def require(allowed: bool) -> None:
    """Refuse with 403 when a policy said no.

    Raises:
        NotPermitted: ``allowed`` is false.
    """
    if not allowed:
        raise NotPermitted


def operator_ids() -> list[int]:
    """Return the user ids of the city's operators, for notices."""
    return _holders(Membership.objects.filter(role=Role.OPERATOR))


def approver_ids(institution: Institution, *, but: User) -> list[int]:
    """Return the user ids of an institution's approvers other than one person, for notices."""
    held = Membership.objects.filter(
        role=Role.APPROVER, organisation_id=institution.organisation_id
    )
    return [pk for pk in _holders(held) if pk != but.pk]


def _holders(held: QuerySet[Membership]) -> list[int]:
    live = held.filter(ended_at=None, user__is_active=True, organisation__is_active=True)
    return sorted(set(live.values_list("user_id", flat=True)))
