"""Periods that are owed, and events that were delivered in time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.domain.rhythm import (
    Due,
    UpdateRhythm,
    dues_between,
    earliest_in_time,
    latest_due,
    next_due,
    served_on,
)
from marketplace.domain.workdays import WeekCalendar, add_working_days

WEEK = WeekCalendar()
PERIODIC = [rhythm for rhythm in UpdateRhythm if rhythm is not UpdateRhythm.ON_EVENT]
days = st.dates(date(2024, 1, 1), date(2027, 12, 31))


class TestDuesBetween:
    @pytest.mark.parametrize(
        ("rhythm", "due_days", "start", "end", "periods"),
        [
            (UpdateRhythm.DAILY, 1, date(2026, 6, 1), date(2026, 6, 3), ["2026-05-31", "2026-06-01"]),
            (UpdateRhythm.WEEKLY, 3, date(2026, 6, 8), date(2026, 6, 15), ["2026W23"]),
            (UpdateRhythm.MONTHLY, 15, date(2026, 6, 1), date(2026, 7, 1), ["2026-05"]),
            (UpdateRhythm.QUARTERLY, 30, date(2026, 7, 1), date(2026, 8, 1), ["2026Q2"]),
            (UpdateRhythm.YEARLY, 181, date(2026, 6, 1), date(2026, 7, 1), ["2025"]),
            (UpdateRhythm.ON_EVENT, 7, date(2026, 6, 1), date(2026, 7, 1), []),
        ],
    )  # fmt: skip
    def test_names_what_falls_due(self, rhythm, due_days, start, end, periods):
        assert [due.period for due in dues_between(rhythm, due_days, start, end)] == periods

    @given(st.sampled_from(PERIODIC), st.integers(0, 400), days, st.integers(1, 400))
    def test_splits_a_span_without_losing_or_doubling_a_period(self, rhythm, term, start, length):
        middle, end = start + timedelta(days=length // 2), start + timedelta(days=length)

        whole = dues_between(rhythm, term, start, end)

        assert whole == dues_between(rhythm, term, start, middle) + dues_between(
            rhythm, term, middle, end
        )
        assert all(start <= due.due < end for due in whole)
        assert all(first.end == then.start for first, then in pairwise(whole))


class TestDue:
    def test_a_term_that_ends_on_a_day_of_rest_ends_on_the_next_working_day(self):
        saturday = Due("x", date(2026, 5, 1), date(2026, 6, 1), date(2026, 6, 13))

        assert saturday.last_day(WEEK) == date(2026, 6, 15)


class TestLatestAndNextDue:
    @given(st.sampled_from(PERIODIC), st.integers(0, 40), days)
    def test_the_latest_is_past_and_the_next_is_not(self, rhythm, term, on):
        past, coming = latest_due(rhythm, term, on, WEEK), next_due(rhythm, term, None, on)

        assert past is None or past.last_day(WEEK) < on
        assert coming.due >= on

    @given(st.sampled_from(PERIODIC), st.integers(0, 40), days)
    def test_what_was_delivered_today_is_not_owed_next(self, rhythm, term, on):
        assert next_due(rhythm, term, on, on).end > on


class TestServedOn:
    def test_the_first_delivery_after_the_period_serves_it(self):
        due = Due("2026-05", date(2026, 5, 1), date(2026, 6, 1), date(2026, 6, 15))

        found = served_on(due, [date(2026, 5, 31), date(2026, 6, 3), date(2026, 6, 9)])

        assert found == date(2026, 6, 3)
        assert served_on(due, [date(2026, 5, 31)]) is None


class TestEarliestInTime:
    @given(days, st.integers(0, 30))
    def test_agrees_with_the_deadline_counted_forward(self, received, working_days):
        first = earliest_in_time(received, working_days, WEEK)

        def deadline(day: date) -> date:
            noon = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
            return add_working_days(noon, working_days, WEEK).on

        assert first <= received
        assert deadline(first) >= received
        assert deadline(first - timedelta(days=1)) < received
