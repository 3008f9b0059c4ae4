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
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.password_recovery import (
    ASKED_AN_HOUR,
    CODE_DIGITS,
    CODE_TRIES,
    CODES_A_DAY,
    GOOD_FOR,
    MOST_A_DAY,
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
from marketplace.services.password import password_set, recovery_shut
from marketplace.services.second_factor import CODE_WRONG, Proof, proven

TOO_MANY = ("RECOVERY_TOO_MANY", "操作过于频繁，请一小时后再试。")
ASKED = MinuteLimit("marketplace.recovery_ask", ASKED_AN_HOUR, *TOO_MANY, minutes=60)
TRIED = MinuteLimit("marketplace.recovery_try", TRIED_AN_HOUR, *TOO_MANY, minutes=60)
SAME = "新密码不能与原来的密码相同。"
_DAY = timedelta(days=1)
_log = logging.getLogger(__name__)


def recovery_open(
    *, entered_at: datetime, actor: User, proof: Proof, at: datetime
) -> ReminderAddress:
    """Let the actor's confirmed address take codes for a new password from now on.

    Args:
        entered_at: when the address was entered that the actor was shown.
        actor: whose address.
        proof: the present password, and a code where an authenticator is in use.
        at: now, aware.

    Raises:
        NotFound: there is no confirmed address.
        NotPermitted: ``SECOND_FACTOR_NONE``, one of the staff without an authenticator.
        Conflict: ``ADDRESS_CHANGED``, it is another one now.
        Refused: ``CODE_WRONG``.

    Writes: ``ReminderAddress``, a notice, audit ``marketplace.user.recovery_open``; locks the user's row.
    """
    if not recovers_by_code(actor):
        sentence = "机构、区级与市级人员须先绑定动态口令，才能自助找回密码。"
        raise NotPermitted("SECOND_FACTOR_NONE", sentence)

    def deed(user: User) -> ReminderAddress:
        row = _own(user)
        if row.entered_at != entered_at:
            raise Conflict("ADDRESS_CHANGED", "提醒地址已经更换，请核对后重新开通。")
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

    Writes: ``ReminderAddress``, codes on their way no longer good, a notice, audit
        ``marketplace.user.recovery_close``.
    """
    _own(actor)
    recovery_shut(actor)
    _record("recovery_close", actor, at)
    _tell(actor, "已关闭自助找回密码", "忘记密码时，须由平台的运营人员核实本人后重设。", at)


@transaction.atomic
def recovery_ask(*, username: str, ticket: str, sender: str, at: datetime) -> None:
    """Have a code sent to whoever forgot their password; say nothing of whether it will be.

    Args:
        username: as typed.
        ticket: random text of the asking browser's session, in which alone the code is good; nobody else's asking
            makes it good for nothing.
        sender: network address of who asks.
        at: now, aware.

    Raises:
        TooMany: ``RECOVERY_TOO_MANY``.

    Writes: a ``PasswordRecovery``, audit ``marketplace.user.recovery_ask`` and the task that sends it, where the
        account takes codes and had fewer than ``CODES_A_DAY`` within a day; locks the user's row and the address.
    """
    ASKED.count_or_refuse(sender, at)
    address = _taking_codes(username)
    if address is None:
        return
    address.recoveries.filter(asked_at__lte=at - _DAY).delete()
    by_sender = keyed_digest(sender, "sender of a code for a new password")
    lately = list(address.recoveries.values_list("sender_digest", flat=True))
    if len(lately) >= MOST_A_DAY or lately.count(by_sender) >= CODES_A_DAY:
        return
    asked = PasswordRecovery.objects.create(
        address=address, asked_at=at, ticket_digest=_ticket(ticket), sender_digest=by_sender
    )
    _record("recovery_ask", address.user, at)
    enqueue("marketplace.password_code_send", recovery_id=asked.pk)


def recovery_code_send(*, recovery_id: int, at: datetime) -> bool:
    """Make a code and hand it over, once; return whether it was taken. Killed in between, nothing is sent.

    Writes: ``PasswordRecovery.code_digest`` before the message is handed over, outside of any transaction, and away
        again when it was not taken.
    """
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    asked = PasswordRecovery.objects.select_related("address").filter(pk=recovery_id).first()
    way = senders().get(Channel(asked.address.channel)) if asked else None
    if asked is None or way is None or at > asked.asked_at + GOOD_FOR:
        return False
    row = PasswordRecovery.objects.filter(pk=asked.pk)
    if not row.filter(code_digest="").update(code_digest=_digest(asked, code)):
        return False
    text = recovery_text(PRODUCT_NAME, code)
    try:
        way.send(asked.address.address, text, secrets.token_hex(16), at)
    except NotSent as fault:
        row.update(code_digest="")
        channel = asked.address.channel
        _log.warning("A code for a new password was not sent by %s: %s", channel, fault)
        return False
    return True


def password_recover(
    *, username: str, ticket: str, code: str, new_password: str, sender: str, at: datetime
) -> User:
    """Replace a forgotten password by a code that was sent to the account's address.

    Args:
        username: as typed.
        ticket: of the session, as when the code was asked for.
        code: as typed.
        new_password: checked against the configured validators once the code was right.
        sender: network address of who asks.
        at: when, aware.

    Raises:
        TooMany: ``RECOVERY_TOO_MANY``.
        Refused: ``CODE_WRONG``, whatever was wrong; ``PASSWORD_WEAK`` and ``PASSWORD_SAME`` with the field's sentence,
            the code stays good.

    Writes: ``User.password``, that it is the person's own and since when; every session ends, the codes go; a notice,
        audit ``marketplace.user.password_recover``. How often a code was wrong even when it is refused. Locks the
        user's row and the address.
    """
    TRIED.count_or_refuse(sender, at)
    with transaction.atomic():
        address = _taking_codes(username)
        asked = (
            address.recoveries.filter(ticket_digest=_ticket(ticket)).first() if address else None
        )
        if address and asked and _is_right(asked, code, at):
            user = address.user
            if user.check_password(new_password):
                raise Refused("PASSWORD_SAME", SAME, {"new_password": SAME})
            password_set(user, new_password, at)
            user.session_epoch += 1
            user.save(update_fields=["session_epoch"])
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


def _ticket(text: str) -> str:
    return keyed_digest(text, "ticket of a code for a new password")


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
