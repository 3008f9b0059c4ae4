from __future__ import annotations

from tests.functional import figures
from tests.functional.browser import Person
from tests.functional.funding import is_repaid, knows_everything, walks_to_disbursement


class TestBorrowerGetsFunded:
    def test_from_registration_to_settled_loan(self, market, days):
        people, key = walks_to_disbursement(market, days)
        figures.count_a_loan_of_this_year(people.operator)
        is_repaid(people.officer, key, days)
        knows_everything(people.owner, key)
        figures.count_a_loan_of_last_year(people.operator)
        figures.stay_the_same_in_every_view(people, Person(market.cast.district_clerk))
        days.later(days=200)
        figures.fall_by_a_whole_loan(people.operator)
        figures.keep_small_cells_from(Person(), Person(market.cast.other_district_clerk))
