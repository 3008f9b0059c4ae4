from datetime import date
from decimal import Decimal

import pytest

from marketplace.domain.errors import Refused, TransitionRefused
from marketplace.domain.parameters import DatedValue
from marketplace.domain.roles import SYSTEM, Role
from marketplace.domain.vocabulary import Guarantee, Purpose
from matching.domain.demand import DEMAND, OPEN_DEMAND_STATES, check_demand
from matching.domain.parameters import shipped

TODAY = date(2025, 6, 10)


def check(**changed):
    asked = {
        "amount_yuan": Decimal(500_000),
        "term_months": 12,
        "purpose": "WORKING_CAPITAL",
        "guarantee": "CREDIT",
        "on": TODAY,
        "parameters": shipped(),
    }
    return check_demand(**(asked | changed))


class TestCheckDemand:
    def test_types_the_need(self):
        found = check(purpose_note=" 采购原料 ", max_rate_bp=500)

        assert (found.purpose, found.guarantee) == (Purpose.WORKING_CAPITAL, Guarantee.CREDIT)
        assert (found.purpose_note, found.max_rate_bp) == ("采购原料", 500)

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"amount_yuan": None}, "amount_yuan"),
            ({"amount_yuan": Decimal("9999.99")}, "amount_yuan"),
            ({"amount_yuan": Decimal("100000000.01")}, "amount_yuan"),
            ({"amount_yuan": Decimal("Infinity")}, "amount_yuan"),
            ({"amount_yuan": Decimal("NaN")}, "amount_yuan"),
            ({"term_months": None}, "term_months"),
            ({"term_months": 0}, "term_months"),
            ({"term_months": 361}, "term_months"),
            ({"purpose": "GAMBLING"}, "purpose"),
            ({"purpose": "OTHER"}, "purpose_note"),
            ({"purpose_note": "长" * 301}, "purpose_note"),
            ({"guarantee": ""}, "guarantee"),
            ({"max_rate_bp": 0}, "max_rate_bp"),
            ({"max_rate_bp": 3601}, "max_rate_bp"),
        ],
    )
    def test_refuses_at_the_field(self, changed, field):
        with pytest.raises(Refused) as refused:
            check(**changed)

        assert refused.value.code == "DEMAND_INVALID"
        assert list(refused.value.fields) == [field]

    def test_follows_the_limit_of_the_date(self):
        entered = {"demand.max_amount_yuan": [DatedValue(date(2025, 7, 1), 200_000, "市级通知")]}
        parameters = shipped().with_entered(entered)

        assert check(parameters=parameters)
        with pytest.raises(Refused):
            check(parameters=parameters, on=date(2025, 7, 1))


class TestDemand:
    def test_stays_open_after_a_refusal_and_is_closed_by_hand(self):
        assert DEMAND.advance(
            "MATCHING", "FAIL", [Role.OWNER], {"open_applications": 0}
        ).target == ("UNSUCCESSFUL")

    @pytest.mark.parametrize("event", ["FAIL", "WITHDRAW"])
    def test_is_not_closed_over_open_applications(self, event):
        with pytest.raises(TransitionRefused):
            DEMAND.advance("MATCHING", event, [Role.OWNER], {"open_applications": 1})

    def test_way_to_a_conclusion(self):
        facts = {"enterprise_verified": True, "open_applications": 1, "funded": True}
        state = DEMAND.initial

        for event, role in [
            ("PUBLISH", Role.AGENT),
            ("START_MATCHING", SYSTEM),
            ("CONCLUDE", SYSTEM),
        ]:
            state = DEMAND.advance(state, event, [role], facts).target

        assert state == "CONCLUDED"

    def test_open_states_are_states(self):
        assert set(DEMAND.states) >= OPEN_DEMAND_STATES
