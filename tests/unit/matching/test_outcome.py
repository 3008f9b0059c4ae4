from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import Refused
from marketplace.domain.verdict import Outcome
from matching.domain.outcome import (
    LoanClass,
    LoanEvent,
    OutcomeKind,
    available_yuan,
    check_event,
    class_floor,
    classification_warning,
    ledger,
)
from matching.domain.parameters import shipped

DAY = date(2025, 6, 1)
APPROVED = Decimal(1000)
K = OutcomeKind


def event(kind, day=0, principal=0, interest=0, **more):
    return LoanEvent(kind, DAY + timedelta(days=day), Decimal(principal), Decimal(interest), **more)


DRAWN = [event(K.DISBURSE, 0, 1000)]
HALF = [*DRAWN, event(K.REPAY, 30, 500, 5)]
LATE = [*HALF, event(K.OVERDUE, 60, days_overdue=12)]
CLOSED = [*DRAWN, event(K.REPAY, 30, 1000), event(K.SETTLE, 30)]


def check(events, new, **more):
    asked = {"approved_yuan": APPROVED, "on": date(2026, 6, 1)}
    return check_event(events, new, **(asked | more))


def code_of(events, new, **more):
    with pytest.raises(Refused) as refused:
        check(events, new, **more)
    assert refused.value.fields
    return refused.value.code


class TestSigning:
    def test_nothing_happens_before_the_contract(self):
        early = event(K.DISBURSE, -1, 1000)

        assert code_of([], early, signed_on=DAY) == "OUTCOME_DATE"
        assert check([], early).drawn_yuan == 1000
        assert check([], event(K.DISBURSE, 0, 1000), signed_on=DAY).drawn_yuan == 1000


class TestLedger:
    def test_nothing_is_nothing(self):
        position = ledger([])

        assert (position.outstanding_yuan, position.classification) == (0, "")

    def test_adds_up_a_life(self):
        position = ledger(
            [*LATE, event(K.CURE, 70), event(K.REPAY, 80, 500, 4), event(K.SETTLE, 80)]
        )

        assert (position.drawn_yuan, position.repaid_yuan) == (1000, 1000)
        assert (position.outstanding_yuan, position.interest_yuan) == (0, 9)
        assert (position.overdue_days, position.max_overdue_days) == (0, 12)
        assert (position.closed_by, position.is_closed) == (K.SETTLE, True)
        assert position.first_draw_date == DAY

    def test_starts_normal_and_follows_the_reported_class(self):
        assert ledger(DRAWN).classification == "NORMAL"
        changed = [*DRAWN, event(K.CLASS_CHANGE, 1, classification="SPECIAL_MENTION")]
        assert ledger(changed).classification == "SPECIAL_MENTION"

    def test_takes_events_by_date_whatever_their_order(self):
        assert ledger(reversed(LATE)) == ledger(LATE)

    def test_writes_off_what_is_outstanding(self):
        position = ledger([*LATE, event(K.WRITE_OFF, 400)])

        assert (position.written_off_yuan, position.outstanding_yuan) == (500, 0)


