"""Ways out of the site: e-mail by SMTP, text messages by the city's gateway. None is open unless it is configured.

The gateway takes ``POST`` of JSON ``{"id", "phone", "text"}``, UTF-8, with the headers ``X-Timestamp`` (seconds since
1970) and ``X-Signature``: HMAC-SHA256 in hexadecimal over timestamp, a point and the body, keyed with
``SMS_GATEWAY_KEY``. Any 2xx means that it took the message; the same id again is the same message.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import urllib.error
import urllib.request
from datetime import datetime
from typing import Protocol

import environ
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from marketplace.domain.reminder import Channel

TIMEOUT_SECONDS = 10


class NotSent(Exception):
    """A message was not taken; why in a form that names no address, for the log alone."""


class Sender(Protocol):
    """Hands a message over."""

    def send(self, address: str, text: str, key: str, at: datetime) -> None:
        """Hand one message over.

        Args:
            address: as of `marketplace.domain.reminder.address_read`.
            text: whole.
            key: the same for the same message, should it be handed over again.
            at: now, aware.

        Raises:
            NotSent: it was not taken.
        """


class Mail:
    """E-mail by SMTP, as ``EMAIL_URL`` says."""

    def send(self, address: str, text: str, key: str, at: datetime) -> None:
        """Hand one message over; see `Sender`."""
        known = environ.Env.email_url_config(settings.EMAIL_URL)
        connection = get_connection(
            backend=known["EMAIL_BACKEND"],
            fail_silently=False,
            host=known.get("EMAIL_HOST"),
            port=known.get("EMAIL_PORT"),
            username=known.get("EMAIL_HOST_USER"),
            password=known.get("EMAIL_HOST_PASSWORD"),
            use_tls=known.get("EMAIL_USE_TLS", False),
            use_ssl=known.get("EMAIL_USE_SSL", False),
            timeout=TIMEOUT_SECONDS,
        )
        subject = re.split("[：，]", text, maxsplit=1)[0]
        message = EmailMessage(
            subject, text, settings.EMAIL_FROM, [address], headers={"Message-ID": f"<{key}@site>"}
        )
        message.connection = connection
        try:
            message.send()
        except OSError as fault:  # refused connections, time out, and whatever SMTP answers
            raise NotSent(_said_of(fault)) from fault


class Gateway:
    """Text messages by the gateway of ``SMS_GATEWAY_URL``."""

    def send(self, address: str, text: str, key: str, at: datetime) -> None:
        """Hand one message over; see `Sender`."""
        body = json.dumps({"id": key, "phone": address, "text": text}, ensure_ascii=False).encode()
        moment = str(int(at.timestamp()))
        signed = hmac.new(
            settings.SMS_GATEWAY_KEY.encode(), moment.encode() + b"." + body, hashlib.sha256
        )
        asked = urllib.request.Request(  # noqa: S310 - the scheme is looked at where settings are read
            settings.SMS_GATEWAY_URL,
            data=body,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "X-Timestamp": moment,
                "X-Signature": signed.hexdigest(),
            },
        )
        try:
            with urllib.request.urlopen(asked, timeout=TIMEOUT_SECONDS):  # noqa: S310
                return
        except (urllib.error.URLError, OSError) as fault:
            raise NotSent(_said_of(fault)) from fault


def _said_of(fault: Exception) -> str:
    """Return kind and code of a fault; its text may repeat the address."""
    code = getattr(fault, "smtp_code", None) or getattr(fault, "code", "")
    return f"{type(fault).__name__} {code}".strip()


def senders() -> dict[Channel, Sender]:
    """Return the ways that are open."""
    found: dict[Channel, Sender] = {}
    if settings.EMAIL_URL:
        found[Channel.EMAIL] = Mail()
    if settings.SMS_GATEWAY_URL:
        found[Channel.SMS] = Gateway()
    return found
