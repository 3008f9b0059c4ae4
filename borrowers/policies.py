"""Who may see and do what on the borrowing side.

An enterprise's people see everything about their own enterprise; the city's staff see the register and public
records; a lender sees a record only through a portrait (``matching``), never here.

Source: domain note 4.2 (visibility matrix), trust note 0.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Q, QuerySet

from borrowers.models import (
    CatalogueImport,
    CatalogueItem,
    Consent,
    CreditRecord,
    CreditRepair,
    Enterprise,
    EnterpriseAccount,
    IngestBatch,
    ListMembership,
    Objection,
    QualityFinding,
    SourceUnit,
    SubjectCandidate,
    ThematicList,
    UnitToken,
)
from marketplace.domain.errors import NotPermitted
from marketplace.domain.roles import Role
from marketplace.models import Membership, User
from marketplace.policies import (
    Reader,
    district_codes,
    has_role,
    memberships_live,
    organisation_ids,
    roles_in,
)

VERIFIED = "VERIFIED"
ENTERPRISE_ROLES = (Role.OWNER, Role.AGENT)
CITY_ROLES = (Role.OPERATOR, Role.AUDITOR)
DISTRICT_ROLES = (Role.DISTRICT_CLERK, Role.DISTRICT_LEAD)


@dataclass(frozen=True)
class UnitClient:
    """A source unit's own system, known by its token: no person, and so without any role.

    It stands where the API keeps who asks. Whatever asks for a person or a role refuses it; only the policies that name
    it let it in.
    """

    token: UnitToken
    is_authenticated: ClassVar[bool] = True

    @property
    def pk(self) -> str:
        """Return under which key its requests are counted, apart from those of people."""
        return f"unit-token-{self.token.pk}"


Asker = Reader | UnitClient
"""Who asks where a unit's own system may ask as well."""


def own_enterprises(user: Reader) -> QuerySet[Enterprise]:
    """Return the verified enterprises the user acts for."""
    return enterprises_held(organisation_ids(user, *ENTERPRISE_ROLES))


def enterprises_held(organisations: list[int]) -> QuerySet[Enterprise]:
    """Return the verified enterprises of organisations, by key; whoever acts for those may see them."""
    return Enterprise.objects.filter(
        account__organisation__id__in=organisations, account__state=VERIFIED
    )


def visible_enterprises(user: Reader) -> QuerySet[Enterprise]:
    """Return the enterprises whose register facts the user may see: own, own district's, all for the city."""
    if has_role(user, *CITY_ROLES):
        return Enterprise.objects.all()
    districts = district_codes(user)
    if districts:
        return Enterprise.objects.filter(district__in=districts)
    return own_enterprises(user)


def visible_accounts(user: Reader) -> QuerySet[EnterpriseAccount]:
    """Return the accounts the user may see: those applied for or acted for, all for the city."""
    if has_role(user, *CITY_ROLES):
        return EnterpriseAccount.objects.all()
    if not isinstance(user, User):
        return EnterpriseAccount.objects.none()
    acting = organisation_ids(user, *ENTERPRISE_ROLES)
    return EnterpriseAccount.objects.filter(Q(applied_by=user) | Q(organisation__in=acting))


def visible_consents(user: Reader) -> QuerySet[Consent]:
    """Return the consents the user may see: the enterprise's own, those given to the own lender, all for audit."""
    if has_role(user, Role.AUDITOR):
        return Consent.objects.all()
    lending = organisation_ids(user, Role.OFFICER, Role.APPROVER)
    return Consent.objects.filter(Q(enterprise__in=own_enterprises(user)) | Q(lender__in=lending))


def visible_records(user: Reader) -> QuerySet[CreditRecord]:
    """Return the records the user may read: one's own all of them, the city's staff public and objected ones.

    Superseded records are included; a reader of the present state filters them.
    """
    if has_role(user, *CITY_ROLES):
        concerned = Q(objections__isnull=False) | Q(repairs__isnull=False)
        public = Q(item__consent_required=False)
        return CreditRecord.objects.filter(public | concerned).distinct()
    return CreditRecord.objects.filter(enterprise__in=own_enterprises(user))


def visible_candidates(user: Reader) -> QuerySet[SubjectCandidate]:
    """Return the rows that wait for their subject, or waited: all for the city, none for others."""
    if has_role(user, *CITY_ROLES):
        return SubjectCandidate.objects.all()
    return SubjectCandidate.objects.none()


def visible_objections(user: Reader) -> QuerySet[Objection]:
    """Return the objections of the own enterprise, all for the city."""
    if has_role(user, *CITY_ROLES):
        return Objection.objects.all()
    return Objection.objects.filter(record__enterprise__in=own_enterprises(user))


def visible_repairs(user: Reader) -> QuerySet[CreditRepair]:
    """Return the repairs of the own enterprise, of the own district's enterprises, all for the city."""
    if has_role(user, *CITY_ROLES):
        return CreditRepair.objects.all()
    districts = district_codes(user)
    if districts:
        return CreditRepair.objects.filter(record__enterprise__district__in=districts)
    return CreditRepair.objects.filter(record__enterprise__in=own_enterprises(user))


