from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import Refused
from marketplace.domain.parameters import DatedValue
from marketplace.domain.workdays import BEIJING, WeekCalendar
from matching.domain.application import APPLICATION
from matching.domain.clock import (
    ClockAction,
    clock_on,
    clocks_in,
    deadline,
    due_steps,
    leading,
    pauses_of,
    readings,
)
from matching.domain.demand import DEMAND
from matching.domain.lead import LEAD
from matching.domain.parameters import shipped

WEEK = WeekCalendar()
MONDAY = date(2025, 6, 9)
CODES = [p.code.removeprefix("clocks.") for p in shipped() if p.code.startswith("clocks.")]


def at(day, hour=10):
    return datetime(2025, 6, day, hour, tzinfo=BEIJING)


def read(history, moment, **more):
    asked = {"pure_credit": True}
    return readings(history, moment, WEEK, shipped(), **(asked | more))


def codes(found):
    return [reading.clock.code for reading in found]


SUBMITTED = [("DRAFT", at(2)), ("SUBMITTED", at(9)), ("PENDING_ACCEPT", at(9))]


class TestShippedClocks:
    @pytest.mark.parametrize("code", CODES)
    def test_name_known_states_and_ascending_steps(self, code):
        clock = clock_on(code, MONDAY, shipped())

        known = (APPLICATION, DEMAND, LEAD)
        assert any(clock.states | clock.pauses <= set(machine.states) for machine in known)
        assert clock.days > 0
        assert [step.after for step in clock.steps] == sorted(step.after for step in clock.steps)

    def test_expire_only_where_the_machine_can(self):
        rows = [*APPLICATION.transitions, *LEAD.transitions]
        expiring = {row.source for row in rows if row.event in ("EXPIRE", "LAPSE")}

        for code in CODES:
            clock = clock_on(code, MONDAY, shipped())
            if any(step.action is ClockAction.EXPIRE for step in clock.steps):
                assert clock.states <= expiring

    def test_refuse_an_unknown_clock(self):
        with pytest.raises(Refused):
            clock_on("NAP", MONDAY, shipped())


class TestClocksIn:
    @pytest.mark.parametrize(
        ("state", "pure_credit", "running"),
        [
            ("PENDING_ACCEPT", True, {"ACCEPT"}),
            ("ACCEPTED", False, {"CONTACT"}),
            ("SUPPLEMENT", True, {"SUPPLEMENT"}),
            ("IN_APPROVAL", True, {"DECISION", "DECISION_LIMIT"}),
            ("IN_APPROVAL", False, {"DECISION_LIMIT"}),
            ("SUSPENDED", True, {"SUSPENSION"}),
            ("DRAFT", True, {"DRAFT"}),
            ("REPAYING", True, set()),
        ],
    )
    def test_run_in_their_states(self, state, pure_credit, running):
        found = clocks_in(state, MONDAY, shipped(), pure_credit=pure_credit)

        assert {clock.code for clock in found} == running

    def test_a_limit_does_not_run_before_it_was_made(self):
        found = clocks_in("IN_APPROVAL", date(2024, 10, 27), shipped(), pure_credit=True)

        assert [clock.code for clock in found] == ["DECISION"]

    @pytest.mark.parametrize(
        ("pure_credit", "promise", "days"), [(True, 3, 3), (True, 9, 5), (False, 9, 9)]
    )
    def test_the_products_promise_counts(self, pure_credit, promise, days):
        found = clocks_in(
            "IN_APPROVAL", MONDAY, shipped(), pure_credit=pure_credit, decision_days=promise
        )

        decision = next(clock for clock in found if clock.code == "DECISION")
        assert (decision.days, decision.steps[0].after) == (days, days)


