from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.domain.whitelist_feedback import (
    DATES,
    Feedback,
    feedback_problems,
    granted_band,
)
from matching.domain.whitelist_feedback_sheet import FeedbackRow, parse_row

TODAY = date(2026, 11, 23)
USCC = "91120103MA05010399"
LENT = Feedback(
    contact_date=date(2026, 11, 2),
    file_complete_date=date(2026, 11, 5),
    decision_date=date(2026, 11, 10),
    granted_yuan=Decimal(800_000),
    contract_date=date(2026, 11, 12),
    drawn_yuan=Decimal(500_000),
    drawn_date=date(2026, 11, 13),
    annual_rate_bp=385,
    term_months=12,
    guarantee="CREDIT",
    is_agreed=True,
)


def changed(**fields):
    return Feedback(**(vars(LENT) | fields))


class TestFeedbackProblems:
    def test_finds_nothing_wrong_with_an_empty_report(self):
        assert feedback_problems(Feedback(), TODAY) == {}

    def test_finds_nothing_wrong_with_a_loan_told_in_order(self):
        assert feedback_problems(LENT, TODAY) == {}

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"drawn_date": TODAY + timedelta(days=1)}, "drawn_date"),
            ({"visit_date": TODAY + timedelta(days=1)}, "visit_date"),
            ({"decision_date": date(2026, 11, 4)}, "decision_date"),
            ({"refusal_code": "BAD_CREDIT"}, "refusal_code"),
            ({"decision_date": None}, "decision_date"),
            ({"granted_yuan": None}, "granted_yuan"),
            ({"drawn_yuan": Decimal(800_001)}, "drawn_yuan"),
            ({"drawn_yuan": None}, "drawn_yuan"),
            ({"granted_yuan": Decimal(0), "drawn_yuan": Decimal(0)}, "granted_yuan"),
            ({"annual_rate_bp": 3601}, "annual_rate_bp"),
            ({"term_months": 361}, "term_months"),
            ({"guarantee": "NONE"}, "guarantee"),
            ({"is_agreed": False}, "is_agreed"),
            ({"visitor": "长" * 33}, "visitor"),
            ({"help_measure": "长" * 201}, "help_measure"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, fields, field):
        assert field in feedback_problems(changed(**fields), TODAY)

    def test_wants_a_refusal_to_have_its_date_and_its_words(self):
        found = feedback_problems(Feedback(refusal_code="OTHER"), TODAY)

        assert set(found) == {"decision_date", "refusal_note"}

    @given(st.permutations(range(len(DATES))))
    def test_accepts_dates_in_their_order_only(self, order):
        days = {
            name: TODAY - timedelta(days=30 - place)
            for (name, _), place in zip(DATES, order, strict=True)
        }

        found = feedback_problems(changed(**days), TODAY)

        assert (found == {}) is (order == sorted(order))


class TestGrantedBand:
    @given(st.decimals(min_value=1, max_value=10**9, places=2))
    def test_tells_less_than_the_amount(self, amount):
        assert str(amount) not in granted_band(amount)
        assert granted_band(amount)


class TestParseRow:
    @pytest.mark.parametrize("comma", [",", "，"])
    def test_reads_a_result_with_its_remark_in_either_punctuation(self, comma):
        row = parse_row({"uscc": USCC, "result": f"有意向{comma}已引导在平台申请"}, 2)

        assert isinstance(row, FeedbackRow)
        assert row.result == "WILL_APPLY"

    def test_reads_words_units_and_dates(self):
        row = parse_row(
            {
                "uscc": USCC,
                "result": "有意向",
                "granted_yuan": "80",
                "annual_rate_bp": "3.85%",
                "decision_date": "2026年11月10日",
                "guarantee": "信用",
                "is_first_loan": "是",
                "is_agreed": "√",
            },
            2,
        )

        assert isinstance(row, FeedbackRow)
        assert (row.result, row.reported["granted_yuan"]) == ("WILL_APPLY", Decimal(800_000))
        assert (row.reported["annual_rate_bp"], row.reported["guarantee"]) == (385, "CREDIT")
        assert row.reported["decision_date"] == date(2026, 11, 10)
        assert row.reported["is_first_loan"] is True

    def test_reports_nothing_of_columns_that_are_not_there(self):
        row = parse_row({"uscc": USCC, "result": "企业暂无融资需求"}, 2)

        assert isinstance(row, FeedbackRow)
        assert row.reported == {}

    def test_takes_the_unit_from_the_title(self):
        cells = {"uscc": USCC, "result": "NO_NEED", "granted_yuan": "800000"}

        row = parse_row(cells, 2, {"granted_yuan": 1})

        assert isinstance(row, FeedbackRow)
        assert row.reported["granted_yuan"] == Decimal(800_000)

    @pytest.mark.parametrize(
        ("cells", "code"),
        [
            ({"result": ""}, "WL_CHOICE_EMPTY"),
            ({"result": "很好"}, "WL_CHOICE_UNKNOWN"),
            ({"refusal_code": "不喜欢"}, "WL_CHOICE_UNKNOWN"),
            ({"annual_rate_bp": "三"}, "WL_RATE_UNREADABLE"),
            ({"annual_rate_bp": "36.01"}, "WL_RATE_UNREADABLE"),
            ({"decision_date": "2026-02-30"}, "DATE_IMPOSSIBLE"),
            ({"uscc": "120103000000001"}, "USCC_REGISTRATION_NO"),
            ({"note": "长" * 301}, "WL_TEXT_TOO_LONG"),
        ],
    )
    def test_says_what_is_wrong_with_a_cell(self, cells, code):
        found = parse_row({"uscc": USCC, "result": "NO_NEED"} | cells, 7)

        assert [(error.row, error.code) for error in found] == [(7, code)]
