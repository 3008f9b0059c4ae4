"""Exceptional grants given and revoked: a named reviewer of a case, the drafting of a district's whitelists.

The row says who, why and until when; the object permission is given and taken in the same transaction. That a grant is
over is decided from its date when something is read, not by a job.

Source: design law 4; parameters ``grant.*``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Model, QuerySet
from django.urls import reverse

from marketplace.audit import SYSTEM_STREAM, audit_record, enterprise_stream
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.grant import (
    GRANT_KIND_LABELS,
    GRANT_TERMS,
    GrantKind,
    GrantState,
    grant_state,
)
from marketplace.domain.text import clean
from marketplace.domain.workdays import end_of_day, local_date
from marketplace.models import District, ExceptionalGrant, Organisation, User
from marketplace.policies import (
    acting_organisation,
    grants_live,
    memberships_live,
    permission_close,
    permission_open,
    revocable_grants,
)
from marketplace.services import notify
from matching.policies.grant import (
    approved_applications,
    led_districts,
    possible_delegates,
    possible_reviewers,
)
from matching.selectors.grant import latest_day

LONGEST_REASON = 200
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class GrantOffer:
    """What is to be opened to whom.

    Attributes:
        kind: what.
        subject_id: public id of the application, or code of the district.
        holder_id: public id of the person.
        last_day: the last day on which it counts, in Beijing.
        reason: why, 1 to 200 characters.
    """

    kind: GrantKind
    subject_id: str
    holder_id: uuid.UUID
    last_day: date
    reason: str


@dataclass(frozen=True)
class _Scope:
    """The thing behind a grant: who gives it, who may hold it, in which chain it is recorded, where it leads."""

    target: Model
    organisation: Organisation
    holders: QuerySet[User]
    stream: str
    title: str
    path: str


@transaction.atomic
def grant_give(*, offer: GrantOffer, actor: User, at: datetime) -> ExceptionalGrant:
    """Open one thing to one more person until a day.

    Args:
        offer: see `GrantOffer`.
        actor: approver of the application's institution, or lead of the district.
        at: now, aware; counts from here.

    Raises:
        NotFound: the thing is none the actor may open.
        Refused: ``GRANT_HOLDER``, ``GRANT_REASON``, ``GRANT_DAY`` with ``fields``.
        Conflict: ``GRANT_HELD``, the person has such a grant already.

    Writes: ``ExceptionalGrant``, the object permission, audit ``matching.grant.give``, a notice to the holder; locks
    the holder's row.
    """
    scope = _SCOPES[offer.kind](offer.subject_id, actor)
    reason, valid_until = _reason(offer.reason), _end(offer, at)
    holder = _holder(scope, offer, actor)
    held = grants_live(at).filter(kind=offer.kind, subject_id=offer.subject_id, holder=holder)
    if held.exists():
        sentence = "该人员已有有效的授权；如需改期，请先撤销。"
        raise Conflict("GRANT_HELD", sentence, {"holder": sentence})
    row = ExceptionalGrant.objects.create(
        kind=offer.kind,
        subject_id=offer.subject_id,
        holder=holder,
        organisation=scope.organisation,
        reason=reason,
        granted_by=actor,
        granted_at=at,
        valid_until=valid_until,
    )
    permission_open(offer.kind, holder, scope.target)
    _audit(row, "give", scope.stream, actor, at)
    _tell(row, scope, scope.title, at)
    return row


@transaction.atomic
def grant_revoke(*, grant_id: uuid.UUID, actor: User, at: datetime) -> ExceptionalGrant:
    """Shut what a grant opened, at once.

    Args:
        grant_id: public id.
        actor: holds the giver's role in the organisation that gave it; not necessarily who gave it.
        at: now, aware.

    Raises:
        NotFound: it is none of the actor's to revoke.
        Conflict: ``GRANT_OVER``, it was revoked or has ended.

    Writes: ``ExceptionalGrant``, the object permission, audit ``matching.grant.revoke``, a notice to the holder; locks
    the row.
    """
    found = revocable_grants(actor).select_for_update(of=("self",)).select_related("holder")
    row = found.filter(public_id=grant_id).first()
    if row is None:
        raise NotFound
    if grant_state(row.valid_until, row.revoked_at, at) is not GrantState.LIVE:
        raise Conflict("GRANT_OVER", "该授权已撤销或已到期。")
    scope = _SCOPES[GrantKind(row.kind)](row.subject_id, actor)
    row.revoked_by, row.revoked_at = actor, at
    row.save(update_fields=["revoked_by", "revoked_at"])
    permission_close(GrantKind(row.kind), row.holder, scope.target)
    _audit(row, "revoke", scope.stream, actor, at)
    _tell(row, scope, f"已撤销：{scope.title}", at)
    return row


def _case(subject_id: str, actor: User) -> _Scope:
    found = approved_applications(actor).select_related("institution__organisation", "enterprise")
    application = found.filter(public_id=_uuid(subject_id)).first()
    if application is None:
        raise NotFound
    return _Scope(
        target=application,
        organisation=application.institution.organisation,
        holders=possible_reviewers(application),
        stream=enterprise_stream(application.enterprise.uscc),
        title=f"{GRANT_KIND_LABELS[GrantKind.REVIEWER]}：{application.enterprise.name}",
        path=reverse("matching:review-detail", args=[application.public_id]),
    )


def _district(subject_id: str, actor: User) -> _Scope:
    district = led_districts(actor).filter(code=subject_id).first()
    if district is None:
        raise NotFound
    return _Scope(
        target=district,
        organisation=_office(district, actor),
        holders=possible_delegates(district),
        stream=SYSTEM_STREAM,
        title=f"{GRANT_KIND_LABELS[GrantKind.DISTRICT]}：{district.name}",
        path=reverse("matching:whitelist-list"),
    )


_SCOPES = {GrantKind.REVIEWER: _case, GrantKind.DISTRICT: _district}


def _office(district: District, actor: User) -> Organisation:
    giver = GRANT_TERMS[GrantKind.DISTRICT].giver
    for row in memberships_live(actor):
        if row.role == giver and row.organisation.district_id == district.code:
            return row.organisation
    return acting_organisation(actor, giver)


def _holder(scope: _Scope, offer: GrantOffer, actor: User) -> User:
    holder = (
        User.objects.select_for_update()
        .filter(pk__in=scope.holders.exclude(pk=actor.pk).values("pk"))
        .filter(public_id=offer.holder_id)
        .first()
    )
    if holder is None:
        sentence = "请从列表中选择；已能查看或办理的人员不必授权。"
        raise Refused("GRANT_HOLDER", sentence, {"holder": sentence})
    return holder


def _reason(text: str) -> str:
    reason = clean(text)
    if not reason or len(reason) > LONGEST_REASON:
        sentence = f"请填写事由，不超过 {LONGEST_REASON} 字。"
        raise Refused("GRANT_REASON", sentence, {"reason": sentence})
    return reason


def _end(offer: GrantOffer, at: datetime) -> datetime:
    latest = latest_day(offer.kind, at)
    if not local_date(at) <= offer.last_day <= latest:
        sentence = f"有效期至应在今日与 {latest.isoformat()} 之间。"
        raise Refused("GRANT_DAY", sentence, {"last_day": sentence})
    return end_of_day(offer.last_day) + SECOND


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise NotFound from None


def _audit(row: ExceptionalGrant, verb: str, stream: str, actor: User, at: datetime) -> None:
    audit_record(
        action=f"matching.grant.{verb}",
        subject_kind="ExceptionalGrant",
        subject_id=row.public_id,
        actor=actor,
        at=at,
        stream=stream,
        payload={
            "kind": row.kind,
            "subject": row.subject_id,
            "holder": row.holder.public_id,
            "organisation": row.organisation_id,
            "valid_until": row.valid_until.isoformat(),
        },
    )


def _tell(row: ExceptionalGrant, scope: _Scope, title: str, at: datetime) -> None:
    is_over = row.revoked_at is not None
    notify(
        users=[row.holder_id],
        kind="grant.revoked" if is_over else "grant.given",
        title=title[:120],
        body=row.reason,
        at=at,
        path="" if is_over else scope.path,
    )
