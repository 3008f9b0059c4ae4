"""Counting per sender and minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from marketplace.services.minute_limit import MinuteLimit, TooMany

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LIMIT = MinuteLimit("tests.limit", 3, "TOO_OFTEN", "请稍后再试。")


@pytest.fixture(autouse=True)
def empty():
    cache.clear()


class TestMinuteLimit:
    def test_refuses_the_one_too_many_and_nobody_else_and_not_for_long(self):
        for _ in range(3):
            LIMIT.count_or_refuse("a", AT)

        with pytest.raises(TooMany) as refused:
            LIMIT.count_or_refuse("a", AT + timedelta(seconds=59))
        LIMIT.count_or_refuse("b", AT)
        LIMIT.count_or_refuse("a", AT + timedelta(minutes=1))

        assert (refused.value.status, refused.value.code) == (429, "TOO_OFTEN")

    def test_asking_whether_it_is_spent_counts_nothing(self):
        for _ in range(5):
            LIMIT.refuse_spent("a", AT)
        for _ in range(3):
            LIMIT.count("a", AT)

        with pytest.raises(TooMany):
            LIMIT.refuse_spent("a", AT)

    def test_counts_over_a_longer_stretch_where_one_is_given(self):
        limit = MinuteLimit("tests.long", 1, "TOO_OFTEN", "请稍后再试。", minutes=15)
        limit.count("a", AT)

        with pytest.raises(TooMany):
            limit.refuse_spent("a", AT + timedelta(minutes=14, seconds=59))
        limit.refuse_spent("a", AT + timedelta(minutes=15))
