from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import Refused
from marketplace.domain.workdays import (
    BEIJING,
    DayKind,
    Pause,
    TableCalendar,
    WeekCalendar,
    add_calendar_days,
    add_working_days,
    count_working_days,
    end_of_day,
    local_date,
)

FRIDAY = datetime(2025, 6, 6, 12, 0, tzinfo=BEIJING)
WEEK = WeekCalendar()
OFFICIAL = TableCalendar(
    {
        date(2025, 6, 9): DayKind(working=False),
        date(2025, 6, 7): DayKind(working=True),
        date(2025, 6, 10): DayKind(working=True),
        date(2025, 6, 11): DayKind(working=True),
    }
)


def at(day, hour=12):
    return datetime(2025, 6, day, hour, tzinfo=BEIJING)


class TestAddWorkingDays:
    def test_first_day_is_not_counted_and_weekend_is_skipped(self):
        assert add_working_days(FRIDAY, 3, WEEK).on == date(2025, 6, 11)

    def test_ends_at_midnight_in_beijing(self):
        deadline = add_working_days(FRIDAY, 1, WEEK)

        assert deadline.at == datetime(2025, 6, 9, 15, 59, 59, tzinfo=UTC)
        assert not deadline.has_passed(deadline.at)
        assert deadline.has_passed(deadline.at + timedelta(seconds=1))

    def test_zero_days_end_the_same_day(self):
        assert add_working_days(FRIDAY, 0, WEEK).on == FRIDAY.date()

    def test_follows_holidays_and_shifted_working_days(self):
        assert add_working_days(FRIDAY, 2, OFFICIAL).on == date(2025, 6, 10)

    def test_is_provisional_when_a_day_used_is_not_published(self):
        assert not add_working_days(FRIDAY, 1, OFFICIAL).provisional
        assert add_working_days(FRIDAY, 5, OFFICIAL).provisional

    def test_late_evening_in_utc_counts_from_the_beijing_date(self):
        thursday_evening_utc = datetime(2025, 6, 5, 17, 0, tzinfo=UTC)

        assert add_working_days(thursday_evening_utc, 1, WEEK).on == date(2025, 6, 9)

    def test_a_january_without_published_calendar_works(self):
        deadline = add_working_days(datetime(2029, 12, 31, 9, tzinfo=BEIJING), 3, WEEK)

        assert (deadline.on, deadline.provisional) == (date(2030, 1, 3), True)

    def test_refuses_a_calendar_without_working_days(self):
        with pytest.raises(Refused) as refused:
            add_working_days(FRIDAY, 1, TableCalendar({}, fallback=Never()))

        assert refused.value.code == "CALENDAR_EMPTY"

    @pytest.mark.parametrize(("moment", "days"), [(FRIDAY, -1), (datetime(2025, 6, 6), 1)])
    def test_rejects_negative_days_and_naive_moments(self, moment, days):
        with pytest.raises(ValueError, match=r"negative|time zone"):
            add_working_days(moment, days, WEEK)


class Never:
    def is_working(self, day):
        return DayKind(working=False)


class TestPauses:
    def test_a_pause_over_midnights_skips_its_days(self):
        pauses = [Pause(at(10), at(12))]

        assert add_working_days(at(9), 2, WEEK, pauses).on == date(2025, 6, 13)

    def test_a_pause_within_one_day_costs_nothing(self):
        assert add_working_days(at(9), 2, WEEK, [Pause(at(10, 8), at(10, 18))]).on == date(
            2025, 6, 11
        )

    def test_refuses_a_pause_that_lasts(self):
        with pytest.raises(Refused) as refused:
            add_working_days(at(9), 2, WEEK, [Pause(at(10))])

        assert refused.value.code == "CLOCK_PAUSED"

    def test_calendar_days_skip_paused_days_only(self):
        assert add_calendar_days(at(6), 3).on == date(2025, 6, 9)
        assert add_calendar_days(at(6), 3, [Pause(at(7), at(9))]).on == date(2025, 6, 11)


class TestCountWorkingDays:
    def test_open_pause_stops_the_count(self):
        assert count_working_days(at(9), at(13), WEEK) == 4
        assert count_working_days(at(9), at(13), WEEK, [Pause(at(11))]) == 1

    @given(
        start=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),
        days=st.integers(0, 60),
        gaps=st.lists(st.tuples(st.integers(0, 90), st.integers(0, 20)), max_size=3),
    )
    def test_counting_up_to_a_deadline_gives_its_days(self, start, days, gaps):
        begin = start.replace(tzinfo=BEIJING)
        pauses = [
            Pause(begin + timedelta(days=after), begin + timedelta(days=after + length))
            for after, length in gaps
        ]

        deadline = add_working_days(begin, days, WEEK, pauses)

        assert count_working_days(begin, deadline.at, WEEK, pauses) == days

    @given(days=st.integers(0, 40), length=st.integers(0, 30))
    def test_a_pause_never_shortens_the_time(self, days, length):
        pause = Pause(at(9), at(9) + timedelta(days=length))

        paused = add_working_days(at(6), days, WEEK, [pause])

        assert paused.at >= add_working_days(at(6), days, WEEK).at


class TestLocalDate:
    @given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
    def test_end_of_a_day_is_that_day(self, day):
        assert local_date(end_of_day(day)) == day
