"""One-time codes at sign-in: an authenticator is set up, asked, replaced, taken out of use, or reset by an operator.

Source: GB/T 22239-2019 8.1.4.1 d; RFC 6238; ASVS 6.3, 6.5 (single use, limits, recovery codes kept as digests).
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.urls import reverse
from django_otp.oath import TOTP

from marketplace.audit import audit_record
from marketplace.crypto import keyed_digest
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.roles import ROLES_OF_KIND, OrganisationKind, Role
from marketplace.domain.second_factor import (
    DIGITS,
    KEY_BYTES,
    MOST_FAILURES,
    RECOVERY_BYTES,
    RECOVERY_CODES,
    STEP_SECONDS,
    TOLERANCE_STEPS,
    WARN_AFTER,
    WRONG_SENTENCES,
    IdentityCheck,
    ResetReason,
    base32,
    bytes_of,
    one_time_number,
    recovery_read,
    typed,
)
from marketplace.models import Authenticator, RecoveryCode, User
from marketplace.policies import (
    authenticator_forget,
    authenticator_in_use,
    memberships_live,
    require_role,
    second_factor_required,
)
from marketplace.selectors import authenticator_begun
from marketplace.services.account import PASSWORD_MADE, has_done
from marketplace.services.notification import notify
from marketplace.services.password import recovery_shut

T = TypeVar("T")
CODE_WRONG = "CODE_WRONG"


@dataclass(frozen=True)
class Proof:
    """What somebody gives once more before the means of signing in change.

    Attributes:
        password: the present one.
        code: a one-time code of the authenticator in use, or a recovery code; not looked at when there is none.
    """

    password: str
    code: str = ""


@dataclass(frozen=True)
class Enabled:
    """An authenticator in use since this moment.

    Attributes:
        user: whose; other sessions have ended, so the caller's has to be told (``update_session_auth_hash``).
        authenticator: the new one.
        recovery_codes: plain, nowhere kept.
    """

    user: User
    authenticator: Authenticator
    recovery_codes: list[str]


@transaction.atomic
def code_accept(*, user: User, code: str, at: datetime) -> Authenticator | None:
    """Spend a one-time code or a recovery code of somebody; return the authenticator in use when it was good.

    A code is good once, and only when no waiting time runs after wrong ones (1, 2, 4 … up to 2048 seconds, for whatever
    address they come from). The caller also counts what was wrong into the pause of log-ins
    (``marketplace.web.second_step``).

    Args:
        user: who signs in.
        code: as typed.
        at: now, aware.

    Writes: what was spent, or how often it was wrong, with a notice of many; for a recovery code a notice and audit
        ``marketplace.authenticator.recover``; locks the authenticator.
    """
    found = Authenticator.objects.select_for_update().filter(user=user, confirmed=True).first()
    if found is None or not found.verify_is_allowed()[0]:
        return None
    given = typed(code)
    is_good = _step_spent(found, given, at) or _recovery_spent(found, given, at)
    if is_good:
        found.throttle_reset(commit=False)
    else:
        _failure_counted(found, at)
    found.save(
        update_fields=["last_step", "throttling_failure_timestamp", "throttling_failure_count"]
    )
    return found if is_good else None


def code_wrong() -> Refused:
    """Return the refusal of a sign-in's code."""
    return _wrong("step")


def authenticator_begin(*, actor: User, proof: Proof, at: datetime) -> Authenticator:
    """Make a key for the actor's telephone; an authenticator in use stays so until a first code came from the new one.

    Raises:
        Refused: ``CODE_WRONG``.

    Writes: an ``Authenticator`` not yet confirmed, in place of an earlier one of that kind; locks the user's row.
    """

    def begin(user: User) -> Authenticator:
        _drop(user, confirmed=False)
        begun: Authenticator = Authenticator.objects.create(
            user=user, secret=base32(secrets.token_bytes(KEY_BYTES)), begun_at=at
        )
        return begun

    return proven(actor, proof, at, begin)


