"""What an operator does about the account of somebody else: a new password, suspension, reopening, the end of a duty.

One operator never takes both means of logging in of a person: who took the authenticator out of use makes no password
until there is a new one, who made the password leaves the authenticator alone until it was changed. Of those who
operate or audit nobody resets both: whoever releases has to be two people.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse

from marketplace.audit import audit_record
from marketplace.domain.account import (
    DUTY_END_LABELS,
    LEAST_OPERATORS,
    SUSPENSION_LABELS,
    DutyEnd,
    SuspensionReason,
    temporary_password,
)
from marketplace.domain.errors import Conflict, NotFound, NotPermitted
from marketplace.domain.roles import ROLE_LABELS, ROLES_OF_KIND, STAFF_ROLES, OrganisationKind, Role
from marketplace.domain.second_factor import IdentityCheck
from marketplace.models import AuditEvent, Membership, Organisation, User
from marketplace.policies import authenticator_in_use, require_role
from marketplace.services.membership import membership_end
from marketplace.services.notification import notify, notify_role
from marketplace.services.password import recovery_shut

PASSWORD_RESET = "marketplace.user.password_reset"  # noqa: S105 -- the name of an action
REOPENED = "marketplace.user.reopen"
PASSWORD_MADE = ("marketplace.user.create", PASSWORD_RESET, REOPENED)
AUTHENTICATOR_RESET = ("marketplace.authenticator.reset",)
CITY_ROLES = ROLES_OF_KIND[OrganisationKind.CITY]
ENDED_HERE = frozenset({*CITY_ROLES, *ROLES_OF_KIND[OrganisationKind.DISTRICT]})
"""Duties that the city's operators arrange; those of lenders and enterprises are arranged by their own people."""


@dataclass(frozen=True)
class HandedOver:
    """An account with a password somebody else made.

    Attributes:
        user: whose.
        password: plain, nowhere kept; the person has to change it before anything else opens.
    """

    user: User
    password: str


@transaction.atomic
def password_reset(
    *, user_id: uuid.UUID, checked: IdentityCheck, actor: User | None, at: datetime
) -> HandedOver:
    """Make a password for somebody who has forgotten theirs.

    Args:
        user_id: public id of the person.
        checked: how it was made sure who asks.
        actor: an operator; None for whoever has the console.
        at: when, aware.

    Raises:
        NotPermitted: the actor is no operator; ``ACCOUNT_OWN``, it is the actor's own.
        NotFound: no such person.
        Conflict: ``ACCOUNT_SUSPENDED``; ``RESET_BOTH``, the actor reset the person's authenticator lately;
            ``SECOND_FACTOR_NONE``, one who operates or audits has no authenticator.

    Writes: ``User.password``, that it has to be changed; the person's sessions end; a notice to them, audit
        ``marketplace.user.password_reset``; locks the row.
    """
    user = _other(user_id, actor)
    if not user.is_active:
        raise Conflict("ACCOUNT_SUSPENDED", "该账号已停用，请先启用；启用时另设临时密码。")
    _require_apart(user, actor)
    password = _password_made(user, at)
    _record(PASSWORD_RESET, user, actor, at, {"checked": checked})
    _tell(
        user,
        "您的密码已由平台重置",
        "如非本人申请，请立即联系平台。自助找回密码已关闭，需要的请重新开通。",
        at,
    )
    return HandedOver(user, password)


@transaction.atomic
def account_suspend(
    *, user_id: uuid.UUID, reason: SuspensionReason, actor: User, at: datetime
) -> User:
    """Let nobody log in with an account until it is reopened; open sessions end at once, duties stay.

    Raises:
        NotPermitted: the actor is no operator; ``ACCOUNT_OWN``; ``ACCOUNT_SUSPENDED``, the actor was suspended or
            relieved meanwhile.
        NotFound: no such person.
        Conflict: ``ACCOUNT_SUSPENDED``, it is already.

    Writes: ``User``; audit ``marketplace.user.suspend``; a notice to the person, to operators and auditors where it is
        one of them, to the approvers of the lender where it is one of its people; locks the live operators' duties.
    """
    _operators_with(actor)
    user = _other(user_id, actor)
    if not user.is_active:
        raise Conflict("ACCOUNT_SUSPENDED", "该账号已停用。")
    _suspend(user, reason, actor, at)
    body = f"{SUSPENSION_LABELS[reason]}。停用人：{actor}。"
    if _roles(user) & set(CITY_ROLES):
        people = _city_people().exclude(pk__in=[actor.pk, user.pk])
        _tell_city(people, f"市级人员{user}的账号已停用", body, at)
    lenders = Organisation.objects.filter(
        memberships__user=user,
        memberships__ended_at=None,
        memberships__role__in=ROLES_OF_KIND[OrganisationKind.INSTITUTION],
    )
    notify_role(
        organisations=lenders,
        roles=[Role.APPROVER],
        kind="user.account",
        title=f"本机构{user}的账号已停用",
        body=body,
        at=at,
    )
    return user


