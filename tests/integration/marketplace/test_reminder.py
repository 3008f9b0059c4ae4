"""Reminders outside the site: confirmed addresses, one message for all that waits, nothing said that is private."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection

from marketplace import outreach
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.reminder import SETTLED, Channel
from marketplace.models import AuditEvent, Notification, ReminderAddress
from marketplace.outreach import NotSent
from marketplace.services import (
    address_confirm,
    address_enter,
    address_remove,
    notification_read,
    notify,
    reminders_send,
)
from marketplace.services.minute_limit import TooMany

pytestmark = pytest.mark.django_db
MAIL = "li@example.com"
SECRET = "天津示例食品有限公司申请 500,000 元"


@pytest.fixture(autouse=True)
def _ways(settings):
    cache.clear()
    settings.EMAIL_URL = "memorymail://"
    settings.PUBLIC_BASE_URL = "https://x.example"


@pytest.fixture
def reminded(cast, now):
    """The owner, who confirmed an address."""
    before = now - timedelta(hours=1)
    enter(cast.owner, before)
    address_confirm(code=code_sent(), actor=cast.owner, at=before)
    mail.outbox.clear()
    return cast.owner


def enter(user, at, address=MAIL):
    return address_enter(channel=Channel.EMAIL, address=address, actor=user, at=at)


def code_sent():
    return re.search(r"验证码 (\d{6})", mail.outbox[-1].body).group(1)


def tell(user, at, kind="application.accepted"):
    """Write a notice just as long ago as it takes to be reminded of it."""
    notify(users=[user], kind=kind, title=SECRET, body=SECRET, at=at - SETTLED)


class TestAddress:
    def test_is_confirmed_by_the_code_that_was_sent_there(self, cast, now):
        enter(cast.owner, now)

        assert mail.outbox[-1].to == [MAIL]
        code = code_sent()
        assert code not in str(ReminderAddress.objects.values().get())
        row = address_confirm(code=f" {code} ", actor=cast.owner, at=now)

        assert row.confirmed_at == now
        told = Notification.objects.get(kind="user.reminder")
        assert (told.user, MAIL in told.title) == (cast.owner, False)
        event = AuditEvent.objects.get(action="marketplace.reminder.confirm")
        assert event.payload == {"channel": "EMAIL"}
        with pytest.raises(Conflict, match="ADDRESS_CONFIRMED"):
            address_confirm(code=code, actor=cast.owner, at=now)

    def test_is_sealed(self, cast, now):
        enter(cast.owner, now)

        with connection.cursor() as cursor:
            cursor.execute("SELECT address FROM marketplace_reminderaddress")
            assert MAIL not in str(cursor.fetchone()[0])

    def test_of_a_code_tried_too_often_is_over(self, cast, now):
        enter(cast.owner, now)
        code = code_sent()
        wrong = f"{(int(code) + 1) % 1_000_000:06}"

        for _ in range(4):
            with pytest.raises(Refused, match="CODE_WRONG"):
                address_confirm(code=wrong, actor=cast.owner, at=now)
        for typed in (wrong, code):
            with pytest.raises(Refused, match="CODE_OVER"):
                address_confirm(code=typed, actor=cast.owner, at=now)

    def test_of_an_old_code_is_over(self, cast, now):
        enter(cast.owner, now)

        with pytest.raises(Refused, match="CODE_OVER"):
            address_confirm(code=code_sent(), actor=cast.owner, at=now + timedelta(minutes=11))

    def test_of_somebody_else_is_not_confirmed(self, cast, now):
        enter(cast.owner, now)
        enter(cast.officer, now, "wang@example.com")
        code_of_officer = code_sent()

        with pytest.raises(Refused, match="CODE_WRONG"):
            address_confirm(code=code_of_officer, actor=cast.owner, at=now)
        with pytest.raises(NotFound):
            address_confirm(code=code_of_officer, actor=cast.agent, at=now)

    def test_is_asked_for_a_few_times_a_day(self, cast, now):
        for _ in range(5):
            enter(cast.owner, now)
        with pytest.raises(TooMany, match="CODE_TOO_MANY"):
            enter(cast.owner, now)

    @pytest.mark.parametrize(
        ("channel", "address", "code"),
        [
            (Channel.EMAIL, "not an address", "ADDRESS_INVALID"),
            (Channel.EMAIL, "a@b.example\nBcc: c@d.example", "ADDRESS_INVALID"),
            (Channel.SMS, "13812341234", "CHANNEL_CLOSED"),
        ],
    )
    def test_that_cannot_be_written_to_is_refused(self, cast, now, channel, address, code):
        with pytest.raises(Refused, match=code):
            address_enter(channel=channel, address=address, actor=cast.owner, at=now)
        assert not mail.outbox

    def test_that_takes_no_message_is_told(self, cast, now, monkeypatch):
        enter(cast.owner, now)
        monkeypatch.setattr(outreach.Mail, "send", refuse)

        with pytest.raises(Refused, match="CODE_NOT_SENT"):
            enter(cast.owner, now, "wang@example.com")
        assert ReminderAddress.objects.get().address == MAIL, "what stood before stands"

    def test_is_gone_when_it_is_removed(self, reminded, now):
        address_remove(actor=reminded, at=now)
        tell(reminded, now)

        assert reminders_send(at=now).sent == 0
        assert not ReminderAddress.objects.exists()


def refuse(*_):
    raise NotSent("no route")


class TestReminder:
    def test_says_how_many_about_what_and_nothing_else(self, reminded, now):
        tell(reminded, now)
        tell(reminded, now, "application.signed")
        tell(reminded, now, "event.invite")

        assert reminders_send(at=now).sent == 1

        (message,) = mail.outbox
        assert message.body == (
            "【信易贷撮合平台】您有 3 条新消息：贷款申请 2 条，对接会 1 条。请登录查看：https://x.example"
        )
        assert SECRET not in str(message.message())
        assert message.to == [MAIL]

    def test_is_sent_once_of_each(self, reminded, now):
        tell(reminded, now)
        reminders_send(at=now)

        assert reminders_send(at=now + timedelta(hours=1)).sent == 0
        assert Notification.objects.get(title=SECRET).reminded_at == now

    def test_waits_for_whoever_is_at_the_site(self, reminded, now):
        tell(reminded, now)

        assert reminders_send(at=now - timedelta(seconds=1)).sent == 0
        assert reminders_send(at=now).sent == 1

    def test_goes_to_the_others_when_one_address_cannot_be_opened(self, cast, reminded, now):
        enter(cast.officer, now - timedelta(hours=1), "wang@example.com")
        address_confirm(code=code_sent(), actor=cast.officer, at=now - timedelta(hours=1))
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE marketplace_reminderaddress SET address = 'broken' WHERE user_id = %s",
                [reminded.pk],
            )
        mail.outbox.clear()
        for user in (reminded, cast.officer):
            tell(user, now)

        done = reminders_send(at=now)

        assert (done.sent, done.failed) == (1, 1)
        assert [message.to for message in mail.outbox] == [["wang@example.com"]]
        assert reminders_send(at=now + timedelta(hours=1)).failed == 0
        address_remove(actor=reminded, at=now)

    def test_waits_a_quarter_of_an_hour_after_the_last(self, reminded, now):
        tell(reminded, now)
        reminders_send(at=now)
        tell(reminded, now)

        assert reminders_send(at=now + timedelta(minutes=14)).sent == 0
        assert reminders_send(at=now + timedelta(minutes=15)).sent == 1

    def test_is_not_sent_of_what_was_read(self, reminded, now):
        tell(reminded, now)
        notice = Notification.objects.get(title=SECRET)
        notification_read(public_id=notice.public_id, actor=reminded, at=now)

        assert reminders_send(at=now).sent == 0

    def test_is_not_sent_of_what_was_there_before(self, cast, now):
        tell(cast.owner, now - timedelta(hours=1))
        enter(cast.owner, now)
        address_confirm(code=code_sent(), actor=cast.owner, at=now)

        assert reminders_send(at=now).sent == 0

    def test_is_not_sent_at_night_but_in_the_morning(self, reminded, now):
        night = now.replace(hour=14)  # 22:00 in Beijing
        tell(reminded, night)

        assert reminders_send(at=night).sent == 0
        assert reminders_send(at=night + timedelta(hours=10)).sent == 1

    def test_is_not_sent_to_who_cannot_log_in(self, reminded, now):
        tell(reminded, now)
        reminded.is_active = False
        reminded.save()

        assert reminders_send(at=now).sent == 0

    def test_goes_to_nobody_where_no_way_is_open(self, reminded, now, settings):
        settings.EMAIL_URL = ""
        tell(reminded, now)

        assert reminders_send(at=now).sent == 0


class TestFailure:
    def test_is_tried_again_later_and_later(self, reminded, now, monkeypatch):
        tell(reminded, now)
        with monkeypatch.context() as broken:
            broken.setattr(outreach.Mail, "send", refuse)
            assert reminders_send(at=now).failed == 1
            assert reminders_send(at=now + timedelta(minutes=4)).failed == 0
            assert reminders_send(at=now + timedelta(minutes=5)).failed == 1

        assert reminders_send(at=now + timedelta(minutes=14)).sent == 0
        assert reminders_send(at=now + timedelta(minutes=15)).sent == 1
        assert ReminderAddress.objects.get().failures == 0

    def test_that_lasts_ends_it_and_the_person_reads_so(self, reminded, now, monkeypatch):
        monkeypatch.setattr(outreach.Mail, "send", refuse)
        tell(reminded, now)

        for minutes in (0, 5, 15, 35, 75):
            reminders_send(at=now + timedelta(minutes=minutes))

        assert not ReminderAddress.objects.exists()
        assert Notification.objects.filter(user=reminded, title="电子邮件提醒已停止").exists()

    def test_in_the_midst_of_sending_is_made_up_for(self, reminded, now, monkeypatch):
        """Killed after the message was handed over, before that was written down."""
        keys = []

        def killed(self, address, text, key, at):
            keys.append(key)
            raise KeyboardInterrupt

        tell(reminded, now)
        with monkeypatch.context() as broken:
            broken.setattr(outreach.Mail, "send", killed)
            with pytest.raises(KeyboardInterrupt):
                reminders_send(at=now)

        assert reminders_send(at=now + timedelta(minutes=9)).sent == 0
        monkeypatch.setattr(
            outreach.Mail, "send", lambda self, address, text, key, at: keys.append(key)
        )
        assert reminders_send(at=now + timedelta(minutes=10)).sent == 1
        assert keys[0] == keys[1]


class TestGateway:
    @pytest.fixture
    def gateway(self, settings):
        """The other side: keeps what it is sent and answers as it is told to."""
        kept, status = [], [200]

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.append((dict(self.headers), body))
                self.send_response(status[0])
                self.end_headers()

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        settings.SMS_GATEWAY_URL = f"http://127.0.0.1:{server.server_port}/send"
        settings.SMS_GATEWAY_KEY = "示例密钥"
        yield kept, status
        server.shutdown()
        server.server_close()

    def test_takes_signed_messages(self, cast, now, gateway):
        kept, _ = gateway
        address_enter(channel=Channel.SMS, address="138 1234 1234", actor=cast.owner, at=now)

        headers, body = kept[0]
        said = json.loads(body)
        expected = hmac.new(
            "示例密钥".encode(), headers["X-Timestamp"].encode() + b"." + body, hashlib.sha256
        )
        assert headers["X-Signature"] == expected.hexdigest()
        assert int(headers["X-Timestamp"]) == int(now.timestamp())
        assert said["phone"] == "13812341234"
        assert "验证码" in said["text"]
        assert said["id"]

    def test_that_refuses_is_not_one_that_took_it(self, cast, now, gateway):
        _, status = gateway
        status[0] = 503

        with pytest.raises(Refused, match="CODE_NOT_SENT"):
            address_enter(channel=Channel.SMS, address="13812341234", actor=cast.owner, at=now)

    def test_that_is_not_there_is_told(self, cast, now, settings):
        settings.SMS_GATEWAY_URL, settings.SMS_GATEWAY_KEY = "http://127.0.0.1:9/", "x"

        with pytest.raises(Refused, match="CODE_NOT_SENT"):
            address_enter(channel=Channel.SMS, address="13812341234", actor=cast.owner, at=now)