def roles_towards_repair(user: Reader, enterprise: Enterprise) -> frozenset[Role]:
    """Return the roles in which the user may move a repair of the enterprise.

    District staff check those of their district; the operator stands in where the district is unknown.
    """
    found: set[Role] = set()
    for row in memberships_live(user):
        role = Role(row.role)
        organisation = row.organisation
        if role in DISTRICT_ROLES and organisation.district_id == enterprise.district_id:
            found.add(role)
        if role is Role.OPERATOR:
            found |= {role} if enterprise.district_id else {role, Role.DISTRICT_LEAD}
        if role in ENTERPRISE_ROLES and organisation.uscc == enterprise.uscc:
            found.add(role)
    return frozenset(found)


def visible_batches(user: Asker) -> QuerySet[IngestBatch]:
    """Return the delivered files: the city's staff see all, a unit's system those its unit's tokens brought."""
    if isinstance(user, UnitClient):
        return IngestBatch.objects.filter(unit_token__unit=user.token.unit_id)
    return IngestBatch.objects.all() if has_role(user, *CITY_ROLES) else IngestBatch.objects.none()


def visible_items(user: Asker) -> QuerySet[CatalogueItem]:
    """Return the items of the catalogue: open to whoever is signed in, to a unit's system those its unit delivers."""
    if isinstance(user, UnitClient):
        return CatalogueItem.objects.filter(units=user.token.unit_id)
    signed_in = isinstance(user, User)
    return CatalogueItem.objects.all() if signed_in else CatalogueItem.objects.none()


def visible_units(user: Reader) -> QuerySet[SourceUnit]:
    """Return the source units: the city's staff see them."""
    return SourceUnit.objects.all() if has_role(user, *CITY_ROLES) else SourceUnit.objects.none()


def visible_tokens(user: Reader) -> QuerySet[UnitToken]:
    """Return the tokens of source units, without what opens anything: the city's staff see all, nobody else any."""
    return UnitToken.objects.all() if has_role(user, *CITY_ROLES) else UnitToken.objects.none()


def visible_lists(user: Reader) -> QuerySet[ThematicList]:
    """Return the thematic lists: the city's staff see who is on them, nobody else browses them."""
    is_city = has_role(user, *CITY_ROLES)
    return ThematicList.objects.all() if is_city else ThematicList.objects.none()


def visible_memberships(user: Reader) -> QuerySet[ListMembership]:
    """Return on which lists enterprises are, of the enterprises whose register facts the user may see."""
    return ListMembership.objects.filter(enterprise__in=visible_enterprises(user))


def visible_imports(user: Reader) -> QuerySet[CatalogueImport]:
    """Return the workbooks of the catalogue that were read: the city's staff see all, nobody else any."""
    everything = has_role(user, *CITY_ROLES)
    return CatalogueImport.objects.all() if everything else CatalogueImport.objects.none()


def visible_findings(user: Reader) -> QuerySet[QualityFinding]:
    """Return the quality findings: the city's staff see all, nobody else any."""
    everything = has_role(user, *CITY_ROLES)
    return QualityFinding.objects.all() if everything else QualityFinding.objects.none()


def can_act_for(user: Reader, enterprise: Enterprise) -> bool:
    """Return whether the user acts for the enterprise, which is verified. Queries: one at most."""
    return bool(memberships_live(user)) and own_enterprises(user).filter(pk=enterprise.pk).exists()


def can_own(user: Reader, account: EnterpriseAccount) -> bool:
    """Return whether the user is the owner of a verified account: consents, team."""
    return account.state == VERIFIED and Role.OWNER in roles_in(user, account.organisation_id)


def former_agents(account: EnterpriseAccount) -> QuerySet[User]:
    """Return the people who were the enterprise's agents and are of its team no more; for its owner only."""
    ended = Membership.objects.filter(organisation=account.organisation_id, role=Role.AGENT)
    team = Membership.objects.filter(organisation=account.organisation_id, ended_at=None)
    return User.objects.filter(pk__in=ended.values("user")).exclude(pk__in=team.values("user"))


def can_review_accounts(user: Reader) -> bool:
    """Return whether the user decides on accounts."""
    return has_role(user, Role.OPERATOR)


def can_handle_data(user: Reader) -> bool:
    """Return whether the user hands in files, confirms aliases, answers objections and reviews repairs."""
    return has_role(user, Role.OPERATOR)


def can_deliver(user: Asker) -> bool:
    """Return whether records may be delivered, and rejected rows taken back: operators, and units' own systems."""
    return isinstance(user, UnitClient) or can_handle_data(user)


def can_list_batches(user: Asker) -> bool:
    """Return whether there is a list of delivered files for this reader."""
    return isinstance(user, UnitClient) or has_role(user, *CITY_ROLES)


def require(allowed: bool) -> None:
    """Refuse with 403 when a policy said no.

    Raises:
        NotPermitted: ``allowed`` is false.
    """
    if not allowed:
        raise NotPermitted


def operator_ids() -> list[int]:
    """Return the user ids of the city's operators, for notices. Queries: one."""
    held = Membership.objects.filter(
        role=Role.OPERATOR,
        ended_at=None,
        user__is_active=True,
        organisation__is_active=True,
    )
    return sorted(set(held.values_list("user_id", flat=True)))
