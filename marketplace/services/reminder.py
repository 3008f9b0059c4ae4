"""Reminders of notices outside the site: addresses entered, confirmed by a code and taken away; reminders sent.

Writing a notice costs nothing more for them: a task looks every minute whom to remind. A message is handed over outside
of any transaction and told of afterwards; killed in between, it is sent once more, under the same key.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from marketplace.audit import audit_record
from marketplace.crypto import CiphertextBroken, keyed_digest
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.reminder import (
    APART,
    CHANNEL_LABELS,
    CODE_DIGITS,
    CODE_MINUTES,
    CODE_TRIES,
    CODES_A_DAY,
    FAILURES,
    LEASE,
    RECENT,
    SETTLED,
    Channel,
    address_masked,
    address_read,
    code_text,
    is_quiet,
    reminder_text,
    retry_after,
)
from marketplace.domain.vocabulary import PRODUCT_NAME
from marketplace.models import Notification, ReminderAddress, User
from marketplace.outreach import NotSent, Sender, senders
from marketplace.services.minute_limit import MinuteLimit
from marketplace.services.notification import notify

AT_ONCE = 200
CODES = MinuteLimit(
    "marketplace.reminder_code",
    CODES_A_DAY,
    "CODE_TOO_MANY",
    f"一天至多发送 {CODES_A_DAY} 次验证码，请明天再试。",
    minutes=24 * 60,
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Round:
    """What one look for whom to remind did."""

    sent: int = 0
    failed: int = 0


def address_enter(*, channel: Channel, address: str, actor: User, at: datetime) -> ReminderAddress:
    """Send a code to where the actor wants to be reminded, and write that down; an earlier address goes then.

    Raises:
        Refused: ``CHANNEL_CLOSED``, ``ADDRESS_INVALID``; ``CODE_NOT_SENT``, the message was not taken.
        TooMany: ``CODE_TOO_MANY``.

    Writes: ``ReminderAddress``, once the message was taken; audit ``marketplace.reminder.remove`` where an address in
        use goes; a counter in the cache.
    """
    sender = _sender(channel)
    found = address_read(channel, address)
    if found is None:
        words = {
            Channel.EMAIL: "请填写有效的电子邮件地址。",
            Channel.SMS: "请填写 11 位手机号码。",
        }[channel]
        raise Refused("ADDRESS_INVALID", words, {"address": words})
    CODES.count_or_refuse(str(actor.pk), at)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    try:
        sender.send(found, code_text(PRODUCT_NAME, code), secrets.token_hex(16), at)
    except NotSent as fault:
        _log.warning("A code was not sent by %s: %s", channel, fault)
        sentence = "验证码没有发出去，请核对地址，稍后再试。"
        raise Refused("CODE_NOT_SENT", sentence, {"address": sentence}) from fault
    with transaction.atomic():
        former = ReminderAddress.objects.filter(user=actor).defer("address")
        for row in former.filter(confirmed_at__isnull=False):
            _record("remove", row.channel, actor, at)
        former.delete()
        return ReminderAddress.objects.create(
            user=actor,
            channel=channel,
            address=found,
            entered_at=at,
            code_digest=code_digest(actor.pk, at, code),
            due_at=at,
        )


def address_confirm(*, code: str, actor: User, at: datetime) -> ReminderAddress:
    """Begin to remind the actor at an address, by the code that was sent there.

    Raises:
        NotFound: no address waits for a code.
        Conflict: ``ADDRESS_CONFIRMED``, there is nothing to confirm.
        Refused: ``CODE_WRONG``; ``CODE_OVER``, it is too old or was tried too often.

    Writes: ``ReminderAddress``, how often the code was wrong even when it is refused; audit
        ``marketplace.reminder.confirm`` without the address, a notice; locks the row.
    """
    with transaction.atomic():
        row = _own_locked(actor)
        if row.confirmed_at is not None:
            raise Conflict("ADDRESS_CONFIRMED", "该地址已确认。")
        is_over = at > row.entered_at + timedelta(minutes=CODE_MINUTES)
        if not is_over and row.code_tries < CODE_TRIES:
            if secrets.compare_digest(
                row.code_digest, code_digest(actor.pk, row.entered_at, code.strip())
            ):
                row.confirmed_at, row.due_at, row.code_digest = at, at, ""
                row.save(update_fields=["confirmed_at", "due_at", "code_digest"])
                _record("confirm", row.channel, actor, at)
                _tell_confirmed(row, actor, at)
                return row
            row.code_tries += 1
            row.save(update_fields=["code_tries"])
        is_over = is_over or row.code_tries >= CODE_TRIES
    if is_over:
        sentence = "验证码已失效，请重新发送。"
        raise Refused("CODE_OVER", sentence, {"code": sentence})
    sentence = "验证码不正确。"
    raise Refused("CODE_WRONG", sentence, {"code": sentence})


def code_digest(user: int, at: datetime, code: str) -> str:
    """Return what is kept of a code that was sent to a user at a moment."""
    return keyed_digest(code, f"reminder code of {user} at {at.timestamp()}")


@transaction.atomic
def address_remove(*, actor: User, at: datetime) -> None:
    """Remind the actor outside the site no more; the address is not kept.

    Raises:
        NotFound: there is none.

    Writes: ``ReminderAddress`` away, audit ``marketplace.reminder.remove``; locks the row.
    """
    row = _own_locked(actor)
    row.delete()
    _record("remove", row.channel, actor, at)


def reminders_send(*, at: datetime) -> Round:
    """Remind whoever has notices unread, once of each.

    Nobody is reminded at night; whoever was reminded waits a quarter of an hour for the next. An address that fails
    ``FAILURES`` times in a row is written to no more, and the person reads so in the site.

    Writes: ``ReminderAddress``, ``Notification.reminded_at``, a notice where an address was given up.
    """
    ways = senders()
    if not ways or is_quiet(at):
        return Round()
    sent = failed = 0
    for pk in list(_due(at).filter(channel__in=ways).values_list("pk", flat=True)[:AT_ONCE]):
        try:
            done = _remind(pk, ways, at)
        except CiphertextBroken:
            _log.error("The address of reminder %s cannot be opened: FIELD_KEY has changed.", pk)
            ReminderAddress.objects.filter(pk=pk).update(due_at=at + timedelta(days=1))
            done = False
        sent += done is True
        failed += done is False
    return Round(sent, failed)


def _remind(pk: int, ways: dict[Channel, Sender], at: datetime) -> bool | None:
    """Send what waits for an address; return whether it was taken, None where nothing waits any more."""
    with transaction.atomic():
        skips = connection.features.has_select_for_update_skip_locked
        row = (
            _due(at)
            .select_for_update(of=("self",), skip_locked=skips)
            .select_related("user")
            .filter(pk=pk)
            .first()
        )
        if row is None:
            return None
        waiting = list(_waiting(row, at).values_list("pk", "kind"))
        row.due_at = at + LEASE
        row.save(update_fields=["due_at"])
    keys = [key for key, _ in waiting]
    text = reminder_text(PRODUCT_NAME, [kind for _, kind in waiting], settings.PUBLIC_BASE_URL)
    key = hashlib.sha256(f"{row.pk}:{row.channel}:{keys}".encode()).hexdigest()[:32]
    try:
        ways[Channel(row.channel)].send(row.address, text, key, at)
    except NotSent as fault:
        _log.warning("A reminder was not sent by %s: %s", row.channel, fault)
        _failed(row, at)
        return False
    with transaction.atomic():
        Notification.objects.filter(pk__in=keys).update(reminded_at=at)
        ReminderAddress.objects.filter(pk=row.pk).update(due_at=at + APART, failures=0)
    return True


@transaction.atomic
def _failed(row: ReminderAddress, at: datetime) -> None:
    failures = row.failures + 1
    changed = ReminderAddress.objects.filter(pk=row.pk)
    if failures < FAILURES:
        changed.update(failures=failures, due_at=at + retry_after(failures))
        return
    changed.delete()
    notify(
        users=[row.user],
        kind="user.reminder",
        title=f"{CHANNEL_LABELS[Channel(row.channel)]}提醒已停止",
        body="连续多次没有发送成功，地址已删除。仍需要的，请重新填写。",
        at=at,
    )


def _due(at: datetime) -> QuerySet[ReminderAddress]:
    of_user = _unread(at).filter(user=OuterRef("user"), at__gte=OuterRef("confirmed_at"))
    return ReminderAddress.objects.filter(
        Exists(of_user), confirmed_at__isnull=False, due_at__lte=at, user__is_active=True
    ).order_by("due_at", "pk")


def _waiting(row: ReminderAddress, at: datetime) -> QuerySet[Notification]:
    return _unread(at).filter(user=row.user_id, at__gte=row.confirmed_at).order_by("pk")


def _unread(at: datetime) -> QuerySet[Notification]:
    return Notification.objects.filter(
        read_at=None, reminded_at=None, at__gt=at - RECENT, at__lte=at - SETTLED
    )


def _sender(channel: Channel) -> Sender:
    sender = senders().get(channel)
    if sender is None:
        sentence = f"本平台没有开通{CHANNEL_LABELS[channel]}提醒。"
        raise Refused("CHANNEL_CLOSED", sentence, {"channel": sentence})
    return sender


def _own_locked(actor: User) -> ReminderAddress:
    rows = ReminderAddress.objects.select_for_update().defer("address")
    found = rows.filter(user=actor).first()
    if found is None:
        raise NotFound
    return found


def _tell_confirmed(row: ReminderAddress, actor: User, at: datetime) -> None:
    """Tell the person in the site where reminders go from now on; nobody is reminded of that there."""
    channel = Channel(row.channel)
    address = ReminderAddress.objects.values_list("address", flat=True).get(pk=row.pk)
    notify(
        users=[actor],
        kind="user.reminder",
        title=f"站外提醒发往{CHANNEL_LABELS[channel]}：{address_masked(channel, address)}",
        body="不是您本人设置的，请立即停止提醒并修改密码。",
        at=at,
        path=reverse("marketplace:reminders"),
    )
    told = Notification.objects.filter(user=actor, kind="user.reminder", at=at)
    told.update(reminded_at=at)


def _record(verb: str, channel: str, actor: User, at: datetime) -> None:
    audit_record(
        action=f"marketplace.reminder.{verb}",
        subject_kind="User",
        subject_id=actor.public_id,
        actor=actor,
        at=at,
        payload={"channel": channel},
    )
