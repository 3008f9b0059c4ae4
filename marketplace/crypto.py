"""Encryption of personal fields and keyed digests, through the ``cryptography`` package.

Each ciphertext names its suite and key (``a1:``: AES-256-GCM under the first field key), so that another suite or a
new key can be introduced beside the old one. Source: trust note 1.2 C1, GB/T 22239-2019 数据保密性.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

SUITE = "a1"
NONCE_BYTES = 12


class CiphertextBroken(ValueError):
    """A stored ciphertext cannot be opened with the configured keys."""


def encrypt(plain: str) -> str:
    """Return the text sealed under the field key; the empty text stays empty."""
    if not plain:
        return ""
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(settings.FIELD_KEY).encrypt(nonce, plain.encode(), SUITE.encode())
    return f"{SUITE}:{base64.urlsafe_b64encode(nonce + sealed).decode('ascii')}"


def decrypt(sealed: str) -> str:
    """Return the plain text of a sealed one.

    Raises:
        CiphertextBroken: other suite, other key, or changed bytes.
    """
    if not sealed:
        return ""
    suite, _, body = sealed.partition(":")
    if suite != SUITE:
        raise CiphertextBroken(suite)
    raw = base64.urlsafe_b64decode(body)
    try:
        plain = AESGCM(settings.FIELD_KEY).decrypt(
            raw[:NONCE_BYTES], raw[NONCE_BYTES:], SUITE.encode()
        )
    except InvalidTag as broken:
        raise CiphertextBroken(suite) from broken
    return plain.decode()


def keyed_digest(text: str, purpose: str) -> str:
    """Return a hex HMAC-SHA-256 of the text, separate for each purpose; for equality and signatures."""
    return hmac.new(settings.FIELD_KEY, f"{purpose}\x00{text}".encode(), hashlib.sha256).hexdigest()


if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class EncryptedTextField(_TextField):
    """A text that is plain in Python and sealed in the database; it cannot be filtered on."""

    description = "加密文本"

    def get_prep_value(self, value: Any) -> Any:
        """Seal the value on its way to the database."""
        prepared = super().get_prep_value(value)
        return prepared if prepared is None else encrypt(prepared)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        """Open the value on its way from the database."""
        return value if value is None else decrypt(value)
