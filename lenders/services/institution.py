"""Institutions apply, are admitted, suspended and restored; the operator decides.

Everything done to one institution, its branches, people and products stands in one audit chain.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse

from lenders.domain.codes import (
    LONGEST_INTRODUCTION,
    LONGEST_REASON,
    check_institution,
    checked_text,
    code_of,
)
from lenders.domain.institution import INSTITUTION, InstitutionState
from lenders.models import Institution
from lenders.policies import operator_ids, roles_towards
from marketplace.audit import audit_record
from marketplace.domain import uscc as uscc_rules
from marketplace.domain.errors import Conflict
from marketplace.domain.roles import SYSTEM, OrganisationKind
from marketplace.domain.text import clean
from marketplace.models import User
from marketplace.services import notify, organisation_create, organisation_rename


def institution_stream(code: str) -> str:
    """Return the name of the audit chain of everything done to one institution."""
    return f"institution:{code}"


@transaction.atomic
def institution_apply(
    *,
    code: str,
    kind: str,
    name: str,
    uscc: str,
    introduction: str,
    actor: User | None,
    at: datetime,
    contact_name: str = "",
    contact_phone: str = "",
) -> Institution:
    """Enter an institution that wants to lend on the marketplace; it waits for the operator.

    One that was refused applies again by the same form: its particulars are taken anew and it waits again.

    Args:
        code: short code of the institution, unique.
        kind: a code of ``InstitutionKind``.
        name: full name as registered.
        uscc: credit code in any spelling.
        introduction: what the public reads, up to 500 characters.
        actor: who applies; None for a visitor without account.
        at: when, aware.
        contact_name: whom the operator may ask.
        contact_phone: kept sealed.

    Raises:
        Refused: ``INSTITUTION_INVALID``, ``TEXT_TOO_LONG`` with ``fields``.
        Conflict: ``INSTITUTION_CODE_TAKEN``; ``INSTITUTION_APPLIED`` when it waits already, ``INSTITUTION_JOINED``
            when it was admitted.

    Writes: ``Organisation``, ``Institution`` in ``PENDING``, audit ``lenders.institution.apply`` or ``.reapply``,
    notices to operators; locks the row of one that was refused.
    """
    code, name, uscc = code_of(code), clean(name), uscc_rules.normalize(uscc)
    check_institution(code=code, kind=kind, name=name, uscc=uscc, contact_phone=contact_phone)
    columns = {
        "code": code,
        "kind": kind,
        "introduction": checked_text("introduction", introduction, LONGEST_INTRODUCTION),
        "contact_name": clean(contact_name),
        "contact_phone": clean(contact_phone),
        "applied_by": actor,
        "applied_at": at,
    }
    refused = _refused_before(uscc)
    if not (refused and refused.code == code) and Institution.objects.filter(code=code).exists():
        raise _code_taken()
    institution = (
        _applied_again(refused, name, columns, actor, at)
        if refused
        else _applied_first(name, uscc, columns, actor, at)
    )
    notify(
        users=operator_ids(),
        kind="institution.applied",
        title=f"{name}申请入驻，请审核",
        at=at,
        path=reverse("lenders:institution-detail", args=[institution.public_id]),
    )
    return institution


def institution_review(
    *, institution: Institution, approve: bool, reason: str, actor: User, at: datetime
) -> Institution:
    """Admit an applicant or refuse it with a reason.

    Raises:
        NotPermitted: the actor is no operator.
        TransitionRefused: it is not waiting, or a refusal has no reason.

    Writes: ``Institution``, audit ``lenders.institution.admit`` or ``.refuse``, a notice to the applicant; locks the
    row.
    """
    event = "ADMIT" if approve else "REFUSE"
    return _advance(institution, event, reason=reason, actor=actor, at=at)


def institution_suspend(
    *, institution: Institution, reason: str, actor: User, at: datetime
) -> Institution:
    """Take all products of an institution off the shelf until it is restored; running applications go on.

    Raises:
        NotPermitted: the actor is no operator.
        TransitionRefused: it is not admitted, or no reason is given.

    Writes: ``Institution``, audit ``lenders.institution.suspend``; locks the row.
    """
    return _advance(institution, "SUSPEND", reason=reason, actor=actor, at=at)


def institution_restore(*, institution: Institution, actor: User, at: datetime) -> Institution:
    """Put a suspended institution's products back on the shelf.

    Raises:
        NotPermitted: the actor is no operator.
        TransitionRefused: it is not suspended.

    Writes: ``Institution``, audit ``lenders.institution.restore``; locks the row.
    """
    return _advance(institution, "RESTORE", reason="", actor=actor, at=at)


@transaction.atomic
def _advance(
    institution: Institution, event: str, *, reason: str, actor: User, at: datetime
) -> Institution:
    row = institution_locked(institution)
    reason = checked_text("reason", reason, LONGEST_REASON)
    roles = roles_towards(actor, row)
    transition = INSTITUTION.advance(row.state, event, roles, {"reason": reason})
    row.state, row.review_reason = transition.target, reason
    if event == "ADMIT":
        row.admitted_at, row.admitted_by = at, actor
    row.save(update_fields=["state", "review_reason", "admitted_at", "admitted_by"])
    institution_record(event.lower(), row, actor, at)
    if row.applied_by_id:
        title = f"{row.organisation.name}：{transition.label}"
        notify(
            users=[row.applied_by_id],
            kind=f"institution.{event.lower()}",
            title=title,
            body=row.review_reason,
            at=at,
        )
    return row


def _refused_before(uscc: str) -> Institution | None:
    """Return the refused application of this credit code, locked; None when there is no application at all.

    Raises:
        Conflict: ``INSTITUTION_APPLIED``, ``INSTITUTION_JOINED``.
    """
    rows = Institution.objects.select_for_update(of=("self",)).select_related("organisation")
    found = rows.filter(organisation__uscc=uscc).first()
    if found is None or found.state == InstitutionState.REFUSED:
        return found
    if found.state == InstitutionState.PENDING:
        sentence = "该机构的入驻申请正在审核，平台将与联系人联系，不必重复提交。"
        raise Conflict("INSTITUTION_APPLIED", sentence, {"uscc": sentence})
    sentence = "该机构已入驻。需要账号的，请由本机构审批人在“网点与人员”添加。"
    raise Conflict("INSTITUTION_JOINED", sentence, {"uscc": sentence})


def _applied_first(
    name: str, uscc: str, columns: dict[str, Any], actor: User | None, at: datetime
) -> Institution:
    organisation = organisation_create(
        kind=OrganisationKind.INSTITUTION, name=name, uscc=uscc, actor=actor, at=at
    )
    institution = _entered(organisation=organisation, state=InstitutionState.PENDING, **columns)
    institution_record("apply", institution, actor, at)
    return institution


def _applied_again(
    row: Institution, name: str, columns: dict[str, Any], actor: User | None, at: datetime
) -> Institution:
    row.state = INSTITUTION.advance(row.state, "REAPPLY", [SYSTEM], {}).target
    former = {"former_code": row.code, "refused_because": row.review_reason}
    for column, value in columns.items():
        setattr(row, column, value)
    row.save(update_fields=["state", *columns])
    organisation_rename(organisation=row.organisation, name=name, actor=actor, at=at)
    institution_record("reapply", row, actor, at, **former)
    return row


def _entered(**columns: Any) -> Institution:
    """Insert the row; somebody else may have taken the code since it was looked up."""
    try:
        with transaction.atomic():
            return Institution.objects.create(**columns)
    except IntegrityError as taken:
        raise _code_taken() from taken


def _code_taken() -> Conflict:
    sentence = "该机构代码已被使用，请换一个。"
    return Conflict("INSTITUTION_CODE_TAKEN", sentence, {"code": sentence})


def institution_locked(institution: Institution) -> Institution:
    """Return the institution's row, locked until the transaction ends."""
    rows = Institution.objects.select_for_update(of=("self",)).select_related("organisation")
    return rows.get(pk=institution.pk)


def require_admitted(institution: Institution) -> None:
    """Refuse what only an admitted institution may do.

    Raises:
        Conflict: ``INSTITUTION_NOT_ADMITTED``.
    """
    if institution.state != InstitutionState.ADMITTED:
        state = institution.get_state_display()
        raise Conflict("INSTITUTION_NOT_ADMITTED", f"该机构当前为“{state}”，不能进行此操作。")


def institution_record(
    verb: str, institution: Institution, actor: User | None, at: datetime, **payload: object
) -> None:
    """Append what was done to an institution to its chain."""
    audit_record(
        action=f"lenders.institution.{verb}",
        subject_kind="Institution",
        subject_id=institution.public_id,
        actor=actor,
        at=at,
        stream=institution_stream(institution.code),
        payload=payload,
    )
