from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import NotPermitted, TransitionRefused
from marketplace.domain.roles import SYSTEM, Role
from matching.domain.lead import (
    LEAD,
    RETURN_LABELS,
    Candidate,
    dispatch_order,
    is_duplicate,
    slots_free,
)

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
POOL = {"origin": "POOL", "eligible": True, "window_open": True, "slots_free": 1}
RETURN = {"return_code": "NO_CAPACITY", "return_note": "", "returned_before": False}


def candidate(code="B001", *, serves=True, share="1", load="0"):
    return Candidate(code, serves, 1, Decimal(share), Decimal(load))


class TestTake:
    def test_from_the_pool_needs_product_window_and_slot(self):
        assert LEAD.advance("OFFERED", "TAKE", [Role.OFFICER], POOL).target == "INVITED"

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"eligible": False}, "没有适合该需求"),
            ({"window_open": False}, "抢单窗口已结束"),
            ({"slots_free": 0}, "已抢完"),
            ({"slots_free": None}, "已抢完"),
        ],
    )
    def test_from_the_pool_is_refused_in_words(self, changed, words):
        with pytest.raises(TransitionRefused, match=words):
            LEAD.advance("OFFERED", "TAKE", [Role.OFFICER], POOL | changed)

    @pytest.mark.parametrize("origin", ["DISPATCH", "DIRECTED"])
    def test_of_a_dispatched_need_asks_for_no_slot(self, origin):
        facts = {"origin": origin, "eligible": True}

        assert LEAD.advance("OFFERED", "TAKE", [Role.OFFICER], facts).target == "INVITED"

    @pytest.mark.parametrize("role", [Role.APPROVER, Role.OPERATOR, Role.OWNER, SYSTEM])
    def test_is_the_officers(self, role):
        with pytest.raises(NotPermitted):
            LEAD.advance("OFFERED", "TAKE", [role], POOL)


class TestReturn:
    @pytest.mark.parametrize("state", ["OFFERED", "INVITED"])
    @pytest.mark.parametrize("code", [code for code in RETURN_LABELS if code != "OTHER"])
    def test_takes_a_reason_from_the_list(self, state, code):
        facts = RETURN | {"return_code": code}

        assert LEAD.advance(state, "RETURN", [Role.OFFICER], facts).target == "RETURNED"

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"return_code": ""}, "return_code"),
            ({"return_code": "NO_MOOD"}, "return_code"),
            ({"return_code": "OTHER", "return_note": " "}, "return_note"),
            ({"return_note": "长" * 301}, "return_note"),
        ],
    )
    def test_says_what_is_missing_at_the_field(self, changed, field):
        with pytest.raises(TransitionRefused) as refused:
            LEAD.advance("OFFERED", "RETURN", [Role.OFFICER], RETURN | changed)

        assert list(refused.value.fields) == [field]

    @pytest.mark.parametrize("before", [True, None])
    def test_happens_once(self, before):
        with pytest.raises(TransitionRefused, match="只能退回一次"):
            LEAD.advance("OFFERED", "RETURN", [Role.OFFICER], RETURN | {"returned_before": before})


class TestOfferAgain:
    def test_is_the_operators_and_not_after_an_application(self):
        row = LEAD.advance("LAPSED", "OFFER_AGAIN", [Role.OPERATOR], {"has_application": False})

        assert row.target == "OFFERED"
        with pytest.raises(TransitionRefused):
            LEAD.advance("LAPSED", "OFFER_AGAIN", [Role.OPERATOR], {"has_application": True})


class TestDispatchOrder:
    def test_is_district_then_fit_then_load_then_code(self):
        wanted = [
            candidate("B009", load="1"),
            candidate("B001", load="2"),
            candidate("B002", load="2"),
            candidate("B003", share="0.5"),
            candidate("B004", serves=False),
        ]

        for shuffled in permutations(wanted):
            assert sorted(shuffled, key=dispatch_order) == wanted


class TestSlotsFree:
    @given(st.integers(0, 50), st.integers(0, 50))
    def test_is_what_is_left_and_never_negative(self, slots, holding):
        free = slots_free(slots, holding)

        assert free >= 0
        assert free + min(slots, holding) == slots


class TestIsDuplicate:
    @pytest.mark.parametrize(
        ("began", "ended", "duplicate"),
        [
            (timedelta(days=30), None, True),
            (timedelta(days=30, seconds=1), None, False),
            (timedelta(days=5), timedelta(days=4), False),
            (timedelta(days=5), timedelta(days=5) - timedelta(days=6), True),
            (timedelta(days=-1), None, False),
        ],
    )
    def test_asks_for_an_earlier_need_still_open(self, began, ended, duplicate):
        other = (NOON - began, None if ended is None else NOON - ended)

        assert is_duplicate(NOON, [other], 30) is duplicate

    def test_is_false_without_another_need(self):
        assert not is_duplicate(NOON, [], 30)
