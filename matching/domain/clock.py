"""Which clock runs in which state of an application, when it ends, and what is due meanwhile.

Limits, steps and pausing states stand in ``matching/parameters/clocks.toml``, dated: a clock keeps the limit that was
in force when it started. A clock stands still in its pausing states (the lender's decision clock while the borrower
supplies documents, every lender's clock while the application is suspended).

Source: domain note 4.1 ("135" clock, 30 calendar days of 金发〔2024〕32号).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from marketplace.domain.parameters import DatedParameter, ParameterSet
from marketplace.domain.workdays import (
    Deadline,
    Pause,
    WorkCalendar,
    add_calendar_days,
    add_working_days,
    local_date,
)

PREFIX = "clocks."
FILE_COMPLETE = "FILE_COMPLETE"
DECISION = "DECISION"
CREDIT_ONLY = "CREDIT_ONLY"
WORKING = "WORKING"

History = Sequence[tuple[str, datetime]]
"""States in the order in which they were entered, with the moment."""


class ClockAction(StrEnum):
    """What happens when a clock has run for so many days."""

    REMIND = "REMIND"
    ESCALATE = "ESCALATE"
    EXPIRE = "EXPIRE"


CLOCK_ACTION_LABELS = {
    ClockAction.REMIND: "提醒",
    ClockAction.ESCALATE: "督办",
    ClockAction.EXPIRE: "超时关闭",
}


@dataclass(frozen=True)
class ClockStep:
    """An action after so many days of the clock."""

    after: int
    action: ClockAction


@dataclass(frozen=True)
class ClockSpec:
    """One clock as its dated parameter declares it.

    Attributes:
        code: e.g. ``ACCEPT``.
        states: states in which it runs.
        start: name of the moment it starts at.
        days: the limit, in working or calendar days.
        working: True for working days.
        pauses: states in which it stands still.
        credit_only: holds for products without security only.
        steps: actions, earliest first.
        version: effective date of the parameter's value.
    """

    code: str
    label: str
    states: frozenset[str]
    start: str
    days: int
    working: bool
    pauses: frozenset[str]
    credit_only: bool
    steps: tuple[ClockStep, ...]
    version: str

    def with_days(self, days: int) -> ClockSpec:
        """Return the clock with another limit, its steps moved along."""
        moved = (replace(step, after=max(0, step.after + days - self.days)) for step in self.steps)
        return replace(self, days=days, steps=tuple(moved))


@dataclass(frozen=True)
class ClockReading:
    """One running clock of one application at one moment.

    Attributes:
        due: the deadline, None while the clock is paused.
        is_overdue: the deadline has passed.
        due_steps: actions whose time has come, earliest first.
    """

    clock: ClockSpec
    started_at: datetime
    due: Deadline | None
    is_overdue: bool
    due_steps: tuple[ClockStep, ...]

    @property
    def is_paused(self) -> bool:
        """Return whether the clock stands still."""
        return self.due is None


def clock_on(code: str, on: date, parameters: ParameterSet) -> ClockSpec:
    """Return a clock as in force on a date.

    Raises:
        Refused: ``PARAMETER_UNKNOWN``, ``PARAMETER_NOT_IN_FORCE``.
    """
    return _spec(parameters[PREFIX + code], on)


def clocks_in(
    state: str,
    on: date,
    parameters: ParameterSet,
    *,
    pure_credit: bool,
    decision_days: int | None = None,
) -> tuple[ClockSpec, ...]:
    """Return the clocks that run in a state on a date.

    Args:
        pure_credit: the product needs no security.
        decision_days: working days in which the product promises a decision; for a pure-credit product the shorter of
            the promise and the parameter holds, for others the promise alone.
    """
    known = (_spec(found, on) for found in _clock_parameters(parameters) if found.in_force(on))
    running = (clock for clock in known if state in clock.states)
    chosen = (_for_product(clock, pure_credit, decision_days) for clock in running)
    return tuple(clock for clock in chosen if clock is not None)


def deadline(
    clock: ClockSpec,
    started_at: datetime,
    calendar: WorkCalendar,
    pauses: Iterable[Pause] = (),
    *,
    days: int | None = None,
) -> Deadline | None:
    """Return when a clock ends, None while a pause lasts.

    Args:
        clock: what runs.
        started_at: aware moment of its start.
        calendar: working days.
        pauses: stretches in which it stood still.
        days: another number of days than the limit, for its steps.
    """
    known = tuple(pauses)
    if any(pause.end is None for pause in known):
        return None
    limit = clock.days if days is None else days
    if clock.working:
        return add_working_days(started_at, limit, calendar, known)
    return add_calendar_days(started_at, limit, known)


def due_steps(
    clock: ClockSpec,
    started_at: datetime,
    at: datetime,
    calendar: WorkCalendar,
    pauses: Iterable[Pause] = (),
) -> tuple[ClockStep, ...]:
    """Return the actions whose time has come at a moment; none while a pause lasts."""
    known = tuple(pauses)
    found = []
    for step in clock.steps:
        moment = deadline(clock, started_at, calendar, known, days=step.after)
        if moment is not None and moment.has_passed(at):
            found.append(step)
    return tuple(found)


def pauses_of(history: History, states: frozenset[str]) -> tuple[Pause, ...]:
    """Return the stretches spent in some states; the last one without end when it lasts.

    Args:
        history: every entry of a state, oldest first.
        states: states in which a clock stands still.
    """
    ends: list[datetime | None] = [at for _, at in history[1:]]
    return tuple(
        Pause(entered, left)
        for (state, entered), left in zip(history, [*ends, None], strict=False)
        if state in states
    )


def moments_of(history: History, file_complete_at: datetime | None = None) -> dict[str, datetime]:
    """Return the moments that clocks start at: the latest entry of each state, and when the file was complete."""
    moments = dict(history)
    if file_complete_at is not None:
        moments[FILE_COMPLETE] = file_complete_at
    return moments


def readings(
    history: History,
    at: datetime,
    calendar: WorkCalendar,
    parameters: ParameterSet,
    *,
    pure_credit: bool,
    decision_days: int | None = None,
    file_complete_at: datetime | None = None,
) -> tuple[ClockReading, ...]:
    """Return every clock that runs on an application at a moment, the earliest deadline first.

    A clock whose start has not come, or came before its parameter was in force, does not run.

    Args:
        history: every state entered, oldest first, the current one last.
        at: aware moment of looking.
        calendar: working days.
        parameters: clocks, dated.
        pure_credit: the product needs no security.
        decision_days: the product's own promise.
        file_complete_at: when the officer declared the file complete.
    """
    if not history:
        return ()
    moments = moments_of(history, file_complete_at)
    state, today = history[-1][0], local_date(at)
    running = clocks_in(
        state, today, parameters, pure_credit=pure_credit, decision_days=decision_days
    )
    found = []
    for current in running:
        started_at = moments.get(current.start)
        parameter = parameters[PREFIX + current.code]
        if started_at is None or not parameter.in_force(local_date(started_at)):
            continue
        then = _spec(parameter, local_date(started_at))
        clock = _for_product(then, pure_credit, decision_days) or current
        found.append(_read(clock, started_at, history, at, calendar))
    return tuple(sorted(found, key=_urgency))


def leading(found: Iterable[ClockReading]) -> ClockReading | None:
    """Return the clock that ends first, a paused one only when no other runs; None without clocks."""
    ordered = sorted(found, key=_urgency)
    return ordered[0] if ordered else None


def _read(
    clock: ClockSpec,
    started_at: datetime,
    history: History,
    at: datetime,
    calendar: WorkCalendar,
) -> ClockReading:
    pauses = pauses_of(history, clock.pauses)
    due = deadline(clock, started_at, calendar, pauses)
    return ClockReading(
        clock,
        started_at,
        due,
        due is not None and due.has_passed(at),
        due_steps(clock, started_at, at, calendar, pauses),
    )


def _urgency(reading: ClockReading) -> tuple[bool, datetime, str]:
    moment = reading.due.at if reading.due else reading.started_at
    return reading.is_paused, moment, reading.clock.code


def _for_product(
    clock: ClockSpec, pure_credit: bool, decision_days: int | None
) -> ClockSpec | None:
    if clock.code == DECISION and decision_days is not None:
        return clock.with_days(min(clock.days, decision_days) if pure_credit else decision_days)
    return None if clock.credit_only and not pure_credit else clock


def _clock_parameters(parameters: ParameterSet) -> list[DatedParameter]:
    return [parameter for parameter in parameters if parameter.code.startswith(PREFIX)]


def _spec(parameter: DatedParameter, on: date) -> ClockSpec:
    entry = parameter.entry_on(on)
    raw: Mapping[str, object] = entry.value
    return ClockSpec(
        code=parameter.code.removeprefix(PREFIX),
        label=parameter.label,
        states=frozenset(entry.value["states"]),
        start=str(raw["start"]),
        days=int(entry.value["days"]),
        working=raw["basis"] == WORKING,
        pauses=frozenset(entry.value["pauses"]),
        credit_only=raw["applies"] == CREDIT_ONLY,
        steps=tuple(
            ClockStep(int(step["after"]), ClockAction(step["action"]))
            for step in entry.value["steps"]
        ),
        version=entry.effective_from.isoformat(),
    )
