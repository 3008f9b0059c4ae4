"""Accounts of people, and the roles they are given and relieved of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from marketplace.audit import audit_record
from marketplace.domain.contact import phone_fault
from marketplace.domain.errors import Conflict, Refused
from marketplace.domain.roles import EXCLUSIVE_ROLES, ROLES_OF_KIND, OrganisationKind, Role
from marketplace.domain.text import clean
from marketplace.models import Membership, Organisation, User
from marketplace.policies import memberships_forget
from marketplace.services.notification import notify


@transaction.atomic
def user_create(
    *,
    username: str,
    password: str | None,
    display_name: str,
    actor: User | None,
    at: datetime,
    phone: str = "",
) -> User:
    """Create an account that belongs to nobody yet.

    Args:
        username: account name, 3-64 characters, unique whatever the case.
        password: checked against the configured validators; None for an account that cannot log in by password.
        display_name: the person's name.
        actor: who creates it; None when the person registers.
        at: when, aware.
        phone: kept sealed.

    Raises:
        Refused: ``USERNAME_TAKEN``, ``USERNAME_INVALID`` or ``PASSWORD_WEAK`` with the sentences of the fields; a
            weak password is told beside a faulty name.

    Writes: ``User``, audit ``marketplace.user.create``; when somebody else chose the password, a notice to change it,
        before which nothing else opens.
    """
    user = User(username=username.strip(), display_name=display_name.strip(), phone=phone.strip())
    weak = _weakness(password, user)
    username_checked(username, also=weak)
    if weak:
        raise Refused("PASSWORD_WEAK", weak["password"], weak)
    user.set_password(password)
    user.must_change_password = actor is not None and password is not None
    user.password_since = at
    user.save(force_insert=True)
    audit_record(
        action="marketplace.user.create",
        subject_kind="User",
        subject_id=user.public_id,
        actor=actor or user,
        at=at,
    )
    if user.must_change_password:
        notify(
            users=[user],
            kind="user.initial_password",
            title="请修改初始密码",
            body="当前密码由开通账号的人设定。请改为只有您知道的密码。",
            at=at,
            path=reverse("marketplace:password-change"),
        )
    return user


@transaction.atomic
def phone_change(*, phone: str, actor: User, at: datetime) -> User:
    """Replace the number at which the actor can be called.

    Args:
        phone: kept sealed; empty to leave none.
        actor: whose it is.
        at: when, aware.

    Raises:
        Refused: ``PHONE_INVALID`` with the field's sentence.

    Writes: ``User.phone``, audit ``marketplace.user.phone_change`` without the number; nothing when it stays the same.
    """
    number = phone_checked(phone)
    user = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if user.phone == number:
        return user
    user.phone = number
    user.save(update_fields=["phone"])
    audit_record(
        action="marketplace.user.phone_change",
        subject_kind="User",
        subject_id=user.public_id,
        actor=user,
        at=at,
    )
    return user


def phone_checked(phone: str) -> str:
    """Return a number as it is kept, empty for none.

    Raises:
        Refused: ``PHONE_INVALID``, nobody can be called at it.
    """
    number = clean(phone)
    fault = phone_fault(number) if number else None
    if fault:
        raise Refused("PHONE_INVALID", fault, {"phone": fault})
    return number


def username_checked(username: str, also: Mapping[str, str] = {}) -> str:
    """Return the name of a new account as it is kept.

    Args:
        username: as typed.
        also: what is wrong with other fields, told beside.

    Raises:
        Refused: ``USERNAME_INVALID``.
        Conflict: ``USERNAME_TAKEN``.
    """
    name = username.strip()
    if not 3 <= len(name) <= 64 or any(ch.isspace() for ch in name):
        sentence = "账号须为 3 至 64 个字符，且不含空格。"
        raise Refused("USERNAME_INVALID", sentence, {"username": sentence, **also})
    if User.objects.filter(username__iexact=name).exists():
        sentence = "该账号已被使用，请换一个。"
        raise Conflict("USERNAME_TAKEN", sentence, {"username": sentence, **also})
    return name


def _weakness(password: str | None, user: User) -> dict[str, str]:
    """Return what is wrong with a password, by field; nothing for a good one, and for none."""
    try:
        if password is not None:
            validate_password(password, user)
    except ValidationError as weak:
        return {"password": " ".join(weak.messages)}
    return {}


@transaction.atomic
def membership_grant(
    *, user: User, organisation: Organisation, role: Role, actor: User | None, at: datetime
) -> Membership:
    """Give a person a role in an organisation.

    Raises:
        Refused: ``ROLE_NOT_OF_KIND`` when such an organisation has no such role; ``ROLE_EXCLUSIVE`` when it would
            join operating and auditing in one person (GB/T 22239-2019 访问控制 d).
        Conflict: ``ROLE_HELD`` when it is held already.

    Writes: ``Membership``, audit ``marketplace.membership.grant``; locks the user's row.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if role not in ROLES_OF_KIND[OrganisationKind(organisation.kind)]:
        raise Refused("ROLE_NOT_OF_KIND", "该类组织没有这一角色。")
    held = set(Membership.objects.filter(user=user, ended_at=None).values_list("role", flat=True))
    if role in EXCLUSIVE_ROLES and held & (EXCLUSIVE_ROLES - {role}):
        raise Refused("ROLE_EXCLUSIVE", "同一人不得兼任市级运营与审计监督。")
    live = Membership.objects.filter(user=user, organisation=organisation, role=role, ended_at=None)
    if live.exists():
        raise Conflict("ROLE_HELD", "该用户已具有此角色。")
    membership = Membership.objects.create(
        user=user, organisation=organisation, role=role, granted_by=actor, granted_at=at
    )
    memberships_forget(user)
    audit_record(
        action="marketplace.membership.grant",
        subject_kind="Membership",
        subject_id=user.public_id,
        actor=actor,
        at=at,
        payload={"organisation": organisation.public_id, "role": role},
    )
    return membership


@transaction.atomic
def membership_end(*, membership: Membership, actor: User, at: datetime, reason: str = "") -> None:
    """Relieve a person of a role at once; ended memberships stay as history.

    Args:
        membership: live.
        actor: who relieves.
        at: when, aware.
        reason: code, where one is asked for.

    Raises:
        Conflict: ``ROLE_ENDED``.

    Writes: ``Membership.ended_at``, audit ``marketplace.membership.end``; locks the row.
    """
    row = Membership.objects.select_for_update().select_related("user").get(pk=membership.pk)
    if row.ended_at is not None:
        raise Conflict("ROLE_ENDED", "该角色已终止。")
    row.ended_at = at
    row.save(update_fields=["ended_at"])
    memberships_forget(row.user)
    audit_record(
        action="marketplace.membership.end",
        subject_kind="Membership",
        subject_id=row.user.public_id,
        actor=actor,
        at=at,
        payload={"organisation": row.organisation_id, "role": row.role, "reason": reason},
    )
