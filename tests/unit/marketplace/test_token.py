from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.token import (
    PUBLIC_BYTES,
    SECRET_BYTES,
    TokenState,
    is_token_text,
    token_digest,
    token_prefix,
    token_state,
    token_text,
)

FROM = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
UNTIL = FROM + timedelta(days=30)
SECOND = timedelta(seconds=1)
PUBLIC = st.binary(min_size=PUBLIC_BYTES, max_size=PUBLIC_BYTES)
SECRET = st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES)


class TestToken:
    @given(PUBLIC, SECRET)
    def test_is_recognised_and_kept_as_a_hash_only(self, public, secret):
        text = token_text(token_prefix(public), secret)

        assert is_token_text(text)
        assert text.startswith(f"{token_prefix(public)}_")
        assert token_digest(text) == hashlib.sha256(text.encode("ascii")).hexdigest()
        assert secret.hex() not in token_digest(text)

    @given(PUBLIC, SECRET, st.integers(0, 76), st.characters(codec="utf-8"))
    def test_of_one_other_character_is_another_or_none(self, public, secret, place, other):
        text = token_text(token_prefix(public), secret)
        spoiled = text[:place] + other + text[place + 1 :]

        assert spoiled == text or token_digest(spoiled) != token_digest(text)

    @pytest.mark.parametrize("odd", ["", "xyd_", "xyd_0a1b2c3d_", "长" * 77, "\x00", "xyd_" * 500])
    def test_is_nothing_else(self, odd):
        assert not is_token_text(odd)

    def test_has_no_line_after_it(self):
        text = token_text(token_prefix(bytes(PUBLIC_BYTES)), bytes(SECRET_BYTES))

        assert not is_token_text(f"{text}\n")
        assert not is_token_text(text.upper())


class TestState:
    @pytest.mark.parametrize(
        ("at", "state"),
        [
            (FROM - SECOND, TokenState.PENDING),
            (FROM, TokenState.LIVE),
            (UNTIL - SECOND, TokenState.LIVE),
            (UNTIL, TokenState.EXPIRED),
        ],
    )
    def test_follows_the_days(self, at, state):
        assert token_state(FROM, UNTIL, None, at) is state

    @pytest.mark.parametrize("at", [FROM - SECOND, FROM, UNTIL])
    def test_is_revoked_whatever_the_day(self, at):
        assert token_state(FROM, UNTIL, at, at) is TokenState.REVOKED
        assert token_state(FROM, UNTIL, at + SECOND, at) is not TokenState.REVOKED