class TestReadings:
    def test_acceptance_is_due_one_working_day_after_submission(self):
        (found,) = read(SUBMITTED, at(9))

        assert (found.clock.code, found.due.on) == ("ACCEPT", date(2025, 6, 10))
        assert (found.is_overdue, found.due_steps) == (False, ())

    def test_contact_is_due_three_working_days_after_submission(self):
        (found,) = read([*SUBMITTED, ("ACCEPTED", at(10))], at(10))

        assert (found.clock.code, found.due.on) == ("CONTACT", date(2025, 6, 12))

    @pytest.mark.parametrize(
        ("day", "actions"),
        [
            (10, []),
            (11, ["REMIND"]),
            (12, ["REMIND", "ESCALATE"]),
            (13, ["REMIND", "ESCALATE", "EXPIRE"]),
        ],
    )
    def test_steps_come_one_after_the_other(self, day, actions):
        (found,) = read(SUBMITTED, at(day))

        assert [step.action for step in found.due_steps] == actions
        assert found.is_overdue == bool(actions)

    def test_decision_counts_from_the_complete_file(self):
        history = [*SUBMITTED, ("DUE_DILIGENCE", at(10)), ("IN_APPROVAL", at(11))]

        found = read(history, at(11), file_complete_at=at(11))

        assert [(r.clock.code, r.due.on) for r in found] == [
            ("DECISION", date(2025, 6, 18)),
            ("DECISION_LIMIT", date(2025, 7, 11)),
        ]
        assert leading(found).clock.code == "DECISION"

    def test_decision_does_not_run_before_the_file_is_complete(self):
        assert read([*SUBMITTED, ("DUE_DILIGENCE", at(10))], at(10)) == ()

    def test_decision_stands_still_while_the_borrower_supplies(self):
        history = [
            *SUBMITTED,
            ("IN_APPROVAL", at(10)),
            ("DUE_DILIGENCE", at(11)),
            ("SUPPLEMENT", at(11)),
            ("DUE_DILIGENCE", at(16)),
            ("IN_APPROVAL", at(16)),
        ]

        found = read(history, at(16), file_complete_at=at(10))

        assert {r.clock.code: r.due.on for r in found} == {
            "DECISION": date(2025, 6, 20),
            "DECISION_LIMIT": date(2025, 7, 15),
        }

    def test_acceptance_stands_still_while_suspended(self):
        history = [*SUBMITTED, ("SUSPENDED", at(9)), ("PENDING_ACCEPT", at(12))]

        (found,) = read(history, at(12))

        assert found.due.on == date(2025, 6, 12)

    def test_keeps_the_limit_that_was_in_force_at_the_start(self):
        spec = dict(shipped().value_on("clocks.ACCEPT", MONDAY)) | {"days": 9}
        entered = {"clocks.ACCEPT": [DatedValue(date(2025, 6, 10), spec, "新规")]}

        (found,) = readings(
            SUBMITTED, at(11), WEEK, shipped().with_entered(entered), pure_credit=True
        )

        assert found.clock.days == 1

    def test_is_provisional_on_an_unpublished_calendar(self):
        (found,) = read(SUBMITTED, at(9))

        assert found.due.provisional

    def test_nothing_runs_without_history(self):
        assert read([], at(9)) == ()
        assert leading([]) is None


class TestDeadline:
    def test_is_open_while_a_pause_lasts(self):
        clock = clock_on("DECISION", MONDAY, shipped())
        pauses = pauses_of([("IN_APPROVAL", at(9)), ("SUPPLEMENT", at(10))], clock.pauses)

        assert deadline(clock, at(9), WEEK, pauses) is None
        assert due_steps(clock, at(9), at(30), WEEK, pauses) == ()

    @given(
        st.integers(0, 40),
        st.integers(0, 40),
        st.sampled_from(CODES),
    )
    def test_a_pause_moves_it_by_no_more_than_its_length_in_counted_days(self, after, length, code):
        clock = clock_on(code, MONDAY, shipped())
        start = at(9)
        history = [
            ("A", start),
            ("P", start + timedelta(days=after)),
            ("A", start + timedelta(days=after + length)),
        ]

        pauses = pauses_of(history, frozenset({"P"}))
        plain, moved = deadline(clock, start, WEEK), deadline(clock, start, WEEK, pauses)

        assert plain.at <= moved.at
        assert moved.at <= plain.at + timedelta(days=length + 2)