@transaction.atomic
def account_reopen(
    *, user_id: uuid.UUID, checked: IdentityCheck, actor: User | None, at: datetime
) -> HandedOver:
    """Reopen a suspended account with a password made for it.

    Raises:
        NotPermitted, NotFound: as of `password_reset`.
        Conflict: ``ACCOUNT_OPEN``, it is not suspended; ``RESET_BOTH``, ``SECOND_FACTOR_NONE`` as of `password_reset`.

    Writes: ``User``; a notice to the person, audit ``marketplace.user.reopen``; locks the row.
    """
    user = _other(user_id, actor)
    if user.is_active:
        raise Conflict("ACCOUNT_OPEN", "该账号没有停用。")
    _require_apart(user, actor)
    user.is_active, user.suspended_for = True, ""
    password = _password_made(user, at)
    _record(REOPENED, user, actor, at, {"checked": checked})
    _tell(user, "您的账号已重新启用", "此前的密码不再有效，自助找回密码已关闭。", at)
    return HandedOver(user, password)


@transaction.atomic
def duty_end(*, membership_id: int, reason: DutyEnd, actor: User, at: datetime) -> Membership:
    """Relieve a person of the city or of a district of a role at once.

    Args:
        membership_id: primary key of the duty.
        reason: why.
        actor: an operator, somebody else than the person.
        at: when, aware.

    Raises:
        NotPermitted: as of `account_suspend`.
        NotFound: no such duty of a city's or district's people.
        Conflict: ``ROLE_ENDED``; ``OPERATORS_TOO_FEW``, fewer than two who can log in would be left.

    Writes: what `membership_end` writes.
    """
    require_role(actor, Role.OPERATOR)
    operators = _operators_with(actor)
    duty = (
        Membership.objects.select_related("user", "organisation")
        .filter(pk=membership_id, role__in=ENDED_HERE)
        .first()
    )
    if duty is None:
        raise NotFound
    _require_other(duty.user, actor)
    if duty.role == Role.OPERATOR and len(operators - {duty.user_id}) < LEAST_OPERATORS:
        sentence = f"{ROLE_LABELS[Role.OPERATOR]}不能少于两人：发布与复核须由不同的人办理。请先任用接替的人。"
        raise Conflict("OPERATORS_TOO_FEW", sentence)
    membership_end(membership=duty, actor=actor, at=at, reason=reason)
    if duty.role in CITY_ROLES:
        people = _city_people().exclude(pk__in=[actor.pk, duty.user_id])
        title = f"{duty.user}不再担任{ROLE_LABELS[Role(duty.role)]}"
        _tell_city(people, title, f"{DUTY_END_LABELS[reason]}。办理人：{actor}。", at)
    return duty


