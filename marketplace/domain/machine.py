"""State machines as one frozen table of transitions.

Buttons, the API's 409, the database's list of states, the diagram in the docs and the property tests are all derived
from the same table; nothing else in the project decides whether an event is allowed in a state.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from marketplace.domain.errors import NotPermitted, TransitionRefused

GUARD_REFUSED = "GUARD_REFUSED"
"""Code of every guard's refusal; which guard it was only the sentence says."""

Guard = Callable[[Mapping[str, Any]], str | None]
"""Given the facts of a transition, return None when it may pass, else the Chinese reason."""


class FieldReason(str):
    """A guard's reason about one field of what came with the event; forms and the API say it there.

    Attributes:
        field: the field's name in the event's payload.
        fields: that and other fields with something wrong, each with its sentence.
    """

    field: str
    fields: Mapping[str, str]

    def __new__(cls, sentence: str, field: str) -> Self:
        """Return the sentence, which knows its field."""
        reason = super().__new__(cls, sentence)
        reason.field = field
        reason.fields = {field: sentence}
        return reason

    @classmethod
    def all_of(cls, reasons: Iterable[FieldReason | None]) -> FieldReason | None:
        """Return the first reason, which knows all the fields, so that they are said at once; None without any."""
        given = [reason for reason in reasons if reason is not None]
        if not given:
            return None
        found = cls(str(given[0]), given[0].field)
        found.fields = {reason.field: str(reason) for reason in reversed(given)}
        return found


@dataclass(frozen=True)
class Transition:
    """One row of a machine's table.

    Attributes:
        source: state before.
        event: what happens, UPPER_SNAKE.
        target: state after.
        roles: roles that may cause it; ``SYSTEM`` is the marketplace itself.
        label: the verb on the button, Chinese.
        guard: further condition on the facts.
        undoes: it takes back what was wrongly entered; an end that can be taken back is an end all the same.
    """

    source: str
    event: str
    target: str
    roles: frozenset[str]
    label: str
    guard: Guard | None = field(default=None, compare=False)
    undoes: bool = False


@dataclass(frozen=True)
class Machine:
    """A named, frozen table of transitions with its initial state."""

    name: str
    initial: str
    transitions: tuple[Transition, ...]
    labels: Mapping[str, str]

    @property
    def states(self) -> tuple[str, ...]:
        """Return every state of the machine in the order of its labels."""
        return tuple(self.labels)

    @property
    def terminal_states(self) -> frozenset[str]:
        """Return the states that nothing leaves, except to take back what was wrongly entered."""
        return frozenset(self.states) - {row.source for row in self.transitions if not row.undoes}

    def reachable(self) -> frozenset[str]:
        """Return the states that can be reached from the initial one."""
        seen, queue = {self.initial}, deque([self.initial])
        while queue:
            here = queue.popleft()
            for row in self.transitions:
                if row.source == here and row.target not in seen:
                    seen.add(row.target)
                    queue.append(row.target)
        return frozenset(seen)

    def events_for(self, state: str, roles: Collection[str]) -> list[Transition]:
        """Return the transitions that one of the roles may cause in this state, in table order."""
        return [row for row in self.transitions if row.source == state and row.roles & set(roles)]

    def advance(
        self, state: str, event: str, roles: Collection[str], facts: Mapping[str, Any]
    ) -> Transition:
        """Return the transition that this event causes in this state.

        Args:
            state: state before.
            event: what happens.
            roles: roles of the actor towards this thing.
            facts: plain values that guards look at.

        Raises:
            TransitionRefused: the event is not allowed in the state, or its guard says no (``GUARD_REFUSED``, with
                ``fields`` when the guard's reason is about one).
            NotPermitted: the event is allowed, but not for these roles.
        """
        rows = [row for row in self.transitions if row.source == state and row.event == event]
        if not rows:
            label = self.labels.get(state, state)
            raise TransitionRefused(state, event, f"当前状态为“{label}”，不能进行此操作。")
        allowed = [row for row in rows if row.roles & set(roles)]
        if not allowed:
            raise NotPermitted("ROLE_NOT_ALLOWED", f"您的角色不能进行“{rows[0].label}”操作。")
        reasons: list[str] = []
        for row in allowed:
            reason = row.guard(facts) if row.guard else None
            if reason is None:
                return row
            reasons.append(reason)
        first = reasons[0]
        fields = first.fields if isinstance(first, FieldReason) else None
        raise TransitionRefused(state, event, first, code=GUARD_REFUSED, fields=fields)

    def as_mermaid(self, most_arrows: int | None = None) -> str:
        """Return the table as a mermaid state diagram for the docs, in the field's words.

        Events between the same two states share an arrow.

        Args:
            most_arrows: an event with more arrows than this is left to the table beside; None draws all.
        """
        counts = Counter(row.event for row in self.transitions)
        arrows: dict[tuple[str, str], dict[str, None]] = {}
        for row in self.transitions:
            if most_arrows is None or counts[row.event] <= most_arrows:
                arrows.setdefault((row.source, row.target), {})[row.label] = None
        drawn = [s for s in self.states if s == self.initial or any(s in pair for pair in arrows)]
        lines = ["stateDiagram-v2"]
        lines += [f'    state "{self.labels[state]}" as {state}' for state in drawn]
        lines += [f"    [*] --> {self.initial}"]
        lines += [f"    {a} --> {b}: {' / '.join(labels)}" for (a, b), labels in arrows.items()]
        lines += [f"    {state} --> [*]" for state in drawn if state in self.terminal_states]
        return "\n".join(lines)


def rows(
    sources: Iterable[str],
    event: str,
    target: str,
    roles: Iterable[str],
    label: str,
    guard: Guard | None = None,
) -> tuple[Transition, ...]:
    """Return one transition per source state, for events that many states share."""
    return tuple(Transition(s, event, target, frozenset(roles), label, guard) for s in sources)
