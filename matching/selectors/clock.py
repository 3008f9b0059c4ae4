"""Clocks as they stand for an application at a moment: read from its events, never from a stored state.

Source: domain note 4.1; limits in ``matching/parameters/clocks.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from marketplace.calendars import work_calendar
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.vocabulary import Guarantee
from marketplace.domain.workdays import WorkCalendar
from marketplace.selectors import parameters_in_force
from matching.domain.clock import PREFIX, ClockReading, readings
from matching.domain.parameters import shipped
from matching.models import ApplicationEvent, LoanApplication


@dataclass(frozen=True)
class ClockTable:
    """What clocks are read with: the working calendar and the dated limits, loaded once for many readings."""

    calendar: WorkCalendar
    parameters: ParameterSet

    def states(self) -> frozenset[str]:
        """Return every state in which some clock, of whatever date, runs."""
        specs = (found for found in self.parameters if found.code.startswith(PREFIX))
        return frozenset(
            state for spec in specs for entry in spec.values for state in entry.value["states"]
        )


def clock_table() -> ClockTable:
    """Return the calendar and the limits in force.

    Queries: two.
    """
    return ClockTable(work_calendar(), parameters_in_force(shipped()))


def state_history(
    application: LoanApplication, events: Iterable[ApplicationEvent]
) -> list[tuple[str, datetime]]:
    """Return the states entered, oldest first; events that leave the state as it is enter none."""
    entered = [(event.target, event.at) for event in events if event.source != event.target]
    return [("DRAFT", application.created_at), *entered]


def clock_readings(
    application: LoanApplication,
    events: Sequence[ApplicationEvent],
    at: datetime,
    table: ClockTable,
) -> tuple[ClockReading, ...]:
    """Return every clock that runs on an application at a moment, the earliest deadline first.

    Args:
        application: with demand and product version loaded.
        events: its events, oldest first.
        at: aware moment.
        table: calendar and limits.

    Queries: none.
    """
    version = application.product_version
    credit = Guarantee.CREDIT.value
    return readings(
        state_history(application, events),
        at,
        table.calendar,
        table.parameters,
        pure_credit=application.demand.guarantee == credit and credit in version.guarantees,
        decision_days=version.decision_days,
        file_complete_at=application.file_complete_at,
    )
