from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenders.domain.rate import all_in_rate, cash_flows, internal_rate
from marketplace.domain.errors import Refused
from marketplace.domain.vocabulary import Repayment

MONTHLY = [kind for kind in Repayment if kind is not Repayment.BULLET]
LOAN = st.fixed_dictionaries(
    {
        "principal_yuan": st.integers(1, 10**8).map(Decimal),
        "annual_rate_bp": st.integers(0, 3600),
        "term_months": st.integers(1, 120),
        "repayment": st.sampled_from(list(Repayment)),
    }
)


def rate(**more):
    loan = {
        "principal_yuan": Decimal(100_000),
        "annual_rate_bp": 600,
        "term_months": 12,
        "repayment": Repayment.EQUAL_INSTALLMENT,
    }
    return all_in_rate(**(loan | more))


class TestCashFlows:
    def test_equal_installments_are_equal(self):
        flows = cash_flows(
            principal_yuan=Decimal(100_000),
            annual_rate_bp=600,
            term_months=12,
            repayment=Repayment.EQUAL_INSTALLMENT,
        )

        assert len(flows) == 13
        assert round(-flows[1], 2) == Decimal("8606.64")
        assert len(set(flows[1:])) == 1

    def test_fees_of_a_year_are_paid_in_advance(self):
        flows = cash_flows(
            principal_yuan=Decimal(100),
            annual_rate_bp=0,
            term_months=24,
            repayment=Repayment.BULLET,
            fee_rate_bp=100,
            annual_fee_rate_bp=200,
        )

        assert (flows[0], flows[12], flows[24]) == (Decimal(97), Decimal(-2), Decimal(-100))

    @given(LOAN)
    def test_principal_comes_back_with_interest(self, loan):
        flows = cash_flows(**loan)

        assert sum(flows) <= Decimal("1e-15")
        assert (loan["annual_rate_bp"] == 0) == (abs(sum(flows)) < Decimal("1e-15"))


class TestAllInRate:
    @given(LOAN.filter(lambda loan: loan["repayment"] in MONTHLY))
    def test_monthly_interest_without_fees_is_the_nominal_rate(self, loan):
        assert all_in_rate(**loan).simple_bp == loan["annual_rate_bp"]

    def test_interest_at_the_end_of_a_year_compounds_to_the_nominal_rate(self):
        assert rate(repayment=Repayment.BULLET).compound_bp == 600

    @given(LOAN, st.integers(1, 300))
    def test_fees_make_it_dearer(self, loan, fee):
        assert all_in_rate(**loan, fee_rate_bp=fee).cost_yuan >= all_in_rate(**loan).cost_yuan
        assert all_in_rate(**loan, fee_rate_bp=fee).simple_bp >= all_in_rate(**loan).simple_bp

    @given(LOAN)
    def test_compound_is_never_below_simple(self, loan):
        found = all_in_rate(**loan)

        assert found.compound_bp >= found.simple_bp

    def test_one_percent_of_fees_weighs_more_on_a_short_loan(self):
        assert rate(term_months=3, fee_rate_bp=100).simple_bp > rate(fee_rate_bp=100).simple_bp

    def test_names_how_it_was_annualised(self):
        assert rate().text == "综合年化 6.00%（单利），折合 6.17%（复利）"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"principal_yuan": Decimal(0)},
            {"principal_yuan": Decimal("NaN")},
            {"term_months": 0},
            {"term_months": 481},
            {"annual_rate_bp": -1},
            {"fee_rate_bp": -1},
        ],
    )
    def test_refuses_senseless_numbers(self, wrong):
        with pytest.raises(Refused) as refused:
            rate(**wrong)

        assert refused.value.code == "RATE_INPUT_INVALID"

    @pytest.mark.parametrize("fee", [10_000, 9_990])
    def test_refuses_fees_that_eat_up_the_loan(self, fee):
        with pytest.raises(Refused) as refused:
            rate(fee_rate_bp=fee, term_months=1)

        assert refused.value.code == "RATE_FEES_TOO_HIGH"


class TestInternalRate:
    def test_finds_the_rate_of_one_period(self):
        assert abs(internal_rate([Decimal(100), Decimal(-110)]) - Decimal("0.1")) < Decimal("1e-15")