class TestCheckEvent:
    def test_gives_the_position_after(self):
        assert check(DRAWN, event(K.REPAY, 1, 400)).outstanding_yuan == 600

    @pytest.mark.parametrize(
        ("events", "new", "code"),
        [
            ([], event(K.REPAY, 0, 1), "OUTCOME_NOT_DRAWN"),
            ([], event(K.SETTLE), "OUTCOME_NOT_DRAWN"),
            ([], event(K.DISBURSE, 0, 0), "OUTCOME_AMOUNT"),
            ([], event(K.DISBURSE, 0, "NaN"), "OUTCOME_AMOUNT"),
            ([], event(K.DISBURSE, 0, "1000.01"), "OUTCOME_OVER_LIMIT"),
            (HALF, event(K.DISBURSE, 31, 1), "OUTCOME_OVER_LIMIT"),
            (DRAWN, event(K.REPAY, 1, "1000.01"), "OUTCOME_OVER_REPAID"),
            (DRAWN, event(K.REPAY, 1, 0, 0), "OUTCOME_AMOUNT"),
            (DRAWN, event(K.REPAY, 1, -1, 5), "OUTCOME_AMOUNT"),
            (DRAWN, event(K.REPAY, 400, 1), "OUTCOME_DATE"),
            (HALF, event(K.REPAY, 29, 1), "OUTCOME_DATE"),
            (HALF, event(K.SETTLE, 31), "OUTCOME_NOT_ZERO"),
            (DRAWN, event(K.OVERDUE, 1), "OUTCOME_OVERDUE_DAYS"),
            (DRAWN, event(K.OVERDUE, 1, days_overdue=0), "OUTCOME_OVERDUE_DAYS"),
            (DRAWN, event(K.CURE, 1), "OUTCOME_NOT_OVERDUE"),
            (DRAWN, event(K.WRITE_OFF, 1), "OUTCOME_NOT_OVERDUE"),
            (DRAWN, event(K.CLASS_CHANGE, 1), "OUTCOME_CLASS"),
            (DRAWN, event(K.CLASS_CHANGE, 1, classification="FINE"), "OUTCOME_CLASS"),
            ([*LATE, event(K.REPAY, 61, 500)], event(K.WRITE_OFF, 62), "OUTCOME_NOT_ZERO"),
            (CLOSED, event(K.REPAY, 31, 1), "OUTCOME_CLOSED"),
        ],
    )
    def test_refuses_with_the_code(self, events, new, code):
        assert code_of(events, new) == code

    def test_a_revolving_limit_is_free_again_after_repayment(self):
        again = event(K.DISBURSE, 31, 500)

        assert check(HALF, again, revolving=True).outstanding_yuan == 1000
        assert available_yuan(ledger(HALF), APPROVED) == 0

    def test_a_late_loan_may_still_be_repaid_and_settled(self):
        paid = [*LATE, event(K.REPAY, 61, 500)]

        assert check(paid, event(K.SETTLE, 61)).is_closed

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(list(OutcomeKind)),
                st.integers(0, 900),
                st.integers(0, 30),
                st.integers(0, 5),
                st.sampled_from(["", *LoanClass]),
            ),
            max_size=30,
        ),
        st.booleans(),
    )
    def test_what_is_admitted_keeps_the_books_right(self, steps, revolving):
        kept, day = [], 0
        for seq, (kind, amount, gap, interest, loan_class) in enumerate(steps):
            day += gap
            new = event(
                kind, day, amount, interest, days_overdue=gap, classification=loan_class, seq=seq
            )
            try:
                position = check(kept, new, on=date(2099, 1, 1), revolving=revolving)
            except Refused:
                continue
            kept.append(new)
            assert position == ledger(kept)
            assert 0 <= position.outstanding_yuan <= APPROVED
            assert position.overdue_days <= position.max_overdue_days
            if position.closed_by is K.SETTLE:
                assert position.drawn_yuan == position.repaid_yuan


class TestClassFloor:
    @pytest.mark.parametrize(
        ("days", "floor"),
        [
            (0, "NORMAL"),
            (7, "NORMAL"),
            (8, "SPECIAL_MENTION"),
            (90, "SPECIAL_MENTION"),
            (91, "SUBSTANDARD"),
            (270, "SUBSTANDARD"),
            (271, "DOUBTFUL"),
            (360, "DOUBTFUL"),
            (361, "LOSS"),
        ],
    )
    def test_follows_the_days_overdue(self, days, floor):
        assert class_floor(days, DAY, shipped()) == floor


class TestClassificationWarning:
    def test_warns_of_a_class_that_is_too_mild(self):
        found = classification_warning("SPECIAL_MENTION", 91, DAY, shipped())

        assert found.outcome is Outcome.DOES_NOT_FIT
        assert found.sentence == "逾期 91 天，报送分类为“关注”，轻于下限“次级”。"

    def test_accepts_a_class_that_is_more_severe(self):
        assert classification_warning("LOSS", 0, DAY, shipped()).passed

    @pytest.mark.parametrize(("reported", "on"), [("", DAY), ("NORMAL", date(2023, 6, 30))])
    def test_cannot_tell_without_class_or_rule(self, reported, on):
        found = classification_warning(reported, 100, on, shipped())

        assert found.outcome is Outcome.CANNOT_TELL