def accounts_idle_suspend(*, at: datetime) -> int:
    """Suspend accounts of staff nobody has used for ``ACCOUNT_IDLE_DAYS``; return how many. 0 days suspend none.

    A password made since then counts as use, so that a reopened account has its days again. Two operators stay.

    Writes: ``User``, audit ``marketplace.user.suspend`` of each; one notice to the operators that are left.
    """
    days = settings.ACCOUNT_IDLE_DAYS
    if not days:
        return 0
    since = at - timedelta(days=days)
    count = 0
    for pk in list(_unused(since).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            operators = _operators_locked()
            user = _unused(since).select_for_update(of=("self",), no_key=True).filter(pk=pk).first()
            if user is None or (pk in operators and len(operators) <= LEAST_OPERATORS):
                continue
            _suspend(user, SuspensionReason.UNUSED, None, at)
            count += 1
    if count:
        operators = _city_people().filter(memberships__role=Role.OPERATOR)
        body = "本人仍需使用的，核实后在“用户”中启用。"
        _tell_city(operators, f"{count} 个账号超过 {days} 天没有登录，已停用", body, at)
    return count


def _unused(since: datetime) -> QuerySet[User]:
    """Return the staff who can log in and have not since a moment; a password made since then counts as use."""
    held = Membership.objects.filter(ended_at=None, role__in=STAFF_ROLES)
    found = User.objects.filter(
        Q(last_login=None) | Q(last_login__lt=since),
        is_active=True,
        pk__in=held.values("user_id"),
    ).annotate(made_at=Coalesce("password_since", "date_joined"))
    return found.filter(made_at__lt=since)


def _other(user_id: uuid.UUID, actor: User | None) -> User:
    """Return the locked account of somebody else."""
    if actor is not None:
        require_role(actor, Role.OPERATOR)
    user = User.objects.select_for_update(no_key=True).filter(public_id=user_id).first()
    if user is None:
        raise NotFound
    _require_other(user, actor)
    return user


def _require_other(user: User, actor: User | None) -> None:
    if actor is not None and actor.pk == user.pk:
        raise NotPermitted("ACCOUNT_OWN", "不能办理自己的账号，请由另一位市级运营人员办理。")


def _require_apart(user: User, actor: User | None) -> None:
    """Refuse to make a password for one whose other means of logging in the actor has in hand, or could take."""
    if actor is None or authenticator_in_use(user) is not None:
        return
    if _roles(user) & set(CITY_ROLES):
        sentence = "市级人员须已绑定动态口令，才能由他人重置密码；没有绑定的，请用 manage.py password_reset 办理。"
        raise Conflict("SECOND_FACTOR_NONE", sentence)
    if has_done(AUTHENTICATOR_RESET, user, actor):
        sentence = "此人的动态口令由您重置，尚未重新绑定；密码请由另一位运营人员重置。"
        raise Conflict("RESET_BOTH", sentence)


def has_done(actions: Sequence[str], user: User, actor: User) -> bool:
    """Return whether somebody ever did one of some audited things to an account. Queries: one."""
    done = AuditEvent.objects.filter(
        subject_kind="User", subject_id=str(user.public_id), action__in=actions, actor=actor
    )
    return done.exists()


def _operators_with(actor: User) -> set[int]:
    """Return `_operators_locked`, of whom the actor has to be one still."""
    operators = _operators_locked()
    if actor.pk not in operators:
        raise NotPermitted("ACCOUNT_SUSPENDED", "您的账号已停用，或已不再担任市级运营。")
    return operators


def _operators_locked() -> set[int]:
    """Return who operates the marketplace and can log in; their duties are locked, always in the same order.

    Who can log in is read once the locks are held: whoever held them before may have suspended somebody.
    """
    duties = Membership.objects.filter(role=Role.OPERATOR, ended_at=None)
    held = list(duties.select_for_update().order_by("pk").values_list("pk", flat=True))
    live = duties.filter(pk__in=held, user__is_active=True)
    return set(live.values_list("user_id", flat=True))


def _password_made(user: User, at: datetime) -> str:
    password = temporary_password()
    user.set_password(password)
    user.must_change_password, user.password_since = True, at
    user.session_epoch += 1
    user.save(
        update_fields=[
            "password", "must_change_password", "password_since", "session_epoch", "is_active", "suspended_for",
        ]
    )  # fmt: skip
    recovery_shut(user)
    return password


def _suspend(user: User, reason: SuspensionReason, actor: User | None, at: datetime) -> None:
    user.is_active, user.suspended_for = False, reason
    user.session_epoch += 1
    user.save(update_fields=["is_active", "suspended_for", "session_epoch"])
    recovery_shut(user)
    _record("marketplace.user.suspend", user, actor, at, {"reason": reason})
    _tell(user, "您的账号曾被停用", f"原因：{SUSPENSION_LABELS[reason]}。", at)


def _roles(user: User) -> set[str]:
    return set(Membership.objects.filter(user=user, ended_at=None).values_list("role", flat=True))


def _city_people() -> Any:
    live = Q(memberships__ended_at=None, memberships__role__in=CITY_ROLES)
    return User.objects.filter(live, is_active=True).distinct()


def _record(
    action: str, user: User, actor: User | None, at: datetime, payload: dict[str, str]
) -> None:
    audit_record(
        action=action,
        subject_kind="User",
        subject_id=user.public_id,
        actor=actor,
        at=at,
        payload=payload,
    )


def _tell(user: User, title: str, body: str, at: datetime) -> None:
    path = reverse("marketplace:password-change")
    notify(users=[user], kind="user.account", title=title, body=body, at=at, path=path)


def _tell_city(people: Any, title: str, body: str, at: datetime) -> None:
    path = reverse("marketplace:member-list")
    notify(users=list(people), kind="user.account", title=title, body=body, at=at, path=path)
