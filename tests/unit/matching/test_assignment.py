from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import Refused
from matching.domain.assignment import (
    WHY_SENTENCES,
    Assignment,
    AssignmentProblem,
    Method,
    Why,
    coverage_reward,
    stability_cost_bp,
    why_not,
)
from matching.scoring.assignment import assign, columns_of, network_of, solve
from matching.scoring.seating import seat
from tests.factories.assignments import (
    best_by_trying,
    blocking_by_looking,
    event,
    is_proved_optimal,
    problems,
)

METHODS = pytest.mark.parametrize("method", Method)


def small(utility: list[int], tables: list[int] | None = None, **more: object) -> AssignmentProblem:
    """Two needs, two places, every pair possible, one slot."""
    given_: dict[str, object] = {"slots": 1, "most_meetings": 1, **more}
    return AssignmentProblem(
        needs=2,
        tables=tables or [1, 1],
        need=[0, 0, 1, 1],
        place=[0, 1, 0, 1],
        utility=utility,
        **given_,  # type: ignore[arg-type]
    )


class TestAssign:
    @given(problems())
    def test_optimal_is_the_best_of_all_ways_there_are(self, problem: AssignmentProblem) -> None:
        found = assign(problem)

        assert (found.covered, found.utility) == best_by_trying(problem)

    @given(problems(most_needs=12, most_places=6))
    def test_optimal_is_what_the_solver_reports_and_prices_prove(
        self, problem: AssignmentProblem
    ) -> None:
        columns = columns_of(problem)
        network = network_of(columns)
        flows, cost = solve(network)
        found = assign(problem)
        reward = coverage_reward(columns.places, int(columns.utility.max(initial=0)))

        assert -cost == reward * found.covered + found.utility
        assert is_proved_optimal(network, flows)

    def test_everyone_gets_a_meeting_before_any_fit_counts(self) -> None:
        found = assign(small([1000, 900, 1000, 0], tables=[1, 1]))

        assert (found.covered, found.utility) == (2, 1900)

        found = assign(AssignmentProblem(2, [1, 1], 1, 1, [0, 0, 1], [0, 1, 0], [1000, 0, 1]))

        assert (found.covered, found.utility) == (2, 1)

    def test_further_meetings_use_what_is_free(self) -> None:
        found = assign(small([5, 4, 3, 2], slots=2, most_meetings=2))

        assert found.utility == 14
        assert Counter(found.why) == {Why.FIRST_OF_ALL: 2, Why.FURTHER: 2}

    @METHODS
    @given(problem=problems(most_needs=9, most_places=5))
    def test_nobody_sits_in_two_places_and_no_table_has_two(
        self, problem: AssignmentProblem, method: Method
    ) -> None:
        found = assign(problem, method)
        need = [problem.need[row] for row in found.chosen]
        place = [problem.place[row] for row in found.chosen]

        assert len(set(zip(need, found.slot, strict=True))) == len(need)
        assert len(set(zip(place, found.slot, found.table, strict=True))) == len(need)
        assert all(0 <= slot < problem.slots for slot in found.slot)
        assert all(t < problem.tables[p] for t, p in zip(found.table, place, strict=True))
        assert max(Counter(need).values(), default=0) <= problem.meetings_each

    @given(problems(most_needs=8, most_places=4))
    def test_stable_has_no_pair_that_would_rather_meet(self, problem: AssignmentProblem) -> None:
        assert assign(problem, Method.STABLE).blocking == 0

    @METHODS
    @given(problem=problems(most_needs=8, most_places=4))
    def test_blocking_pairs_are_counted_as_one_would_by_hand(
        self, problem: AssignmentProblem, method: Method
    ) -> None:
        found = assign(problem, method)

        assert found.blocking == blocking_by_looking(problem, found)

    @METHODS
    @given(problem=problems(most_needs=8, most_places=4))
    def test_every_pair_and_every_need_left_out_has_its_reason(
        self, problem: AssignmentProblem, method: Method
    ) -> None:
        found = assign(problem, method)
        met = {problem.need[row] for row in found.chosen}

        assert len(found.why) == len(found.chosen) == len(found.slot) == len(found.table)
        assert sorted([*met, *found.unmet]) == list(range(problem.needs))
        assert len(found.unmet) == len(found.unmet_why)
        firsts = [
            row for row, why in zip(found.chosen, found.why, strict=True) if why is not Why.FURTHER
        ]
        assert len(firsts) == found.covered
        for need, why in zip(found.unmet, found.unmet_why, strict=True):
            assert (why is Why.NO_PLACE) == (need not in problem.need)

    @METHODS
    @given(problem=problems(most_needs=8, most_places=4))
    def test_a_need_without_meeting_finds_every_place_it_could_go_full(
        self, problem: AssignmentProblem, method: Method
    ) -> None:
        found = assign(problem, method)

        for need in found.unmet:
            for place in range(len(problem.tables)):
                assert why_not(problem, found, need, place) in (Why.CANNOT_MEET, Why.PLACE_FULL)

    @METHODS
    def test_the_same_event_is_seated_the_same_way_again(self, method: Method) -> None:
        problem = event(300, places=9, each=4, meetings=2, slots=6)

        assert assign(problem, method) == assign(problem, method)

    def test_envy_counts_needs_that_would_rather_sit_where_somebody_sits(self) -> None:
        found = assign(small([10, 1, 9, 1]))

        assert found.utility == 11
        assert found.envy == 1

        assert assign(small([10, 1, 1, 10])).envy == 0

    def test_a_wish_goes_before_fit_in_the_stable_way(self) -> None:
        problem = small([1, 10, 1, 10], need_rank=[1, 2, 2, 1], place_rank=[0, 0, 0, 0])

        found = assign(problem, Method.STABLE)

        assert found.chosen == (0, 3)

    def test_names_who_gave_way_and_who_had_one_place_only(self) -> None:
        problem = AssignmentProblem(2, [1, 1], 1, 1, [0, 0, 1], [0, 1, 0], [9, 3, 5])

        assert assign(problem).why == (Why.GAVE_WAY, Why.ONLY_PLACE)

    def test_an_event_without_anybody_or_any_pair_is_no_error(self) -> None:
        assert assign(AssignmentProblem(0, [], 1, 1, [], [], [])).covered == 0

        found = assign(AssignmentProblem(2, [3], 4, 1, [], [], []))

        assert found.unmet_why == (Why.NO_PLACE, Why.NO_PLACE)

    @pytest.mark.parametrize(
        "problem",
        [
            AssignmentProblem(1, [1], 1, 1, [0, 0], [0, 0], [1, 1]),
            AssignmentProblem(1, [1], 1, 1, [1], [0], [1]),
            AssignmentProblem(1, [1], 1, 1, [0], [1], [1]),
            AssignmentProblem(1, [1], 1, 1, [0], [0], [-1]),
            AssignmentProblem(1, [1], 1, 1, [0], [0], [10_001]),
            AssignmentProblem(1, [-1], 1, 1, [0], [0], [1]),
            AssignmentProblem(1, [1], 0, 1, [0], [0], [1]),
            AssignmentProblem(1, [1], 1, 0, [0], [0], [1]),
            AssignmentProblem(1, [1], 1, 1, [0], [0], []),
            AssignmentProblem(1, [1], 1, 1, [0], [0], [1], need_rank=[1, 2]),
        ],
    )
    def test_refuses_what_contradicts_itself(self, problem: AssignmentProblem) -> None:
        with pytest.raises(Refused) as refused:
            assign(problem)

        assert refused.value.code == "ASSIGNMENT_INVALID"


