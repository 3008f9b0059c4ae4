from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import DataClass
from matching.domain.fit_levers import Feasibility, Means
from matching.domain.ranking import ranking_rules
from matching.models import LoanApplication
from matching.selectors.offers import FitGroup, demand_offers
from matching.selectors.track_record import track_records
from tests.cast import NOW
from tests.factories.borrowers import make_penalty
from tests.factories.deliveries import deliver_tax, seed
from tests.factories.matching import make_application, make_demand, make_offer

pytestmark = pytest.mark.django_db
TAX = {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "1000"}
CLEAN = {"code": "PENALTIES", "feature": "penalties_24m", "operator": "LE", "value": "0"}
OLD = {"code": "AGE", "feature": "age_months", "operator": "GE", "value": "480"}
RULES = ranking_rules(date(2026, 11, 1))


def codes(offers):
    return [offer.product.product.code for offer in offers]


class TestGroups:
    def test_nearer_products_come_first(self, cast):
        demand = make_demand(cast)
        make_offer(cast, "A1", district_codes=["120101"])
        make_offer(cast, "A2", rules=[TAX])
        make_offer(cast, "A3", term_max_months=6)
        make_offer(cast, "A4")

        found = demand_offers(demand, NOW)

        assert codes(found.offers) == ["A4", "A3", "A2", "A1"]
        assert [offer.group for offer in found.offers] == list(FitGroup)

    def test_waiting_for_age_is_almost_with_its_day(self, cast):
        cast.enterprise.established_date = date(2020, 3, 5)
        cast.enterprise.save(update_fields=["established_date"])
        demand = make_demand(cast)
        make_offer(cast, rules=[OLD])

        (offer,) = demand_offers(demand, NOW).offers

        assert offer.group is FitGroup.ALMOST
        assert offer.changes.feasibility is Feasibility.BY_WAITING
        assert offer.changes.on_date == date(2060, 3, 5)

    def test_what_needs_less_comes_first_within_a_group(self, cast):
        demand = make_demand(cast, term_months=48)
        make_offer(cast, "A1", guarantees=["MORTGAGE"], annual_rate_max_bp=360)
        make_offer(cast, "A2")

        assert codes(demand_offers(demand, NOW).offers) == ["A2", "A1"]


class TestConsent:
    def test_names_the_classes_an_application_would_ask_for(self, cast):
        demand = make_demand(cast)
        seed(NOW)
        deliver_tax(cast.enterprise, NOW)
        make_offer(cast, rules=[TAX])

        found = demand_offers(demand, NOW)

        (offer,) = found.offers
        assert offer.result.outcome is Outcome.FITS
        assert offer.consent_classes == (DataClass.TAX,)
        assert offer.changes.beyond_consent == ()
        assert found.told_without_consent == 0
        assert [len(step.told) for step in found.consents] == [1]


class TestPenalties:
    def test_counts_the_products_that_a_repair_opens(self, cast):
        demand = make_demand(cast)
        penalty = make_penalty(at=NOW)
        for code in ("A1", "A2", "A3"):
            make_offer(cast, code, rules=[CLEAN])
        make_offer(cast, "A4")

        (step,) = demand_offers(demand, NOW).actions

        assert (step.means, len(step.gained), step.lost) == (Means.REPAIR, 3, ())
        assert step.record_id == str(penalty.public_id)

    def test_two_penalties_help_only_together(self, cast):
        demand = make_demand(cast)
        make_penalty(at=NOW)
        make_penalty(at=NOW, 行政处罚决定书文号="津示罚〔2026〕2号")
        make_offer(cast, rules=[CLEAN])

        (step,) = demand_offers(demand, NOW).actions

        assert "全部 2 项" in step.sentence
        assert step.record_id == ""

    def test_says_nothing_where_a_repair_would_not_help(self, cast):
        demand = make_demand(cast)
        make_penalty(at=NOW)
        make_offer(cast, rules=[CLEAN], district_codes=["120101"])

        assert demand_offers(demand, NOW).actions == ()


class TestChanges:
    def test_a_step_that_loses_as_many_as_it_gains_is_not_offered(self, cast):
        demand = make_demand(cast)
        make_offer(cast, "A1", term_max_months=6)
        make_offer(cast, "A2", term_min_months=12)

        assert demand_offers(demand, NOW).actions == ()

    def test_nobody_is_told_to_name_another_purpose(self, cast):
        demand = make_demand(cast, purpose="PROJECT")
        make_offer(cast)

        found = demand_offers(demand, NOW)

        assert found.actions == ()
        assert "须与实际用途一致" in found.offers[0].changes.changes[0].sentence


class TestOrder:
    def test_the_cheaper_loan_comes_first(self, cast):
        demand = make_demand(cast)
        make_offer(cast, "A1", annual_rate_max_bp=480)
        make_offer(cast, "A2", annual_rate_max_bp=400)

        found = demand_offers(demand, NOW)

        assert codes(found.offers) == ["A2", "A1"]
        assert [offer.cost.rate_bp for offer in found.offers] == [400, 480]

    def test_fees_count_as_cost(self, cast):
        demand = make_demand(cast)
        make_offer(cast, "A1", annual_rate_max_bp=400, fee_rate_bp=200, all_in_rate_max_bp=2500)
        make_offer(cast, "A2", annual_rate_max_bp=480)

        assert codes(demand_offers(demand, NOW).offers) == ["A2", "A1"]


class TestTrackRecords:
    def test_counts_decisions_and_lapses_of_like_cases(self, cast):
        # One after the other: of each product there is one live application at a time.
        for number, state in enumerate(("APPROVED", "REJECTED", "EXPIRED", "ACCEPTED")):
            make_application(cast, state, product=make_offer(cast, f"T{number}"))
        LoanApplication.objects.filter(decided_at__isnull=False).update(
            decided_at=NOW + timedelta(days=2)
        )

        found = track_records(make_demand(cast), RULES, NOW + timedelta(days=3))

        own = found.by_institution[cast.institution.pk]
        assert (own.cases, own.approved, own.answer_days) == (3, 1, Decimal(2))
        assert found.pooled == own

    @pytest.mark.parametrize(
        "other", [{"amount_yuan": Decimal(100_000)}, {"guarantee": "MORTGAGE"}]
    )
    def test_leaves_out_what_is_not_alike(self, cast, other):
        make_application(cast, "REJECTED")
        demand = make_demand(cast, **other)

        assert track_records(demand, RULES, NOW).pooled.cases == 0

    def test_leaves_out_what_is_long_past(self, cast):
        make_application(cast, "REJECTED")

        later = NOW + timedelta(days=500)
        assert track_records(make_demand(cast), RULES, later).pooled.cases == 0
