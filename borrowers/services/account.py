"""Accounts of enterprises: applied for by credit code, verified, refused, applied for again; whom to call.

Source: domain note 0.3, 2.6 (real name before anything is consented to); trust note 1.1 G4.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from borrowers.models import Enterprise, EnterpriseAccount
from borrowers.policies import can_own, can_review_accounts, operator_ids, require
from borrowers.services.verification import Verification, verifier_in_force
from marketplace.audit import audit_record, enterprise_stream
from marketplace.domain import uscc as uscc_rules
from marketplace.domain.contact import phone_fault
from marketplace.domain.errors import Conflict, NotFound, Refused, TransitionRefused
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import Organisation, User
from marketplace.services import (
    membership_grant,
    notify,
    organisation_create,
    user_create,
)

PENDING, VERIFIED, REFUSED = "PENDING", "VERIFIED", "REFUSED"
ACTIVE = "ACTIVE"
NOTE_LENGTH = 200
BORROWING_TYPES = ("ENTERPRISE", "INDIVIDUAL", "COOPERATIVE")
HELD = (
    "该企业已在平台登记或正在核验。如需加入，请联系本企业负责人在“团队”中添加您；"
    "如认为登记有误，请联系平台运营。"
)


@transaction.atomic
def account_apply(
    *,
    uscc: str,
    contact_name: str,
    contact_phone: str,
    at: datetime,
    username: str = "",
    password: str = "",
    display_name: str = "",
    actor: User | None = None,
) -> EnterpriseAccount:
    """Apply for an enterprise's account in the name of a new user, or of one who is signed in.

    A refused account may be applied for again by anybody: a wrong applicant does not keep the right one out.

    Args:
        uscc: credit code; the enterprise must be in the register and active.
        contact_name, contact_phone: whom to call; the phone is kept sealed.
        at: when, aware.
        username, password, display_name: of the new user; not used when ``actor`` is given.
        actor: the signed-in applicant; None to create a user.

    Returns:
        The account, VERIFIED when the configured verifier knew, else PENDING.

    Raises:
        Refused: the code is no code; ``ENTERPRISE_NOT_IN_REGISTER``, ``ENTERPRISE_NOT_ACTIVE``,
            ``ENTERPRISE_TYPE``, ``CONTACT_INCOMPLETE``; what ``user_create`` refuses.
        Conflict: ``ACCOUNT_HELD`` without saying by whom.

    Writes: ``User``, ``Organisation``, ``EnterpriseAccount``, audit ``borrowers.account.apply``, notices to the
        operators; locks the enterprise's row.
    """
    _check_contact(contact_name, contact_phone)
    enterprise = _enterprise_locked(uscc)
    account = EnterpriseAccount.objects.filter(enterprise=enterprise).first()
    if account is not None and account.state != REFUSED:
        raise Conflict("ACCOUNT_HELD", HELD, {"uscc": HELD})
    user = actor or user_create(
        username=username,
        password=password,
        display_name=display_name or contact_name,
        actor=None,
        at=at,
    )
    account = account or EnterpriseAccount(
        enterprise=enterprise, organisation=_organisation_of(enterprise, user, at)
    )
    return _applied(account, user, contact_name, contact_phone, at)


@transaction.atomic
def account_apply_again(
    *,
    account: EnterpriseAccount,
    contact_name: str,
    contact_phone: str,
    actor: User,
    at: datetime,
    note: str = "",
) -> EnterpriseAccount:
    """Apply once more after a refusal, with corrected contact data and an answer to the refusal.

    Args:
        account: a refused account.
        contact_name, contact_phone: whom to call; the phone is kept sealed.
        actor: who applied for it.
        at: when, aware.
        note: what the applicant says to the refusal, for who reviews it; may be empty.

    Raises:
        NotFound: the actor is not the applicant.
        TransitionRefused: the account was not refused.
        Refused: ``CONTACT_INCOMPLETE``, ``NOTE_LONG``.

    Writes: ``EnterpriseAccount``, audit, notices; locks the row.
    """
    row = _locked(account.public_id)
    if row.applied_by_id != actor.pk:
        raise NotFound
    if row.state != REFUSED:
        raise TransitionRefused(row.state, "APPLY_AGAIN", "只有未通过的申请才能重新提交。")
    _check_contact(contact_name, contact_phone)
    if len(note.strip()) > NOTE_LENGTH:
        sentence = f"说明不得超过 {NOTE_LENGTH} 个字。"
        raise Refused("NOTE_LONG", sentence, {"note": sentence})
    return _applied(row, actor, contact_name, contact_phone, at, note.strip())


@transaction.atomic
def account_review(
    *, account: EnterpriseAccount, approve: bool, reason: str, actor: User, at: datetime
) -> EnterpriseAccount:
    """Verify or refuse an account after comparing it with the licence.

    Args:
        account: a pending account.
        approve: the decision.
        reason: required to refuse; the applicant reads it.
        actor: an operator who is not the applicant.
        at: when, aware.

    Raises:
        NotPermitted: the actor is no operator, or applied for it.
        TransitionRefused: the account is not pending.
        Refused: ``REASON_REQUIRED``.

    Writes: ``EnterpriseAccount``, the applicant's OWNER membership, audit ``borrowers.account.review``, a notice to
        the applicant; locks the row.
    """
    require(can_review_accounts(actor))
    row = _locked(account.public_id)
    require(row.applied_by_id != actor.pk)
    if row.state != PENDING:
        raise TransitionRefused(row.state, "REVIEW", "该申请已经办理。")
    if not approve and not reason.strip():
        sentence = "请填写未通过的原因，申请人会看到。"
        raise Refused("REASON_REQUIRED", sentence, {"reason": sentence})
    row.state = VERIFIED if approve else REFUSED
    row.verified_by = actor
    row.verified_at = at
    row.verifier = "OPERATOR_REVIEW"
    row.refusal_reason = "" if approve else reason.strip()[:200]
    row.save()
    if approve:
        _make_owner(row, actor, at)
    _audit(row, "review", actor, at, {"approve": approve})
    _tell_applicant(row, at)
    return row


@transaction.atomic
def account_contact_change(
    *, enterprise: Enterprise, contact_name: str, contact_phone: str, actor: User, at: datetime
) -> EnterpriseAccount:
    """Replace whom to call about the enterprise.

    Args:
        enterprise: verified.
        contact_name, contact_phone: the new contact; the phone is kept sealed.
        actor: an owner of the enterprise.
        at: when, aware.

    Raises:
        NotFound: the enterprise has no account.
        NotPermitted: the actor is no owner.
        Refused: ``CONTACT_INCOMPLETE``.

    Writes: ``EnterpriseAccount``, audit ``borrowers.account.contact_change`` without the contact itself; locks the row.
    """
    row = _locked(enterprise.account.public_id)
    require(can_own(actor, row))
    _check_contact(contact_name, contact_phone)
    row.contact_name, row.contact_phone = contact_name.strip(), contact_phone.strip()
    row.save(update_fields=["contact_name", "contact_phone"])
    _audit(row, "contact_change", actor, at, {})
    return row


def _enterprise_locked(uscc: str) -> Enterprise:
    finding = uscc_rules.check(uscc)
    if finding.code:
        raise Refused(finding.code, finding.sentence, {"uscc": finding.sentence})
    enterprise = Enterprise.objects.select_for_update().filter(uscc=finding.uscc).first()
    if enterprise is None:
        sentence = f"登记库中没有代码为“{finding.uscc}”的市场主体。"
        raise Refused("ENTERPRISE_NOT_IN_REGISTER", sentence, {"uscc": sentence})
    if enterprise.status != ACTIVE:
        sentence = f"该市场主体的登记状态为“{enterprise.get_status_display()}”，不能登记。"
        raise Refused("ENTERPRISE_NOT_ACTIVE", sentence, {"uscc": sentence})
    if enterprise.entity_type not in BORROWING_TYPES:
        sentence = "只有企业、个体工商户和农民专业合作社可以登记。"
        raise Refused("ENTERPRISE_TYPE", sentence, {"uscc": sentence})
    return enterprise


def _check_contact(name: str, phone: str) -> None:
    fields: dict[str, str] = {}
    if not 2 <= len(name.strip()) <= 64:
        fields["contact_name"] = "请填写联系人姓名（2 至 64 个字）。"
    fault = phone_fault(phone)
    if fault:
        fields["contact_phone"] = fault
    if fields:
        raise Refused("CONTACT_INCOMPLETE", "联系信息不完整。", fields)


def _organisation_of(enterprise: Enterprise, actor: User, at: datetime) -> Organisation:
    kept = Organisation.objects.filter(
        kind=OrganisationKind.ENTERPRISE, uscc=enterprise.uscc
    ).first()
    return kept or organisation_create(
        kind=OrganisationKind.ENTERPRISE,
        name=enterprise.name,
        uscc=enterprise.uscc,
        district_code=enterprise.district_id,
        actor=actor,
        at=at,
    )


def _applied(
    account: EnterpriseAccount, user: User, name: str, phone: str, at: datetime, note: str = ""
) -> EnterpriseAccount:
    account.state, account.applicant_note = PENDING, note
    account.contact_name, account.contact_phone = name.strip(), phone.strip()
    account.applied_by, account.applied_at = user, at
    account.verified_by, account.verified_at, account.refusal_reason = None, None, ""
    account.save()
    verifier = verifier_in_force()
    account.verifier = verifier.code
    if verifier.verify(account) is Verification.VERIFIED:
        account.state, account.verified_at = VERIFIED, at
    account.save()
    _audit(account, "apply", user, at, {"state": account.state})
    if account.state == VERIFIED:
        _make_owner(account, user, at)
        _tell_applicant(account, at)
    else:
        title = f"“{account.enterprise.name}”申请核验企业账户"
        path = f"/operator/accounts/{account.public_id}/"
        notify(users=operator_ids(), kind="account.pending", title=title, at=at, path=path)
    return account


def _make_owner(account: EnterpriseAccount, actor: User, at: datetime) -> None:
    membership_grant(
        user=account.applied_by,
        organisation=account.organisation,
        role=Role.OWNER,
        actor=actor,
        at=at,
    )


def _tell_applicant(account: EnterpriseAccount, at: datetime) -> None:
    passed = account.state == VERIFIED
    notify(
        users=[account.applied_by_id],
        kind="account.verified" if passed else "account.refused",
        title="企业身份核验已通过" if passed else "企业身份核验未通过",
        body="" if passed else account.refusal_reason,
        path="/enterprise/" if passed else "/register/status/",
        at=at,
    )


def _audit(
    account: EnterpriseAccount, verb: str, actor: User, at: datetime, payload: dict[str, object]
) -> None:
    audit_record(
        action=f"borrowers.account.{verb}",
        subject_kind="EnterpriseAccount",
        subject_id=account.public_id,
        actor=actor,
        at=at,
        stream=enterprise_stream(account.enterprise.uscc),
        payload=payload,
    )


def _locked(public_id: UUID) -> EnterpriseAccount:
    row = (
        EnterpriseAccount.objects.select_for_update(of=("self",))
        .select_related("enterprise", "organisation", "applied_by")
        .filter(public_id=public_id)
        .first()
    )
    if row is None:
        raise NotFound
    return row
