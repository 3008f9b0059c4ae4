from __future__ import annotations

from tests.functional import figures
from tests.functional.api_funding import is_repaid_by_api, walks_to_disbursement_by_api
from tests.functional.browser import Person


class TestSameByApi:
    def test_from_registration_to_settled_loan(self, market, days):
        """The figures are those of the way by pages."""
        operator = Person(market.cast.operator)
        programs = walks_to_disbursement_by_api(market, days)
        figures.count_a_loan_of_this_year(operator)

        is_repaid_by_api(programs, days)

        figures.count_a_loan_of_last_year(operator)
