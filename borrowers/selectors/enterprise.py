"""Reads of the register and of the accounts enterprises hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q, QuerySet

from borrowers.domain.name_search import name_beginnings
from borrowers.models import Enterprise, EnterpriseAccount
from borrowers.policies import (
    ENTERPRISE_ROLES,
    VERIFIED,
    enterprises_held,
    former_agents,
    visible_accounts,
    visible_enterprises,
)
from marketplace.domain import uscc as uscc_rules
from marketplace.domain.errors import NotFound, Refused
from marketplace.domain.masking import mask_operator_name
from marketplace.models import Membership, User
from marketplace.policies import Reader, organisation_ids
from marketplace.statements import Statement


@dataclass(frozen=True)
class EnterpriseFilter:
    """What a search of the register asks for; empty fields ask for nothing.

    Attributes:
        text: credit code, or the beginning of a name with or without the place before it.
        district_code: GB/T 2260.
        status: of the register.
        section: GB/T 4754 section letter.
    """

    text: str = ""
    district_code: str = ""
    status: str = ""
    section: str = ""


@dataclass(frozen=True)
class Prefill:
    """What the register holds of an enterprise that wants to open an account; open to its visitor.

    Attributes:
        uscc, name, legal_form, address: as registered.
        status_label, district_name: in words.
        legal_representative: masked for individuals in business.
        has_account: an account is held or under review.
    """

    uscc: str
    name: str
    legal_form: str
    status: str
    status_label: str
    established_date: date | None
    district_name: str
    address: str
    legal_representative: str
    has_account: bool


def enterprise_for_owner(user: Reader) -> Enterprise:
    """Return the verified enterprise the user acts for, of the organisation chosen first.

    Raises:
        NotFound: none is verified.

    Queries: one beside the memberships.
    """
    acting = organisation_ids(user, *ENTERPRISE_ROLES)
    mine = _HELD.rows(organisations=acting)
    if not mine:
        raise NotFound("ENTERPRISE_NOT_VERIFIED", "您名下没有已核验的企业。")
    order = {pk: place for place, pk in enumerate(acting)}
    return min(mine, key=lambda row: order[row.account.organisation_id])


_HELD = Statement(
    lambda organisations: enterprises_held(organisations).select_related(
        "account__organisation", "district", "register_batch"
    )
)


def enterprise_by_uscc(uscc: str) -> Enterprise | None:
    """Return the enterprise of a credit code however it is spaced or capitalised, None when unknown.

    For services and rules; a page that shows it goes through ``enterprise_get``. Queries: one.
    """
    code = uscc_rules.normalize(uscc)
    return Enterprise.objects.select_related("district").filter(uscc=code).first()


def enterprise_get(user: Reader, public_id: UUID) -> Enterprise:
    """Return one enterprise the user may see.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    visible = visible_enterprises(user).select_related("district", "account", "register_batch")
    enterprise = visible.filter(public_id=public_id).first()
    if enterprise is None:
        raise NotFound
    return enterprise


def enterprise_list(user: Reader, wanted: EnterpriseFilter) -> QuerySet[Enterprise]:
    """Return the enterprises of the register the user may see and asked for, not ordered.

    A text of 18 characters is taken as a credit code, else as the beginning of a name, with or without the place
    before it (`name_beginnings`). Both answer from an index: a search within names would read the whole register.
    """
    found = visible_enterprises(user).select_related("district")
    text = wanted.text.strip()
    if text:
        code = uscc_rules.normalize(text)
        found = found.filter(uscc=code) if len(code) == 18 else found.filter(begins_so(text))
    if wanted.district_code:
        found = found.filter(district=wanted.district_code)
    if wanted.status:
        found = found.filter(status=wanted.status)
    if wanted.section:
        found = found.filter(industry_section=wanted.section)
    return found


def begins_so(text: str) -> Q:
    """Return the condition that a name begins so, place names left out of account; each beginning has its index."""
    starts = (Q(name_normalized__startswith=start) for start in name_beginnings(text))
    return reduce(or_, starts)


def enterprise_registered(uscc: str) -> Enterprise:
    """Return the enterprise of a credit code typed by somebody, or say what is wrong with the code.

    Raises:
        Refused: the code is no credit code (its own code), or ``ENTERPRISE_NOT_IN_REGISTER``.

    Queries: one.
    """
    finding = uscc_rules.check(uscc)
    if finding.code:
        raise Refused(finding.code, finding.sentence, {"uscc": finding.sentence})
    enterprise = (
        Enterprise.objects.select_related("district", "account").filter(uscc=finding.uscc).first()
    )
    if enterprise is None:
        sentence = (
            f"登记库中没有代码为“{finding.uscc}”的市场主体。新设或刚迁入的主体通常在登记后几个工作日内入库；"
            "如确有登记，请联系平台运营核对。"
        )
        raise Refused("ENTERPRISE_NOT_IN_REGISTER", sentence, {"uscc": sentence})
    return enterprise


def enterprise_prefill(uscc: str) -> Prefill:
    """Return what the register holds under a credit code, for registration.

    Raises:
        Refused: as ``enterprise_registered``.

    Queries: one.
    """
    enterprise = enterprise_registered(uscc)
    account: EnterpriseAccount | None = getattr(enterprise, "account", None)
    return Prefill(
        uscc=enterprise.uscc,
        name=enterprise.name,
        legal_form=enterprise.legal_form,
        status=enterprise.status,
        status_label=enterprise.get_status_display(),
        established_date=enterprise.established_date,
        district_name=enterprise.district.name if enterprise.district else "",
        address=enterprise.address,
        legal_representative=mask_operator_name(enterprise.uscc, enterprise.legal_representative),
        has_account=account is not None and account.state != "REFUSED",
    )


def account_list(user: Reader, state: str = "") -> QuerySet[EnterpriseAccount]:
    """Return the accounts the user may see, in one state when asked."""
    found = visible_accounts(user).select_related("enterprise__district", "applied_by")
    return found.filter(state=state) if state else found


def account_get(user: Reader, public_id: UUID) -> EnterpriseAccount:
    """Return one account the user may see.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    account = account_list(user).filter(public_id=public_id).first()
    if account is None:
        raise NotFound
    return account


def account_of(user: Reader) -> EnterpriseAccount | None:
    """Return the account the user applied for or acts for, the verified one first. Queries: one."""
    if not user.is_authenticated:
        return None
    own = EnterpriseAccount.objects.filter(applied_by=user.pk) | EnterpriseAccount.objects.filter(
        organisation__memberships__user=user.pk, organisation__memberships__ended_at=None
    )
    found = list(own.select_related("enterprise__district", "organisation").distinct())
    return min(found, key=lambda row: row.state != VERIFIED, default=None)


def team_former(enterprise: Enterprise) -> list[User]:
    """Return the enterprise's former agents by name; the caller has checked that the reader owns it. Queries: one."""
    return list(former_agents(enterprise.account).order_by("display_name", "pk"))


def team_list(enterprise: Enterprise) -> list[Membership]:
    """Return who acts for the enterprise now; the caller has checked that the reader does. Queries: one."""
    return list(
        Membership.objects.filter(organisation__uscc=enterprise.uscc, ended_at=None)
        .filter(organisation__kind="ENTERPRISE")
        .select_related("user")
        .order_by("id")
    )
