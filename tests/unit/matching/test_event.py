from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import Refused
from marketplace.domain.workdays import DayKind, WeekCalendar
from matching.domain.assignment import MOST_UTILITY
from matching.domain.event import follow_up_due, outcome_problems
from matching.domain.event_fit import FitRules, fit_rules, meeting_fit, wishes_checked
from matching.domain.parameters import shipped

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
RULES = fit_rules(shipped(), AT)


class TestMeetingFit:
    def test_adds_up_as_its_sentence_says(self):
        fit = meeting_fit(
            [Decimal("0.5"), Decimal(0)], serves=True, need_rank=2, place_rank=0, rules=RULES
        )

        assert fit.points == 300 + 100 + 133
        assert fit.sentence == (
            "2 个产品适合，条件已知符合 50%（300 分）；有网点服务本区（100 分）；"
            "企业第 2 志愿（133 分）。"
        )

    @given(
        st.decimals(0, 1, places=2),
        st.booleans(),
        st.integers(0, 5),
        st.integers(0, 5),
    )
    def test_is_a_utility_and_a_wish_never_hurts(self, share, serves, need_rank, place_rank):
        fit = meeting_fit(
            [share], serves=serves, need_rank=need_rank, place_rank=place_rank, rules=RULES
        )
        without = meeting_fit([share], serves=serves, need_rank=0, place_rank=0, rules=RULES)

        assert 0 <= without.points <= fit.points <= MOST_UTILITY

    def test_an_earlier_wish_counts_more(self):
        points = [
            meeting_fit([Decimal(0)], serves=False, need_rank=n, place_rank=n, rules=RULES).points
            for n in (1, 2, 3, 4, 0)
        ]

        assert points == [300, 199, 99, 0, 0]

    def test_an_institution_without_branch_and_wishes_says_what_is_left(self):
        rules = FitRules(dict(RULES.weights), 3)

        fit = meeting_fit([Decimal(0)], serves=False, need_rank=0, place_rank=0, rules=rules)

        assert fit.sentence == "1 个产品适合，条件已知符合 0%（0 分）。"


class TestWishesChecked:
    def test_keeps_the_order_each_once_and_no_empty_ones(self):
        assert wishes_checked(["b", "", "a", "b"], ["a", "b", "c"], 3) == ("b", "a")

    @pytest.mark.parametrize(
        ("wishes", "code"),
        [(["x"], "EVENT_WISH_UNKNOWN"), (["a", "b", "c", "d"], "EVENT_WISHES_TOO_MANY")],
    )
    def test_refuses_what_is_not_offered_or_too_much(self, wishes, code):
        with pytest.raises(Refused) as refused:
            wishes_checked(wishes, ["a", "b", "c", "d"], 3)

        assert refused.value.code == code
        assert set(refused.value.fields) == {"wishes"}


class TestFollowUpDue:
    @pytest.mark.parametrize(
        ("days", "on"),
        [(30, date(2026, 12, 23)), (33, date(2026, 12, 28)), (34, date(2026, 12, 28))],
    )
    def test_a_day_off_moves_it_to_the_next_working_day(self, days, on):
        assert follow_up_due(AT, days, WeekCalendar()).on == on

    def test_says_when_the_calendar_is_not_final(self):
        class Unpublished:
            def is_working(self, day: date) -> DayKind:
                return DayKind(day.weekday() < 5, provisional=True)

        assert follow_up_due(AT, 30, Unpublished()).provisional
        assert follow_up_due(AT, 33, Unpublished()).provisional


class TestOutcomeProblems:
    @pytest.mark.parametrize(
        ("outcome", "amount", "note", "fields"),
        [
            ("INTENDED", Decimal(1), "", set()),
            ("INTENDED", None, "", {"amount_yuan"}),
            ("INTENDED", Decimal(0), "", {"amount_yuan"}),
            ("CONTINUE", None, "", set()),
            ("NO_INTENT", None, "示" * 301, {"note"}),
            ("", None, "", {"outcome"}),
        ],
    )
    def test_names_each_field(self, outcome, amount, note, fields):
        assert set(outcome_problems(outcome, amount, note)) == fields
