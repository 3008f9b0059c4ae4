"""What institutions do with a recommended enterprise: take it on, read whom to call, report what came of it.

Nothing non-public is opened by this: a whitelist is no authorization. Contact data is for the institution that took the
enterprise on, and every reading of it is logged where the enterprise can see it.

Source: domain note 0.4, 2.2 (every listed enterprise is to be contacted), 4.2 (contact data).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from lenders.models import Institution
from marketplace.audit import access_record, audit_record, enterprise_stream
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.roles import Role
from marketplace.domain.vocabulary import QueryPurpose
from marketplace.domain.workdays import local_date
from marketplace.models import Organisation, User
from marketplace.policies import acting_organisation
from matching.domain.whitelist_contact import contact_parts, result_problems
from matching.domain.whitelist_feedback import NAMES, Feedback, feedback_problems
from matching.models import WhitelistContact, WhitelistEntry
from matching.policies.whitelist import (
    DISTRICT_ROLES,
    LENDER_ROLES,
    REJUDGING_ROLES,
    is_live,
    lending_institutions,
    roles_held,
    visible_entries,
    visible_recommendations,
)
from matching.services.whitelist_push import receipts_read

CONTENT = "白名单联系方式"


@transaction.atomic
def whitelist_contact(*, entry_id: uuid.UUID, actor: User, at: datetime) -> WhitelistContact:
    """Take a recommended enterprise on for the actor's institution; its contact data may be read from then on.

    Taking it on again changes nothing.

    Raises:
        NotFound: it does not stand before the actor's institution.
        Conflict: ``WL_ENTRY_NOT_LIVE``, it was moved out, or its list recalled or expired.

    Writes: ``WhitelistContact``, audit ``matching.whitelist.contact`` on the enterprise's chain,
        ``WhitelistReceipt`` as read; locks the entry.
    """
    entry = _recommended(entry_id, actor, at)
    institution = _institution(actor)
    known = entry.contacts.filter(institution=institution).first()
    if known is not None:
        return known
    _check_live(entry, at)
    contact = WhitelistContact.objects.create(
        entry=entry, institution=institution, officer=actor, contacted_at=at
    )
    _audit("contact", entry, contact, actor, at)
    receipts_read(actor=actor, at=at)
    return contact


@transaction.atomic
def whitelist_contact_result(
    *,
    entry_id: uuid.UUID,
    result: str,
    note: str,
    actor: User,
    at: datetime,
    feedback: Feedback | None = None,
) -> WhitelistContact:
    """Report what came of a contact; a later report replaces an earlier one.

    Args:
        entry_id: public id of the entry.
        result: code of ``ContactResult``.
        note: further words, needed with ``OTHER``.
        feedback: dates, amounts and reasons; None leaves what was reported of them before.

    Raises:
        NotFound: it does not stand before the actor's institution.
        Conflict: ``WL_NOT_CONTACTED``, the institution has not taken it on.
        Refused: ``WL_RESULT_INVALID`` with sentences at the fields.

    Writes: ``WhitelistContact``, audit ``matching.whitelist.contact_result``; locks the entry.
    """
    problems = result_problems(result, note)
    if feedback is not None:
        problems |= feedback_problems(feedback, local_date(at))
    if problems:
        raise Refused("WL_RESULT_INVALID", "对接结果填写有误，请按提示修改。", problems)
    entry = _recommended(entry_id, actor, at)
    contact = _own_contact(entry, actor)
    contact.result, contact.note, contact.reported_at = result, note.strip(), at
    details = {} if feedback is None else {name: getattr(feedback, name) for name in NAMES}
    for name, value in details.items():
        setattr(contact, name, value)
    contact.save(update_fields=["result", "note", "reported_at", *details])
    _audit("contact_result", entry, contact, actor, at)
    return contact


@transaction.atomic
def whitelist_contact_read(
    *, entry_id: uuid.UUID, actor: User, at: datetime, channel: str = "PAGE"
) -> tuple[str, str]:
    """Return name and telephone of whom to call, after logging that they were read.

    Raises:
        NotFound: it does not stand before the actor's institution.
        Conflict: ``WL_NOT_CONTACTED``, ``WL_ENTRY_NOT_LIVE``.

    Writes: ``AccessRecord``.
    """
    entry = _recommended(entry_id, actor, at)
    contact = _own_contact(entry, actor)
    _check_live(entry, at)
    return _read(entry, contact.institution.organisation, actor, at, channel)


@transaction.atomic
def whitelist_contact_oversee(
    *, entry_id: uuid.UUID, actor: User, at: datetime, channel: str = "PAGE"
) -> tuple[str, str]:
    """Return the same to staff of the list's district and to the operator, logged likewise.

    Raises:
        NotFound: the entry is none they see.
        NotPermitted: the auditor and the district's delegate see the list, not the contact data.

    Writes: ``AccessRecord`` when the row names an enterprise of the register.
    """
    entries = visible_entries(actor, at).select_related("whitelist")
    entry = entries.filter(public_id=entry_id).first()
    if entry is None:
        raise NotFound
    if not roles_held(actor, entry.whitelist.district_id) & REJUDGING_ROLES:
        raise NotPermitted
    organisation = acting_organisation(actor, *DISTRICT_ROLES, Role.OPERATOR)
    return _read(entry, organisation, actor, at, channel)


def _recommended(entry_id: uuid.UUID, actor: User, at: datetime) -> WhitelistEntry:
    entry = (
        visible_recommendations(actor, at)
        .select_for_update(of=("self",))
        .select_related("whitelist")
        .filter(public_id=entry_id)
        .first()
    )
    if entry is None:
        raise NotFound
    return entry


def _institution(actor: User) -> Institution:
    organisation = acting_organisation(actor, *LENDER_ROLES)
    found = lending_institutions(actor).filter(organisation=organisation).first()
    if found is None:
        raise NotPermitted
    return found


def _own_contact(entry: WhitelistEntry, actor: User) -> WhitelistContact:
    contact = (
        entry.contacts.filter(institution=_institution(actor))
        .select_related("institution__organisation")
        .first()
    )
    if contact is None:
        raise Conflict("WL_NOT_CONTACTED", "请先登记由本机构对接该企业。")
    return contact


def _check_live(entry: WhitelistEntry, at: datetime) -> None:
    if not is_live(entry, at):
        raise Conflict("WL_ENTRY_NOT_LIVE", "该企业已移出名单，或名单已撤下、已过有效期。")


def _read(
    entry: WhitelistEntry, organisation: Organisation, actor: User, at: datetime, channel: str
) -> tuple[str, str]:
    if entry.enterprise_id is not None:
        access_record(
            user=actor,
            organisation=organisation,
            subject_uscc=entry.uscc,
            purpose=QueryPurpose.WHITELIST,
            content=CONTENT,
            at=at,
            channel=channel,
        )
    return contact_parts(entry.contact)


def _audit(
    verb: str, entry: WhitelistEntry, contact: WhitelistContact, actor: User, at: datetime
) -> None:
    audit_record(
        action=f"matching.whitelist.{verb}",
        subject_kind="WhitelistEntry",
        subject_id=entry.public_id,
        actor=actor,
        at=at,
        stream=enterprise_stream(entry.uscc),
        payload={"institution": contact.institution.code, "result": contact.result},
    )
