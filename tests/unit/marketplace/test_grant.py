"""Where an exceptional grant stands at a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.grant import (
    GRANT_KIND_LABELS,
    GRANT_STATE_LABELS,
    GRANT_TERMS,
    GrantKind,
    GrantState,
    grant_state,
)

END = datetime(2026, 12, 1, tzinfo=UTC)
MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 31), timezones=st.just(UTC)
)


class TestGrantState:
    def test_lives_until_its_end_and_no_moment_longer(self):
        assert grant_state(END, None, END - timedelta(microseconds=1)) is GrantState.LIVE
        assert grant_state(END, None, END) is GrantState.EXPIRED

    def test_is_over_from_the_moment_of_revocation_on(self):
        revoked = END - timedelta(days=3)

        assert grant_state(END, revoked, revoked - timedelta(seconds=1)) is GrantState.LIVE
        assert grant_state(END, revoked, revoked) is GrantState.REVOKED

    @given(MOMENTS, st.none() | MOMENTS, MOMENTS, st.timedeltas(min_value=timedelta(0)))
    def test_never_comes_back_to_life(self, end, revoked, at, later):
        if grant_state(end, revoked, at) is not GrantState.LIVE:
            after = min(at + min(later, timedelta(days=3650)), datetime(2100, 1, 1, tzinfo=UTC))

            assert grant_state(end, revoked, after) is not GrantState.LIVE


class TestTables:
    def test_say_everything_of_every_kind(self):
        assert set(GRANT_TERMS) == set(GRANT_KIND_LABELS) == set(GrantKind)
        assert set(GRANT_STATE_LABELS) == set(GrantState)
