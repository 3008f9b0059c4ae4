"""What a request needs of all lenders, which the second wall lets through: the same within it as without."""

from __future__ import annotations

from datetime import timedelta

import pytest

from exports.selectors.facts import facts_at
from marketplace.domain.workdays import local_date
from marketplace.policies import organisations_asking
from marketplace.wall import wall_around
from matching.domain.ranking import ranking_rules
from matching.models import FinancingDemand
from matching.selectors.dispatch import dispatch_suggestions
from matching.selectors.track_record import track_records
from matching.services.demand import demand_follow
from matching.services.demand_mode import demand_release
from tests.cast import NOW
from tests.factories.matching import make_application, make_demand, make_offer

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
LATER = NOW + timedelta(days=1)
RULES = ranking_rules(local_date(NOW))


def wall_of(user):
    return wall_around(organisations_asking(user))


class TestCounts:
    def test_of_the_city_are_every_visitors(self, cast):
        make_application(cast, "DISBURSED")
        without = facts_at(local_date(NOW), LATER)
        assert without.loans

        with wall_around(()):
            assert facts_at(local_date(NOW), LATER) == without

    def test_of_how_lenders_decided_are_every_enterprises(self, cast):
        need = make_application(cast, "REJECTED").demand
        without = track_records(need, RULES, LATER)
        assert without.pooled.cases == 1

        with wall_of(cast.rival_owner):
            assert track_records(need, RULES, LATER) == without

    def test_of_what_lies_before_each_lender_are_whoever_chooses(self, cast):
        make_application(cast)
        need = make_demand(cast)
        make_offer(cast, "P002")
        without = dispatch_suggestions(need, LATER)
        assert any(entry.candidate.load for entry in without)

        with wall_of(cast.rival_owner):
            assert dispatch_suggestions(need, LATER) == without


class TestNeed:
    def test_is_being_matched_whichever_lender_works_on_it(self, cast):
        need = make_application(cast, "ACCEPTED").demand
        FinancingDemand.objects.update(state="PUBLISHED")
        need.refresh_from_db()

        with wall_of(cast.rival_officer):
            demand_follow(need, "ACCEPTED", LATER)

        assert FinancingDemand.objects.get().state == "MATCHING"

    def test_is_not_looked_for_again_while_another_lenders_money_is_out(self, cast):
        need = make_application(cast, "DISBURSED").demand
        assert need.state == "CONCLUDED"

        with wall_of(cast.rival_officer):
            demand_follow(need, "SIGNED", LATER)

        assert FinancingDemand.objects.get().state == "CONCLUDED"

    def test_goes_not_back_into_the_pool_while_another_lender_works_on_it(self, cast):
        need = make_application(cast, "ACCEPTED").demand
        FinancingDemand.objects.update(state="DISPATCHED", mode="DISPATCH")

        with wall_of(cast.rival_officer):
            assert not demand_release(demand_id=need.pk, at=LATER)
