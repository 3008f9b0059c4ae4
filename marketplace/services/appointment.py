"""New people of the city and of the districts: the latter by one operator, the former confirmed by a second.

Whoever operates the marketplace can confirm what another operator began, so that one operator alone must not be able
to make the second, nor to be the second: each of the two hands the person one half of the temporary password.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from marketplace.audit import audit_record
from marketplace.domain.account import (
    LONGEST_NOTE,
    AppointmentState,
    join_halves,
    temporary_half,
    temporary_password,
)
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.roles import ROLE_LABELS, ROLES_OF_KIND, OrganisationKind, Role
from marketplace.domain.text import clean
from marketplace.models import Appointment, Membership, Organisation, User
from marketplace.policies import has_role, require_role
from marketplace.services.account import HandedOver
from marketplace.services.membership import membership_grant, user_create, username_checked
from marketplace.services.notification import notify


@dataclass(frozen=True)
class Proposed:
    """A proposal; ``first_half`` of the password is for the person alone, and shown this once."""

    appointment: Appointment
    first_half: str = field(repr=False)


@transaction.atomic
def district_member_add(
    *,
    username: str,
    display_name: str,
    organisation: Organisation,
    role: Role,
    actor: User,
    at: datetime,
) -> HandedOver:
    """Give a new person of a district an account and a role.

    Args:
        username, display_name: of the account.
        organisation: office of a district.
        role: that of a clerk, or of who releases.
        actor: an operator.
        at: when, aware.

    Raises:
        NotPermitted: the actor is no operator.
        Refused: ``USERNAME_INVALID``, ``ROLE_NOT_OF_KIND``, ``NAME_MISSING``.
        Conflict: ``USERNAME_TAKEN``; ``COLLEAGUE_BY_SAME``, the actor made those whose work this person releases, or
            who would release this person's.

    Writes: as of ``user_create`` and ``membership_grant``.
    """
    require_role(actor, Role.OPERATOR)
    _require_kind(organisation, role, OrganisationKind.DISTRICT)
    _require_other_than_colleague_s(organisation, role, actor)
    password = temporary_password()
    name = _name(display_name)
    user = user_create(username=username, password=password, display_name=name, actor=actor, at=at)
    membership_grant(user=user, organisation=organisation, role=role, actor=actor, at=at)
    return HandedOver(user, password)


@transaction.atomic
def appointment_ask(
    *,
    username: str,
    display_name: str,
    organisation: Organisation,
    role: Role,
    actor: User,
    at: datetime,
) -> Proposed:
    """Propose a new person who is to operate or to audit the marketplace.

    Returns:
        The proposal, and the first half of the password the person will log in with.

    Raises:
        NotPermitted: the actor is no operator.
        Refused: ``USERNAME_INVALID``, ``ROLE_NOT_OF_KIND``, ``NAME_MISSING``.
        Conflict: ``USERNAME_TAKEN``; ``APPOINTMENT_WAITS``, the account is proposed already; ``OPERATOR_ALONE``, nobody
            could confirm it.

    Writes: ``Appointment``, a notice to the other operators, audit ``marketplace.appointment.ask``.
    """
    require_role(actor, Role.OPERATOR)
    _require_kind(organisation, role, OrganisationKind.CITY)
    account = username_checked(username)
    name = _name(display_name)
    if Appointment.objects.filter(
        username__iexact=account, state=AppointmentState.WAITING
    ).exists():
        sentence = "该账号的任职申请正在等待确认。"
        raise Conflict("APPOINTMENT_WAITS", sentence, {"username": sentence})
    others = Membership.objects.filter(
        role=Role.OPERATOR, ended_at=None, user__is_active=True
    ).exclude(user=actor)
    if not others.exists():
        sentence = (
            "市级人员须由另一位运营人员确认，目前没有另一位。请用 manage.py member_add 建立第二位。"
        )
        raise Conflict("OPERATOR_ALONE", sentence)
    half = temporary_half()
    found = Appointment.objects.create(
        username=account,
        display_name=name,
        organisation=organisation,
        role=role,
        first_half=half,
        asked_by=actor,
        asked_at=at,
    )
    _record("ask", found, actor, at)
    notify(
        users=list(others.values_list("user_id", flat=True)),
        kind="user.appointment",
        title=f"请确认：{name}任{ROLE_LABELS[role]}",
        body=f"提出人：{actor}。",
        at=at,
        path=reverse("marketplace:appointment-detail", args=[found.public_id]),
    )
    return Proposed(found, half)


@transaction.atomic
def appointment_confirm(*, public_id: uuid.UUID, actor: User, at: datetime) -> HandedOver:
    """Make the account a colleague proposed.

    Returns:
        The account with the second half of its password; the proposer handed over the first.

    Raises:
        NotPermitted: the actor is no operator; ``APPOINTMENT_OWN``, the actor proposed it.
        NotFound: no such proposal.
        Conflict: ``APPOINTMENT_DECIDED``, ``USERNAME_TAKEN``; ``PROPOSER_LEFT``, who proposed it operates no more.

    Writes: ``Appointment``, as of ``user_create`` and ``membership_grant``, a notice to who proposed it, audit
        ``marketplace.appointment.confirm``; locks the proposal.
    """
    found = _waiting(public_id, actor)
    if not has_role(found.asked_by, Role.OPERATOR):
        raise Conflict("PROPOSER_LEFT", "提出人已不再担任市级运营，请不予确认，另行提出。")
    half = temporary_half()
    password = join_halves(found.first_half, half)
    user = user_create(
        username=found.username,
        password=password,
        display_name=found.display_name,
        actor=actor,
        at=at,
    )
    membership_grant(
        user=user, organisation=found.organisation, role=Role(found.role), actor=actor, at=at
    )
    _decided(found, AppointmentState.CONFIRMED, actor, at)
    return HandedOver(user, half)


@transaction.atomic
def appointment_decline(
    *, public_id: uuid.UUID, note: str, actor: User, at: datetime
) -> Appointment:
    """Refuse to confirm a proposal.

    Raises:
        NotPermitted, NotFound, Conflict: as of `appointment_confirm`.
        Refused: ``NOTE_MISSING``, ``NOTE_TOO_LONG``.

    Writes: ``Appointment``, a notice to who proposed it, audit ``marketplace.appointment.refuse``; locks the proposal.
    """
    found = _waiting(public_id, actor)
    found.note = _note(note)
    _decided(found, AppointmentState.DECLINED, actor, at)
    return found


def _waiting(public_id: uuid.UUID, actor: User) -> Appointment:
    require_role(actor, Role.OPERATOR)
    found = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("organisation", "asked_by")
        .filter(public_id=public_id)
        .first()
    )
    if found is None:
        raise NotFound
    if found.state != AppointmentState.WAITING:
        raise Conflict("APPOINTMENT_DECIDED", "该任职申请已经办结。")
    if found.asked_by_id == actor.pk:
        raise NotPermitted("APPOINTMENT_OWN", "自己提出的任职须由另一位运营人员确认。")
    return found


def _decided(found: Appointment, state: AppointmentState, actor: User, at: datetime) -> None:
    found.state, found.decided_by, found.decided_at, found.first_half = state, actor, at, ""
    found.save(update_fields=["state", "decided_by", "decided_at", "first_half", "note"])
    is_confirmed = state is AppointmentState.CONFIRMED
    _record("confirm" if is_confirmed else "refuse", found, actor, at)
    outcome = "已确认" if is_confirmed else "未予确认"
    notify(
        users=[found.asked_by],
        kind="user.appointment",
        title=f"您提出的任职{outcome}：{found.display_name}",
        body=found.note,
        at=at,
        path=reverse("marketplace:appointment-detail", args=[found.public_id]),
    )


def _require_other_than_colleague_s(organisation: Organisation, role: Role, actor: User) -> None:
    """Refuse who gave the other role of the office: whoever draws up and whoever releases come from two operators."""
    others = Membership.objects.filter(
        organisation=organisation, ended_at=None, granted_by=actor
    ).exclude(role=role)
    if others.exists():
        sentence = "该单位另一角色的人员由您添加；经办与复核须由两位运营人员分别添加。"
        raise Conflict("COLLEAGUE_BY_SAME", sentence, {"role": sentence})


def _require_kind(organisation: Organisation, role: Role, kind: OrganisationKind) -> None:
    if organisation.kind != kind or role not in ROLES_OF_KIND[kind]:
        sentence = "所选单位没有这一角色。"
        raise Refused("ROLE_NOT_OF_KIND", sentence, {"role": sentence})


def _name(display_name: str) -> str:
    name = clean(display_name)
    if not name:
        sentence = "请填写姓名。"
        raise Refused("NAME_MISSING", sentence, {"display_name": sentence})
    return name


def _note(note: str) -> str:
    text = clean(note)
    if not text:
        sentence = "请写明理由。"
        raise Refused("NOTE_MISSING", sentence, {"note": sentence})
    if len(text) > LONGEST_NOTE:
        sentence = f"理由不超过 {LONGEST_NOTE} 字。"
        raise Refused("NOTE_TOO_LONG", sentence, {"note": sentence})
    return text


def _record(verb: str, found: Appointment, actor: User, at: datetime) -> None:
    audit_record(
        action=f"marketplace.appointment.{verb}",
        subject_kind="Appointment",
        subject_id=found.public_id,
        actor=actor,
        at=at,
        payload={"role": found.role, "organisation": found.organisation.public_id},
    )
