"""Who may see which figures and which issued documents.

Everybody sees the public figures; the city all of them, district staff their district's, a lender its own. A document's
row is seen by whoever it was handed to, by the enterprise it speaks of, and by the city. What a document says is behind
the policies of its content: this app never widens them.

Source: domain note 4.2.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from borrowers.policies import own_enterprises
from exports.domain.statistics_scope import CITY, PUBLIC, Audience, Scope
from exports.models import IssuedDocument
from lenders.models import Institution
from marketplace.domain.district import district_label
from marketplace.domain.errors import NotPermitted
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import Reader, district_codes, has_role, organisation_ids

CITY_ROLES = (Role.OPERATOR, Role.AUDITOR)
LENDER_ROLES = (Role.OFFICER, Role.APPROVER)


def city_scope(user: Reader) -> Scope:
    """Return the city's figures as the reader may see them: whole for the city, the public part for all others."""
    return CITY if has_role(user, *CITY_ROLES) else PUBLIC


def district_scope(user: Reader) -> Scope:
    """Return the scope of the reader's own district.

    Raises:
        NotPermitted: the reader is no district staff.
    """
    codes = district_codes(user)
    if not codes:
        raise NotPermitted
    return Scope(Audience.DISTRICT, district_label(codes[0]), codes[0])


def institution_scope(user: Reader) -> Scope:
    """Return the scope of the reader's own institution. Queries: one, after that for the memberships.

    Raises:
        NotPermitted: the reader works for no lender.
    """
    ids = organisation_ids(user, *LENDER_ROLES)
    institution = (
        Institution.objects.select_related("organisation").filter(organisation__in=ids[:1]).first()
    )
    if institution is None:
        raise NotPermitted
    return Scope(Audience.INSTITUTION, institution.organisation.name, institution.code)


def visible_documents(user: User) -> QuerySet[IssuedDocument]:
    """Return the documents whose particulars the user may see: handed to them, about them, all for the city."""
    if has_role(user, *CITY_ROLES):
        return IssuedDocument.objects.all()
    own = own_enterprises(user).values("uscc")
    return IssuedDocument.objects.filter(Q(issued_to=user) | Q(subject_uscc__in=own))


def can_void(user: User, document: IssuedDocument) -> bool:
    """Return whether the user may declare a document void: who holds it, and the operator."""
    return document.issued_to_id == user.pk or has_role(user, Role.OPERATOR)