@transaction.atomic
def authenticator_confirm(*, actor: User, code: str, at: datetime) -> Enabled:
    """Put the authenticator that was begun into use, with a first code from it.

    Raises:
        Conflict: ``AUTHENTICATOR_NOT_BEGUN``.
        Refused: ``CODE_WRONG``.

    Writes: the ``Authenticator``, its ``RecoveryCode`` rows, those of an earlier one away; the actor's other sessions
        end; a notice, audit ``marketplace.authenticator.enable`` or ``.replace``; locks the user's row.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    begun = authenticator_begun(user, at)
    if begun is None:
        raise Conflict("AUTHENTICATOR_NOT_BEGUN", "绑定已过时，请重新开始。")
    if not _step_spent(begun, typed(code), at):
        raise _wrong("first")
    is_replaced = _drop(user, confirmed=True)
    begun.confirmed, begun.confirmed_at = True, at
    begun.save(update_fields=["confirmed", "confirmed_at", "last_step"])
    codes = _recovery_codes_made(begun)
    _sessions_end(user)
    if is_replaced:
        _record(action="marketplace.authenticator.replace", user=user, actor=user, at=at)
        _tell(user, "已更换验证器", "旧验证器与旧恢复码不再有效。", at)
    else:
        _record(action="marketplace.authenticator.enable", user=user, actor=user, at=at)
        _tell(user, "已启用动态口令", "此后登录须在密码之后输入动态口令。", at)
    return Enabled(user, begun, codes)


def recovery_codes_renew(*, actor: User, proof: Proof, at: datetime) -> list[str]:
    """Return new recovery codes, plain and nowhere kept; the earlier ones are good no more.

    Raises:
        Refused: ``CODE_WRONG``.
        Conflict: ``AUTHENTICATOR_NONE``, there is no authenticator.

    Writes: ``RecoveryCode`` rows, a notice, audit ``marketplace.authenticator.renew_codes``; locks the user's row.
    """

    def renew(user: User) -> list[str]:
        found = Authenticator.objects.filter(user=user, confirmed=True).first()
        if found is None:
            raise Conflict("AUTHENTICATOR_NONE", "您还没有启用动态口令。")
        codes = _recovery_codes_made(found)
        _record(action="marketplace.authenticator.renew_codes", user=user, actor=user, at=at)
        _tell(user, "已重新生成恢复码", "此前的恢复码不再有效。", at)
        return codes

    return proven(actor, proof, at, renew)


def authenticator_remove(*, actor: User, proof: Proof, at: datetime) -> User:
    """Take the actor's own authenticator out of use.

    Raises:
        NotPermitted: ``SECOND_FACTOR_REQUIRED``, the actor's role demands one.
        Refused: ``CODE_WRONG``.

    Writes: ``Authenticator`` and ``RecoveryCode`` rows away, other sessions end, a notice, audit
        ``marketplace.authenticator.remove``; locks the user's row.
    """
    if second_factor_required(actor):
        sentence = "您的角色须使用动态口令，不能停用；更换手机请用“更换验证器”。"
        raise NotPermitted("SECOND_FACTOR_REQUIRED", sentence)

    def remove(user: User) -> User:
        _drop(user)
        _sessions_end(user)
        _record(action="marketplace.authenticator.remove", user=user, actor=user, at=at)
        _tell(user, "已停用动态口令", "此后登录只需密码。", at)
        return user

    return proven(actor, proof, at, remove)


@transaction.atomic
def authenticator_reset(
    *,
    user_id: uuid.UUID,
    reason: ResetReason,
    checked: IdentityCheck,
    actor: User | None,
    at: datetime,
) -> User:
    """Take the authenticator of another person out of use who has lost it.

    Args:
        user_id: public id of the person.
        reason: why.
        checked: how it was made sure who asks.
        actor: an operator; None for whoever has the console.
        at: when, aware.

    Raises:
        NotPermitted: the actor is no operator; ``RESET_OWN``, it is the actor's own.
        NotFound: no such person.
        Conflict: ``AUTHENTICATOR_NONE``, there is none; ``RESET_BOTH``, the password is one
            the actor made, or of one who operates or audits, somebody else.

    Writes: ``Authenticator`` and ``RecoveryCode`` rows away, the person's sessions end, a notice to them, audit
        ``marketplace.authenticator.reset``; locks the user's row.
    """
    if actor is not None:
        require_role(actor, Role.OPERATOR)
        if actor.public_id == user_id:
            sentence = "不能重置自己的验证器，请由另一位市级运营人员办理。"
            raise NotPermitted("RESET_OWN", sentence)
    user = User.objects.select_for_update(no_key=True).filter(public_id=user_id).first()
    if user is None:
        raise NotFound
    if actor and user.must_change_password:
        _require_apart(user, actor)
    if not _drop(user):
        raise Conflict("AUTHENTICATOR_NONE", "此人没有启用动态口令，不必重置。")
    _sessions_end(user)
    recovery_shut(user)
    _record(
        action="marketplace.authenticator.reset",
        user=user,
        actor=actor,
        at=at,
        payload={"reason": reason, "checked": checked},
    )
    _tell(user, "您的动态口令已由平台重置", "如非本人申请，请立即联系平台并修改密码。", at)
    return user


def _require_apart(user: User, actor: User) -> None:
    """Refuse where whoever made the password would be let in by it: nobody may of those who operate or audit."""
    if set(ROLES_OF_KIND[OrganisationKind.CITY]) & {duty.role for duty in memberships_live(user)}:
        sentence = "市级人员的密码由他人设定、尚未改过的，动态口令须用 manage.py second_factor_reset 重置。"
        raise Conflict("RESET_BOTH", sentence)
    if has_done(PASSWORD_MADE, user, actor):
        sentence = "此人的密码由您设定，本人还没有改过；动态口令请由另一位运营人员重置。"
        raise Conflict("RESET_BOTH", sentence)


def proven(actor: User, proof: Proof, at: datetime, deed: Callable[[User], T]) -> T:
    """Do something to the actor after password and code were good; what was wrong stays counted."""
    is_good = actor.check_password(proof.password)
    if is_good and authenticator_in_use(actor) is not None:
        is_good = code_accept(user=actor, code=proof.code, at=at) is not None
    if not is_good:
        raise _wrong("proof")
    with transaction.atomic():
        return deed(User.objects.select_for_update(no_key=True).get(pk=actor.pk))


def _wrong(when: str) -> Refused:
    sentence = WRONG_SENTENCES[when]
    return Refused(CODE_WRONG, sentence, {"code": sentence})


def _step_spent(found: Authenticator, given: str, at: datetime) -> bool:
    """Return whether this is a one-time code of now that was not used; it is used then."""
    number = one_time_number(given)
    if number is None:
        return False
    clock = TOTP(bytes_of(found.secret), step=STEP_SECONDS, digits=DIGITS)
    clock.time = at.timestamp()
    if not clock.verify(number, TOLERANCE_STEPS, found.last_step + 1):
        return False
    found.last_step = clock.t()
    return True


def _failure_counted(found: Authenticator, at: datetime) -> None:
    """Let the next code wait longer, but not for ever: whoever knows the password could shut the person out by it."""
    found.throttle_increment(commit=False)
    if found.throttling_failure_count == WARN_AFTER:
        body = "密码正确而动态口令连续输错。如非本人操作，密码可能已经泄露，请立即修改。"
        _tell(found.user, f"动态口令已连续输错 {WARN_AFTER} 次", body, at)
    found.throttling_failure_count = min(found.throttling_failure_count, MOST_FAILURES)


def _recovery_spent(found: Authenticator, given: str, at: datetime) -> bool:
    digest = _digest(found, recovery_read(given))
    spent = found.recovery_codes.filter(digest=digest, used_at=None)
    if not spent.update(used_at=at):
        return False
    left = found.recovery_codes.filter(used_at=None).count()
    _record(
        action="marketplace.authenticator.recover",
        user=found.user,
        actor=found.user,
        at=at,
        payload={"codes_left": left},
    )
    _tell(found.user, "使用了一个恢复码", f"还剩 {left} 个。如非本人操作，请立即修改密码。", at)
    return True


def _recovery_codes_made(found: Authenticator) -> list[str]:
    found.recovery_codes.all().delete()
    codes = [base32(secrets.token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(authenticator=found, digest=_digest(found, code)) for code in codes
    )
    return codes


def _digest(found: Authenticator, code: str) -> str:
    return keyed_digest(code, f"recovery code of {found.pk}")


def _drop(user: User, **which: bool) -> bool:
    """Delete authenticators without opening their keys, which another ``FIELD_KEY`` may have sealed."""
    held = Authenticator.objects.filter(user=user, **which)
    keys = list(held.values_list("pk", flat=True))
    RecoveryCode.objects.filter(authenticator__in=keys).delete()
    authenticator_forget(user)
    return bool(held.only("pk").delete()[0])


def _sessions_end(user: User) -> None:
    user.session_epoch += 1
    user.save(update_fields=["session_epoch"])


def _record(
    *,
    action: str,
    user: User,
    actor: User | None,
    at: datetime,
    payload: dict[str, Any] | None = None,
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
    notify(
        users=[user],
        kind="user.second_factor",
        title=title,
        body=body,
        at=at,
        path=reverse("marketplace:second-factor"),
    )
