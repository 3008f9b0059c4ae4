"""A new password for who has forgotten theirs: an address opened for it beforehand, a code sent there, the change.

Whoever asks for a code learns nothing from the answer: neither whether the account exists nor whether one was sent. The
code is made and handed over by a task, so that the answer does not wait for it, and only its digest is kept.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from marketplace.audit import audit_record
from marketplace.crypto import keyed_digest
from marketplace.domain.errors import NotFound, NotPermitted, Refused
from marketplace.domain.password_recovery import (
    ASKED_AN_HOUR,
    CODE_DIGITS,
    CODE_TRIES,
    CODES_A_DAY,
    GOOD_FOR,
    TRIED_AN_HOUR,
    WRONG,
    recovery_text,
)
from marketplace.domain.reminder import Channel
from marketplace.domain.vocabulary import PRODUCT_NAME
from marketplace.models import PasswordRecovery, ReminderAddress, User
from marketplace.outreach import NotSent, senders
from marketplace.policies import recovers_by_code
from marketplace.queue import enqueue
from marketplace.services.minute_limit import MinuteLimit
from marketplace.services.notification import notify
from marketplace.services.password import password_set
from marketplace.services.second_factor import CODE_WRONG, Proof, proven

TOO_MANY = ("RECOVERY_TOO_MANY", "操作过于频繁，请一小时后再试。")
ASKED = MinuteLimit("marketplace.recovery_ask", ASKED_AN_HOUR, *TOO_MANY, minutes=60)
TRIED = MinuteLimit("marketplace.recovery_try", TRIED_AN_HOUR, *TOO_MANY, minutes=60)
_DAY = timedelta(days=1)
_log = logging.getLogger(__name__)


def recovery_open(*, actor: User, proof: Proof, at: datetime) -> ReminderAddress:
    """Let the actor's confirmed address take codes for a new password from now on.

    Args:
        actor: whose address.
        proof: the present password, and a code where an authenticator is in use.
        at: now, aware.

    Raises:
        NotFound: there is no confirmed address.
        NotPermitted: ``SECOND_FACTOR_NONE``, one of the staff without an authenticator.
        Refused: ``CODE_WRONG``.

    Writes: ``ReminderAddress``, a notice, audit ``marketplace.user.recovery_open``; locks the user's row.
    """
    if not recovers_by_code(actor):
        sentence = "机构、区级与市级人员须先绑定动态口令，才能自助找回密码。"
        raise NotPermitted("SECOND_FACTOR_NONE", sentence)

    def deed(user: User) -> ReminderAddress:
        row = _own(user)
        row.recovers_since = row.recovers_since or at
        row.save(update_fields=["recovers_since"])
        _record("recovery_open", user, at)
        _tell(user, "已开通自助找回密码", "忘记密码时，可凭发到提醒地址的验证码自行重设。", at)
        return row

    return proven(actor, proof, at, deed)


@transaction.atomic
def recovery_close(*, actor: User, at: datetime) -> None:
    """Let the actor's address take codes for a new password no more; it goes on being reminded at.

    Raises:
        NotFound: there is no confirmed address.

    Writes: ``ReminderAddress``, codes on their way no longer good, audit ``marketplace.user.recovery_close``.
    """
    row = _own(actor)
    row.recovers_since = None
    row.save(update_fields=["recovers_since"])
    row.recoveries.all().delete()
    _record("recovery_close", actor, at)


@transaction.atomic
def recovery_ask(*, username: str, sender: str, at: datetime) -> None:
    """Have a code sent to whoever forgot their password; say nothing of whether it will be.

    Args:
        username: as typed.
        sender: network address of who asks.
        at: now, aware.

    Raises:
        TooMany: ``RECOVERY_TOO_MANY``.

    Writes: a ``PasswordRecovery`` and the task that sends it, where the account takes codes and had fewer than
        ``CODES_A_DAY`` within a day; earlier ones are good no more; locks the address.
    """
    ASKED.count_or_refuse(sender, at)
    address = _taking_codes(username)
    if address is None:
        return
    address.recoveries.filter(asked_at__lte=at - _DAY).delete()
    if address.recoveries.count() >= CODES_A_DAY:
        return
    asked = PasswordRecovery.objects.create(address=address, asked_at=at)
    enqueue("marketplace.password_code_send", recovery_id=asked.pk)


@transaction.atomic
def recovery_code_send(*, recovery_id: int, at: datetime) -> bool:
    """Make a code and hand it over; return whether it was. Run again, another code is made and the former forgotten.

    Writes: ``PasswordRecovery.code_digest``, once the message was taken; locks the row.
    """
    found = PasswordRecovery.objects.select_for_update(of=("self",))
    asked = found.select_related("address").filter(pk=recovery_id, code_digest="").first()
    if asked is None or at > asked.asked_at + GOOD_FOR:
        return False
    way = senders().get(Channel(asked.address.channel))
    if way is None:
        return False
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    try:
        way.send(
            asked.address.address, recovery_text(PRODUCT_NAME, code), secrets.token_hex(16), at
        )
    except NotSent as fault:
        _log.warning(
            "A code for a new password was not sent by %s: %s", asked.address.channel, fault
        )
        return False
    asked.code_digest = _digest(asked, code)
    asked.save(update_fields=["code_digest"])
    return True


def password_recover(
    *, username: str, code: str, new_password: str, sender: str, at: datetime
) -> User:
    """Replace a forgotten password by a code that was sent to the account's address.

    Args:
        username: as typed.
        code: as typed.
        new_password: checked against the configured validators once the code was right.
        sender: network address of who asks.
        at: when, aware.

    Raises:
        TooMany: ``RECOVERY_TOO_MANY``.
        Refused: ``CODE_WRONG``, whatever was wrong; ``PASSWORD_WEAK`` with the field's sentence, the code stays good.

    Writes: ``User.password``, that it is the person's own and since when; every session ends, the codes go; a notice,
        audit ``marketplace.user.password_recover``. How often a code was wrong even when it is refused. Locks the
        user's row and the address.
    """
    TRIED.count_or_refuse(sender, at)
    with transaction.atomic():
        address = _taking_codes(username)
        asked = address.recoveries.first() if address else None
        if address and asked and _is_right(asked, code, at):
            user = address.user
            password_set(user, new_password, at)
            user.session_epoch += 1
            user.save(update_fields=["session_epoch"])
            address.recoveries.all().delete()
            _record("password_recover", user, at)
            _tell(user, "您的密码已凭验证码重设", "如非本人操作，请立即联系平台。", at)
            return user
    raise Refused(CODE_WRONG, WRONG, {"code": WRONG})


def _is_right(asked: PasswordRecovery, code: str, at: datetime) -> bool:
    """Return whether this is the code of the last message; a wrong one is counted."""
    is_over = at > asked.asked_at + GOOD_FOR or asked.code_tries >= CODE_TRIES
    if is_over or not asked.code_digest:
        return False
    if secrets.compare_digest(asked.code_digest, _digest(asked, code.strip())):
        return True
    asked.code_tries += 1
    asked.save(update_fields=["code_tries"])
    return False


def _taking_codes(username: str) -> ReminderAddress | None:
    """Return the locked address of an account that takes codes for a new password now, None for any other."""
    user = User.objects.select_for_update(no_key=True).filter(username=username.strip()).first()
    if (
        user is None
        or not user.is_active
        or user.must_change_password
        or not recovers_by_code(user)
    ):
        return None
    held = ReminderAddress.objects.select_for_update(of=("self",)).select_related("user")
    return (
        held.defer("address")
        .filter(
            user=user,
            confirmed_at__isnull=False,
            recovers_since__isnull=False,
            channel__in=senders(),
        )
        .first()
    )


def _own(user: User) -> ReminderAddress:
    held = ReminderAddress.objects.select_for_update().defer("address")
    row = held.filter(user=user, confirmed_at__isnull=False).first()
    if row is None:
        raise NotFound
    return row


def _digest(asked: PasswordRecovery, code: str) -> str:
    return keyed_digest(code, f"code for a new password {asked.pk}")


def _record(verb: str, user: User, at: datetime) -> None:
    audit_record(
        action=f"marketplace.user.{verb}",
        subject_kind="User",
        subject_id=user.public_id,
        actor=user,
        at=at,
    )


def _tell(user: User, title: str, body: str, at: datetime) -> None:
    path = reverse("marketplace:reminders")
    notify(users=[user], kind="user.account", title=title, body=body, at=at, path=path)
