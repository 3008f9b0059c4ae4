"""A forgotten password: a code to an address opened for it, good once, for a while and for this account alone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache

from marketplace import outreach
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.password_recovery import (
    ASKED_AN_HOUR,
    CODE_TRIES,
    CODES_A_DAY,
    GOOD_FOR,
    MOST_A_DAY,
)
from marketplace.domain.reminder import Channel
from marketplace.models import (
    AuditEvent,
    Authenticator,
    Notification,
    OutboxMessage,
    PasswordRecovery,
    ReminderAddress,
    User,
)
from marketplace.outreach import NotSent
from marketplace.services import (
    account_reopen,
    account_suspend,
    address_confirm,
    address_enter,
    authenticator_reset,
    password_change,
    password_recover,
    password_reset,
    recovery_ask,
    recovery_close,
    recovery_code_send,
    recovery_open,
)
from marketplace.services.minute_limit import TooMany
from marketplace.services.second_factor import Proof
from tests.cast import PASSWORD
from tests.factories.second_factor import code_at, make_authenticator

pytestmark = pytest.mark.django_db
NEW = "Quite-another-2026"
SENDER, TICKET = "203.0.113.9", "a browser's ticket"


@pytest.fixture(autouse=True)
def _ways(settings):
    cache.clear()
    settings.EMAIL_URL = "memorymail://"


@pytest.fixture
def forgetful(cast, now):
    """The owner, whose address takes codes for a new password."""
    return opened(cast.owner, now - timedelta(hours=1))


def opened(user, at, **proof):
    address_enter(channel=Channel.EMAIL, address=f"{user.pk}@example.com", actor=user, at=at)
    code = re.search(r"验证码 (\d{6})", mail.outbox[-1].body).group(1)
    address_confirm(code=code, actor=user, at=at)
    recovery_open(entered_at=shown_of(user), actor=user, proof=Proof(PASSWORD, **proof), at=at)
    mail.outbox.clear()
    return user


def shown_of(user):
    return ReminderAddress.objects.filter(user=user).values_list("entered_at", flat=True).first()


@pytest.fixture
def ask(django_capture_on_commit_callbacks):
    def asked(user, at, sender=SENDER, ticket=TICKET):
        name = getattr(user, "username", user)
        with django_capture_on_commit_callbacks(execute=True):
            recovery_ask(username=name, ticket=ticket, sender=sender, at=at)
        for row in PasswordRecovery.objects.filter(asked_at=at, code_digest=""):
            recovery_code_send(recovery_id=row.pk, at=at)  # the task's clock is another

    return asked


def code_sent():
    return re.search(r"验证码 (\d{8})", mail.outbox[-1].body).group(1)


def recover(user, code, at, new_password=NEW, ticket=TICKET):
    return password_recover(
        username=user.username,
        ticket=ticket,
        code=code,
        new_password=new_password,
        sender=SENDER,
        at=at,
    )


class TestPasswordRecover:
    def test_replaces_the_password_and_ends_every_session(self, forgetful, ask, now):
        before = forgetful.get_session_auth_hash()
        ask(forgetful, now)
        code = code_sent()

        recover(forgetful, f" {code} ", now)

        forgetful.refresh_from_db()
        assert mail.outbox[-1].to == [f"{forgetful.pk}@example.com"]
        assert forgetful.check_password(NEW)
        assert forgetful.password_since == now
        assert forgetful.get_session_auth_hash() != before
        assert AuditEvent.objects.filter(action="marketplace.user.password_recover").count() == 1
        assert Notification.objects.filter(user=forgetful, title__contains="凭验证码重设").exists()
        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(forgetful, code, now, "Yet-another-of-2026")

    def test_keeps_no_code_that_could_be_read(self, forgetful, ask, now):
        ask(forgetful, now)

        assert code_sent() not in str(list(PasswordRecovery.objects.values()))

    def test_says_at_the_field_that_a_password_is_weak_and_leaves_the_code_good(
        self, forgetful, ask, now
    ):
        ask(forgetful, now)
        code = code_sent()

        with pytest.raises(Refused, match="PASSWORD_WEAK") as weak:
            recover(forgetful, code, now, "12345")

        assert set(weak.value.fields) == {"new_password"}
        assert recover(forgetful, code, now) == forgetful

    def test_takes_a_code_for_a_quarter_of_an_hour(self, forgetful, ask, now):
        ask(forgetful, now)
        code = code_sent()

        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(forgetful, code, now + GOOD_FOR + timedelta(seconds=1))
        assert recover(forgetful, code, now + GOOD_FOR)

    def test_takes_no_code_after_too_many_wrong_ones(self, forgetful, ask, now):
        ask(forgetful, now)
        code = code_sent()
        wrong = f"{(int(code) + 1) % 10**8:08}"

        for _ in range(CODE_TRIES):
            with pytest.raises(Refused, match="CODE_WRONG"):
                recover(forgetful, wrong, now)

        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(forgetful, code, now)
        forgetful.refresh_from_db()
        assert forgetful.check_password(PASSWORD)

    def test_takes_the_last_code_alone(self, forgetful, ask, now):
        ask(forgetful, now)
        first = code_sent()
        later = now + timedelta(minutes=1)
        ask(forgetful, later)

        assert first != code_sent()
        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(forgetful, first, later)
        assert recover(forgetful, code_sent(), later)

    def test_takes_a_code_in_the_browser_that_asked_for_it(self, forgetful, ask, now):
        ask(forgetful, now)
        code = code_sent()
        ask(forgetful, now, sender="198.51.100.7", ticket="another browser's")

        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(forgetful, code, now, ticket="another browser's")
        assert recover(forgetful, code, now)

    def test_refuses_the_password_there_was(self, forgetful, ask, now):
        ask(forgetful, now)

        with pytest.raises(Refused, match="PASSWORD_SAME"):
            recover(forgetful, code_sent(), now, PASSWORD)

    def test_takes_nobody_elses_code(self, cast, forgetful, ask, now):
        opened(cast.agent, now)
        ask(forgetful, now)
        ask(cast.agent, now)

        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(forgetful, code_sent(), now)


class TestRecoveryAsk:
    def test_says_nothing_of_accounts_that_take_no_codes(self, cast, ask, now):
        for name in ("nobody-of-this-name", cast.owner.username, cast.operator.username, ""):
            ask(name, now)

        assert mail.outbox == []
        assert not PasswordRecovery.objects.exists()

    def test_sends_a_few_a_day_to_one_account(self, forgetful, ask, now):
        for minute in range(CODES_A_DAY + 2):
            ask(forgetful, now + timedelta(minutes=minute))
        assert len(mail.outbox) == CODES_A_DAY

        for number in range(MOST_A_DAY):
            ask(forgetful, now + timedelta(minutes=9), sender=f"198.51.100.{number}")
        assert len(mail.outbox) == MOST_A_DAY

        ask(forgetful, now + timedelta(days=1, minutes=10))

        assert len(mail.outbox) == MOST_A_DAY + 1
        assert PasswordRecovery.objects.count() == 1

    def test_refuses_one_address_that_asks_for_many(self, ask, now):
        for number in range(ASKED_AN_HOUR):
            ask(f"name-{number}", now)

        with pytest.raises(TooMany, match="RECOVERY_TOO_MANY"):
            ask("one-more", now)

    def test_sends_nothing_late(self, forgetful, now):
        asked = PasswordRecovery.objects.create(
            address=ReminderAddress.objects.get(user=forgetful), asked_at=now
        )

        assert not recovery_code_send(
            recovery_id=asked.pk, at=now + GOOD_FOR + timedelta(seconds=1)
        )

        assert mail.outbox == []

    def test_leaves_no_code_behind_a_message_that_was_not_taken(self, forgetful, now, monkeypatch):
        asked = PasswordRecovery.objects.create(
            address=ReminderAddress.objects.get(user=forgetful), asked_at=now
        )

        def refuse(*_):
            raise NotSent("closed")

        monkeypatch.setattr(outreach.Mail, "send", refuse)

        assert not recovery_code_send(recovery_id=asked.pk, at=now)
        assert PasswordRecovery.objects.get().code_digest == ""

    def test_writes_neither_code_nor_address_where_others_read(self, forgetful, ask, now, caplog):
        ask(forgetful, now)

        assert code_sent() not in mail.outbox[-1].subject
        assert code_sent() not in str(list(OutboxMessage.objects.values()))

    def test_sends_once_however_often_the_task_is_run(self, forgetful, ask, now):
        ask(forgetful, now)

        asked = PasswordRecovery.objects.get()
        assert not recovery_code_send(recovery_id=asked.pk, at=now)
        assert len(mail.outbox) == 1


class TestWhoMay:
    @pytest.mark.parametrize("deed", ["reset", "suspend", "authenticator", "change"])
    def test_takes_no_code_after_the_means_of_logging_in_were_renewed(
        self, cast, forgetful, ask, now, deed
    ):
        ask(forgetful, now)
        code = code_sent()
        key = {"user_id": forgetful.public_id, "actor": cast.operator, "at": now}
        if deed == "reset":
            password_reset(checked="OFFICE_CALLED", **key)
            User.objects.update(must_change_password=False)
        elif deed == "suspend":
            account_suspend(reason="MISUSE_SUSPECTED", **key)
            account_reopen(checked="OFFICE_CALLED", **key)
            User.objects.update(must_change_password=False)
        elif deed == "authenticator":
            make_authenticator(forgetful, at=now)
            authenticator_reset(reason="PHONE_LOST", checked="OFFICE_CALLED", **key)
        else:
            password_change(
                old_password=PASSWORD, new_password="Own-choice-of-2026", actor=forgetful, at=now
            )

        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(forgetful, code, now)
        is_open = ReminderAddress.objects.get(user=forgetful).recovers_since is not None
        assert is_open == (deed == "change")

    def test_opens_the_address_that_was_shown_alone(self, cast, now):
        opened(cast.owner, now)
        shown, later = shown_of(cast.owner), now + timedelta(minutes=1)
        address_enter(channel=Channel.EMAIL, address="y@example.com", actor=cast.owner, at=later)
        ReminderAddress.objects.update(confirmed_at=now)

        with pytest.raises(Conflict, match="ADDRESS_CHANGED"):
            recovery_open(entered_at=shown, actor=cast.owner, proof=Proof(PASSWORD), at=now)

    def test_takes_no_code_of_a_suspended_account_or_one_whose_password_others_made(
        self, cast, forgetful, ask, now
    ):
        ask(forgetful, now)
        code = code_sent()
        password_reset(
            user_id=forgetful.public_id, checked="OFFICE_CALLED", actor=cast.operator, at=now
        )
        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(forgetful, code, now)

        User.objects.filter(pk=forgetful.pk).update(must_change_password=False)
        account_suspend(
            user_id=forgetful.public_id, reason="MISUSE_SUSPECTED", actor=cast.operator, at=now
        )

        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(forgetful, code, now)
        mail.outbox.clear()
        ask(forgetful, now)
        assert mail.outbox == []

    def test_takes_staff_beside_an_authenticator_alone(self, cast, ask, now):
        with pytest.raises(NotPermitted, match="SECOND_FACTOR_NONE"):
            opened(cast.officer, now)
        made = make_authenticator(cast.officer, at=now)
        officer = User.objects.get(pk=cast.officer.pk)
        later = now + timedelta(minutes=1)
        recovery_open(
            entered_at=shown_of(officer),
            actor=officer,
            proof=Proof(PASSWORD, code_at(later)),
            at=later,
        )
        ask(officer, later)
        code = code_sent()

        Authenticator.objects.filter(pk=made.pk).delete()

        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(officer, code, later)

    def test_asks_whoever_has_an_authenticator_for_its_code_as_well(self, cast, now):
        make_authenticator(cast.owner, at=now)
        owner = User.objects.get(pk=cast.owner.pk)

        with pytest.raises(Refused, match="CODE_WRONG"):
            opened(owner, now)

    def test_opens_an_address_by_the_password_and_tells_the_person(self, cast, now):
        with pytest.raises(NotFound):
            recovery_open(entered_at=now, actor=cast.owner, proof=Proof(PASSWORD), at=now)
        opened(cast.owner, now)
        ReminderAddress.objects.update(recovers_since=None)

        with pytest.raises(Refused, match="CODE_WRONG"):
            recovery_open(
                entered_at=shown_of(cast.owner),
                actor=cast.owner,
                proof=Proof("not the password"),
                at=now,
            )

        assert ReminderAddress.objects.get().recovers_since is None
        assert Notification.objects.filter(user=cast.owner, title="已开通自助找回密码").exists()

    def test_takes_no_code_once_it_is_closed_or_the_address_another(self, forgetful, ask, now):
        ask(forgetful, now)
        code = code_sent()
        recovery_close(actor=forgetful, at=now)
        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(forgetful, code, now)
        shown = shown_of(forgetful)
        recovery_open(entered_at=shown, actor=forgetful, proof=Proof(PASSWORD), at=now)
        ask(forgetful, now + timedelta(minutes=1))
        code = code_sent()

        address_enter(channel=Channel.EMAIL, address="x@example.com", actor=forgetful, at=now)

        with pytest.raises(Refused, match="CODE_WRONG"):
            recover(forgetful, code, now + timedelta(minutes=1))