class TestSeat:
    @given(st.data())
    def test_as_many_slots_suffice_as_the_busiest_has_meetings(self, data: st.DataObject) -> None:
        pairs = data.draw(
            st.sets(st.tuples(st.integers(0, 7), st.integers(0, 4)), max_size=30).map(sorted)
        )
        need = np.array([n for n, _ in pairs], np.int64)
        place = np.array([p for _, p in pairs], np.int64)
        tables = np.array([data.draw(st.integers(1, 3)) for _ in range(5)])
        busiest = int(np.bincount(need, minlength=1).max())
        full = -(-np.bincount(place, minlength=5) // tables)
        slots = max(1, busiest, int(full.max()))

        slot, table = seat(need, place, tables, slots)

        assert len(set(zip(need.tolist(), slot.tolist(), strict=True))) == len(pairs)
        seats = zip(place.tolist(), slot.tolist(), table.tolist(), strict=True)
        assert len(set(seats)) == len(pairs)
        assert (slot < slots).all()
        assert (table < tables[place]).all()

    def test_an_institution_is_busy_evenly(self) -> None:
        slot, _ = seat(np.arange(9), np.zeros(9, np.int64), np.array([4]), 4)

        assert np.bincount(slot).tolist() == [3, 2, 2, 2]

    def test_nobody_waits_for_an_empty_slot(self) -> None:
        slot, _ = seat(np.array([0, 0]), np.array([0, 1]), np.array([1, 1]), 5)

        assert sorted(slot.tolist()) == [0, 1]


class TestCostOfStability:
    def test_is_in_hundredths_of_a_percent_of_the_optimum(self) -> None:
        problem = small([10, 9, 9, 1], place_rank=[1, 0, 2, 0])
        optimal, stable = assign(problem), assign(problem, Method.STABLE)

        assert (optimal.utility, stable.utility) == (18, 11)
        assert stability_cost_bp(optimal, stable) == 3889

    def test_is_nothing_when_there_is_nothing_to_lose(self) -> None:
        nothing = Assignment(Method.OPTIMAL, (), (), (), (), (), (), 0, 0, 0, 0)

        assert stability_cost_bp(nothing, nothing) == 0


def test_every_reason_has_a_chinese_sentence() -> None:
    assert set(WHY_SENTENCES) == set(Why)
    assert all(sentence.endswith("。") for sentence in WHY_SENTENCES.values())
