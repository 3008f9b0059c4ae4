import pytest

from lenders.domain.institution import INSTITUTION
from lenders.domain.product import PRODUCT_VERSION
from marketplace.domain.errors import NotPermitted, TransitionRefused
from marketplace.domain.roles import SYSTEM, Role
from matching.domain.application import APPLICATION
from matching.domain.demand import DEMAND
from matching.domain.event import EVENT, INVITATION
from matching.domain.lead import LEAD
from matching.domain.whitelist import WHITELIST

MACHINES = pytest.mark.parametrize(
    "machine",
    [APPLICATION, DEMAND, EVENT, INVITATION, LEAD, WHITELIST, PRODUCT_VERSION, INSTITUTION],
    ids=lambda machine: machine.name,
)
TERMINAL = {
    "application": {"SETTLED", "WRITTEN_OFF", "WITHDRAWN", "REJECTED", "EXPIRED", "LAPSED"},
    "demand": {"CONCLUDED", "UNSUCCESSFUL", "EXPIRED", "WITHDRAWN"},
    "event": {"CLOSED", "CANCELLED"},
    "invitation": {"SIGNED_IN"},
    "lead": {"DECLINED", "CLOSED"},
    "whitelist": {"RECALLED"},
    "product_version": {"REFUSED", "SUPERSEDED", "WITHDRAWN"},
    "institution": set(),
}
RESTING = {"institution": {"ADMITTED", "REFUSED"}}
EVERY_ROLE = [*Role, SYSTEM]


def states_leading_to(machine, goal):
    found = {goal}
    while True:
        more = {row.source for row in machine.transitions if row.target in found} - found
        if not more:
            return found
        found |= more


@MACHINES
class TestMachine:
    def test_every_state_is_reachable(self, machine):
        assert machine.reachable() == set(machine.states)

    def test_terminal_states_are_the_meant_ones(self, machine):
        assert machine.terminal_states == TERMINAL[machine.name]

    def test_no_state_is_dead(self, machine):
        ends = machine.terminal_states | RESTING.get(machine.name, set())
        ending = set().union(*(states_leading_to(machine, end) for end in ends))

        assert ending == set(machine.states)

    def test_transitions_join_known_states_as_plain_text(self, machine):
        for row in machine.transitions:
            assert {row.source, row.target} <= set(machine.states)
            assert type(row.source) is type(row.target) is str

    def test_every_state_and_event_has_a_chinese_label(self, machine):
        for label in [*machine.labels.values(), *(row.label for row in machine.transitions)]:
            assert any("一" <= character <= "鿿" for character in label)

    def test_an_event_has_one_label_everywhere(self, machine):
        labels = {(row.event, row.label) for row in machine.transitions}

        assert len(labels) == len({event for event, _ in labels})

    def test_states_fit_their_column(self, machine):
        assert max(map(len, machine.states)) <= 16

    def test_every_event_not_in_the_table_is_refused(self, machine):
        events = {row.event for row in machine.transitions}
        allowed = {(row.source, row.event) for row in machine.transitions}

        for state in machine.states:
            for event in events:
                if (state, event) not in allowed:
                    with pytest.raises(TransitionRefused) as refused:
                        machine.advance(state, event, EVERY_ROLE, {})
                    assert refused.value.status == 409

    def test_a_role_outside_the_row_is_refused(self, machine):
        for state, event in {(row.source, row.event) for row in machine.transitions}:
            rows = [r for r in machine.transitions if (r.source, r.event) == (state, event)]
            allowed = set().union(*(row.roles for row in rows))
            with pytest.raises(NotPermitted):
                machine.advance(state, event, set(EVERY_ROLE) - allowed, {})

    def test_without_facts_every_guard_refuses(self, machine):
        for row in machine.transitions:
            if row.guard:
                assert row.guard({}) is not None, row

    def test_nobody_but_the_table_knows_roles(self, machine):
        for row in machine.transitions:
            assert row.roles <= set(EVERY_ROLE)
            assert row.roles
