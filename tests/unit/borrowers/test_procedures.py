"""The machines of objection, repair and enterprise accounts."""

from __future__ import annotations

import pytest

from borrowers.domain.candidate import CANDIDATE
from borrowers.domain.identity import ENTERPRISE_ACCOUNT
from borrowers.domain.procedures import OBJECTION, REPAIR
from marketplace.domain.errors import NotPermitted, TransitionRefused

MACHINES = [OBJECTION, REPAIR, ENTERPRISE_ACCOUNT, CANDIDATE]


class TestEveryMachine:
    @pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
    def test_reaches_every_state(self, machine):
        assert machine.reachable() == frozenset(machine.states)

    @pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
    def test_names_only_states_it_has(self, machine):
        named = {row.source for row in machine.transitions} | {
            row.target for row in machine.transitions
        }

        assert named == set(machine.states)

    @pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
    def test_comes_to_an_end_from_every_state(self, machine):
        ending = set(machine.terminal_states)
        for _ in machine.states:
            ending |= {row.source for row in machine.transitions if row.target in ending}

        assert ending == set(machine.states)


class TestObjection:
    def test_is_answered_in_writing(self):
        with pytest.raises(TransitionRefused):
            OBJECTION.advance("CHECKING", "CORRECT", ["OPERATOR"], {"answer": " "})

        assert (
            OBJECTION.advance("CHECKING", "CORRECT", ["OPERATOR"], {"answer": "已更正"}).target
            == "CORRECTED"
        )

    def test_is_marked_by_the_marketplace_itself(self):
        assert OBJECTION.advance("SUBMITTED", "MARK", ["SYSTEM"], {}).target == "MARKED"

    def test_is_not_decided_by_who_made_it(self):
        with pytest.raises(NotPermitted):
            OBJECTION.advance("CHECKING", "CORRECT", ["OWNER"], {"answer": "x"})


class TestRepair:
    def test_goes_through_district_unit_and_city(self):
        state = REPAIR.initial
        for event, role in [
            ("ACCEPT", "DISTRICT_CLERK"),
            ("PASS_ON", "DISTRICT_CLERK"),
            ("AGREE", "OPERATOR"),
            ("APPROVE", "OPERATOR"),
        ]:
            state = REPAIR.advance(state, event, [role], {}).target

        assert state == "REPAIRED"

    def test_asks_for_more_only_once(self):
        first = {"reason": "缺少证明"}

        assert (
            REPAIR.advance("DISTRICT_CHECK", "ASK_SUPPLEMENT", ["DISTRICT_CLERK"], first).target
            == "SUPPLEMENT"
        )
        with pytest.raises(TransitionRefused):
            REPAIR.advance(
                "DISTRICT_CHECK",
                "ASK_SUPPLEMENT",
                ["DISTRICT_CLERK"],
                first | {"supplemented": True},
            )

    def test_is_refused_only_with_a_reason(self):
        with pytest.raises(TransitionRefused):
            REPAIR.advance("CITY_REVIEW", "REFUSE", ["OPERATOR"], {})


class TestEnterpriseAccount:
    def test_is_verified_by_an_operator_or_a_verifier(self):
        for role in ("OPERATOR", "SYSTEM"):
            assert ENTERPRISE_ACCOUNT.advance("PENDING", "VERIFY", [role], {}).target == "VERIFIED"

    def test_is_refused_with_a_reason(self):
        with pytest.raises(TransitionRefused):
            ENTERPRISE_ACCOUNT.advance("PENDING", "REFUSE", ["OPERATOR"], {})

    def test_does_not_leave_its_ends(self):
        assert ENTERPRISE_ACCOUNT.terminal_states == {"VERIFIED", "REFUSED"}
